"""The product as a real process, a real mail server, and real Prometheus and Alertmanager: for whole-product tests."""

import asyncio
import email
import email.policy
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Self, TypeVar

import asyncpg
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from tocsin.kernel import embedded

T = TypeVar("T")
ROOT = Path(__file__).parents[2]
#: How long anything may take on a machine that is busy with other things. Nobody waits so long when all is well.
PATIENCE_S = 60
#: Of the environment of the tests, what a server's does not have. Without compiled files each start takes twice as long.
NOT_HANDED_ON = ("TOCSIN_", "DATABASE_URL", "PYTHONDONTWRITEBYTECODE")


def free_port() -> int:
    """A port that nobody listens on now."""
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return int(s.getsockname()[1])


def until(look: Callable[[], T], what: str, seconds: float = PATIENCE_S) -> T:
    """Waits for a condition of the outside world, and answers its value."""
    end = time.monotonic() + seconds
    turn = threading.Event()
    while time.monotonic() < end:
        with suppress(OSError, AssertionError, json.JSONDecodeError):
            value = look()
            if value:
                return value
        turn.wait(0.02)
    raise AssertionError(f"waited {seconds} s in vain: {what}")


class Mailbox:
    """A real SMTP server that keeps what it gets. `refuse` is an answer to give instead, for bad days."""

    def __init__(self, port: int = 0) -> None:
        self.mails: list[EmailMessage] = []
        self.refuse: str | None = None
        self.port = port or free_port()
        self._controller = Controller(self, hostname="127.0.0.1", port=self.port)

    def __enter__(self) -> Self:
        self._controller.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._controller.stop()

    async def handle_DATA(  # noqa: N802 - the server calls it so
        self, _server: SMTP, _session: Session, envelope: Envelope
    ) -> str:
        if self.refuse:
            return self.refuse
        assert isinstance(envelope.content, bytes)
        message = email.message_from_bytes(envelope.content, policy=email.policy.default)
        assert isinstance(message, EmailMessage)
        self.mails.append(message)
        return "250 kept"

    def to(self, address: str, subject: str = "") -> list[EmailMessage]:
        """The mails to an address whose subject holds the text."""
        return [
            m for m in self.mails if address in str(m["to"]) and subject.lower() in str(m["subject"]).lower()
        ]

    def wait(self, address: str, subject: str = "", seconds: float = PATIENCE_S) -> EmailMessage:
        """The newest such mail, as soon as there is one."""
        return until(lambda: self.to(address, subject), f"mail to {address} about {subject!r}", seconds)[-1]


def link_in(mail: EmailMessage, path: str) -> str:
    """The first link of a mail's plain text that holds `path`."""
    body = mail.get_body(("plain",))
    assert body is not None
    found = re.search(rf"https?://\S*{re.escape(path)}\S*", body.get_content())
    assert found, body.get_content()
    return found.group(0).rstrip(".>)")


