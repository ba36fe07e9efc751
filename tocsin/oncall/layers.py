"""One layer of a schedule: from a rotation to its shifts. Pure functions; the rules are in docs/on-call.md.

Every hand-off is a wall-clock time, reckoned from the first one without regard to clock changes and turned into an
instant last (see `clocks`). So adjacent turns meet, whatever the clocks do, and a turn that a change swallows whole
is left out.
"""

from calendar import monthrange
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from itertools import count, pairwise
from uuid import UUID

from tocsin.oncall.clocks import EVER, FOREVER, SLACK, Range, instant, instants, local, merged, zone_exists
from tocsin.oncall.model import LONGEST, BadRotation, Event, Restriction, Rotation, RotationKind, Shift

#: When people are away, by person: their turns of a rotation that skips holidays pass to the next participant.
Away = Mapping[UUID, Sequence[Range]]
#: A part of a layer and whose it is. A plain tuple: a year has hundreds, and a shift takes several times as long to make.
Turn = tuple[datetime, datetime, UUID]
_UNITS = {
    RotationKind.HOURLY: timedelta(hours=1),
    RotationKind.DAILY: timedelta(days=1),
    RotationKind.WEEKLY: timedelta(weeks=1),
}
_UNIT_WORDS = {
    RotationKind.HOURLY: "hours",
    RotationKind.DAILY: "days",
    RotationKind.WEEKLY: "weeks",
    RotationKind.MONTHLY: "months",
}
NOBODY_AWAY: Away = {}
_DAY, _WEEK = timedelta(days=1), timedelta(days=7)


def check_zone(zone: str) -> None:
    """Raises `BadRotation` for a time zone that does not exist."""
    if not zone_exists(zone):
        raise BadRotation("time_zone", f"There is no time zone {zone}.")


def check_rotation(rotation: Rotation) -> None:
    """Raises `BadRotation` for what no shifts can be computed from."""
    if rotation.time_zone is not None:
        check_zone(rotation.time_zone)
    if rotation.kind is not RotationKind.CALENDAR:
        _check_turns(rotation)
    for restriction in rotation.restrictions:
        _check_restriction(restriction)


def _check_turns(rotation: Rotation) -> None:
    longest = LONGEST[rotation.kind]
    if not rotation.participants:
        raise BadRotation("participants", "A layer needs at least one person.")
    if not 1 <= rotation.length <= longest:
        raise BadRotation("length", f"A turn lasts 1 to {longest} {_UNIT_WORDS[rotation.kind]}.")
    if rotation.handoff_time.tzinfo:
        raise BadRotation("handoff_time", "Times of day are on the layer's own clock: leave the offset out.")
    if not 1970 <= rotation.start_date.year <= 2200:
        raise BadRotation("start_date", "The first hand-off must lie between 1970 and 2200.")


def _check_restriction(restriction: Restriction) -> None:
    if restriction.start.tzinfo or restriction.end.tzinfo:
        raise BadRotation("window", "Times of day are on the layer's own clock: leave the offset out.")
    until_day = () if restriction.until_day is None else (restriction.until_day,)
    if any(not 1 <= day <= 7 for day in (*restriction.days, *until_day)):
        raise BadRotation("window", "Weekdays are 1 for Monday to 7 for Sunday.")
    if restriction.end_zone is not None:
        check_zone(restriction.end_zone)
        if until_day:
            raise BadRotation("window", "Hours end on a weekday or on another zone's clock, not both.")
    elif restriction.until_day is None and restriction.start == restriction.end:
        raise BadRotation("window", "The hours of a layer must start and end at different times.")


def rotation_shifts(
    zone: str, rotation: Rotation, start: datetime, end: datetime, away: Away = NOBODY_AWAY
) -> list[Shift]:
    """One layer's shifts, clipped to [start, end), in order."""
    zone = rotation.time_zone or zone
    if rotation.ends_at is not None:
        end = min(end, rotation.ends_at)
    if rotation.kind is RotationKind.CALENDAR:
        turns = _events(rotation.events)
    else:
        turns = _turns(zone, rotation, start, end, away if rotation.skip_holidays else NOBODY_AWAY)
    whole = _joined(turns, start, end)
    if rotation.restrictions:
        windows = [w for r in rotation.restrictions for w in _windows(zone, r, start, end)]
        whole = _within(whole, merged(windows))
    return [Shift(person, begins, ends, rotation.id) for begins, ends, person in whole]


def _joined(turns: Iterable[Turn], start: datetime, end: datetime) -> list[Turn]:
    """What of them lies in the range; neighbours of the same person are one. They are in order."""
    whole: list[Turn] = []
    until, whose = EVER, None
    for begins, ends, person in turns:
        first, last = begins if begins > start else start, ends if ends < end else end
        if first >= last:
            continue
        if first == until and person == whose:
            first = whole.pop()[0]
        whole.append((first, last, person))
        until, whose = last, person
    return whole


def _events(events: Iterable[Event]) -> Iterator[Turn]:
    """An imported calendar's turns; where two overlap, the one that begins later counts."""
    begun: list[Turn] = []
    at = EVER
    for event in sorted(events, key=lambda e: (e.starts_at, e.uid)):
        if event.user_id is not None:
            yield from _counting(begun, at, event.starts_at)
            at = event.starts_at
            begun.append((event.starts_at, event.ends_at, event.user_id))
    yield from _counting(begun, at, FOREVER)


def _counting(begun: list[Turn], at: datetime, until: datetime) -> Iterator[Turn]:
    """Who counts from one moment to another: of those that have begun the last one. What is over is dropped."""
    while begun and at < until:
        _, ends, person = begun[-1]
        if ends <= until:
            begun.pop()
        if at < ends:
            yield at, min(ends, until), person
            at = ends


