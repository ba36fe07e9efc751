"""From rotations and overrides to shifts: pure functions, no clock, no database. The rules are in docs/on-call.md.

Hand-off keeps the wall-clock time of the schedule's zone. A hand-off that a clock change skips happens at the first
instant after the gap; one that happens twice counts at its first occurrence. So shifts of a layer always meet.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from uuid import UUID

from whenever import Instant, PlainDateTime, RepeatedTime, SkippedTime, TimeZoneNotFoundError, ZonedDateTime

#: Days or weeks per shift.
MAX_LENGTH = 52


class RotationKind(StrEnum):
    """The unit of a shift's length."""

    DAILY = "daily"
    WEEKLY = "weekly"


class BadRotation(ValueError):
    """A rotation that cannot be computed; `field` names the input to mend."""

    def __init__(self, field: str, sentence: str) -> None:
        super().__init__(sentence)
        self.field = field


@dataclass(frozen=True, slots=True)
class Rotation:
    """A layer: people take turns. `length` counts days or weeks per shift; `start_date` is the first hand-off's local
    date; `window` limits the layer to a time of day (overnight when it ends before it starts)."""

    id: UUID
    position: int
    kind: RotationKind
    length: int
    handoff_time: time
    start_date: date
    participants: tuple[UUID, ...]
    ends_at: datetime | None = None
    name: str = ""
    window: tuple[time, time] | None = None

    @property
    def days(self) -> int:
        """Local days per shift."""
        return self.length * (7 if self.kind is RotationKind.WEEKLY else 1)


@dataclass(frozen=True, slots=True)
class Override:
    """Somebody else for a range; the one that was created later wins."""

    id: UUID
    user_id: UUID
    starts_at: datetime
    ends_at: datetime
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Shift:
    """One person on call from `starts_at` to before `ends_at` (UTC), and why."""

    user_id: UUID
    starts_at: datetime
    ends_at: datetime
    rotation_id: UUID | None = None
    override_id: UUID | None = None

    @property
    def source(self) -> tuple[UUID, UUID | None, UUID | None]:
        """Who and why: adjacent shifts with the same source are one."""
        return self.user_id, self.rotation_id, self.override_id


@dataclass(frozen=True, slots=True)
class ClockChange:
    """A change of the offset of a zone: at `at` clocks move by `by`."""

    at: datetime
    by: timedelta


@dataclass(frozen=True, slots=True)
class Schedule:
    """A schedule in use."""

    id: UUID
    name: str
    description: str
    team_id: UUID | None
    team_name: str | None
    time_zone: str
    version: int
    materialised_until: datetime | None


@dataclass(frozen=True, slots=True)
class OnCall:
    """Who holds a schedule; everything about the person is None when nobody does."""

    schedule_id: UUID
    schedule_name: str
    user_id: UUID | None
    user_name: str | None
    time_zone: str | None
    starts_at: datetime | None
    ends_at: datetime | None


@dataclass(frozen=True, slots=True)
class ShiftRow:
    """A stored shift with its person."""

    schedule_id: UUID
    user_id: UUID
    user_name: str
    time_zone: str
    starts_at: datetime
    ends_at: datetime
    rotation_id: UUID | None
    override_id: UUID | None


@dataclass(frozen=True, slots=True)
class OverrideRow:
    """A stored override with its person."""

    id: UUID
    user_id: UUID
    user_name: str
    starts_at: datetime
    ends_at: datetime
    created_at: datetime


def check_zone(zone: str) -> None:
    """Raises `BadRotation` for a time zone that does not exist."""
    try:
        Instant.from_timestamp(0).to_tz(zone)
    except (TimeZoneNotFoundError, ValueError) as error:
        raise BadRotation("time_zone", f"There is no time zone {zone}.") from error


def check_rotation(rotation: Rotation) -> None:
    """Raises `BadRotation` for what no shifts can be computed from."""
    if not rotation.participants:
        raise BadRotation("participants", "A layer needs at least one person.")
    if not 1 <= rotation.length <= MAX_LENGTH:
        raise BadRotation("length", f"A shift lasts 1 to {MAX_LENGTH} days or weeks.")
    clocks = (rotation.handoff_time, *(rotation.window or ()))
    if any(clock.tzinfo for clock in clocks):
        raise BadRotation(
            "handoff_time", "Times of day are in the schedule's time zone: leave the offset out."
        )
    if rotation.window and rotation.window[0] == rotation.window[1]:
        raise BadRotation("window", "The hours of a layer must start and end at different times.")
    if rotation.start_date.year < 1970 or rotation.start_date.year > 2200:
        raise BadRotation("start_date", "The first hand-off must lie between 1970 and 2200.")


def rotation_shifts(zone: str, rotation: Rotation, start: datetime, end: datetime) -> list[Shift]:
    """One layer's shifts, clipped to [start, end), in order."""
    if rotation.ends_at is not None:
        end = min(end, rotation.ends_at)
    shifts = _merge(s for s in (_clip(s, start, end) for s in _turns(zone, rotation, start, end)) if s)
    if rotation.window is None:
        return shifts
    windows = list(_windows(zone, rotation.window, start, end))
    return _merge(_within(shifts, windows))


def final_shifts(
    zone: str, rotations: Sequence[Rotation], overrides: Sequence[Override], start: datetime, end: datetime
) -> list[Shift]:
    """Who is on call from `start` to `end`: higher layers cover lower ones, overrides cover all, later ones earlier
    ones. No two shifts overlap; moments that nobody covers are simply missing (see `gaps`)."""
    result: list[Shift] = []
    for rotation in sorted(rotations, key=lambda r: r.position):
        result = _cover(result, rotation_shifts(zone, rotation, start, end))
    for override in sorted(overrides, key=lambda o: (o.created_at, o.id)):
        whole = Shift(override.user_id, override.starts_at, override.ends_at, None, override.id)
        clipped = _clip(whole, start, end)
        if clipped:
            result = _cover(result, [clipped])
    return _merge(result)