class Tocsin:
    """One serving process on a data folder; can be stopped, killed and started again."""

    #: What to start; a benchmark puts its own entry here.
    command: tuple[str, ...] = ("tocsin", "serve")

    def __init__(self, data: Path, *, smtp_port: int | None = None, **env: str) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.data = data
        self.log = data.parent / f"{data.name}.log"
        self.env = {
            **{k: v for k, v in os.environ.items() if not k.startswith(NOT_HANDED_ON)},
            "TOCSIN_DATA": str(data),
            "TOCSIN_PORT": str(self.port),
            "TOCSIN_URL": self.url,
            "TOCSIN_ALLOW_PRIVATE_TARGETS": "1",
            # Each page by itself and at once: tests wait for the message about one alert among many.
            "TOCSIN_GATHER_S": "0",
            **({"TOCSIN_SMTP_URL": f"smtp://127.0.0.1:{smtp_port}?starttls=0"} if smtp_port else {}),
            **env,
        }
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> "Tocsin":
        """Starts, and waits until it is ready."""
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", *self.command], cwd=ROOT, env=self.env, stdout=log, stderr=log
            )
        until(self._ready, f"the server at {self.url}\n{self.log.read_text()[-3000:]}")
        return self

    def _ready(self) -> bool:
        assert self.process is not None
        if self.process.poll() is not None:
            raise RuntimeError(f"the server ended:\n{self.log.read_text()[-4000:]}")
        return self.get("/readyz")[0] == 200

    def kill(self) -> None:
        """As the kernel would in want of memory."""
        assert self.process is not None
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(PATIENCE_S)

    def kill_database(self) -> None:
        """The private server's first process, in the same way; its children end by themselves."""
        pid = (self.data / "postgres" / "cluster" / "postmaster.pid").read_text().splitlines()[0]
        os.kill(int(pid), signal.SIGKILL)

    @contextmanager
    def database_unreachable(self) -> Iterator[None]:
        """Its processes stand still: connections stay open, and nothing is answered."""
        first = (self.data / "postgres" / "cluster" / "postmaster.pid").read_text().splitlines()[0]
        asked = subprocess.run(["pgrep", "-P", first], capture_output=True, text=True, check=True)
        processes = [int(first), *map(int, asked.stdout.split())]
        for each in processes:
            os.kill(each, signal.SIGSTOP)
        try:
            yield
        finally:
            for each in processes:
                with suppress(ProcessLookupError):
                    os.kill(each, signal.SIGCONT)

    def stop(self) -> None:
        """As an operator would."""
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(PATIENCE_S)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait(PATIENCE_S)
                raise AssertionError(f"did not stop:\n{self.log.read_text()[-3000:]}") from None

    def cli(self, *args: str, token: str = "", stdin: str = "") -> str:
        """Runs the command line; answers its standard output."""
        env = self.env | ({"TOCSIN_TOKEN": token} if token else {})
        done = subprocess.run(
            [sys.executable, "-m", "tocsin", *args],
            cwd=ROOT,
            env=env,
            input=stdin,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, (
            f"tocsin {' '.join(args)}: {done.returncode}\n{done.stdout}\n{done.stderr}"
        )
        return done.stdout

    def get(self, path: str, token: str = "") -> tuple[int, str]:
        """GET; answers status and text."""
        return self.send("GET", path, None, token)

    def send(self, method: str, path: str, body: Any, token: str = "") -> tuple[int, str]:
        """Any request with JSON; answers status and text."""
        data = None if body is None else body if isinstance(body, bytes) else json.dumps(body).encode()
        status, _, text = self.ask(method, path, data, token)
        return status, text

    def ask(
        self, method: str, path: str, data: bytes | None, token: str = ""
    ) -> tuple[int, dict[str, str], str]:
        """Any request; answers status, headers (lower case) and text."""
        headers = {"content-type": "application/json", "accept": "application/json"}
        if token:
            headers["authorization"] = f"Bearer {token}"
        request = urllib.request.Request(self.url + path, data, headers, method=method)
        try:
            with urllib.request.urlopen(request, timeout=PATIENCE_S) as answer:
                return answer.status, _lower(answer.headers), answer.read().decode()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, _lower(error.headers), error.read().decode()

    def api(self, method: str, path: str, body: Any = None, token: str = "") -> Any:
        """A request to our API that must succeed; answers the decoded JSON."""
        status, text = self.send(method, f"/api/v1{path}", body, token)
        assert status < 300, f"{method} {path}: {status} {text}"
        return json.loads(text) if text else None

    def rows(self, query: str, *args: Any) -> list[Any]:
        """Asks the private database; joins (and if need be starts) its server for the moment."""
        # In a thread of its own: the caller may stand inside somebody's event loop.
        with ThreadPoolExecutor(1) as pool:
            return pool.submit(asyncio.run, _rows(self.data, query, *args)).result()


def _lower(headers: Any) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items()}


async def _rows(data: Path, query: str, *args: Any) -> list[Any]:
    server = await asyncio.to_thread(embedded.start, data)
    try:
        connection = await asyncpg.connect(server.dsn)
        try:
            return list(await connection.fetch(query, *args))
        finally:
            await connection.close()
    finally:
        await asyncio.to_thread(server.leave)


class _Patient(ThreadingHTTPServer):
    """Whoever connects while others wait is not sent away."""

    daemon_threads = True
    request_queue_size = 256


