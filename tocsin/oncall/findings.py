"""What may be wrong with a schedule, and everything that is looked at to find it. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from functools import cached_property
from uuid import UUID

from tocsin.oncall.clocks import Range, local, merged
from tocsin.oncall.model import Rotation, Shift

#: Stands in turns that nobody holds, while their times are reckoned.
NOBODY = UUID(int=0)


class FindingKind(StrEnum):
    """What was looked for."""

    GAP = "gap"
    EMPTY_SHIFT = "empty_shift"
    DOUBLE = "double"
    NIGHTS = "nights"
    IMBALANCE = "imbalance"
    CLOCK_CHANGE = "clock_change"
    HOLIDAY = "holiday"


class Grade(StrEnum):
    """How bad: a problem leaves alerts unanswered, a warning wears people out, a note is good to know."""

    PROBLEM = "problem"
    WARNING = "warning"
    NOTE = "note"


@dataclass(frozen=True, slots=True)
class Finding:
    """One finding, however often it happens: `starts_at` and `ends_at` are of the first time, `count` says how many
    times, and `key` stays the same from day to day, so that it is told once."""

    kind: FindingKind
    grade: Grade
    sentence: str
    starts_at: datetime
    ends_at: datetime
    user_id: UUID | None = None
    count: int = 1
    key: str = ""


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who takes turns: their clock, and whose holidays count for them."""

    user_id: UUID
    name: str
    time_zone: str
    country: str | None = None
    subdivision: str | None = None


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """A stored shift of another schedule."""

    schedule_id: UUID
    schedule_name: str
    user_id: UUID
    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True, slots=True)
class Vacancy:
    """Turns without anybody: everybody of a layer has left, a calendar has no events, or a team has no members.
    `rotation` is the layer with `NOBODY` in those turns; `alone`: the whole layer is empty."""

    rotation: Rotation
    sentence: str
    alone: bool


@dataclass(frozen=True)
class Case:
    """A schedule from `start` to `end` with everything that findings come from. `shifts` are the final ones, in order;
    `elsewhere` are the shifts of other schedules."""

    time_zone: str
    rotations: Sequence[Rotation]
    shifts: Sequence[Shift]
    start: datetime
    end: datetime
    people: Mapping[UUID, Person]
    elsewhere: Sequence[Elsewhere] = ()
    vacancies: Sequence[Vacancy] = ()
    max_nights: int = 7

    @cached_property
    def held(self) -> Mapping[UUID, list[Range]]:
        """Per person when they are on call here; adjacent shifts are one range."""
        found: dict[UUID, list[Range]] = {}
        for shift in self.shifts:
            found.setdefault(shift.user_id, []).append((shift.starts_at, shift.ends_at))
        return {person: merged(ranges) for person, ranges in found.items()}

    def name(self, user_id: UUID) -> str:
        """How somebody is called."""
        return self.people[user_id].name if user_id in self.people else "Somebody"

    def zone(self, user_id: UUID) -> str:
        """The clock that somebody lives by."""
        return self.people[user_id].time_zone if user_id in self.people else self.time_zone

    def said(self, begins: datetime, ends: datetime) -> str:
        """A range on the schedule's clock: `Mon 4 January 17:00 to 18:00`."""
        return said(begins, ends, self.time_zone)


def day_words(day: date) -> str:
    """`Mon 4 January`: within a year that is one day."""
    return f"{day:%a} {day.day} {day:%B}"


def said(begins: datetime, ends: datetime, zone: str) -> str:
    """A range on a clock, its second day only when it is another."""
    first, last = local(begins, zone), local(ends, zone)
    until = f"{last:%H:%M}" if first.date() == last.date() else f"{day_words(last)} {last:%H:%M}"
    return f"{day_words(first)} {first:%H:%M} to {until}"


def often(count: int, first: str) -> str:
    """`, 14 times, first Mon 4 January 17:00 to 18:00`; for a single time `: Mon 4 January 17:00 to 18:00`."""
    return f": {first}" if count == 1 else f", {count} times, first {first}"


def listed(words: Sequence[str]) -> str:
    """`a, b and c`."""
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)


def hours(length: timedelta) -> float:
    """In hours."""
    return length / timedelta(hours=1)
