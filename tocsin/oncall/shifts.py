"""From rotations and overrides to shifts: pure functions, no clock, no database. The rules are in docs/on-call.md.

Every hand-off is a wall-clock time, reckoned from the first one without regard to clock changes and turned into an
instant last (see `clocks`). So adjacent turns meet, whatever the clocks do, and a turn that a change swallows whole
is left out.
"""

from calendar import monthrange
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from itertools import count, pairwise
from uuid import UUID

from tocsin.oncall.clocks import SLACK, Range, instant, instants, local, merged, zone_exists
from tocsin.oncall.model import LONGEST, BadRotation, Override, Restriction, Rotation, RotationKind, Shift

#: When people are away, by person: their turns of a rotation that skips holidays pass to the next participant.
Away = Mapping[UUID, Sequence[Range]]
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
_NOBODY_AWAY: Away = {}
_DAY = timedelta(days=1)


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
    zone: str, rotation: Rotation, start: datetime, end: datetime, away: Away = _NOBODY_AWAY
) -> list[Shift]:
    """One layer's shifts, clipped to [start, end), in order."""
    zone = rotation.time_zone or zone
    if rotation.ends_at is not None:
        end = min(end, rotation.ends_at)
    if rotation.kind is RotationKind.CALENDAR:
        turns: Iterable[Shift] = _events(rotation)
    else:
        turns = _turns(zone, rotation, start, end, away if rotation.skip_holidays else _NOBODY_AWAY)
    shifts = merge(s for s in (_clip(s, start, end) for s in turns) if s)
    if not rotation.restrictions:
        return shifts
    windows = merged([w for r in rotation.restrictions for w in _windows(zone, r, start, end)])
    return merge(_within(shifts, windows))


def final_shifts(
    zone: str,
    rotations: Sequence[Rotation],
    overrides: Sequence[Override],
    start: datetime,
    end: datetime,
    *,
    together: bool = False,
    away: Away = _NOBODY_AWAY,
) -> list[Shift]:
    """Who is on call from `start` to `end`, by start and track. Layered: higher layers cover lower ones. Together: each
    layer has a track of its own. Overrides come last, later ones over earlier ones. No two shifts of a track overlap;
    moments that nobody covers are simply missing (see `gaps`)."""
    result: list[Shift] = []
    for rotation in sorted(rotations, key=lambda r: r.position):
        layer = rotation_shifts(zone, rotation, start, end, away)
        if together:
            result += [shift._replace(track=rotation.position) for shift in layer]
        else:
            result = cover(result, layer)
    for override in sorted(overrides, key=lambda o: (o.created_at, o.id)):
        result = _overridden(result, override, start, end, together=together)
    if not together:
        return merge(result)
    result.sort(key=lambda s: (s.track, s.starts_at))
    return sorted(merge(result), key=lambda s: (s.starts_at, s.track))


def _overridden(
    base: Sequence[Shift], override: Override, start: datetime, end: datetime, *, together: bool
) -> list[Shift]:
    """Where people are on call together, an override that replaces nobody adds its person."""
    track = override.number if together and override.replaces is None else 0
    whole = Shift(override.user_id, override.starts_at, override.ends_at, None, override.id, track)
    clipped = _clip(whole, start, end)
    if clipped is None:
        return list(base)
    if override.replaces is not None:
        return [part for shift in base for part in _replaced(shift, override)]
    return [*base, clipped] if together else cover(base, [clipped])


def _replaced(shift: Shift, override: Override) -> Iterator[Shift]:
    middle = _clip(shift, override.starts_at, override.ends_at)
    if shift.user_id != override.replaces or middle is None:
        yield shift
        return
    if shift.starts_at < middle.starts_at:
        yield _part(shift, shift.starts_at, middle.starts_at)
    yield middle._replace(user_id=override.user_id, rotation_id=None, override_id=override.id)
    if middle.ends_at < shift.ends_at:
        yield _part(shift, middle.ends_at, shift.ends_at)


def gaps(shifts: Iterable[Shift], start: datetime, end: datetime) -> list[Range]:
    """The ranges of [start, end) that no shift covers. `shifts` are in order of their starts."""
    found, covered = [], start
    for shift in shifts:
        if shift.starts_at > covered:
            found.append((covered, min(shift.starts_at, end)))
        covered = max(covered, shift.ends_at)
    if covered < end:
        found.append((covered, end))
    return found


def on_call_at(shifts: Iterable[Shift], at: datetime) -> UUID | None:
    """Who is on call at a moment; the first of several."""
    return next((s.user_id for s in shifts if s.starts_at <= at < s.ends_at), None)


def _events(rotation: Rotation) -> list[Shift]:
    """An imported calendar's turns; where two overlap, the one that begins later counts."""
    result: list[Shift] = []
    for event in sorted(rotation.events, key=lambda e: (e.starts_at, e.uid)):
        if event.user_id is not None and event.starts_at < event.ends_at:
            result = cover(result, [Shift(event.user_id, event.starts_at, event.ends_at, rotation.id)])
    return result


def _turns(zone: str, rotation: Rotation, start: datetime, end: datetime, away: Away) -> Iterator[Shift]:
    """The turns that touch the range, found by arithmetic on the wall clock, not by counting from the first one."""
    number = max(0, _turn_at(rotation, local(start, zone)) - 1)
    people = rotation.participants
    for begins, ends in pairwise(_handoffs(zone, rotation, number)):
        if begins >= end:
            return
        person = people[number % len(people)]
        if person is not None and begins < ends and ends > start:
            turn = Shift(person, begins, ends, rotation.id)
            yield from _passed_on(people, number, turn, away) if away else (turn,)
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


