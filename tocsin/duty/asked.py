"""What somebody is asked to take over, in sentences for them: pages, links and messages say the same."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from tocsin.duty.words import on_call_name, time_range
from tocsin.kernel.db import Reader
from tocsin.oncall.clocks import Range
from tocsin.oncall.findings import day_words
from tocsin.oncall.model import Swap
from tocsin.oncall.stakes import Stakes
from tocsin.oncall.swap_queries import stakes_of


@dataclass(frozen=True, slots=True)
class Asked:
    """What one accepts. `when` is on the person's clock; `warnings` say what would be wrong with it."""

    time_zone: str
    when: str
    facts: tuple[str, ...]
    warnings: tuple[str, ...]


async def asked(db: Reader, swap: Swap, person: UUID) -> Asked | None:
    """For somebody whom a request waits for. None when they or the schedule are gone."""
    found = await stakes_of(db, swap, person)
    return in_words(found, swap.from_name) if found else None


def in_words(s: Stakes, from_name: str) -> Asked:
    """The length, the nights, what is held elsewhere then, and what comes in return."""
    facts = [f"{how_long(s.wanted[1] - s.wanted[0])}, {_nights(s.nights)}."]
    if not s.elsewhere:
        facts.append("You are not on call elsewhere then.")
    if s.returned:
        back, length = time_range(*s.returned, s.time_zone), how_long(s.returned[1] - s.returned[0])
        facts.append(
            f"In return {from_name} takes your shift {back}: {length}, {_nights(s.nights_returned)}."
        )
    else:
        facts.append("Nothing is offered in return.")
    return Asked(s.time_zone, time_range(*s.wanted, s.time_zone), tuple(facts), tuple(_warnings(s)))


def _warnings(s: Stakes) -> list[str]:
    found = [
        f"You would be on call twice at once: also for {on_call_name(name)}, {_first(parts, s.time_zone)}."
        for name, parts in s.elsewhere
    ]
    if s.too_many:
        first, last = map(day_words, s.too_many)
        found.append(
            f"It makes {s.nights_in_a_row} nights in a row, {first} to {last}; the limit is {s.max_nights}."
        )
    return found


def _first(parts: Sequence[Range], zone: str) -> str:
    more = len(parts) - 1
    times = f", and {'once' if more == 1 else f'{more} times'} more" if more else ""
    return f"{time_range(*parts[0], zone)}{times}"


def how_long(length: timedelta) -> str:
    """`6 hours`, `1 day and 3 hours`."""
    days, rest = divmod(length, timedelta(days=1))
    hours, minutes = divmod(rest // timedelta(minutes=1), 60)
    parts = [f"{n} {word if n == 1 else word + 's'}" for n, word in ((days, "day"), (hours, "hour"), (minutes, "minute")) if n]  # fmt: skip
    return " and ".join([", ".join(parts[:-1]), parts[-1]] if len(parts) > 1 else parts)


def _nights(count: int) -> str:
    return {0: "none of your nights", 1: "one of your nights"}.get(count, f"{count} of your nights")
