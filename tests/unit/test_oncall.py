"""From rotations and overrides to shifts: turns, hand-offs over clock changes, layers, windows, gaps."""

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tocsin.oncall.model import (
    BadRotation,
    Override,
    Rotation,
    RotationKind,
    Shift,
    check_rotation,
    check_zone,
    final_shifts,
    gaps,
    next_clock_changes,
    on_call_at,
    rotation_shifts,
)

ANA, BEN, CAT, DEE = (UUID(int=n) for n in range(1, 5))
BERLIN, NEW_YORK, SYDNEY, LORD_HOWE = (
    "Europe/Berlin",
    "America/New_York",
    "Australia/Sydney",
    "Australia/Lord_Howe",
)
HOUR = timedelta(hours=1)


def rotation(*people: UUID, **more: object) -> Rotation:
    """A weekly one from Monday 2026-01-05 at 09:00."""
    fields: dict[str, object] = {
        "id": UUID(int=100), "position": 0, "kind": RotationKind.WEEKLY, "length": 1, "handoff_time": time(9),
        "start_date": date(2026, 1, 5), "participants": people,
    }  # fmt: skip
    return Rotation(**(fields | more))  # type: ignore[arg-type]


def daily(*people: UUID, **more: object) -> Rotation:
    return rotation(*people, kind=RotationKind.DAILY, **more)


def override(person: UUID, start: datetime, end: datetime, number: int = 1) -> Override:
    return Override(UUID(int=200 + number), person, start, end, utc(2026, 1, 1) + number * HOUR)


def utc(year: int, month: int, day: int, hour: int = 0, minute: int = 0) -> datetime:
    return datetime(year, month, day, hour, minute, tzinfo=UTC)


def told(shifts: Sequence[Shift], zone: str = "UTC") -> list[tuple[UUID, str, str]]:
    """Who, from and to, on the clocks of a zone."""
    there = ZoneInfo(zone)
    return [
        (s.user_id, f"{s.starts_at.astimezone(there):%m-%d %H:%M}", f"{s.ends_at.astimezone(there):%m-%d %H:%M}")
        for s in shifts
    ]  # fmt: skip


# -- turns


def test_weeks_in_turn() -> None:
    found = rotation_shifts("UTC", rotation(ANA, BEN), utc(2026, 1, 5, 9), utc(2026, 1, 26, 9))
    assert told(found) == [
        (ANA, "01-05 09:00", "01-12 09:00"),
        (BEN, "01-12 09:00", "01-19 09:00"),
        (ANA, "01-19 09:00", "01-26 09:00"),
    ]


def test_days_in_turn_several_at_a_time() -> None:
    found = rotation_shifts("UTC", daily(ANA, BEN, CAT, length=2), utc(2026, 1, 5, 9), utc(2026, 1, 13, 9))
    assert [s.user_id for s in found] == [ANA, BEN, CAT, ANA]
    assert {s.ends_at - s.starts_at for s in found} == {timedelta(days=2)}


def test_the_range_cuts_the_first_and_the_last_shift() -> None:
    found = rotation_shifts("UTC", rotation(ANA, BEN), utc(2026, 1, 11), utc(2026, 1, 13))
    assert told(found) == [(ANA, "01-11 00:00", "01-12 09:00"), (BEN, "01-12 09:00", "01-13 00:00")]


def test_nobody_before_the_first_hand_off_and_after_the_end() -> None:
    layer = rotation(ANA, start_date=date(2026, 2, 2), ends_at=utc(2026, 2, 20))
    found = rotation_shifts("UTC", layer, utc(2026, 1, 1), utc(2026, 4, 1))
    assert told(found) == [(ANA, "02-02 09:00", "02-20 00:00")]
    assert rotation_shifts("UTC", layer, utc(2026, 3, 1), utc(2026, 4, 1)) == []


def test_somebody_twice_in_a_row_holds_one_shift() -> None:
    found = rotation_shifts("UTC", rotation(ANA, ANA, BEN), utc(2026, 1, 5, 9), utc(2026, 1, 26, 9))
    assert told(found) == [(ANA, "01-05 09:00", "01-19 09:00"), (BEN, "01-19 09:00", "01-26 09:00")]