def gaps(shifts: Sequence[Shift], start: datetime, end: datetime) -> list[tuple[datetime, datetime]]:
    """The ranges of [start, end) that no shift covers. `shifts` are in order."""
    found, covered = [], start
    for shift in shifts:
        if shift.starts_at > covered:
            found.append((covered, min(shift.starts_at, end)))
        covered = max(covered, shift.ends_at)
    if covered < end:
        found.append((covered, end))
    return found


def on_call_at(shifts: Iterable[Shift], at: datetime) -> UUID | None:
    """Who is on call at a moment."""
    return next((s.user_id for s in shifts if s.starts_at <= at < s.ends_at), None)


def next_clock_changes(zone: str, at: datetime, count: int = 2) -> list[ClockChange]:
    """The next changes of the zone's offset after a moment; empty for zones without."""
    found: list[ClockChange] = []
    here = _local(at, zone)
    while len(found) < count:
        change = here.next_transition()
        if change is None:
            break
        before = change.subtract(milliseconds=1)
        by = timedelta(seconds=(change.offset - before.offset).total("seconds"))
        found.append(ClockChange(_utc(change), by))
        here = change
    return found


def _turns(zone: str, rotation: Rotation, start: datetime, end: datetime) -> Iterator[Shift]:
    """The turns that touch the range, found by arithmetic on local dates, not by counting from the first one."""
    local = _local(start, zone).to_stdlib().date()
    number = max(0, (local - rotation.start_date).days // rotation.days - 1)
    begins = _handoff(zone, rotation, number)
    while begins < end:
        ends = _handoff(zone, rotation, number + 1)
        person = rotation.participants[number % len(rotation.participants)]
        if begins < ends:
            yield Shift(person, begins, ends, rotation.id)
        begins, number = ends, number + 1


def _handoff(zone: str, rotation: Rotation, number: int) -> datetime:
    return _instant(rotation.start_date + timedelta(days=number * rotation.days), rotation.handoff_time, zone)


def _windows(
    zone: str, window: tuple[time, time], start: datetime, end: datetime
) -> Iterator[tuple[datetime, datetime]]:
    """The window of each local day that touches the range; overnight ones end on the next day."""
    opens, closes = window
    overnight = timedelta(days=1 if closes <= opens else 0)
    day = (start - timedelta(days=3)).astimezone(UTC).date()
    while True:
        begins = _instant(day, opens, zone)
        if begins >= end:
            return
        ends = _instant(day + overnight, closes, zone)
        if ends > start and begins < ends:
            yield begins, ends
        day += timedelta(days=1)


def _instant(day: date, clock: time, zone: str) -> datetime:
    """A local wall-clock time as UTC: the first of two occurrences; after a gap, the gap's end."""
    plain = PlainDateTime(day.year, day.month, day.day, clock.hour, clock.minute, clock.second)
    try:
        return _utc(plain.assume_tz(zone, disambiguation="raise"))
    except SkippedTime:
        # Counted from before the gap: the reading after it may be the change itself, which is not before itself.
        before = plain.assume_tz(zone, disambiguation="earlier")
        return _utc(before.next_transition() or before)
    except RepeatedTime:
        return _utc(plain.assume_tz(zone, disambiguation="earlier"))


def _local(moment: datetime, zone: str) -> ZonedDateTime:
    return Instant.from_timestamp(int(moment.timestamp() * 1000), unit="millisecond").to_tz(zone)


def _utc(moment: ZonedDateTime) -> datetime:
    return datetime.fromtimestamp(moment.timestamp(), UTC)


def _clip(shift: Shift, start: datetime, end: datetime) -> Shift | None:
    begins, ends = max(shift.starts_at, start), min(shift.ends_at, end)
    return replace(shift, starts_at=begins, ends_at=ends) if begins < ends else None


def _within(shifts: Sequence[Shift], windows: Sequence[tuple[datetime, datetime]]) -> Iterator[Shift]:
    """The parts of shifts that lie in windows; both in order, so one walk suffices."""
    first = 0
    for shift in shifts:
        while first < len(windows) and windows[first][1] <= shift.starts_at:
            first += 1
        for begins, ends in windows[first:]:
            if begins >= shift.ends_at:
                break
            part = _clip(shift, begins, ends)
            if part:
                yield part


def _cover(base: Sequence[Shift], top: Sequence[Shift]) -> list[Shift]:
    """`top` where it has somebody, `base` elsewhere. Both in order and free of overlaps."""
    result: list[Shift] = list(top)
    first = 0
    for shift in base:
        begins = shift.starts_at
        while first < len(top) and top[first].ends_at <= begins:
            first += 1
        for upper in top[first:]:
            if upper.starts_at >= shift.ends_at:
                break
            if upper.starts_at > begins:
                result.append(replace(shift, starts_at=begins, ends_at=upper.starts_at))
            begins = max(begins, upper.ends_at)
        if begins < shift.ends_at:
            result.append(replace(shift, starts_at=begins))
    return sorted(result, key=lambda s: s.starts_at)


def _merge(shifts: Iterable[Shift]) -> list[Shift]:
    """Adjacent parts with the same person and source become one shift."""
    merged: list[Shift] = []
    for shift in shifts:
        if merged and merged[-1].ends_at == shift.starts_at and merged[-1].source == shift.source:
            merged[-1] = replace(merged[-1], ends_at=shift.ends_at)
        else:
            merged.append(shift)
    return merged
