"""When somebody works, on their own clock: pure. What is not urgent waits for it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any

from tocsin.oncall.clocks import Range, instant, local, merged, zone_exists

EVERY_DAY = (1, 2, 3, 4, 5, 6, 7)
#: Further ahead every kind of week has opened, whatever the clocks did.
_FAR = timedelta(days=23)


@dataclass(frozen=True, slots=True)
class WorkingHours:
    """From `starts` to `ends` on each of `days` (ISO weekdays, Monday 1). An end that is not later is on the next day;
    no days at all are every day: whoever works never could otherwise not be told anything."""

    time_zone: str
    starts: time
    ends: time
    days: tuple[int, ...]


def hours_of(row: Mapping[str, Any]) -> WorkingHours:
    """When a person works, from the columns of their row."""
    return WorkingHours(row["time_zone"], row["work_starts"], row["work_ends"], tuple(row["work_days"]))


def working_ranges(hours: WorkingHours, start: datetime, end: datetime) -> Iterator[Range]:
    """The working hours that touch [start, end), in order, unclipped. A zone that has left the time zone data is UTC."""
    zone = hours.time_zone if zone_exists(hours.time_zone) else "UTC"
    days = hours.days or EVERY_DAY
    over = timedelta(days=1) if hours.ends <= hours.starts else timedelta(0)
    day = local(start, zone).date() - timedelta(days=2)
    while True:
        begins = instant(datetime.combine(day, hours.starts), zone)
        if begins >= end:
            return
        ends = instant(datetime.combine(day + over, hours.ends), zone)
        if day.isoweekday() in days and begins < ends and ends > start:
            yield begins, ends
        day += timedelta(days=1)


def next_working_moment(whereabouts: WorkingHours, at: datetime) -> datetime:
    """`at` itself when they are at work then, else when they start next."""
    first = next(working_ranges(whereabouts, at, at + _FAR), None)
    return at if first is None else max(first[0], at)


def next_working_day(whereabouts: WorkingHours, at: datetime) -> datetime:
    """When they start to work next, strictly after a moment."""
    later = (begins for begins, _ in working_ranges(whereabouts, at, at + _FAR) if begins > at)
    return next(later, at + timedelta(days=1))


def share_at_work(hours: WorkingHours, start: datetime, end: datetime) -> float:
    """How much of a range falls into their working hours: 0 to 1."""
    ranges = merged([(max(b, start), min(e, end)) for b, e in working_ranges(hours, start, end)])
    return sum((e - b for b, e in ranges), timedelta(0)) / (end - start)
