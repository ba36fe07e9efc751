"""From layers and overrides to shifts: pure functions, no clock, no database. The rules are in docs/on-call.md."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from operator import attrgetter
from uuid import UUID

from tocsin.oncall.clocks import EVER, Range
from tocsin.oncall.layers import NOBODY_AWAY, Away, rotation_shifts
from tocsin.oncall.model import Override, Rotation, Shift


def final_shifts(
    zone: str,
    rotations: Sequence[Rotation],
    overrides: Sequence[Override],
    start: datetime,
    end: datetime,
    *,
    together: bool = False,
    away: Away = NOBODY_AWAY,
) -> list[Shift]:
    """Who is on call from `start` to `end`, by start and track. Layered: higher layers cover lower ones. Together: each
    layer has a track of its own. Overrides come last, later ones over earlier ones. No two shifts of a track overlap;
    moments that nobody covers are simply missing (see `gaps`)."""
    tracks: dict[int, list[Shift]] = {0: []}
    for rotation in sorted(rotations, key=lambda r: r.position):
        layer = rotation_shifts(zone, rotation, start, end, away)
        if together:
            tracks[rotation.position] = [shift._replace(track=rotation.position) for shift in layer]
        else:
            tracks[0] = cover(tracks[0], layer)
    for override in sorted(overrides, key=lambda o: (o.created_at, o.id)):
        _override(tracks, override, start, end, together=together)
    if not together:
        # Only overrides make neighbours that are one: each layer is merged, and no two have the same source.
        return merge(tracks[0]) if overrides else tracks[0]
    whole = [shift for track in tracks.values() for shift in merge(track)]
    return sorted(whole, key=lambda s: (s.starts_at, s.track))


def _override(
    tracks: dict[int, list[Shift]], override: Override, start: datetime, end: datetime, *, together: bool
) -> None:
    """Puts one over what is there. Only the shifts that it touches are looked at: a schedule may have thousands of both.
    Where people are on call together, an override that replaces nobody adds its person, on a track of its own."""
    track = override.number if together and override.replaces is None else 0
    whole = Shift(override.user_id, override.starts_at, override.ends_at, None, override.id, track)
    clipped = _clip(whole, start, end)
    if clipped is None:
        return
    if override.replaces is not None:
        for shifts in tracks.values():
            touched = _touched(shifts, clipped)
            shifts[touched] = [part for shift in shifts[touched] for part in _replaced(shift, override)]
    elif together:
        tracks[track] = [clipped]
    else:
        touched = _touched(tracks[0], clipped)
        tracks[0][touched] = cover(tracks[0][touched], [clipped])


def _touched(shifts: Sequence[Shift], wanted: Shift) -> slice:
    """Where the shifts stand that overlap a range; they are in order and free of overlaps."""
    first = bisect_right(shifts, wanted.starts_at, key=attrgetter("ends_at"))
    return slice(first, bisect_left(shifts, wanted.ends_at, lo=first, key=attrgetter("starts_at")))


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


def _clip(shift: Shift, start: datetime, end: datetime) -> Shift | None:
    if start <= shift.starts_at < shift.ends_at <= end:
        return shift
    begins, ends = max(shift.starts_at, start), min(shift.ends_at, end)
    return _part(shift, begins, ends) if begins < ends else None


def _part(shift: Shift, begins: datetime, ends: datetime) -> Shift:
    """The same shift for another time; `replace` would take much longer."""
    return Shift(shift.user_id, begins, ends, shift.rotation_id, shift.override_id, shift.track)


def cover(base: Sequence[Shift], top: Sequence[Shift]) -> list[Shift]:
    """`top` where it has somebody, `base` elsewhere. Both in order and free of overlaps, and so is what comes of it."""
    if not base or not top:
        return [*base, *top]
    result: list[Shift] = []
    number, covered = 0, EVER
    for shift in base:
        begins, ends = shift.starts_at, shift.ends_at
        if begins < covered:
            begins = covered
        while number < len(top) and (above := top[number]).starts_at < ends:
            if begins < above.starts_at:
                result.append(_part(shift, begins, above.starts_at))
            result.append(above)
            covered = above.ends_at
            begins = max(begins, covered)
            number += 1
        if begins < ends:
            result.append(shift if begins == shift.starts_at else _part(shift, begins, ends))
    return [*result, *top[number:]]


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
