"""What the benchmarks share: a served Tocsin, Debian's Alertmanager, wrk, and medians of alternating rounds."""

import json
import os
import shutil
import statistics
import subprocess
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.product.harness import Tocsin, free_port, until

LUA = Path(__file__).parent / "lua"
CONNECTIONS = 32
PASSWORD = "correct horse battery staple"


@dataclass(frozen=True)
class Round:
    """What wrk found in one round: answers in all, per second, refused (4xx and 5xx), broken connections."""

    requests: int
    seconds: float
    refused: int
    broken: int
    p50_ms: float
    p99_ms: float

    @property
    def good(self) -> int:
        return self.requests - self.refused

    @property
    def rate(self) -> float:
        return self.good / self.seconds


def missing(*programs: str) -> list[str]:
    """The programs that are not installed."""
    return [program for program in programs if not shutil.which(program)]


def wrk(url: str, seconds: float, script: str = "done", **env: str) -> Round:
    """One round of load from 32 connections; `env` is what the script reads."""
    command = [
        "wrk",
        "-t1",
        f"-c{CONNECTIONS}",
        f"-d{seconds:g}s",
        "--timeout",
        "10s",
        "-s",
        f"{LUA}/{script}.lua",
        url,
    ]
    done = subprocess.run(
        command, env=os.environ | env | {"LUA": str(LUA)}, capture_output=True, text=True, check=True
    )
    line = next(line for line in done.stdout.splitlines() if line.startswith("RESULT "))
    return Round(**json.loads(line.removeprefix("RESULT ")))


def alternating(rounds: int, sides: Mapping[str, Callable[[int], float]]) -> dict[str, list[float]]:
    """Runs all sides once per round, so that a busy moment of the machine hits all of them alike."""
    found: dict[str, list[float]] = {name: [] for name in sides}
    for number in range(rounds):
        for name, side in sides.items():
            found[name].append(side(number))
    return found


def ratio(one: list[float], other: list[float]) -> float:
    """The median of the rounds' own ratios."""
    return statistics.median(a / b for a, b in zip(one, other, strict=True))


def say(what: str, value: float, aim: float, *, at_most: bool = False, unit: str = "") -> None:
    """One line with the aim, reached or not."""
    reached = value <= aim if at_most else value >= aim
    sense = "at most" if at_most else "at least"
    print(
        f"  {what:<66} {value:7.2f}{unit}   aim: {sense} {aim:g}{unit}: {'reached' if reached else 'MISSED'}"
    )


class Served(Tocsin):
    """A serving process with an administrator and a token."""

    token = ""

    def begin(self) -> "Served":
        self.cli("admin", "create", "--email", "ada@example.org", "--name", "Ada", stdin=PASSWORD + "\n")
        self.token = json.loads(self.cli("token", "create", "--email", "ada@example.org", "--json"))["token"]
        self.start()
        return self

    def new_key(self, name: str, service_id: str | None = None) -> str:
        """The key of a new integration."""
        body = {"name": name, "format": "generic", "service_id": service_id}
        return str(self.api("POST", "/integrations", body, self.token)["key"])


@contextmanager
def serving(folder: Path, *command: str) -> Iterator[Served]:
    """A Tocsin of its own, on a private database with fsync on, as people run it."""
    server = Served(folder, TOCSIN_LOG="info,json")
    server.command = command or server.command
    try:
        yield server.begin()
    finally:
        server.stop()


@contextmanager
def alertmanager(folder: Path, hook: str = "") -> Iterator[str]:
    """Debian's Alertmanager; answers its address. It hands each alert to `hook` at once, or to nobody."""
    folder.mkdir(parents=True)
    port = free_port()
    receiver = f", webhook_configs: [{{url: '{hook}', send_resolved: false}}]" if hook else ""
    (folder / "alertmanager.yml").write_text(
        "route: {receiver: bench, group_by: ['...'], group_wait: 0s, group_interval: 1s, repeat_interval: 1h}\n"
        f"receivers: [{{name: bench{receiver}}}]\n"
    )
    command = [
        "prometheus-alertmanager", f"--config.file={folder}/alertmanager.yml", f"--storage.path={folder}/data",
        f"--web.listen-address=127.0.0.1:{port}", "--cluster.listen-address=", "--log.level=error",
    ]  # fmt: skip
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(command, cwd=folder, stdout=log, stderr=log)
    try:
        url = f"http://127.0.0.1:{port}"
        until(lambda: _ready(f"{url}/-/ready"), "Alertmanager", 30)
        yield url
    finally:
        process.terminate()
        process.wait(15)


def _ready(url: str) -> bool:
    with urllib.request.urlopen(url, timeout=2) as answer:
        return bool(answer.status == 200)
