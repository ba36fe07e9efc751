"""Wall clocks and instants: pure. The rules are in docs/on-call.md.

A wall-clock time that a clock change skips is the first instant after the gap; one that comes twice is the first of
the two. So the order of wall-clock times is kept: a later one is never an earlier instant.
"""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from itertools import islice

from whenever import Instant, PlainDateTime, RepeatedTime, SkippedTime, ZonedDateTime

from tocsin.kernel.zones import VERSION as ZONE_DATA
from tocsin.kernel.zones import exists as zone_exists

__all__ = [
    "EVER",
    "FOREVER",
    "SLACK",
    "ZONE_DATA",
    "ClockChange",
    "Range",
    "instant",
    "instants",
    "later",
    "local",
    "local_days",
    "merged",
    "next_clock_changes",
    "zone_exists",
]

Range = tuple[datetime, datetime]
#: Before and after all that schedules hold.
EVER, FOREVER = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)
#: No zone moves its clocks by more in one go, nor a whole day beside it.
SLACK = timedelta(days=3)


@dataclass(frozen=True, slots=True)
class ClockChange:
    """A change of the offset of a zone: at `at` clocks move by `by`."""

    at: datetime
    by: timedelta


def later(moment: datetime, by: timedelta) -> datetime:
    """So much later; at the end of the calendar its last moment."""
    return FOREVER if FOREVER - moment < by else moment + by


@dataclass(frozen=True, slots=True)
class _Offsets:
    """A zone between two of its clock changes, one after the other: from which wall-clock time on each offset is used,
    and the instant up to which it lasts. Behind a gap that is when clocks show its end; behind a fold, when they have
    shown everything that comes twice for the second time."""

    walls: list[datetime]
    #: The instant at which clocks on this offset would show 1970-01-01 00:00.
    zeros: list[datetime]
    until: list[datetime]


#: Clock changes between these years are looked up once per zone; no schedule begins or ends outside them.
_FIRST, _LAST = datetime(1960, 1, 1), datetime(2225, 1, 1)  # noqa: DTZ001 - wall-clock times have no zone
_ZERO = datetime(1970, 1, 1)  # noqa: DTZ001 - as above


@lru_cache(maxsize=1000)
def _offsets(zone: str) -> _Offsets:
    here = Instant.from_utc(_FIRST.year, 1, 1).to_tz(zone)
    walls, offsets, until = [datetime.min], [here.offset.to_stdlib()], []  # noqa: DTZ901 - as above
    zero = _ZERO.replace(tzinfo=UTC)
    for change, by in _clock_changes(here):
        at = _utc(change)
        if at.year >= _LAST.year:
            break
        walls.append(at.replace(tzinfo=None) + max(offsets[-1], offsets[-1] + by))
        offsets.append(offsets[-1] + by)
        until.append(at)
    return _Offsets(walls, [zero - offset for offset in offsets], [*until, FOREVER])


def instant(plain: datetime, zone: str) -> datetime:
    """A naive wall-clock time as UTC: the first of two occurrences; after a gap, the gap's end. Raises ValueError for a
    zone that does not exist."""
    if not _FIRST < plain < _LAST:
        return _looked_up(plain, zone)
    known = _offsets(zone)
    number = bisect_right(known.walls, plain) - 1
    return min(known.zeros[number] + (plain - _ZERO), known.until[number])


def instants(first: datetime, step: timedelta, zone: str) -> Iterator[datetime]:
    """Endlessly the instants of `first`, `first + step`, ... on the wall clock: as `instant` says, but between two clock
    changes they are reckoned on from each other, which takes a third of the time."""
    known, plain = _offsets(zone), first
    while _FIRST < plain < _LAST:
        number = bisect_right(known.walls, plain) - 1
        edge = known.walls[number + 1] if number + 1 < len(known.walls) else _LAST
        until, moment = known.until[number], known.zeros[number] + (plain - _ZERO)
        steps = -((plain - edge) // step)
        for _ in range(steps):
            yield moment if moment < until else until
            moment += step
        plain += steps * step
    while True:
        yield _looked_up(plain, zone)
        plain += step


def _looked_up(plain: datetime, zone: str) -> datetime:
    wall = PlainDateTime(plain)
    try:
        moment = wall.assume_tz(zone, disambiguation="raise")
    except SkippedTime:
        # Counted from before the gap: the reading after it may be the change itself, which is not before itself.
        before = wall.assume_tz(zone, disambiguation="earlier")
        moment = next(_clock_changes(before), (before, timedelta()))[0]
    except RepeatedTime:
        moment = wall.assume_tz(zone, disambiguation="earlier")
    return _utc(moment)


def local(moment: datetime, zone: str) -> datetime:
    """What the wall clock of a zone shows at a moment, naive."""
    return Instant(moment).to_tz(zone).to_plain().to_stdlib()


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
    """The next times after a moment that a zone moves its clocks; empty for zones without."""
    changes = _clock_changes(Instant(at).to_tz(zone))
    return [ClockChange(_utc(moment), by) for moment, by in islice(changes, count)]


def _clock_changes(here: ZonedDateTime) -> Iterator[tuple[ZonedDateTime, timedelta]]:
    """The data also has changes that move no clock: of a zone's abbreviation, or of what counts as its summer time."""
    while (change := here.next_transition()) is not None:
        by = change.offset - change.subtract(nanoseconds=1).offset
        if by:
            yield change, by.to_stdlib()
        here = change


def merged(ranges: Sequence[Range]) -> list[Range]:
    """The union of ranges, in order, without overlaps."""
    union: list[Range] = []
    for begins, ends in sorted(ranges):
        if union and begins <= union[-1][1]:
            union[-1] = (union[-1][0], max(ends, union[-1][1]))
        elif begins < ends:
            union.append((begins, ends))
    return union


def _utc(moment: ZonedDateTime) -> datetime:
    return moment.to_instant().to_stdlib()
