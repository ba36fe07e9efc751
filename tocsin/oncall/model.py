"""Schedules, rotations, overrides and shifts, and what is read about them."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import NamedTuple
from uuid import UUID


class RotationKind(StrEnum):
    """The unit of a turn's length; a calendar brings its turns along."""

    HOURLY = "hourly"
    DAILY = "daily"
    WEEKLY = "weekly"
    MONTHLY = "monthly"
    CALENDAR = "calendar"


#: Nobody is told who is on call later than this.
FARTHEST = timedelta(days=5 * 366)
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


class Shift(NamedTuple):
    """One person on call from `starts_at` to before `ends_at` (UTC), and why. People of different tracks are on call at
    the same time; a layered schedule has track 0 only. A tuple, because they are made by the thousand: a frozen dataclass
    takes three times as long to make."""

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
    together. `planned_user_id` and `planned_user_name` are set only while a hand-off waits to be accepted: whose shift
    it is meant to be."""

    schedule_id: UUID
    schedule_name: str
    user_id: UUID | None
    user_name: str | None
    time_zone: str | None
    starts_at: datetime | None
    ends_at: datetime | None
    planned_user_id: UUID | None = None
    planned_user_name: str | None = None


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


@dataclass(frozen=True, slots=True)
class Edit:
    """An edit of a schedule by somebody: what it changed, in words."""

    actor: str
    at: datetime
    what: tuple[str, ...]


class SwapState(StrEnum):
    """How far a request is. Only an open one can be answered."""

    OPEN = "open"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"
    LAPSED = "lapsed"
    #: Whose shift it was does not hold it any more.
    MOVED = "moved"


@dataclass(frozen=True, slots=True)
class Swap:
    """Somebody asks another person (None: everybody in the schedule) to take a range, perhaps for one in return."""

    id: UUID
    schedule_id: UUID
    schedule_name: str
    archived: bool
    team_id: UUID | None
    from_user_id: UUID
    from_name: str
    starts_at: datetime
    ends_at: datetime
    to_user_id: UUID | None
    to_name: str | None
    return_starts_at: datetime | None
    return_ends_at: datetime | None
    note: str
    state: SwapState
    created_at: datetime
    created_by: UUID | None
    created_name: str | None
    taken_by: UUID | None
    taken_name: str | None
    answered_at: datetime | None
    answered_name: str | None
    #: Who can still say yes or no, by name; empty when it is answered.
    waits_for: tuple[str, ...]
    waits_for_ids: tuple[UUID, ...]

    @property
    def given(self) -> tuple[datetime, datetime] | None:
        """The range in return."""
        if self.return_starts_at is None or self.return_ends_at is None:
            return None
        return self.return_starts_at, self.return_ends_at


@dataclass(frozen=True, slots=True)
class Somebody:
    """A person who can be on call, as calendars may call them."""

    id: UUID
    name: str
    email: str


@dataclass(frozen=True, slots=True)
class CalendarLayer:
    """A layer whose turns a calendar brings. `events`, those of them that name nobody here, and `until` when: from now."""

    id: UUID
    schedule_id: UUID
    schedule_name: str
    time_zone: str
    name: str
    source_url: str | None
    refreshed_at: datetime | None
    refresh_error: str | None
    events: int
    unmatched: int
    until: datetime | None


@dataclass(frozen=True, slots=True)
class Feed:
    """A private address of a calendar, of a person's own shifts, a team's or a schedule's; `name` is theirs."""

    id: UUID
    owner_id: UUID
    user_id: UUID | None
    team_id: UUID | None
    schedule_id: UUID | None
    name: str
    created_at: datetime
    fetched_at: datetime | None


@dataclass(frozen=True, slots=True)
class FeedShift:
    """A shift with what its event says. `changed_at` and `sequence`: the last change of its schedule."""

    schedule_id: UUID
    schedule_name: str
    track: int
    user_id: UUID
    user_name: str
    starts_at: datetime
    ends_at: datetime
    changed_at: datetime
    sequence: int
