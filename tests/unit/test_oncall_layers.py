"""Layers: a higher one covers a lower one, or all at once; nobody's turns, calendars, who is away, gaps."""

from collections import Counter
from dataclasses import replace
from datetime import date, time, timedelta
from uuid import UUID

from tests.unit.oncall_parts import ANA, BEN, BERLIN, CAT, SYDNEY, daily, rotation, told, utc
from tocsin.oncall.layers import rotation_shifts
from tocsin.oncall.model import Event, Restriction, RotationKind
from tocsin.oncall.shifts import final_shifts, gaps, on_call_at


def test_a_higher_layer_covers_a_lower_one_during_its_hours() -> None:
    night = rotation(ANA)
    day = rotation(BEN, id=UUID(int=101), position=1, restrictions=(Restriction(time(9), time(17)),))
    found = final_shifts("UTC", [day, night], [], utc(2026, 1, 6), utc(2026, 1, 7))
    assert told(found) == [
        (ANA, "01-06 00:00", "01-06 09:00"),
        (BEN, "01-06 09:00", "01-06 17:00"),
        (ANA, "01-06 17:00", "01-07 00:00"),
    ]


def test_follow_the_sun() -> None:
    """Three layers of eight hours, each where it is day, and no hour without somebody."""
    layers = [
        rotation(person, id=UUID(int=110 + n), position=n, start_date=date(2025, 12, 1), restrictions=(Restriction(time(h), time((h + 8) % 24)),))
        for n, (person, h) in enumerate([(ANA, 0), (BEN, 8), (CAT, 16)])
    ]  # fmt: skip
    start, end = utc(2026, 1, 1), utc(2026, 1, 31)
    found = final_shifts("UTC", layers, [], start, end)
    assert gaps(found, start, end) == []
    assert Counter(s.user_id for s in found) == {ANA: 30, BEN: 30, CAT: 30}


def test_gaps_are_what_nobody_covers() -> None:
    found = rotation_shifts(
        "UTC", rotation(ANA, restrictions=(Restriction(time(9), time(17)),)), utc(2026, 1, 5), utc(2026, 1, 6)
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


def test_nobodys_turn_leaves_the_layer_empty_and_the_one_below_counts() -> None:
    layer = daily(ANA, None, start_date=date(2026, 1, 5))
    assert told(rotation_shifts("UTC", layer, utc(2026, 1, 5, 9), utc(2026, 1, 8, 9))) == [
        (ANA, "01-05 09:00", "01-06 09:00"),
        (ANA, "01-07 09:00", "01-08 09:00"),
    ]
    below = rotation(BEN, id=UUID(int=101), position=-1)
    found = final_shifts("UTC", [layer, below], [], utc(2026, 1, 5, 9), utc(2026, 1, 8, 9))
    assert [s.user_id for s in found] == [ANA, BEN, ANA]


def test_together_everybody_is_on_call_on_a_track_of_their_own() -> None:
    stack = [rotation(ANA, BEN), rotation(CAT, id=UUID(int=101), position=1)]
    found = final_shifts("UTC", stack, [], utc(2026, 1, 5, 9), utc(2026, 1, 19, 9), together=True)
    assert [(s.user_id, s.track) for s in found] == [(ANA, 0), (CAT, 1), (BEN, 0)]
    assert told(found)[1] == (CAT, "01-05 09:00", "01-19 09:00")


def test_a_layer_keeps_its_own_clock() -> None:
    """Sydney's layer hands off at nine in Sydney, whatever the schedule's zone."""
    layer = daily(ANA, BEN, time_zone=SYDNEY, start_date=date(2026, 1, 5))
    found = rotation_shifts(BERLIN, layer, utc(2026, 1, 4, 22), utc(2026, 1, 6, 22))
    assert told(found) == [(ANA, "01-04 22:00", "01-05 22:00"), (BEN, "01-05 22:00", "01-06 22:00")]


def test_a_calendar_brings_its_turns_and_a_later_one_covers_an_earlier() -> None:
    events = (
        Event("a", utc(2026, 1, 5), utc(2026, 1, 8), ANA),
        Event("b", utc(2026, 1, 6), utc(2026, 1, 7), BEN),
        Event("c", utc(2026, 1, 8), utc(2026, 1, 9), None, "Somebody"),
        Event("d", utc(2026, 1, 7), utc(2026, 1, 7), CAT),
    )
    layer = rotation(kind=RotationKind.CALENDAR, events=events)
    found = rotation_shifts("UTC", layer, utc(2026, 1, 5, 12), utc(2026, 2, 1))
    assert told(found) == [
        (ANA, "01-05 12:00", "01-06 00:00"),
        (BEN, "01-06 00:00", "01-07 00:00"),
        (ANA, "01-07 00:00", "01-08 00:00"),
    ]


def test_who_is_away_is_passed_over_for_the_time_of_it() -> None:
    layer = daily(ANA, BEN, CAT, skip_holidays=True, start_date=date(2026, 1, 5))
    away = {BEN: [(utc(2026, 1, 6, 12), utc(2026, 1, 7))], CAT: [(utc(2026, 1, 6, 18), utc(2026, 1, 7))]}
    found = rotation_shifts("UTC", layer, utc(2026, 1, 6, 9), utc(2026, 1, 7, 9), away)
    assert told(found) == [
        (BEN, "01-06 09:00", "01-06 12:00"),
        (CAT, "01-06 12:00", "01-06 18:00"),
        (ANA, "01-06 18:00", "01-07 00:00"),
        (BEN, "01-07 00:00", "01-07 09:00"),
    ]


def test_who_is_away_with_everybody_else_keeps_the_turn() -> None:
    layer = daily(ANA, BEN, skip_holidays=True, start_date=date(2026, 1, 5))
    christmas = [(utc(2026, 1, 5), utc(2026, 1, 7))]
    away = {ANA: christmas, BEN: christmas}
    found = rotation_shifts("UTC", layer, utc(2026, 1, 5, 9), utc(2026, 1, 7, 9), away)
    assert [s.user_id for s in found] == [ANA, BEN]
    keeps = replace(layer, skip_holidays=False)
    assert rotation_shifts("UTC", keeps, utc(2026, 1, 5, 9), utc(2026, 1, 7, 9), {ANA: christmas}) == found