def _turns(zone: str, rotation: Rotation, start: datetime, end: datetime, away: Away) -> Iterator[Turn]:
    """The turns that touch the range, found by arithmetic on the wall clock, not by counting from the first one."""
    number = max(0, _turn_at(rotation, local(start, zone)) - 1)
    people = rotation.participants
    for begins, ends in pairwise(_handoffs(zone, rotation, number)):
        if begins >= end:
            return
        person = people[number % len(people)]
        if person is not None and begins < ends:
            if away:
                yield from _passed_on(people, number, (begins, ends, person), away)
            else:
                yield begins, ends, person
        number += 1


def _handoffs(zone: str, rotation: Rotation, number: int) -> Iterator[datetime]:
    """The instants at which turn `number` and all later ones begin."""
    if rotation.kind is RotationKind.MONTHLY:
        return (instant(_handoff(rotation, n), zone) for n in count(number))
    return instants(_handoff(rotation, number), rotation.length * _UNITS[rotation.kind], zone)


def _handoff(rotation: Rotation, number: int) -> datetime:
    """The wall-clock time at which turn `number` begins, naive. Months keep their day, or take their last one."""
    if rotation.kind is not RotationKind.MONTHLY:
        first = datetime.combine(rotation.start_date, rotation.handoff_time)
        return first + number * rotation.length * _UNITS[rotation.kind]
    months = rotation.start_date.year * 12 + rotation.start_date.month - 1 + number * rotation.length
    year, month = months // 12, months % 12 + 1
    day = min(rotation.start_date.day, monthrange(year, month)[1])
    return datetime.combine(date(year, month, day), rotation.handoff_time)


def _turn_at(rotation: Rotation, wall: datetime) -> int:
    """The turn under way when the wall clock shows this, give or take one."""
    if rotation.kind is RotationKind.MONTHLY:
        begun = rotation.start_date
        return ((wall.year - begun.year) * 12 + wall.month - begun.month) // rotation.length
    first = datetime.combine(rotation.start_date, rotation.handoff_time)
    return (wall - first) // (rotation.length * _UNITS[rotation.kind])


def _passed_on(people: Sequence[UUID | None], number: int, turn: Turn, away: Away) -> Iterator[Turn]:
    """A turn, with whoever comes next where its person is away; who is away with everybody else keeps it."""
    begins, ends, whose = turn
    if not any(b < ends and e > begins for b, e in away.get(whose, ())):
        yield turn
        return
    order = [person for n in range(len(people)) if (person := people[(number + n) % len(people)])]
    absences = [r for p in order for r in away.get(p, ()) if r[0] < ends and r[1] > begins]
    moments = sorted({begins, ends, *(min(max(m, begins), ends) for r in absences for m in r)})
    for first, last in pairwise(moments):
        there = (p for p in order if not any(b <= first < e for b, e in away.get(p, ())))
        yield first, last, next(there, whose)


def _windows(zone: str, restriction: Restriction, start: datetime, end: datetime) -> Iterator[Range]:
    """The openings of a restriction that touch the range: of every day, or of one of its weekdays after the other.

    Both ends are reckoned on the wall clock, so hours which a clock change skips whole stay empty.
    """
    first = (start - SLACK - _WEEK).astimezone(UTC).date()
    for day, step in _first_days(restriction, first):
        closing = datetime.combine(day + _ahead(restriction, day), restriction.end)
        closings = instants(closing, step, zone)
        for begins, ends in zip(
            instants(datetime.combine(day, restriction.start), step, zone), closings, strict=False
        ):
            if begins >= end:
                break
            if restriction.end_zone is not None:
                ends = _next(begins, restriction.end, restriction.end_zone)  # noqa: PLW2901 - the same end, elsewhere
            if ends > start and begins < ends:
                yield begins, ends


def _first_days(restriction: Restriction, first: date) -> Iterator[tuple[date, timedelta]]:
    """The first day of each series of openings from a date on, and what lies between two of them."""
    if not restriction.days and restriction.until_day is None:
        yield first, _DAY
        return
    for day in restriction.days or range(1, 8):
        yield first + timedelta(days=(day - first.isoweekday()) % 7), _WEEK


def _ahead(restriction: Restriction, day: date) -> timedelta:
    """From the day of an opening to the one on which it closes."""
    over = restriction.end <= restriction.start
    if restriction.until_day is None:
        return _DAY if over else timedelta()
    days = (restriction.until_day - day.isoweekday()) % 7
    return timedelta(days=7 if days == 0 and over else days)


def _next(begins: datetime, clock: time, zone: str) -> datetime:
    """When a zone's clock shows a time next."""
    there = local(begins, zone).date()
    ends = instant(datetime.combine(there, clock), zone)
    return ends if ends > begins else instant(datetime.combine(there + _DAY, clock), zone)


def _within(turns: Sequence[Turn], windows: Sequence[Range]) -> list[Turn]:
    """The parts of turns that lie in windows; both in order, so one walk suffices. Neighbours among the turns have
    different people, and windows do not meet: so parts that meet have different people too."""
    parts: list[Turn] = []
    first, last = 0, len(windows)
    for begins, ends, person in turns:
        while first < last and windows[first][1] <= begins:
            first += 1
        number = first
        while number < last and windows[number][0] < ends:
            opens, closes = windows[number]
            parts.append((opens if opens > begins else begins, closes if closes < ends else ends, person))
            number += 1
    return parts