def test_a_rotation_of_long_ago_is_where_it_would_be() -> None:
    """Turn 1,200 is found by arithmetic; whoever counts weeks by hand agrees."""
    layer = rotation(ANA, BEN, CAT, start_date=date(2003, 1, 6))
    (found,) = rotation_shifts("UTC", layer, utc(2026, 1, 6), utc(2026, 1, 7))
    weeks = (date(2026, 1, 5) - date(2003, 1, 6)).days // 7
    assert found.user_id == (ANA, BEN, CAT)[weeks % 3]


# -- hand-offs and clock changes


@pytest.mark.parametrize(
    ("zone", "day", "hours"),
    [
        (BERLIN, date(2026, 3, 28), 23),
        (BERLIN, date(2026, 10, 24), 25),
        (NEW_YORK, date(2026, 3, 7), 23),
        (NEW_YORK, date(2026, 10, 31), 25),
        (SYDNEY, date(2026, 4, 4), 25),
        (SYDNEY, date(2026, 10, 3), 23),
        (LORD_HOWE, date(2026, 4, 4), 24.5),
        (LORD_HOWE, date(2026, 10, 3), 23.5),
    ],
)
def test_the_wall_clock_stays(zone: str, day: date, hours: float) -> None:
    """The day of a change is shorter or longer; hand-off stays at nine."""
    layer = daily(ANA, BEN, start_date=day)
    first, second = rotation_shifts(zone, layer, utc(2026, 1, 1), utc(2026, 12, 31))[:2]
    assert first.ends_at - first.starts_at == timedelta(hours=hours)
    assert second.ends_at - second.starts_at == timedelta(hours=24)
    assert {s.ends_at.astimezone(ZoneInfo(zone)).time() for s in (first, second)} == {time(9)}


@pytest.mark.parametrize(
    ("zone", "day", "clock", "instant"),
    [
        (BERLIN, date(2026, 3, 29), time(2), utc(2026, 3, 29, 1)),
        (BERLIN, date(2026, 3, 29), time(2, 30), utc(2026, 3, 29, 1)),
        (BERLIN, date(2026, 3, 29), time(3), utc(2026, 3, 29, 1)),
        (NEW_YORK, date(2026, 3, 8), time(2), utc(2026, 3, 8, 7)),
        (NEW_YORK, date(2026, 3, 8), time(2, 59), utc(2026, 3, 8, 7)),
        (SYDNEY, date(2026, 10, 4), time(2), utc(2026, 10, 3, 16)),
        (LORD_HOWE, date(2026, 10, 4), time(2), utc(2026, 10, 3, 15, 30)),
        (LORD_HOWE, date(2026, 10, 4), time(2, 15), utc(2026, 10, 3, 15, 30)),
        ("America/Santiago", date(2026, 9, 6), time(0), utc(2026, 9, 6, 4)),
        ("Pacific/Apia", date(2011, 12, 30), time(0), utc(2011, 12, 30, 10)),
    ],
)
def test_a_skipped_hand_off_happens_right_after_the_gap(
    zone: str, day: date, clock: time, instant: datetime
) -> None:
    layer = daily(ANA, start_date=day, handoff_time=clock)
    (found,) = rotation_shifts(zone, layer, instant - timedelta(days=2), instant + HOUR)
    assert found.starts_at == instant


@pytest.mark.parametrize(
    ("zone", "day", "clock", "instant"),
    [
        (BERLIN, date(2026, 10, 25), time(2, 30), utc(2026, 10, 25, 0, 30)),
        (NEW_YORK, date(2026, 11, 1), time(1, 30), utc(2026, 11, 1, 5, 30)),
        (SYDNEY, date(2026, 4, 5), time(2, 30), utc(2026, 4, 4, 15, 30)),
        (LORD_HOWE, date(2026, 4, 5), time(1, 45), utc(2026, 4, 4, 14, 45)),
    ],
)
def test_a_repeated_hand_off_happens_the_first_time(
    zone: str, day: date, clock: time, instant: datetime
) -> None:
    layer = daily(ANA, start_date=day, handoff_time=clock)
    (found,) = rotation_shifts(zone, layer, instant - timedelta(days=2), instant + HOUR)
    assert found.starts_at == instant


