"""Reading a calendar in a process of its own. A text of strangers may repeat something for ever or fill the memory:
then that process ends, and pages go out meanwhile as if nothing were. It inherits no secret."""

import asyncio
import os
import resource
import sys
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from pathlib import Path

import orjson

from tocsin.oncall.icalread import BadCalendar, Occurrence, check_text, events_between

CPU_SECONDS = 15
WALL_SECONDS = 25.0
MEMORY = 1_000_000_000  # bytes
_REFUSED = 3
TOO_LONG = "The calendar takes too long to read. Does an event repeat without end, or never?"
#: Reading takes a processor: two at once leave the rest to what is urgent.
_turns = asyncio.Semaphore(2)


async def read_calendar(
    text: str, zone: str, start: datetime, end: datetime, *, cpu_s: int = CPU_SECONDS
) -> list[Occurrence]:
    """What `icalread.events_between` answers, within bounds; `cpu_s` are seconds of a processor. Raises `BadCalendar`."""
    check_text(text)
    asked = orjson.dumps([text.encode("utf-8", "replace").decode(), zone, start, end, cpu_s])
    async with _turns:
        child = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "tocsin.oncall.apart", env=_environment(),
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL,
        )  # fmt: skip
        try:
            async with asyncio.timeout(WALL_SECONDS):
                out, _ = await child.communicate(asked)
        except TimeoutError:
            raise BadCalendar(TOO_LONG) from None
        finally:
            if child.returncode is None:
                child.kill()
                await child.wait()
    return _answer(child.returncode or 0, out)


def _answer(code: int, out: bytes) -> list[Occurrence]:
    if code == _REFUSED:
        raise BadCalendar(out.decode())
    if code < 0:
        raise BadCalendar(TOO_LONG)
    if code:
        raise BadCalendar("The calendar cannot be read: it is damaged, or too large.")
    return [_occurrence(*row) for row in orjson.loads(out)]


def _occurrence(
    uid: str, starts_at: str, ends_at: str, summary: str, attendees: Sequence[str], organizer: str
) -> Occurrence:
    begins, ends = datetime.fromisoformat(starts_at), datetime.fromisoformat(ends_at)
    return Occurrence(uid, begins, ends, summary, tuple(attendees), organizer)


def _environment() -> dict[str, str]:
    """Only what Python needs to find this module and the zones."""
    package = str(Path(__file__).resolve().parents[2])
    kept = {
        name: os.environ[name] for name in ("PATH", "PYTHONTZPATH", "LD_LIBRARY_PATH") if name in os.environ
    }
    return kept | {"PYTHONPATH": package, "PYTHONDONTWRITEBYTECODE": "1", "PYTHONWARNINGS": "ignore"}


def main() -> None:
    """The process: a request on standard input, events or a sentence on standard output."""
    os.nice(10)
    if sys.platform == "linux":  # Elsewhere the system does not keep to it.
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    text, zone, start, end, cpu_s = orjson.loads(sys.stdin.buffer.read())
    resource.setrlimit(resource.RLIMIT_CPU, (cpu_s, cpu_s))
    try:
        found = events_between(text, zone, datetime.fromisoformat(start), datetime.fromisoformat(end))
    except BadCalendar as error:
        sys.stdout.write(str(error))
        sys.exit(_REFUSED)
    sys.stdout.buffer.write(orjson.dumps([list(asdict(e).values()) for e in found]))


if __name__ == "__main__":
    main()
