"""Durable intake, one alert per request over 32 connections: beside a trivial endpoint, a commit each, and Alertmanager.

All sides run in turn, round after round, on the same machine; ratios are medians of the rounds' own ratios. Every
alert that was answered with a 2xx must be in the database afterwards.
"""

import statistics
import sys
import tempfile
from collections import Counter
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from bench.parts import CONNECTIONS, Served, alertmanager, alternating, missing, ratio, say, serving, wrk
from tests.product.harness import until

ROUNDS = 5
SECONDS = 2.0


@dataclass
class Intake:
    """One served Tocsin under load: what it promised (2xx), by alias prefix."""

    server: Served
    key: str
    promised: Counter[str] = field(default_factory=Counter)
    refused: int = 0

    def load(self, mode: str, number: int) -> float:
        """One round; answers 2xx per second. What follows from the round before is awaited first."""
        self.settle()
        prefix = f"{mode}-{number}" if mode == "distinct" else mode
        env = {"MODE": mode, "STYLE": "tocsin", "PREFIX": prefix, "KEY": self.key}
        found = wrk(f"{self.server.url}/v1/alerts", SECONDS, "alert", **env)
        self.promised[prefix] += found.good
        self.refused += found.refused + found.broken
        return found.rate

    def trivial(self, _: int) -> float:
        self.settle()
        return wrk(f"{self.server.url}/healthz", SECONDS).rate

    def settle(self) -> None:
        """Until no work is due: the measure is of intake, not of what an earlier round left behind."""
        # Work of later (a failed row to be tried again) does not count as due.
        due = "select count(*) from work where due_at <= clock()"
        until(lambda: self.server.rows(due)[0][0] == 0, "work to be done", 60)

    def lost(self) -> list[str]:
        """Sentences about promises that the database does not hold; empty is good."""
        stored = Counter[str]()
        for alias, count in self.server.rows("select alias, count from alerts"):
            prefix = alias.rpartition("-")[0]
            stored[prefix] += count
        return [
            f"{prefix}: {promised} answered with 2xx, {stored[prefix]} in the database"
            for prefix, promised in self.promised.items()
            # At the end of a round each connection may have one alert stored whose answer nobody read.
            if not promised <= stored[prefix] <= promised + CONNECTIONS * ROUNDS
        ]


def main() -> int:
    """Runs the bench; 1 only when something accepted is not there."""
    if missing("wrk"):
        print("intake: left out, wrk is not installed")
        return 0
    with tempfile.TemporaryDirectory(prefix="tocsin-bench-") as name, ExitStack() as stack:
        folder = Path(name)
        folder.chmod(0o755)
        ours = _start(stack, folder / "group")
        single = _start(stack, folder / "single", "bench.serve")
        sides = {
            "healthz": ours.trivial,
            "distinct": lambda n: ours.load("distinct", n),
            "distinct, a commit each": lambda n: single.load("distinct", n),
            "repeats": lambda n: ours.load("repeats", n),
            "repeats, a commit each": lambda n: single.load("repeats", n),
        }
        beside = not missing("prometheus-alertmanager")
        if beside:
            other = stack.enter_context(alertmanager(folder / "alertmanager"))
            sides |= {
                "distinct, Alertmanager": lambda n: _alertmanager(other, "distinct", n),
                "repeats, Alertmanager": lambda n: _alertmanager(other, "repeats", n),
            }
        rates = alternating(ROUNDS, sides)
        _report(rates, beside=beside)
        return _count(ours, single)


def _start(stack: ExitStack, folder: Path, *command: str) -> Intake:
    server = stack.enter_context(serving(folder, *command))
    return Intake(server, server.new_key("Bench"))


def _alertmanager(url: str, mode: str, number: int) -> float:
    prefix = f"{mode}-{number}" if mode == "distinct" else mode
    return wrk(f"{url}/api/v2/alerts", SECONDS, "alert", MODE=mode, STYLE="alertmanager", PREFIX=prefix).rate


def _report(rates: dict[str, list[float]], *, beside: bool) -> None:
    print(
        f"intake: one alert per request, {CONNECTIONS} connections, {ROUNDS} rounds of {SECONDS:g} s each in turn"
    )
    for name, found in rates.items():
        spread = f"{min(found):8.0f} to {max(found):8.0f}"
        print(f"  {name:<28} {statistics.median(found):8.0f} a second (median; {spread})")
    for mode in ("distinct", "repeats"):
        say(f"{mode}: durable intake to /healthz", ratio(rates[mode], rates["healthz"]), 0.5)
        say(
            f"{mode}: group commit to one commit per request",
            ratio(rates[mode], rates[f"{mode}, a commit each"]),
            1.5,
        )
    if beside:
        for mode, aim in (("distinct", 2.0), ("repeats", 0.5)):
            say(
                f"{mode}: to Alertmanager, which keeps alerts in memory",
                ratio(rates[mode], rates[f"{mode}, Alertmanager"]),
                aim,
            )
    else:
        print("  left out, prometheus-alertmanager is not installed: the comparison with Alertmanager")


def _count(*sides: Intake) -> int:
    lost = [sentence for side in sides for sentence in side.lost()]
    promised = sum(side.promised.total() for side in sides)
    refused = sum(side.refused for side in sides)
    print(f"  counted afterwards: {promised} answered with 2xx, {refused} refused or broken; ", end="")
    print("every 2xx is in the database" if not lost else "LOST: " + "; ".join(lost))
    return 1 if lost else 0


if __name__ == "__main__":
    sys.exit(main())
