"""What a process costs that has nothing to do: transactions a second, and CPU beside an Alertmanager that idles too."""

import os
import sys
import tempfile
import time
from collections.abc import Iterable
from contextlib import ExitStack
from pathlib import Path

from bench.parts import Served, alertmanager, missing, say, serving

SECONDS = 20
#: Backends report what they did up to ten seconds late.
SETTLE = 15
TICK_S = 1 / os.sysconf("SC_CLK_TCK")


def cpu_s(pids: Iterable[int]) -> float:
    """Seconds of CPU that these processes have used; those that have ended count no more."""
    total = 0.0
    for pid in pids:
        try:
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        except FileNotFoundError:
            continue
        total += (int(fields[11]) + int(fields[12])) * TICK_S
    return total


def family(pid: int) -> set[int]:
    """A process and its children, by who started whom."""
    parents: dict[int, list[int]] = {}
    for each in Path("/proc").glob("[0-9]*/stat"):
        try:
            parent = int(each.read_text().rpartition(")")[2].split()[1])
        except FileNotFoundError:
            continue
        parents.setdefault(parent, []).append(int(each.parent.name))
    found, todo = {pid}, [pid]
    while todo:
        for child in parents.get(todo.pop(), []):
            found.add(child)
            todo.append(child)
    return found


def transactions(server: Served) -> int:
    """So many were begun on the database."""
    text = "select xact_commit + xact_rollback as n from pg_stat_database where datname = current_database()"
    return int(server.rows(text)[0]["n"])


def ours(server: Served) -> tuple[float, float]:
    """Transactions a second without those of asking, and the share of one core that process and database use."""
    assert server.process is not None
    postmaster = int((server.data / "postgres" / "cluster" / "postmaster.pid").read_text().splitlines()[0])
    pids = family(server.process.pid) | family(postmaster)
    time.sleep(SETTLE)
    asking = transactions(server)
    before = transactions(server)
    asking = before - asking
    used, begun = cpu_s(pids), time.perf_counter()
    time.sleep(SECONDS)
    took = time.perf_counter() - begun
    busy = (cpu_s(pids) - used) / took
    return max(transactions(server) - before - asking, 0) / took, busy


def theirs(folder: Path) -> float:
    """The share of one core that an idle Alertmanager uses."""
    with alertmanager(folder):
        pids = {p for p in family(os.getpid()) if b"alertmanager" in Path(f"/proc/{p}/cmdline").read_bytes()}
        time.sleep(SETTLE)
        used, begun = cpu_s(pids), time.perf_counter()
        time.sleep(SECONDS)
        return (cpu_s(pids) - used) / (time.perf_counter() - begun)


def main() -> int:
    """Runs the bench."""
    with tempfile.TemporaryDirectory(prefix="tocsin-bench-") as name, ExitStack() as stack:
        folder = Path(name)
        folder.chmod(0o755)
        rate, busy = ours(stack.enter_context(serving(folder / "tocsin")))
        print(f"idle: {SECONDS} s without anything to do")
        say("transactions a second", rate, 2, at_most=True)
        say("of one core, process and database together", busy * 100, 2, at_most=True, unit=" %")
        if missing("prometheus-alertmanager"):
            print("  left out, prometheus-alertmanager is not installed: the comparison with Alertmanager")
        else:
            other = theirs(folder / "alertmanager")
            print(
                f"  Alertmanager uses {other * 100:.2f} %: ours is {busy / max(other, TICK_S / SECONDS):.1f} times that"
            )
    return 0


if __name__ == "__main__":
    sys.exit(main())
