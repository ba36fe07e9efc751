"""What is true of shifts in every zone, from 1970 to 2060, whatever the rotations, hours and overrides."""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from uuid import UUID
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.oncall_draws import CALENDAR_DAY, PEOPLE, Place, calendars, layers, overrides, places
from tests.unit.oncall_parts import DEE
from tests.unit.oncall_reference import Watch, first_time, handoffs, holder, on_call, openings
from tocsin.oncall.layers import rotation_shifts
from tocsin.oncall.model import Override, Rotation, Shift
from tocsin.oncall.shifts import final_shifts, gaps, merge

MANY = settings(max_examples=100, deadline=None)
SECOND = timedelta(seconds=1)


def alone(layer: Rotation, place: Place, watch: Watch) -> list[UUID | None]:
    """Who holds a layer at each watched moment, by the slow way."""
    edges = handoffs(layer, watch.shown[-1])
    days = watch.shown[0].date(), watch.shown[-1].date()
    hours = [o for r in layer.restrictions for o in openings(r, *days, place.zone)]
    found = []
    for at, shown in zip(watch.moments, watch.shown, strict=True):
        ended = layer.ends_at is not None and at >= layer.ends_at
        counts = not layer.restrictions or any(o.holds(at, shown) for o in hours)
        found.append(holder(layer, edges, shown) if counts and not ended else None)
    return found


def held(shifts: Sequence[Shift], at: datetime) -> list[UUID]:
    return sorted(s.user_id for s in shifts if s.starts_at <= at < s.ends_at)


def clipped(shifts: Sequence[Shift], start: datetime, end: datetime) -> list[Shift]:
    parts = (s._replace(starts_at=max(s.starts_at, start), ends_at=min(s.ends_at, end)) for s in shifts)
    return [part for part in parts if part.starts_at < part.ends_at]


def assert_whole(shifts: Sequence[Shift], start: datetime, end: datetime) -> None:
    """In the range, in order, without overlap on a track, and no two where one would do."""
    assert all(start <= s.starts_at < s.ends_at <= end for s in shifts)
    assert [(s.starts_at, s.track) for s in shifts] == sorted((s.starts_at, s.track) for s in shifts)
    for track in {s.track for s in shifts}:
        mine = [s for s in shifts if s.track == track]
        assert all(one.ends_at <= other.starts_at for one, other in pairwise(mine))
        assert merge(mine) == mine


@given(calendars())
@MANY
def test_of_the_events_of_a_calendar_the_last_one_to_begin_counts(layer: Rotation) -> None:
    start, end = CALENDAR_DAY, CALENDAR_DAY + timedelta(days=1)
    found = rotation_shifts("UTC", layer, start, end)
    assert_whole(found, start, end)
    for minute in range(0, 24 * 60, 5):
        at = start + timedelta(minutes=minute)
        under_way = [e for e in layer.events if e.user_id and e.starts_at <= at < e.ends_at]
        last = max(under_way, key=lambda e: (e.starts_at, e.uid), default=None)
        assert held(found, at) == ([last.user_id] if last else [])


@given(places(timedelta(days=2)).flatmap(lambda p: st.tuples(st.just(p), layers(p))))
@MANY
def test_a_layer_is_who_a_watched_clock_says_at_every_minute(drawn: tuple[Place, Rotation]) -> None:
    place, layer = drawn
    watch = Watch(place.zone, place.start, place.end)
    found = rotation_shifts(place.zone, layer, place.start, place.end)
    assert_whole(found, place.start, place.end)
    expected = [[who] if who else [] for who in alone(layer, place, watch)]
    assert [held(found, at) for at in watch.moments] == expected


@given(
    places().flatmap(lambda p: st.tuples(st.just(p), layers(p, hours=False, nobody=False))),
    st.integers(0, 800),
)
@MANY
def test_around_the_clock_nobody_is_missing_from_the_first_hand_off(
    drawn: tuple[Place, Rotation], days: int
) -> None:
    place, layer = drawn
    end = place.end + timedelta(days=days if layer.kind != "hourly" else days % 40)
    found = rotation_shifts(place.zone, layer, place.start, end)
    first = first_time(datetime.combine(layer.start_date, layer.handoff_time), place.zone)
    begins = max(first, place.start)
    assert gaps(found, begins, end) == []
    assert all(one.ends_at == other.starts_at for one, other in pairwise(found))
    if begins < end:
        assert found[0].starts_at == begins


@given(places().flatmap(lambda p: st.tuples(st.just(p), layers(p, hours=False, nobody=False))))
@MANY
def test_every_hand_off_shows_its_time_or_follows_the_gap(drawn: tuple[Place, Rotation]) -> None:
    place, layer = drawn
    there = ZoneInfo(place.zone)
    layer = replace(layer, participants=PEOPLE)
    for shift in rotation_shifts(place.zone, layer, place.start, place.end)[1:]:
        shown = shift.starts_at.astimezone(there)
        before = (shift.starts_at - SECOND).astimezone(there).replace(tzinfo=None)
        assert shown.fold == 0, "the first of two"
        wall = shown.replace(tzinfo=None)
        walls = [w for w in handoffs(layer, wall) if w <= wall]
        assert walls[-1] == wall or before < walls[-1] < wall, "at its time, or a gap swallowed it"