@pytest.mark.parametrize("zone", [BERLIN, NEW_YORK, SYDNEY, LORD_HOWE, "America/Santiago", "Africa/Cairo"])
@pytest.mark.parametrize("clock", [time(0), time(1), time(1, 30), time(2), time(2, 30), time(3)])
def test_a_year_of_days_meets_at_every_hand_off(zone: str, clock: time) -> None:
    start, end = utc(2026, 1, 10), utc(2027, 1, 10)
    found = rotation_shifts(zone, daily(ANA, BEN, handoff_time=clock), start, end)
    assert gaps(found, start, end) == []
    assert all(a.ends_at == b.starts_at for a, b in pairwise(found))
    assert len(found) in (365, 366), "one per day; the range may cut one in two"


def test_a_day_that_a_zone_left_out_takes_no_turn() -> None:
    """Samoa went from 29 to 31 December 2011; the turn of the 30th has no length."""
    layer = daily(ANA, BEN, CAT, start_date=date(2011, 12, 29), handoff_time=time(0))
    found = rotation_shifts("Pacific/Apia", layer, utc(2011, 12, 29, 10), utc(2011, 12, 31, 10))
    assert [s.user_id for s in found] == [ANA, CAT]


def test_the_next_clock_changes() -> None:
    berlin = next_clock_changes(BERLIN, utc(2026, 1, 1))
    assert [(c.at, c.by) for c in berlin] == [(utc(2026, 3, 29, 1), HOUR), (utc(2026, 10, 25, 1), -HOUR)]
    howe = next_clock_changes(LORD_HOWE, utc(2026, 7, 1), 1)
    assert [(c.at, c.by) for c in howe] == [(utc(2026, 10, 3, 15, 30), HOUR / 2)]
    after = next_clock_changes(BERLIN, utc(2026, 3, 29, 1), 1)
    assert after[0].at == utc(2026, 10, 25, 1), "a change that has just happened is not the next one"
    assert next_clock_changes("UTC", utc(2026, 1, 1)) == []
    assert next_clock_changes("Asia/Tokyo", utc(2026, 1, 1)) == []


# -- hours of the day


def test_office_hours_leave_the_night_to_others() -> None:
    layer = rotation(ANA, window=(time(9), time(17)))
    found = rotation_shifts(BERLIN, layer, utc(2026, 1, 5), utc(2026, 1, 7))
    assert told(found, BERLIN) == [(ANA, "01-05 09:00", "01-05 17:00"), (ANA, "01-06 09:00", "01-06 17:00")]


def test_hours_over_midnight() -> None:
    layer = daily(ANA, BEN, handoff_time=time(18), window=(time(22), time(6)))
    found = rotation_shifts(BERLIN, layer, utc(2026, 1, 5), utc(2026, 1, 7, 12))
    assert told(found, BERLIN) == [(ANA, "01-05 22:00", "01-06 06:00"), (BEN, "01-06 22:00", "01-07 06:00")]
    begun = rotation_shifts(BERLIN, layer, utc(2026, 1, 6, 2), utc(2026, 1, 6, 12))
    assert told(begun, BERLIN) == [(ANA, "01-06 03:00", "01-06 06:00")], "a range may begin in the night"


def test_a_hand_off_within_the_hours_divides_them() -> None:
    layer = daily(ANA, BEN, handoff_time=time(0), window=(time(22), time(6)))
    found = rotation_shifts("UTC", layer, utc(2026, 1, 5, 12), utc(2026, 1, 6, 12))
    assert told(found) == [(ANA, "01-05 22:00", "01-06 00:00"), (BEN, "01-06 00:00", "01-06 06:00")]


def test_the_hours_of_a_night_with_a_clock_change() -> None:
    layer = rotation(ANA, window=(time(22), time(6)))
    spring = rotation_shifts(BERLIN, layer, utc(2026, 3, 28, 12), utc(2026, 3, 29, 12))
    autumn = rotation_shifts(BERLIN, layer, utc(2026, 10, 24, 12), utc(2026, 10, 25, 12))
    assert [s.ends_at - s.starts_at for s in (*spring, *autumn)] == [7 * HOUR, 9 * HOUR]


def test_hours_that_a_clock_change_leaves_out_are_nobodys() -> None:
    layer = rotation(ANA, window=(time(2), time(3)))
    assert rotation_shifts(BERLIN, layer, utc(2026, 3, 28, 12), utc(2026, 3, 29, 12)) == []


# -- layers and overrides


