"""Who could cover a leave: pure. The best first, and for each shift one who is chosen unless somebody chooses."""

import heapq
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from operator import itemgetter
from uuid import UUID

from tocsin.oncall.clocks import Range, merged
from tocsin.oncall.hours import WorkingHours, working_ranges
from tocsin.oncall.spans import total

#: More are not shown for one shift.
MOST = 30


@dataclass(frozen=True, slots=True)
class Held:
    """Somebody on call for a schedule."""

    schedule_id: UUID
    user_id: UUID
    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who can be on call."""

    user_id: UUID
    name: str
    hours: WorkingHours


@dataclass(frozen=True, slots=True)
class Candidate:
    """How well somebody fits a shift. `load`: on call within the leave, other covers that were suggested included;
    `at_work`: the share of the shift in their working hours."""

    user_id: UUID
    name: str
    time_zone: str
    stands: bool
    busy: bool
    load: timedelta
    at_work: float

    @property
    def rank(self) -> tuple[bool, bool, timedelta, float, str]:
        """Lower is better."""
        return not self.stands, self.busy, self.load, -self.at_work, self.name.lower()


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A shift within the leave, who could take it (best first), and who is suggested; None when nobody is free."""

    schedule_id: UUID
    starts_at: datetime
    ends_at: datetime
    candidates: tuple[Candidate, ...]
    choice: UUID | None


def suggestions(
    absent: UUID,
    leave: Range,
    held: Sequence[Held],
    standing: Mapping[UUID, frozenset[UUID]],
    people: Sequence[Person],
) -> list[Suggestion]:
    """For each shift of a person within a range who could cover it. `held` are all schedules' shifts that touch the
    range, `standing` says who stands in which schedule. Shifts are taken in order, and whoever was suggested for one
    counts as on call then: a leave of many shifts is spread."""
    clipped = [_clip(h, leave) for h in held if h.starts_at < leave[1] and h.ends_at > leave[0]]
    taken: dict[UUID, list[Range]] = {}
    for h in clipped:
        taken.setdefault(h.user_id, []).append((h.starts_at, h.ends_at))
    diaries = [_Diary(p, taken.get(p.user_id, ()), leave) for p in people if p.user_id != absent]
    found = []
    for schedule_id, shift in sorted(shifts_of(absent, clipped), key=lambda s: (s[1], s[0])):
        stands = standing.get(schedule_id, frozenset())
        best = heapq.nsmallest(MOST, (d.fit(shift, stands) for d in diaries), key=lambda c: c.rank)
        choice = next((c.user_id for c in best if c.stands and not c.busy), None)
        for diary in diaries:
            if diary.person.user_id == choice:
                diary.take(shift)
        found.append(Suggestion(schedule_id, *shift, tuple(best), choice))
    return found


class _Diary:
    """When somebody is on call within a leave, and at work: looked up for each shift of it."""

    def __init__(self, person: Person, taken: Sequence[Range], leave: Range) -> None:
        self.person = person
        self._taken = merged(taken)
        self._load = total(self._taken)
        self._at_work = merged(list(working_ranges(person.hours, *leave)))

    def take(self, shift: Range) -> None:
        """On call then, too."""
        self._taken = merged([*self._taken, shift])
        self._load = total(self._taken)

    def fit(self, shift: Range, stands: frozenset[UUID]) -> Candidate:
        """How well a shift would suit them."""
        person = self.person
        at_work = total(_overlap(self._at_work, shift)) / (shift[1] - shift[0])
        return Candidate(
            person.user_id, person.name, person.hours.time_zone, person.user_id in stands,
            bool(_overlap(self._taken, shift)), self._load, round(at_work, 2),
        )  # fmt: skip


def _overlap(ranges: Sequence[Range], shift: Range) -> list[Range]:
    """What of them lies in the shift; they are in order and free of overlaps."""
    first = bisect_right(ranges, shift[0], key=itemgetter(1))
    last = bisect_left(ranges, shift[1], lo=first, key=itemgetter(0))
    return [(max(b, shift[0]), min(e, shift[1])) for b, e in ranges[first:last]]


def candidates(
    absent: UUID, shift: Range, held: Sequence[Held], stands: frozenset[UUID], people: Sequence[Person]
) -> list[Candidate]:
    """Who could take one shift, the best first. `held` are all schedules' shifts around it; all of them are load."""
    taken: dict[UUID, list[Range]] = {}
    for h in held:
        taken.setdefault(h.user_id, []).append((h.starts_at, h.ends_at))
    diaries = (_Diary(p, taken.get(p.user_id, ()), shift) for p in people if p.user_id != absent)
    return sorted((diary.fit(shift, stands) for diary in diaries), key=lambda c: c.rank)


def _clip(held: Held, leave: Range) -> Held:
    return Held(held.schedule_id, held.user_id, max(held.starts_at, leave[0]), min(held.ends_at, leave[1]))


def shifts_of(absent: UUID, held: Iterable[Held]) -> Iterable[tuple[UUID, Range]]:
    """A person's, by schedule, each as one though an override or a layer may part it."""
    own: dict[UUID, list[Range]] = {}
    for h in held:
        if h.user_id == absent:
            own.setdefault(h.schedule_id, []).append((h.starts_at, h.ends_at))
    for schedule_id, ranges in own.items():
        for shift in merged(ranges):
            yield schedule_id, shift