class Hook:
    """A real receiver of webhooks that keeps what it gets: the decoded body of each; `log`: also there, with the time."""

    def __init__(self, log: Path | None = None) -> None:
        self.got: list[dict[str, Any]] = []
        kept = self.got
        writing = threading.Lock()

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["content-length"])))
                if log:
                    with writing, log.open("a") as lines:
                        lines.write(json.dumps({"at": time.time(), "body": body}) + "\n")
                kept.append(body)
                self.send_response(204)
                self.end_headers()

            def log_message(self, *_: object) -> None: ...

        self._server = _Patient(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/page"

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()


class Monitoring:
    """Debian's Prometheus and Alertmanager with one rule that watches a small site of ours."""

    def __init__(self, folder: Path, hook: str) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self.prometheus, self.alertmanager, self.site = free_port(), free_port(), free_port()
        self._hook = hook
        self._running: list[subprocess.Popen[bytes]] = []
        self._site: Any = None
        self.broken = threading.Event()

    @staticmethod
    def missing() -> str | None:
        """Why it cannot run here, or None."""
        absent = [name for name in ("prometheus", "prometheus-alertmanager") if not shutil.which(name)]
        return f"{' and '.join(absent)} not installed" if absent else None

    def __enter__(self) -> Self:
        self._serve_site()
        self._write()
        local = "127.0.0.1:"
        commands = (
            [
                "prometheus-alertmanager", f"--config.file={self.folder}/alertmanager.yml",
                f"--storage.path={self.folder}/am", f"--web.listen-address={local}{self.alertmanager}",
                "--cluster.listen-address=",
            ],
            [
                "prometheus", f"--config.file={self.folder}/prometheus.yml",
                f"--storage.tsdb.path={self.folder}/tsdb", f"--web.listen-address={local}{self.prometheus}",
                # The default of a minute hides an alert that fired before Alertmanager was found.
                "--rules.alert.resend-delay=2s",
            ],
        )  # fmt: skip
        for number, command in enumerate(commands):
            with (self.folder / f"{number}.log").open("wb") as log:
                self._running.append(subprocess.Popen(command, cwd=self.folder, stdout=log, stderr=log))
        for port in (self.alertmanager, self.prometheus):
            until(lambda p=port: self._answers(p), f"monitoring on {port}")
        return self

    def _answers(self, port: int) -> bool:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/-/ready", timeout=2) as answer:
            return bool(answer.status == 200)

    def __exit__(self, *_: object) -> None:
        for process in self._running:
            process.terminate()
        for process in self._running:
            process.wait(PATIENCE_S)
        self._site.shutdown()
        self._site.server_close()

    def _serve_site(self) -> None:
        broken = self.broken

        class Site(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                body = f"checkout_up {0 if broken.is_set() else 1}\n".encode()
                self.send_response(200)
                self.send_header("content-type", "text/plain; version=0.0.4")
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None: ...

        self._site = ThreadingHTTPServer(("127.0.0.1", self.site), Site)
        threading.Thread(target=self._site.serve_forever, daemon=True).start()

    def _write(self) -> None:
        (self.folder / "prometheus.yml").write_text(f"""
global: {{scrape_interval: 1s, evaluation_interval: 1s}}
rule_files: [rules.yml]
alerting: {{alertmanagers: [{{static_configs: [{{targets: ['127.0.0.1:{self.alertmanager}']}}]}}]}}
scrape_configs: [{{job_name: checkout, static_configs: [{{targets: ['127.0.0.1:{self.site}']}}]}}]
""")
        (self.folder / "rules.yml").write_text("""
groups:
- name: shop
  rules:
  - alert: CheckoutDown
    expr: checkout_up == 0
    for: 1s
    labels: {severity: critical, service: checkout}
    annotations: {summary: 'Checkout is failing for all customers', description: 'No order since a minute.'}
""")
        (self.folder / "alertmanager.yml").write_text(f"""
route: {{receiver: tocsin, group_by: [alertname], group_wait: 0s, group_interval: 1s, repeat_interval: 1h}}
receivers: [{{name: tocsin, webhook_configs: [{{url: '{self._hook}', send_resolved: true}}]}}]
""")