def test_a_higher_layer_covers_a_lower_one_during_its_hours() -> None:
    night = rotation(ANA)
    day = rotation(BEN, id=UUID(int=101), position=1, window=(time(9), time(17)))
    found = final_shifts("UTC", [day, night], [], utc(2026, 1, 6), utc(2026, 1, 7))
    assert told(found) == [
        (ANA, "01-06 00:00", "01-06 09:00"),
        (BEN, "01-06 09:00", "01-06 17:00"),
        (ANA, "01-06 17:00", "01-07 00:00"),
    ]


def test_follow_the_sun() -> None:
    """Three layers of eight hours, each where it is day, and no hour without somebody."""
    layers = [
        rotation(person, id=UUID(int=110 + n), position=n, start_date=date(2025, 12, 1), window=(time(h), time((h + 8) % 24)))
        for n, (person, h) in enumerate([(ANA, 0), (BEN, 8), (CAT, 16)])
    ]  # fmt: skip
    start, end = utc(2026, 1, 1), utc(2026, 1, 31)
    found = final_shifts("UTC", layers, [], start, end)
    assert gaps(found, start, end) == []
    assert Counter(s.user_id for s in found) == {ANA: 30, BEN: 30, CAT: 30}


def test_an_override_splits_a_shift() -> None:
    swap = override(DEE, utc(2026, 1, 7, 12), utc(2026, 1, 8, 12))
    found = final_shifts("UTC", [rotation(ANA)], [swap], utc(2026, 1, 6), utc(2026, 1, 10))
    assert told(found) == [
        (ANA, "01-06 00:00", "01-07 12:00"),
        (DEE, "01-07 12:00", "01-08 12:00"),
        (ANA, "01-08 12:00", "01-10 00:00"),
    ]
    assert [(s.rotation_id is None, s.override_id) for s in found] == [
        (False, None),
        (True, swap.id),
        (False, None),
    ]


def test_the_later_override_wins() -> None:
    first = override(CAT, utc(2026, 1, 7), utc(2026, 1, 8), 1)
    second = override(DEE, utc(2026, 1, 7, 12), utc(2026, 1, 8, 12), 2)
    found = final_shifts("UTC", [], [second, first], utc(2026, 1, 6), utc(2026, 1, 10))
    assert told(found) == [(CAT, "01-07 00:00", "01-07 12:00"), (DEE, "01-07 12:00", "01-08 12:00")]


def test_an_override_fills_a_gap_and_spans_hand_offs() -> None:
    over = override(DEE, utc(2026, 1, 1), utc(2026, 1, 14))
    found = final_shifts("UTC", [rotation(ANA, BEN)], [over], utc(2026, 1, 1), utc(2026, 1, 19, 9))
    assert told(found) == [(DEE, "01-01 00:00", "01-14 00:00"), (BEN, "01-14 00:00", "01-19 09:00")]


def test_gaps_are_what_nobody_covers() -> None:
    found = rotation_shifts(
        "UTC", rotation(ANA, window=(time(9), time(17))), utc(2026, 1, 5), utc(2026, 1, 6)
    )
    assert gaps(found, utc(2026, 1, 5), utc(2026, 1, 6)) == [
        (utc(2026, 1, 5), utc(2026, 1, 5, 9)),
        (utc(2026, 1, 5, 17), utc(2026, 1, 6)),
    ]
    assert gaps([], utc(2026, 1, 5), utc(2026, 1, 6)) == [(utc(2026, 1, 5), utc(2026, 1, 6))]


def test_the_end_of_a_shift_belongs_to_the_next() -> None:
    found = rotation_shifts("UTC", rotation(ANA, BEN), utc(2026, 1, 5, 9), utc(2026, 1, 19, 9))
    assert on_call_at(found, utc(2026, 1, 12, 9) - timedelta(microseconds=1)) == ANA
    assert on_call_at(found, utc(2026, 1, 12, 9)) == BEN
    assert on_call_at(found, utc(2026, 1, 19, 9)) is None


# -- what cannot be computed


