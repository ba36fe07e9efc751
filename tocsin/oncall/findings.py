"""What may be wrong with a schedule, and everything that is looked at to find it. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
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
    ZONE = "zone"


class Grade(StrEnum):
    """How bad: a problem leaves alerts unanswered, a warning wears people out, a note is good to know."""

    PROBLEM = "problem"
    WARNING = "warning"
    NOTE = "note"


#: So many times of the same shape a year are one thing that comes again, and told once; fewer are told one by one.
RECURS = 3


@dataclass(frozen=True, slots=True)
class Occasion:
    """What is told once: a time, or the first of those that come again and again. `keys` stay the same from day to day;
    told under one of them is told."""

    starts_at: datetime
    keys: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Finding:
    """One finding, however often it happens: `starts_at` and `ends_at` are of the first time, `count` says how many
    times. `key` is the finding's own from day to day; `occasions` are what is told of it, each once."""

    kind: FindingKind
    grade: Grade
    sentence: str
    starts_at: datetime
    ends_at: datetime
    user_id: UUID | None = None
    count: int = 1
    key: str = ""
    occasions: tuple[Occasion, ...] = ()

    @property
    def told(self) -> tuple[Occasion, ...]:
        """Its occasions; the finding itself where it has none apart."""
        return self.occasions or (Occasion(self.starts_at, (self.key,)),)


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who takes turns: their clock, and whose holidays count for them. `lost_zone` has left the time zone data:
    `time_zone` is what they are reckoned by instead."""

    user_id: UUID
    name: str
    time_zone: str
    country: str | None = None
    subdivision: str | None = None
    lost_zone: str = ""


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
    `elsewhere` are the shifts of other schedules. `reader` is the clock of whoever reads it; None for the schedule's."""

    time_zone: str
    rotations: Sequence[Rotation]
    shifts: Sequence[Shift]
    start: datetime
    end: datetime
    people: Mapping[UUID, Person]
    elsewhere: Sequence[Elsewhere] = ()
    vacancies: Sequence[Vacancy] = ()
    max_nights: int = 7
    reader: str | None = None

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
        """A range on the reader's clock: `Mon 4 January 17:00 to 18:00`."""
        return said(begins, ends, self.reader or self.time_zone)

    @property
    def clock(self) -> str:
        """` (Europe/Berlin)` behind times of day on the schedule's clock, for a reader on another one."""
        other = self.reader is not None and self.reader != self.time_zone
        return f" ({self.time_zone.replace('_', ' ')})" if other else ""

    def occasions(self, prefix: str, ranges: Sequence[Range], zone: str) -> tuple[Occasion, ...]:
        """What is told of ranges, in order: those of one shape on a weekday (on the clock of `zone`) once when they come
        again and again, else each for itself. One that is cut off by now or by the end belongs to its shape. The last ones
        of a series were told with it."""
        shapes: dict[Shape, list[Range]] = {}
        cut = [r for r in ranges if r[0] <= self.start or r[1] >= self.end]
        for whole in ranges:
            if whole not in cut:
                shapes.setdefault(shape_of(whole, zone), []).append(whole)
        often = {shape: found[0][0] for shape, found in shapes.items() if len(found) >= RECURS}
        alone = [r for shape, found in shapes.items() if shape not in often for r in found]
        for whole in cut:
            shape = next((s for s in often if is_part(whole, s, zone, begun=whole[0] <= self.start)), None)
            if shape is None:
                alone.append(whole)
            else:
                often[shape] = min(often[shape], whole[0])
        found = []
        for shape, first in often.items():
            few = shapes[shape] if len(shapes[shape]) < 2 * RECURS else ()
            found.append(
                Occasion(first, (f"{prefix}:{shape.key}", *(f"{prefix}:to:{self._to(r)}" for r in few)))
            )
        found += [
            Occasion(r[0], (f"{prefix}:from:{self._from(r)}", f"{prefix}:to:{self._to(r)}")) for r in alone
        ]
        return tuple(sorted(found, key=lambda o: (o.starts_at, o.keys)))

    def _from(self, whole: Range) -> str:
        return "now" if whole[0] <= self.start else whole[0].isoformat()

    def _to(self, whole: Range) -> str:
        return "end" if whole[1] >= self.end else whole[1].isoformat()


@dataclass(frozen=True, slots=True)
class Shape:
    """What ranges that come again look like on a clock; `midnights` lie between their ends."""

    weekday: int
    begins: time
    ends: time
    midnights: int

    @property
    def key(self) -> str:
        """`5/17:00/09:00/3`: from Friday to Monday."""
        return f"{self.weekday}/{self.begins:%H:%M}/{self.ends:%H:%M}/{self.midnights}"


def shape_of(whole: Range, zone: str) -> Shape:
    """On the clock of a zone."""
    first, last = local(whole[0], zone), local(whole[1], zone)
    return Shape(first.isoweekday(), first.time(), last.time(), (last.date() - first.date()).days)


def is_part(whole: Range, shape: Shape, zone: str, *, begun: bool) -> bool:
    """Whether a range that is cut off could be a part of the shape: at the same end (`begun`) or start of the week's."""
    seen = shape_of(whole, zone)
    if seen.midnights > shape.midnights:
        return False
    if begun:
        last = (seen.weekday + seen.midnights - 1) % 7
        return seen.ends == shape.ends and last == (shape.weekday + shape.midnights - 1) % 7
    return (seen.weekday, seen.begins) == (shape.weekday, shape.begins)


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
