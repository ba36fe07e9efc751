"""Ranges of time, and nights: what is counted in shifts. Pure. A list of ranges is in order and free of overlaps."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime, time, timedelta
from functools import lru_cache

from tocsin.oncall.clocks import Range, instant, local

EVENING, MORNING = time(22), time(6)
#: On call for less of it does not make a night.
NIGHT_NEEDS = timedelta(hours=2)
_DAY = timedelta(days=1)


def without(ranges: Sequence[Range], holes: Sequence[Range]) -> list[Range]:
    """What of `ranges` lies outside `holes`."""
    found: list[Range] = []
    first = 0
    for start, end in ranges:
        begins = start
        while first < len(holes) and holes[first][1] <= begins:
            first += 1
        number = first
        while number < len(holes) and holes[number][0] < end:
            if holes[number][0] > begins:
                found.append((begins, holes[number][0]))
            begins = max(begins, holes[number][1])
            number += 1
        if begins < end:
            found.append((begins, end))
    return found


def shared(one: Sequence[Range], other: Sequence[Range]) -> list[Range]:
    """What lies in both."""
    found: list[Range] = []
    first = 0
    for start, end in one:
        while first < len(other) and other[first][1] <= start:
            first += 1
        number = first
        while number < len(other) and other[number][0] < end:
            found.append((max(start, other[number][0]), min(end, other[number][1])))
            number += 1
    return found


def clipped(ranges: Iterable[Range], start: datetime, end: datetime) -> list[Range]:
    """What lies in [start, end)."""
    return [(max(b, start), min(e, end)) for b, e in ranges if b < end and e > start]


def total(ranges: Iterable[Range]) -> timedelta:
    """How long they are together."""
    return sum((end - begins for begins, end in ranges), timedelta())


@lru_cache(maxsize=20_000)
def night(evening: date, zone: str) -> Range:
    """The night that begins on the evening of a day, 22:00 to 06:00 on the clock of the zone."""
    return (
        instant(datetime.combine(evening, EVENING), zone),
        instant(datetime.combine(evening + _DAY, MORNING), zone),
    )


def nights_held(ranges: Sequence[Range], zone: str) -> list[date]:
    """The evenings of the nights with at least two hours on call."""
    held: dict[date, timedelta] = {}
    for begins, ends in ranges:
        for evening, (dusk, dawn) in _nights(begins, ends, zone):
            share = min(ends, dawn) - max(begins, dusk)
            if share > timedelta():
                held[evening] = held.get(evening, timedelta()) + share
    return [evening for evening, share in held.items() if share >= NIGHT_NEEDS]


def _nights(begins: datetime, ends: datetime, zone: str) -> Iterator[tuple[date, Range]]:
    evening = local(begins, zone).date() - _DAY
    while True:
        found = night(evening, zone)
        if found[0] >= ends:
            return
        yield evening, found
        evening += _DAY


def runs(days: Sequence[date]) -> list[tuple[date, date]]:
    """Days in a row, each run with its first and last one."""
    found: list[tuple[date, date]] = []
    for day in days:
        if found and day - found[-1][1] == _DAY:
            found[-1] = (found[-1][0], day)
        else:
            found.append((day, day))
    return found
