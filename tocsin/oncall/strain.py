"""What wears people out: on call twice at once, nights in a row, an unequal load, public holidays. Pure."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from uuid import UUID

from tocsin.oncall.clocks import Range, instant, local, merged
from tocsin.oncall.findings import (
    Case,
    Finding,
    FindingKind,
    Grade,
    Occasion,
    Person,
    day_words,
    hours,
    listed,
    often,
)
from tocsin.oncall.holidays import Holiday, holidays_between
from tocsin.oncall.model import Rotation, RotationKind
from tocsin.oncall.spans import clipped, night, nights_held, runs, shared, total

#: Of the fair share: outside of these somebody carries too much, or too little.
MUCH, LITTLE = 1.25, 0.75
HOLIDAYS_AHEAD = timedelta(weeks=8)
_UNITS = {
    RotationKind.HOURLY: timedelta(hours=1),
    RotationKind.DAILY: timedelta(days=1),
    RotationKind.WEEKLY: timedelta(weeks=1),
    RotationKind.MONTHLY: timedelta(days=31),
}


def double_findings(case: Case) -> Iterator[Finding]:
    """Somebody is on call in two schedules at once, or twice in this one."""
    yield from _twice_here(case)
    others: dict[tuple[UUID, UUID], list[Range]] = {}
    names: dict[UUID, str] = {}
    for shift in case.elsewhere:
        others.setdefault((shift.user_id, shift.schedule_id), []).append((shift.starts_at, shift.ends_at))
        names[shift.schedule_id] = shift.schedule_name
    for (person, schedule), ranges in others.items():
        both = shared(case.held.get(person, []), merged(ranges))
        if both:
            sentence = f"{case.name(person)} is on call here and for {names[schedule]} at once"
            yield _double(case, person, both, sentence, Grade.WARNING, str(schedule))


def _twice_here(case: Case) -> Iterator[Finding]:
    """Where people are on call together, one of them may hold two tracks."""
    by_person: dict[UUID, list[Range]] = {}
    until: dict[UUID, datetime] = {}
    for shift in case.shifts:
        known = until.get(shift.user_id, case.start)
        if shift.starts_at < known:
            by_person.setdefault(shift.user_id, []).append((shift.starts_at, min(known, shift.ends_at)))
        until[shift.user_id] = max(known, shift.ends_at)
    for person, ranges in by_person.items():
        sentence = f"{case.name(person)} is on call twice at once, in two layers"
        yield _double(case, person, merged(ranges), sentence, Grade.PROBLEM, "here")


def _double(
    case: Case, person: UUID, both: Sequence[Range], sentence: str, grade: Grade, where: str
) -> Finding:
    sentence += f"{often(len(both), case.said(*both[0]))}."
    key = f"double:{person}:{where}"
    told = case.occasions(key, both, case.time_zone)
    return Finding(FindingKind.DOUBLE, grade, sentence, *both[0], person, len(both), key, told)


def night_findings(case: Case) -> Iterator[Finding]:
    """More nights in a row than the schedule allows, on the person's own clock."""
    for person, ranges in case.held.items():
        zone = case.zone(person)
        long = [run for run in runs(nights_held(ranges, zone)) if _days(*run) > case.max_nights]
        if not long:
            continue
        first, last = long[0]
        again = {1: "", 2: ", and once more within a year"}
        times = again.get(len(long), f", and {len(long) - 1} times more within a year")
        sentence = (
            f"{case.name(person)} has {_days(first, last)} nights in a row, {day_words(first)} to {day_words(last)}"
            f"{times}; the limit is {case.max_nights}."
        )
        key = f"nights:{person}"
        spans = [(max(night(b, zone)[0], case.start), min(night(e, zone)[1], case.end)) for b, e in long]
        told = case.occasions(key, spans, zone)
        yield Finding(FindingKind.NIGHTS, Grade.WARNING, sentence, *spans[0], person, len(long), key, told)