@pytest.mark.parametrize(
    ("field", "wrong"),
    [
        ("participants", {"participants": ()}),
        ("length", {"length": 0}),
        ("length", {"length": 53}),
        ("window", {"window": (time(9), time(9))}),
        ("start_date", {"start_date": date(1, 1, 1)}),
        ("start_date", {"start_date": date(9999, 12, 31)}),
        ("handoff_time", {"handoff_time": time(9, tzinfo=UTC)}),
        ("handoff_time", {"window": (time(9), time(17, tzinfo=UTC))}),
    ],
)
def test_what_is_wrong_is_named(field: str, wrong: dict[str, object]) -> None:
    check_rotation(rotation(ANA))
    with pytest.raises(BadRotation) as error:
        check_rotation(rotation(*wrong.pop("participants", (ANA,)), **wrong))  # type: ignore[misc]
    assert error.value.field == field


@pytest.mark.parametrize("zone", ["", "Mars/Phobos", "../../etc/passwd", "a\0b", "Europe/Berlin/", "x" * 300])
def test_a_zone_that_does_not_exist(zone: str) -> None:
    check_zone(BERLIN)
    with pytest.raises(BadRotation):
        check_zone(zone)


# -- properties

ZONES = st.sampled_from(["UTC", BERLIN, NEW_YORK, SYDNEY, LORD_HOWE, "America/Santiago", "Asia/Kathmandu"])
CLOCKS = st.times().map(lambda t: t.replace(microsecond=0))
PEOPLE = st.lists(st.sampled_from([ANA, BEN, CAT, DEE]), min_size=1, max_size=5).map(tuple)
WINDOWS = st.none() | st.tuples(CLOCKS, CLOCKS).filter(lambda w: w[0] != w[1])
STARTS = st.integers(0, 334 * 24 * 60).map(lambda minutes: utc(2026, 1, 1) + timedelta(minutes=minutes))
LENGTHS = st.timedeltas(timedelta(minutes=1), timedelta(days=45))


@st.composite
def layers(draw: st.DrawFn, position: int, windows: st.SearchStrategy[object] = WINDOWS) -> Rotation:
    return Rotation(
        id=UUID(int=300 + position), position=position, kind=draw(st.sampled_from(RotationKind)), length=draw(st.integers(1, 4)),
        handoff_time=draw(CLOCKS), start_date=draw(st.dates(date(2024, 1, 1), date(2026, 6, 1))),
        participants=draw(PEOPLE), window=draw(windows),
        ends_at=draw(st.none() | STARTS),
    )  # fmt: skip


@st.composite
def overrides(draw: st.DrawFn) -> list[Override]:
    ranges = draw(st.lists(st.tuples(STARTS, LENGTHS, st.sampled_from([ANA, BEN, CAT])), max_size=4))
    return [override(who, start, start + length, n) for n, (start, length, who) in enumerate(ranges)]


@given(ZONES, st.tuples(layers(0), layers(1), layers(2)), overrides(), STARTS, LENGTHS)
@settings(max_examples=50, deadline=None)
def test_one_person_at_a_time_and_every_moment_is_explained(
    zone: str,
    stack: tuple[Rotation, ...],
    changes: list[Override],
    start: datetime,
    length: timedelta,
) -> None:
    """Shifts lie in the range, in order, without overlap; what is on top at a moment is who is on call then."""
    end = start + length
    found = final_shifts(zone, stack, changes, start, end)
    assert all(start <= s.starts_at < s.ends_at <= end for s in found)
    assert all(a.ends_at <= b.starts_at for a, b in pairwise(found))
    assert all(a.ends_at < b.starts_at or a.source != b.source for a, b in pairwise(found)), "not merged"
    alone = [rotation_shifts(zone, layer, start, end) for layer in stack]
    moments = {s.starts_at for part in (*alone, found) for s in part} | {start, start + length / 2}
    for at in moments:
        assert on_call_at(found, at) == _on_top(alone, changes, at)


def _on_top(alone: list[list[Shift]], changes: list[Override], at: datetime) -> UUID | None:
    over = [o for o in changes if o.starts_at <= at < o.ends_at]
    if over:
        return max(over, key=lambda o: o.created_at).user_id
    return next((who for part in reversed(alone) if (who := on_call_at(part, at))), None)


@given(ZONES, layers(0, st.none()), layers(1), overrides(), STARTS, LENGTHS)
@settings(max_examples=50, deadline=None)
def test_where_a_layer_runs_around_the_clock_nobody_is_missing(
    zone: str, base: Rotation, top: Rotation, changes: list[Override], start: datetime, length: timedelta
) -> None:
    end = start + length
    covered = rotation_shifts(zone, base, start, end)
    whole = final_shifts(zone, [base, top], changes, start, end)
    for begins, ends in gaps(whole, start, end):
        assert not any(s.starts_at < ends and s.ends_at > begins for s in covered)
    if covered:
        assert gaps(covered, covered[0].starts_at, covered[-1].ends_at) == []


