"""Schedules, rotations, overrides and shifts, and what is read about them."""

from dataclasses import dataclass
from datetime import date, datetime, time
from enum import StrEnum
from uuid import UUID


class RotationKind(StrEnum):
    """The unit of a turn's length; a calendar brings its turns along."""

    HOURLY = "hourly"
    DAILY = "daily"
    WEEKLY = "weekly"
    MONTHLY = "monthly"
    CALENDAR = "calendar"


#: The longest turn of each kind, in its unit.
LONGEST = {
    RotationKind.HOURLY: 1000,
    RotationKind.DAILY: 366,
    RotationKind.WEEKLY: 52,
    RotationKind.MONTHLY: 12,
    RotationKind.CALENDAR: 1,
}


class Coverage(StrEnum):
    """How the rotations of a schedule go together."""

    #: A higher one covers a lower one: at most one person at a time.
    LAYERED = "layered"
    #: All of them at once.
    TOGETHER = "together"


class BadRotation(ValueError):
    """A rotation that cannot be computed; `field` names the input to mend."""

    def __init__(self, field: str, sentence: str) -> None:
        super().__init__(sentence)
        self.field = field


@dataclass(frozen=True, slots=True)
class Restriction:
    """When a layer counts. From `start` on each of `days` (ISO weekdays, Monday 1; empty: every day) until `end`: on the
    same day, the next one when `end` is not later, or on the weekday `until_day`. With `end_zone` it ends when that
    zone's clock shows `end` next: so one site ends exactly when the next one begins."""

    start: time
    end: time
    days: tuple[int, ...] = ()
    until_day: int | None = None
    end_zone: str | None = None


@dataclass(frozen=True, slots=True)
class TeamTurns:
    """As a participant: each member of the team takes a turn, by name."""

    team_id: UUID


#: A person, the members of a team one after the other, or deliberately nobody.
Participant = UUID | TeamTurns | None


@dataclass(frozen=True, slots=True)
class Event:
    """A turn that an imported calendar brings; `user_id` None: nobody here goes by `who`."""

    uid: str
    starts_at: datetime
    ends_at: datetime
    user_id: UUID | None
    who: str = ""


@dataclass(frozen=True, slots=True)
class Rotation:
    """A layer: people take turns, `length` units of `kind` each. The first turn begins on `start_date` at `handoff_time`
    on the clock of `time_zone` (None: the schedule's). A participant that is None leaves the layer empty on purpose;
    teams are already their members here. `events` are the turns of a calendar."""

    id: UUID
    position: int
    kind: RotationKind
    length: int
    handoff_time: time
    start_date: date
    participants: tuple[UUID | None, ...]
    ends_at: datetime | None = None
    name: str = ""
    restrictions: tuple[Restriction, ...] = ()
    time_zone: str | None = None
    skip_holidays: bool = False
    events: tuple[Event, ...] = ()


@dataclass(frozen=True, slots=True)
class Override:
    """Somebody else for a range; the one that was created later wins. With `replaces`, only where that person would be
    on call."""

    id: UUID
    user_id: UUID
    starts_at: datetime
    ends_at: datetime
    created_at: datetime
    replaces: UUID | None = None
    #: Its track where people are on call together.
    number: int = 1000


@dataclass(frozen=True, slots=True)
class Shift:
    """One person on call from `starts_at` to before `ends_at` (UTC), and why. People of different tracks are on call at
    the same time; a layered schedule has track 0 only."""

    user_id: UUID
    starts_at: datetime
    ends_at: datetime
    rotation_id: UUID | None = None
    override_id: UUID | None = None
    track: int = 0

    @property
    def source(self) -> tuple[UUID, UUID | None, UUID | None]:
        """Who and why: adjacent shifts with the same source are one."""
        return self.user_id, self.rotation_id, self.override_id


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
    coverage: Coverage
    needs_acceptance: bool
    max_nights: int
    fatigue_pages: int
    fatigue_hours: int
    #: A sentence when the shifts could not be computed; what was stored before still counts.
    not_computed: str | None


@dataclass(frozen=True, slots=True)
class OnCall:
    """Who holds a schedule; everything about the person is None when nobody does. Several rows when people are on call
    together."""

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
    track: int


@dataclass(frozen=True, slots=True)
class OverrideRow:
    """A stored override with its person."""

    id: UUID
    user_id: UUID
    user_name: str
    starts_at: datetime
    ends_at: datetime
    created_at: datetime
    replaces: UUID | None
    reason: str
    batch: UUID | None
    number: int
