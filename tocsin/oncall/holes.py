"""When nobody is on call although somebody should be: gaps, and turns without anybody. Pure."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta

from tocsin.oncall.clocks import Range, local, merged
from tocsin.oncall.findings import (
    NOBODY,
    Case,
    Finding,
    FindingKind,
    Grade,
    Occasion,
    Shape,
    Vacancy,
    day_words,
    is_part,
    listed,
    often,
    shape_of,
)
from tocsin.oncall.layers import rotation_shifts
from tocsin.oncall.model import Event, Rotation, RotationKind
from tocsin.oncall.shifts import gaps
from tocsin.oncall.spans import without

_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_WEEK, _WORK, _END = frozenset(range(1, 8)), frozenset(range(1, 6)), frozenset((6, 7))


@dataclass(slots=True)
class _Pattern:
    """Gaps that look the same on the schedule's clock: from, until, and how many midnights lie between. Those over several
    days are of one weekday. Each gap with the day on which it would begin if it were whole."""

    begins: time
    ends: time
    midnights: int
    found: list[tuple[date, Range]] = field(default_factory=list)


_Looks = tuple[time, time, int, int]


def gap_findings(case: Case) -> Iterator[Finding]:
    """Nobody is on call, and no layer says that this is meant."""
    holes = without(gaps(case.shifts, case.start, case.end), _meant(case))
    if holes == [(case.start, case.end)]:
        yield _gap("Nobody is on call at any time.", holes[0], 1, "gap:always")
        return
    for pattern in _patterns(case, holes):
        yield _finding(case, pattern)


def _meant(case: Case) -> list[Range]:
    """When a layer deliberately has nobody."""
    found: list[Range] = []
    for layer in case.rotations:
        if None in layer.participants:
            people = tuple(p or NOBODY for p in layer.participants)
            found += _turns_of_nobody(case, replace(layer, participants=people, skip_holidays=False))
    return merged(found)


def _turns_of_nobody(case: Case, layer: Rotation) -> list[Range]:
    turns = rotation_shifts(case.time_zone, layer, case.start, case.end)
    return [(s.starts_at, s.ends_at) for s in turns if s.user_id == NOBODY]


def _patterns(case: Case, holes: Sequence[Range]) -> list[_Pattern]:
    """Gaps by what they look like. One that is cut off by the start or the end belongs to those it is a part of."""
    found: dict[_Looks, _Pattern] = {}
    cut = [hole for hole in holes if hole[0] == case.start or hole[1] == case.end]
    whole = {hole: shape_of(hole, case.time_zone) for hole in holes if hole not in cut}
    for hole, shape in whole.items():
        _add(found, shape, local(hole[0], case.time_zone).date(), hole)
    often = [shape for shape, times in Counter(whole.values()).items() if times > 1]
    for hole in cut:
        begun = hole[0] == case.start
        like = next((s for s in often if is_part(hole, s, case.time_zone, begun=begun)), None)
        first, last = (local(moment, case.time_zone).date() for moment in hole)
        if like is None:
            _add(found, shape_of(hole, case.time_zone), first, hole)
        else:
            _add(found, like, last - timedelta(days=like.midnights) if begun else first, hole)
    for pattern in found.values():
        pattern.found.sort(key=lambda item: item[1])
    return list(found.values())


def _add(found: dict[_Looks, _Pattern], shape: Shape, day: date, hole: Range) -> None:
    weekday = shape.weekday if shape.midnights > 1 else 0
    looks = shape.begins, shape.ends, shape.midnights, weekday
    found.setdefault(looks, _Pattern(*looks[:3])).found.append((day, hole))


def _finding(case: Case, pattern: _Pattern) -> Finding:
    holes = [hole for _, hole in pattern.found]
    told = case.occasions("gap", holes, case.time_zone)
    if len(holes) == 1:
        until = "end" if holes[0][1] == case.end else holes[0][1].isoformat()
        return _gap(f"Nobody is on call {_from(case, *holes[0])}.", holes[0], 1, f"gap:{until}", told)
    days = [day for day, _ in pattern.found]
    first = day_words(local(holes[0][0], case.time_zone))
    sentence = f"Nobody is on call {_when(pattern, days)}{case.clock}, {len(holes)} times, first on {first}."
    weekdays = "".join(str(d) for d in sorted({d.isoweekday() for d in days}))
    key = f"gap:{pattern.begins:%H:%M}/{pattern.ends:%H:%M}/{pattern.midnights}/{weekdays}"
    return _gap(sentence, holes[0], len(holes), key, told)


def _from(case: Case, begins: datetime, ends: datetime) -> str:
    if ends == case.end:
        first = local(begins, case.reader or case.time_zone)
        return f"from {day_words(first)} {first:%H:%M} on"
    return f"from {case.said(begins, ends)}"


def _gap(sentence: str, first: Range, count: int, key: str, told: tuple[Occasion, ...] = ()) -> Finding:
    return Finding(FindingKind.GAP, Grade.PROBLEM, sentence, *first, count=count, key=key, occasions=told)


def _when(pattern: _Pattern, days: Sequence[date]) -> str:
    """`every weekday 17:00-18:00`, `from Fridays 17:00 to Mondays 09:00`."""
    weekdays = frozenset(d.isoweekday() for d in days)
    every = _is_every(days, weekdays)
    if pattern.midnights > 1:
        begins = f"{_DAYS[days[0].isoweekday() - 1]}s {pattern.begins:%H:%M}"
        ends = f"{_DAYS[(days[0].isoweekday() - 1 + pattern.midnights) % 7]}s {pattern.ends:%H:%M}"
        many = "" if pattern.midnights < 7 else f" after {pattern.midnights // 7} weeks"
        return f"from {'' if every else 'some '}{begins} to {ends}{many}"
    return f"{_day_names(weekdays, every=every)} {pattern.begins:%H:%M}-{pattern.ends:%H:%M}"


def _is_every(days: Sequence[date], weekdays: frozenset[int]) -> bool:
    span = (days[-1] - days[0]).days + 1
    wanted = sum((days[0] + timedelta(days=n)).isoweekday() in weekdays for n in range(span))
    return len(set(days)) >= wanted


def _day_names(weekdays: frozenset[int], *, every: bool) -> str:
    word, plural = ("every ", "") if every else ("on ", "s")
    for known, name in ((_WEEK, "day"), (_WORK, "weekday"), (_END, "Saturday and Sunday")):
        if weekdays == known:
            return f"on some {name}s" if not every else f"every {name}"
    return word + listed([_DAYS[d - 1] + plural for d in sorted(weekdays)])


def empty_findings(case: Case) -> Iterator[Finding]:
    """Turns that nobody here can hold."""
    for vacancy in case.vacancies:
        yield from _vacant(case, vacancy)
    for layer in case.rotations:
        if layer.kind is RotationKind.CALENDAR:
            yield from _strangers(case, layer)


def _vacant(case: Case, vacancy: Vacancy) -> Iterator[Finding]:
    """The times of a calendar without events are not known: it counts from the start."""
    turns = _turns_of_nobody(case, vacancy.rotation) if vacancy.rotation.participants else []
    whole = turns[0] if turns else (case.start, case.end)
    if not turns and vacancy.rotation.participants:
        return
    grade = Grade.PROBLEM if vacancy.alone else Grade.WARNING
    key = f"empty:{vacancy.rotation.id}:{vacancy.sentence}"[:200]
    yield Finding(FindingKind.EMPTY_SHIFT, grade, vacancy.sentence, *whole, count=max(1, len(turns)), key=key)


def _strangers(case: Case, layer: Rotation) -> Iterator[Finding]:
    """Events of a calendar that name nobody here, by what stands there."""
    by_name: dict[str, list[Event]] = {}
    end = case.end if layer.ends_at is None else min(case.end, layer.ends_at)
    for event in layer.events:
        if event.user_id is None and event.ends_at > case.start and event.starts_at < end:
            by_name.setdefault(event.who, []).append(event)
    open_now = gaps(case.shifts, case.start, case.end)
    for who, events in by_name.items():
        first = min(events, key=lambda e: e.starts_at)
        alone = any(b < e.ends_at and f > e.starts_at for e in events for b, f in open_now)
        times = often(len(events), case.said(first.starts_at, first.ends_at))
        sentence = f"The calendar of {layer.name or 'a layer'} names {who or 'nobody'}, whom nobody here goes by{times}."
        grade = Grade.PROBLEM if alone else Grade.WARNING
        key = f"stranger:{layer.id}:{who}"[:200]
        yield Finding(
            FindingKind.EMPTY_SHIFT, grade, sentence, first.starts_at, first.ends_at, None, len(events), key
        )