@given(ZONES, layers(0), overrides(), STARTS, LENGTHS, st.floats(0, 1))
@settings(max_examples=50, deadline=None)
def test_two_halves_make_the_whole(
    zone: str, layer: Rotation, changes: list[Override], start: datetime, length: timedelta, share: float
) -> None:
    """Where a range is cut changes nothing: storing shifts anew from now on agrees with what was stored."""
    end = start + length
    middle = start + length * share
    whole = final_shifts(zone, [layer], changes, start, end)
    halves = [
        *final_shifts(zone, [layer], changes, start, middle),
        *final_shifts(zone, [layer], changes, middle, end),
    ]
    for at in {s.starts_at for s in (*whole, *halves)} | {start, middle}:
        assert on_call_at(whole, at) == on_call_at(halves, at)


@given(ZONES, st.sampled_from(RotationKind), st.integers(1, 4), CLOCKS, PEOPLE, STARTS, LENGTHS)
@settings(max_examples=50, deadline=None)
def test_a_layer_around_the_clock_leaves_no_gap(
    zone: str, kind: RotationKind, length: int, clock: time, people: tuple[UUID, ...], start: datetime, span: timedelta
) -> None:  # fmt: skip
    """Once it has begun, to the last minute of any range: also where the range is cut."""
    layer = rotation(
        *people, kind=kind, length=length, handoff_time=clock, start_date=date(2025, 1, 6), window=None
    )
    end = start + span
    assert gaps(rotation_shifts(zone, layer, start, end), start, end) == []


@given(ZONES, st.integers(2, 6), st.integers(1, 4), st.integers(0, 60))
@settings(max_examples=50, deadline=None)
def test_shares_are_equal_on_the_wall_clock(zone: str, people: int, rounds: int, first: int) -> None:
    """N people over a multiple of N weeks, from any hand-off: the same hours each, as their clocks count them."""
    crowd = [UUID(int=n) for n in range(1, people + 1)]
    begins = date(2026, 1, 5) + timedelta(weeks=first)
    ends = begins + timedelta(weeks=people * rounds)
    held: Counter[UUID] = Counter()
    for shift in rotation_shifts(
        zone, rotation(*crowd), _at(begins, time(9), zone), _at(ends, time(9), zone)
    ):
        local = [
            at.astimezone(ZoneInfo(zone)).replace(tzinfo=None) for at in (shift.starts_at, shift.ends_at)
        ]
        held[shift.user_id] += (local[1] - local[0]) // HOUR
    assert held == dict.fromkeys(crowd, rounds * 7 * 24)


@given(ZONES, CLOCKS, st.integers(1, 6), st.integers(1, 3), st.integers(1, 4))
@settings(max_examples=50, deadline=None)
def test_shares_are_fair(zone: str, clock: time, people: int, length: int, rounds: int) -> None:
    """Over whole rounds everybody has as many turns, and as many hours but for clock changes."""
    crowd = [UUID(int=n) for n in range(1, people + 1)]
    layer = rotation(*crowd, length=length, handoff_time=clock)
    weeks = people * length * rounds
    found = rotation_shifts(zone, layer, utc(2026, 1, 1), utc(2026, 1, 3) + timedelta(weeks=weeks + 4))
    first = found[0].starts_at
    ends = _at(date(2026, 1, 5) + timedelta(weeks=weeks), clock, zone)
    held: Counter[UUID] = Counter()
    for shift in rotation_shifts(zone, layer, first, ends):
        held[shift.user_id] += round((shift.ends_at - shift.starts_at) / timedelta(minutes=1))
    assert set(held) == set(crowd)
    changes = [c for c in next_clock_changes(zone, first, weeks // 13 + 2) if c.at < ends]
    most = sum((abs(c.by) for c in changes), timedelta())
    assert timedelta(minutes=max(held.values()) - min(held.values())) <= most


def _at(day: date, clock: time, zone: str) -> datetime:
    """By the standard library: `fold=0` is the first occurrence."""
    return datetime.combine(day, clock, ZoneInfo(zone)).astimezone(UTC)