Stack = tuple[Place, list[Rotation], list[Override], bool]


@st.composite
def stacks(draw: st.DrawFn) -> Stack:
    place = draw(places())
    many = [draw(layers(place, position)) for position in range(draw(st.integers(0, 3)))]
    return place, many, draw(overrides(place)), draw(st.booleans())


@given(stacks())
@MANY
def test_layers_and_overrides_together_are_explained_at_every_moment(stack: Stack) -> None:
    place, many, changes, together = stack
    found = final_shifts(place.zone, many, changes, place.start, place.end, together=together)
    assert_whole(found, place.start, place.end)
    watch = Watch(place.zone, place.start, place.end, every=23)
    singles = {layer.position: alone(layer, place, watch) for layer in many}
    for number, at in enumerate(watch.moments):
        here = [(position, people[number]) for position, people in singles.items()]
        assert held(found, at) == on_call(here, changes, at, together=together), at


@given(stacks(), st.floats(0, 1), st.floats(0, 1))
@MANY
def test_a_part_computed_alone_is_that_part_of_the_whole(stack: Stack, one: float, two: float) -> None:
    """So shifts can be computed again from any moment on, as often as one likes."""
    place, many, changes, together = stack
    span = place.end - place.start
    start, end = (place.start + span * share for share in sorted((one, two)))
    whole = final_shifts(place.zone, many, changes, place.start, place.end, together=together)
    part = final_shifts(place.zone, many, changes, start, end, together=together)
    assert part == sorted(clipped(whole, start, end), key=lambda s: (s.starts_at, s.track))
    assert final_shifts(place.zone, many, changes, start, end, together=together) == part


@given(stacks(), st.booleans())
@MANY
def test_an_override_wins_over_its_range(stack: Stack, together: bool) -> None:
    place, many, changes, _ = stack
    third = (place.end - place.start) / 3
    begins, ends = place.start + third, place.end - third
    last = Override(UUID(int=999), DEE, begins, ends, place.end + timedelta(days=999), None, 5000)
    without = final_shifts(place.zone, many, changes, place.start, place.end, together=together)
    found = final_shifts(place.zone, many, [last, *changes], place.start, place.end, together=together)
    assert clipped(found, place.start, begins) == clipped(without, place.start, begins)
    assert clipped(found, ends, place.end) == clipped(without, ends, place.end)
    inside = clipped(found, begins, ends)
    mine = Shift(DEE, begins, ends, None, last.id, 5000 if together else 0)
    if together:
        assert [s for s in inside if s != mine] == clipped(without, begins, ends)
    assert [s for s in inside if s.override_id == last.id] == [mine]
    assert together or inside == [mine]


@given(stacks(), st.sampled_from(PEOPLE))
@MANY
def test_instead_of_somebody_changes_only_their_time(stack: Stack, away: UUID) -> None:
    place, many, changes, together = stack
    third = (place.end - place.start) / 3
    begins, ends = place.start + third, place.end - third
    newcomer = UUID(int=77)
    last = Override(UUID(int=999), newcomer, begins, ends, place.end + timedelta(days=999), away)
    without = final_shifts(place.zone, many, changes, place.start, place.end, together=together)
    found = final_shifts(place.zone, many, [*changes, last], place.start, place.end, together=together)
    assert [s for s in found if s.user_id not in (away, newcomer)] == [
        s for s in without if s.user_id != away
    ]
    taken = [(s.starts_at, s.ends_at, s.track) for s in clipped(without, begins, ends) if s.user_id == away]
    given_to = [s for s in found if s.user_id == newcomer]
    for at in {moment for begin, end, _ in taken for moment in (begin, end - SECOND)}:
        assert held(given_to, at) == [newcomer] * sum(b <= at < e for b, e, _ in taken)
    length = sum((e - b for b, e, _ in taken), timedelta())
    assert sum((s.ends_at - s.starts_at for s in given_to), timedelta()) == length


@given(
    places().flatmap(lambda p: st.tuples(st.just(p), layers(p, hours=False))),
    st.dictionaries(st.sampled_from(PEOPLE), st.lists(st.integers(-3, 3), max_size=3), max_size=3),
)
@MANY
def test_who_is_away_is_passed_over(drawn: tuple[Place, Rotation], off: dict[UUID, list[int]]) -> None:
    place, layer = drawn
    layer = replace(layer, skip_holidays=True)
    middle = place.start.astimezone(UTC).replace(hour=0, minute=0)
    day = timedelta(days=1)
    away = {
        person: [(middle + n * day, middle + (n + 1) * day) for n in days] for person, days in off.items()
    }
    found = rotation_shifts(place.zone, layer, place.start, place.end, away)
    assert_whole(found, place.start, place.end)
    watch = Watch(place.zone, place.start, place.end, every=29)
    edges = handoffs(layer, watch.shown[-1])
    for at, shown in zip(watch.moments, watch.shown, strict=True):
        begun = bisect_right(edges, shown)
        people = layer.participants
        order = [people[(begun - 1 + n) % len(people)] for n in range(len(people))] if begun else [None]
        there = [p for p in order if p and not any(b <= at < e for b, e in away.get(p, ()))]
        expected = [(there or order)[0]] if order[0] else []
        assert held(found, at) == expected