def _days(first: date, last: date) -> int:
    return (last - first).days + 1


def imbalance_findings(case: Case) -> Iterator[Finding]:
    """Somebody carries much more, or much less, than a fair share of all hours. Less than one turn's difference is
    chance: who happens to come first."""
    weights = shares(case.rotations)
    if len(weights) < 2:
        return
    carried = {p: hours(total(case.held.get(p, []))) for p in weights}
    whole, parts = sum(carried.values()), sum(weights.values())
    spare = hours(_longest_turn(case.rotations)) * min(1.0, whole / hours(case.end - case.start))
    for person, load in carried.items():
        fair = whole * weights[person] / parts
        if abs(load - fair) < spare or LITTLE * fair <= load <= MUCH * fair:
            continue
        sentence = (
            f"{case.name(person)} has {load:.0f} hours in the next {_span(case)}, {load / fair:.1f} times a fair share"
            f" of {fair:.0f}."
        )
        key, today = f"imbalance:{person}", local(case.start, case.zone(person))
        quarter = Occasion(case.start, (f"{key}:{today.year}Q{(today.month + 2) // 3}",))
        yield Finding(
            FindingKind.IMBALANCE, Grade.WARNING, sentence, case.start, case.end, person, 1, key, (quarter,)
        )


def _span(case: Case) -> str:
    return f"{(case.end - case.start) // timedelta(weeks=1)} weeks"


def shares(rotations: Sequence[Rotation]) -> Mapping[UUID, int]:
    """Who takes turns, and how many parts of all are fair: as often as they stand in a layer when all layers have the
    same people equally often, else one each."""
    layers = [Counter(p for p in r.participants if p) for r in rotations]
    events = {e.user_id for r in rotations for e in r.events if e.user_id}
    people = {p for layer in layers for p in layer} | events
    turns = [layer for layer in layers if layer]
    if not events and turns and all(layer == turns[0] for layer in turns):
        return turns[0]
    return dict.fromkeys(people, 1)


def _longest_turn(rotations: Sequence[Rotation]) -> timedelta:
    lengths = [r.length * _UNITS[r.kind] for r in rotations if r.kind in _UNITS]
    lengths += [e.ends_at - e.starts_at for r in rotations for e in r.events]
    return max(lengths, default=timedelta())


def holiday_findings(case: Case) -> Iterator[Finding]:
    """Who is on call on a public holiday of their country in the next weeks."""
    end = min(case.end, case.start + HOLIDAYS_AHEAD)
    for user_id, ranges in case.held.items():
        person = case.people.get(user_id)
        if person is None or person.country is None:
            continue
        hit = [h for h in _holidays(person, case.start, end) if clipped(ranges, *_day_of(h, person))]
        if not hit:
            continue
        named = [f"{h.name} ({day_words(h.day)})" for h in hit[:3]]
        more = [f"{len(hit) - 3} more"] if len(hit) > 3 else []
        what = "a public holiday" if len(hit) == 1 else f"{len(hit)} public holidays"
        sentence = f"{person.name} is on call on {what}: {listed(named + more)}."
        begins, ends = _day_of(hit[0], person)
        yield Finding(
            FindingKind.HOLIDAY, Grade.NOTE, sentence, max(begins, case.start), ends, user_id, len(hit),
            f"holiday:{user_id}",
        )  # fmt: skip


def _holidays(person: Person, start: datetime, end: datetime) -> list[Holiday]:
    first, last = local(start, person.time_zone).date(), local(end, person.time_zone).date()
    found = holidays_between(person.country or "", person.subdivision, first, last)
    return [h for h in found if _day_of(h, person)[0] < end]


def _day_of(holiday: Holiday, person: Person) -> Range:
    midnight = datetime.combine(holiday.day, time())
    return instant(midnight, person.time_zone), instant(midnight + timedelta(days=1), person.time_zone)
