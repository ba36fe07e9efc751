"""Wall clocks and instants: pure. The rules are in docs/on-call.md.

A wall-clock time that a clock change skips is the first instant after the gap; one that comes twice is the first of
the two. So the order of wall-clock times is kept: a later one is never an earlier instant.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from whenever import Instant, PlainDateTime, RepeatedTime, SkippedTime, TimeZoneNotFoundError, ZonedDateTime

from tocsin.kernel.zones import VERSION as ZONE_DATA

__all__ = [
    "ZONE_DATA",
    "ClockChange",
    "Range",
    "instant",
    "local",
    "local_days",
    "next_clock_changes",
    "zone_exists",
]

Range = tuple[datetime, datetime]
#: No zone moves its clocks by more in one go, nor a whole day beside it.
SLACK = timedelta(days=3)


@dataclass(frozen=True, slots=True)
class ClockChange:
    """A change of the offset of a zone: at `at` clocks move by `by`."""

    at: datetime
    by: timedelta


def zone_exists(zone: str) -> bool:
    """Whether the time zone data in use knows it."""
    try:
        Instant.from_timestamp(0).to_tz(zone)
    except (TimeZoneNotFoundError, ValueError):
        return False
    return True


def instant(plain: datetime, zone: str) -> datetime:
    """A naive wall-clock time as UTC: the first of two occurrences; after a gap, the gap's end."""
    wall = PlainDateTime(plain.year, plain.month, plain.day, plain.hour, plain.minute, plain.second)
    try:
        return _utc(wall.assume_tz(zone, disambiguation="raise"))
    except SkippedTime:
        # Counted from before the gap: the reading after it may be the change itself, which is not before itself.
        before = wall.assume_tz(zone, disambiguation="earlier")
        return _utc(before.next_transition() or before)
    except RepeatedTime:
        return _utc(wall.assume_tz(zone, disambiguation="earlier"))


def local(moment: datetime, zone: str) -> datetime:
    """What the wall clock of a zone shows at a moment, naive."""
    return _zoned(moment, zone).to_plain().to_stdlib()


def local_days(start: datetime, end: datetime, zone: str) -> Iterator[tuple[date, datetime, datetime]]:
    """The calendar days of a zone that touch [start, end), each with the instants at which it begins and ends. A day
    that the zone never had (Samoa's 30 December 2011) is left out."""
    day = local(start, zone).date()
    begins = instant(datetime.combine(day, time()), zone)
    while begins < end:
        day += timedelta(days=1)
        ends = instant(datetime.combine(day, time()), zone)
        if begins < ends:
            yield day - timedelta(days=1), begins, ends
        begins = ends


def next_clock_changes(zone: str, at: datetime, count: int = 2) -> list[ClockChange]:
    """The next changes of the zone's offset after a moment; empty for zones without."""
    found: list[ClockChange] = []
    here = _zoned(at, zone)
    while len(found) < count:
        change = here.next_transition()
        if change is None:
            break
        by = change.offset - change.subtract(milliseconds=1).offset
        found.append(ClockChange(_utc(change), timedelta(seconds=by.total("seconds"))))
        here = change
    return found


def merged(ranges: Sequence[Range]) -> list[Range]:
    """The union of ranges, in order, without overlaps."""
    union: list[Range] = []
    for begins, ends in sorted(ranges):
        if union and begins <= union[-1][1]:
            union[-1] = (union[-1][0], max(ends, union[-1][1]))
        elif begins < ends:
            union.append((begins, ends))
    return union


def _zoned(moment: datetime, zone: str) -> ZonedDateTime:
    return Instant.from_timestamp(int(moment.timestamp() * 1000), unit="millisecond").to_tz(zone)


def _utc(moment: ZonedDateTime) -> datetime:
    return datetime.fromtimestamp(moment.timestamp(), UTC)