def _passed_on(people: Sequence[UUID | None], number: int, turn: Shift, away: Away) -> Iterator[Shift]:
    """A turn, with whoever comes next where its person is away; who is away with everybody else keeps it."""
    begins, ends = turn.starts_at, turn.ends_at
    if not any(b < ends and e > begins for b, e in away.get(turn.user_id, ())):
        yield turn
        return
    order = [person for n in range(len(people)) if (person := people[(number + n) % len(people)])]
    absences = [r for p in order for r in away.get(p, ()) if r[0] < ends and r[1] > begins]
    moments = sorted({begins, ends, *(min(max(m, begins), ends) for r in absences for m in r)})
    for first, last in pairwise(moments):
        there = (p for p in order if not any(b <= first < e for b, e in away.get(p, ())))
        yield Shift(next(there, turn.user_id), first, last, turn.rotation_id)


def _windows(zone: str, restriction: Restriction, start: datetime, end: datetime) -> Iterator[Range]:
    """The openings of a restriction that touch the range."""
    first = (start - SLACK - timedelta(days=7)).astimezone(UTC).date()
    openings = instants(datetime.combine(first, restriction.start), _DAY, zone)
    for number, (begins, closes) in enumerate(
        zip(openings, _closings(zone, restriction, first), strict=False)
    ):
        if begins >= end:
            return
        if restriction.days and (first.weekday() + number) % 7 + 1 not in restriction.days:
            continue
        other = restriction.end_zone
        ends = closes if other is None else _next(begins, restriction.end, other)
        if ends > start and begins < ends:
            yield begins, ends


def _closings(zone: str, restriction: Restriction, first: date) -> Iterator[datetime]:
    """When what opens on `first`, on the day after, ... closes, reckoned on the wall clock: so hours which a clock change
    skips whole stay empty."""
    closing = datetime.combine(first, restriction.end)
    if restriction.until_day is None:
        return instants(closing + (_DAY if restriction.end <= restriction.start else timedelta()), _DAY, zone)
    return (instant(closing + n * _DAY + _ahead(restriction, first, n), zone) for n in count())


def _ahead(restriction: Restriction, first: date, number: int) -> timedelta:
    """From a day to the weekday on which it closes."""
    days = ((restriction.until_day or 1) - 1 - first.weekday() - number) % 7
    return timedelta(days=7 if days == 0 and restriction.end <= restriction.start else days)


def _next(begins: datetime, clock: time, zone: str) -> datetime:
    """When a zone's clock shows a time next."""
    there = local(begins, zone).date()
    ends = instant(datetime.combine(there, clock), zone)
    return ends if ends > begins else instant(datetime.combine(there + _DAY, clock), zone)


def _clip(shift: Shift, start: datetime, end: datetime) -> Shift | None:
    if start <= shift.starts_at < shift.ends_at <= end:
        return shift
    begins, ends = max(shift.starts_at, start), min(shift.ends_at, end)
    return _part(shift, begins, ends) if begins < ends else None


def _part(shift: Shift, begins: datetime, ends: datetime) -> Shift:
    """The same shift for another time; `replace` would take much longer."""
    return Shift(shift.user_id, begins, ends, shift.rotation_id, shift.override_id, shift.track)


def _within(shifts: Sequence[Shift], windows: Sequence[Range]) -> Iterator[Shift]:
    """The parts of shifts that lie in windows; both in order, so one walk suffices."""
    first = 0
    for shift in shifts:
        while first < len(windows) and windows[first][1] <= shift.starts_at:
            first += 1
        number = first
        while number < len(windows) and windows[number][0] < shift.ends_at:
            part = _clip(shift, *windows[number])
            if part:
                yield part
            number += 1


def cover(base: Sequence[Shift], top: Sequence[Shift]) -> list[Shift]:
    """`top` where it has somebody, `base` elsewhere. Both in order and free of overlaps."""
    if not base or not top:
        return [*base, *top]
    result: list[Shift] = list(top)
    first = 0
    for shift in base:
        begins = shift.starts_at
        while first < len(top) and top[first].ends_at <= begins:
            first += 1
        number = first
        while number < len(top) and top[number].starts_at < shift.ends_at:
            if top[number].starts_at > begins:
                result.append(_part(shift, begins, top[number].starts_at))
            begins = max(begins, top[number].ends_at)
            number += 1
        if begins < shift.ends_at:
            result.append(shift if begins == shift.starts_at else _part(shift, begins, shift.ends_at))
    result.sort(key=lambda s: s.starts_at)
    return result


def merge(shifts: Iterable[Shift]) -> list[Shift]:
    """Adjacent parts with the same person, source and track become one shift."""
    whole: list[Shift] = []
    last: Shift | None = None
    for shift in shifts:
        if last is None or last.ends_at != shift.starts_at or not _alike(last, shift):
            whole.append(shift)
            last = shift
        else:
            whole[-1] = last = _part(last, last.starts_at, shift.ends_at)
    return whole


def _alike(one: Shift, other: Shift) -> bool:
    # Mostly the same objects, and comparing ids takes long.
    same = one.user_id is other.user_id or one.user_id == other.user_id
    return same and one.track == other.track and one.source == other.source
