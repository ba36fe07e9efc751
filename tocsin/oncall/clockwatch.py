"""The next clock changes, and whose hand-offs they move on their own clock. Pure."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from uuid import UUID

from tocsin.oncall.clocks import instant, local, next_clock_changes
from tocsin.oncall.findings import Case, Finding, FindingKind, Grade, listed
from tocsin.oncall.model import Rotation, RotationKind

#: How many changes of each clock are looked at.
CHANGES = 2
_DAY = timedelta(days=1)
Moves = dict[tuple[datetime, UUID], dict[tuple[time, time], None]]


@dataclass(frozen=True, slots=True)
class _Edge:
    """A time of day at which a layer changes hands, on the clock that it is reckoned by."""

    at: time
    zone: str


def clock_findings(case: Case) -> Iterator[Finding]:
    """Whose hand-offs come at another time of day after a clock change, theirs or the schedule's."""
    changes: dict[str, list[datetime]] = {}
    moves: Moves = {}
    for layer in case.rotations:
        edges = _edges(case, layer)
        for person in _people(layer):
            for change in _changes(changes, case, {case.zone(person), *(e.zone for e in edges)}):
                if layer.ends_at is None or change < layer.ends_at:
                    _compare(moves, change, person, case.zone(person), edges)
    for (change, person), found in sorted(moves.items(), key=lambda item: item[0]):
        yield _finding(case, change, person, found)


def zone_findings(case: Case) -> Iterator[Finding]:
    """Whose clock is not known any more."""
    for person in case.people.values():
        if person.lost_zone:
            sentence = (
                f"The time zone of {person.name}, {person.lost_zone}, is not in the time zone data: their times are reckoned"
                f" in {person.time_zone}."
            )
            yield Finding(
                FindingKind.ZONE, Grade.WARNING, sentence, case.start, case.end, person.user_id, 1,
                f"zone:{person.user_id}",
            )  # fmt: skip


def _people(layer: Rotation) -> set[UUID]:
    return {p for p in layer.participants if p} | {e.user_id for e in layer.events if e.user_id}


def _edges(case: Case, layer: Rotation) -> list[_Edge]:
    """The hand-offs of a layer that come at the same time each day, and the edges of the hours in which it counts. A
    calendar's events are instants, and turns of seven hours come at any time: these move with nobody's clock."""
    zone = layer.time_zone or case.time_zone
    if layer.restrictions:
        hours = ((_Edge(r.start, zone), _Edge(r.end, r.end_zone or zone)) for r in layer.restrictions)
        return list(dict.fromkeys(edge for pair in hours for edge in pair))
    if layer.kind is RotationKind.CALENDAR:
        return []
    if layer.kind is not RotationKind.HOURLY or layer.length % 24 == 0:
        return [_Edge(layer.handoff_time, zone)]
    if 24 % layer.length:
        return []
    first = datetime.combine(date(2000, 1, 1), layer.handoff_time)
    return [
        _Edge((first + n * layer.length * timedelta(hours=1)).time(), zone) for n in range(24 // layer.length)
    ]


def _changes(known: dict[str, list[datetime]], case: Case, zones: Iterable[str]) -> list[datetime]:
    for zone in zones:
        if zone not in known:
            known[zone] = [c.at for c in next_clock_changes(zone, case.start, CHANGES) if c.at < case.end]
    return sorted({at for zone in zones for at in known[zone]})


def _compare(moves: Moves, change: datetime, person: UUID, zone: str, edges: Sequence[_Edge]) -> None:
    for edge in edges:
        if edge.zone == zone:
            continue
        here = local(change, edge.zone).date()
        before, after = _shown(edge, here - _DAY, zone), _shown(edge, here + _DAY, zone)
        if before != after:
            moves.setdefault((change, person), {})[before, after] = None


def _shown(edge: _Edge, day: date, zone: str) -> time:
    return local(instant(datetime.combine(day, edge.at), edge.zone), zone).time()


def _finding(case: Case, change: datetime, person: UUID, found: Mapping[tuple[time, time], None]) -> Finding:
    zone = case.zone(person)
    day = local(change, zone)
    pairs = [f"{after:%H:%M} instead of {before:%H:%M}" for before, after in found]
    more = [f"{len(pairs) - 3} more"] if len(pairs) > 3 else []
    city = zone.rpartition("/")[2].replace("_", " ")
    hand_off = "hand-off is" if len(pairs) == 1 else "hand-offs are"
    sentence = (
        f"From {day.day} {day:%B} {case.name(person)}'s {hand_off} at {listed(pairs[:3] + more)} ({city})."
    )
    key = f"clock:{person}:{change.isoformat()}"
    return Finding(FindingKind.CLOCK_CHANGE, Grade.NOTE, sentence, change, change, person, 1, key)
