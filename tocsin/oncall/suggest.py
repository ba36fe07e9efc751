"""Who could cover a leave: pure. The best first, and for each shift one who is chosen unless somebody chooses."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from tocsin.oncall.clocks import Range, merged
from tocsin.oncall.hours import WorkingHours, share_at_work

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
    found = []
    for schedule_id, shift in sorted(_shifts(absent, clipped), key=lambda s: (s[1], s[0])):
        stands = standing.get(schedule_id, frozenset())
        fits = (_fit(p, shift, taken.get(p.user_id, []), stands) for p in people if p.user_id != absent)
        best = sorted(fits, key=lambda c: c.rank)[:MOST]
        choice = next((c.user_id for c in best if c.stands and not c.busy), None)
        if choice is not None:
            taken.setdefault(choice, []).append(shift)
        found.append(Suggestion(schedule_id, *shift, tuple(best), choice))
    return found


def _clip(held: Held, leave: Range) -> Held:
    return Held(held.schedule_id, held.user_id, max(held.starts_at, leave[0]), min(held.ends_at, leave[1]))


def _shifts(absent: UUID, held: Iterable[Held]) -> Iterable[tuple[UUID, Range]]:
    """The absent person's, each as one though an override or a layer may part it."""
    own: dict[UUID, list[Range]] = {}
    for h in held:
        if h.user_id == absent:
            own.setdefault(h.schedule_id, []).append((h.starts_at, h.ends_at))
    for schedule_id, ranges in own.items():
        for shift in merged(ranges):
            yield schedule_id, shift


def _fit(person: Person, shift: Range, taken: Sequence[Range], stands: frozenset[UUID]) -> Candidate:
    busy = any(starts < shift[1] and ends > shift[0] for starts, ends in taken)
    load = sum((ends - starts for starts, ends in merged(taken)), timedelta(0))
    at_work = round(share_at_work(person.hours, *shift), 2)
    return Candidate(
        person.user_id, person.name, person.hours.time_zone, person.user_id in stands, busy, load, at_work
    )
