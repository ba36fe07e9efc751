"""Turns: in order, by length, before the first hand-off and after the end."""

from datetime import date, timedelta

from tests.unit.oncall_parts import ANA, BEN, CAT, daily, hourly, monthly, rotation, told, utc
from tocsin.oncall.layers import rotation_shifts


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


def test_months_keep_their_day_or_take_their_last_one() -> None:
    layer = monthly(ANA, BEN, start_date=date(2027, 12, 31))
    found = rotation_shifts("UTC", layer, utc(2027, 12, 31, 9), utc(2028, 5, 31, 9))
    assert told(found) == [
        (ANA, "12-31 09:00", "01-31 09:00"),
        (BEN, "01-31 09:00", "02-29 09:00"),
        (ANA, "02-29 09:00", "03-31 09:00"),
        (BEN, "03-31 09:00", "04-30 09:00"),
        (ANA, "04-30 09:00", "05-31 09:00"),
    ]


def test_hours_in_turn() -> None:
    layer = hourly(ANA, BEN, length=12)
    found = rotation_shifts("UTC", layer, utc(2026, 1, 5, 9), utc(2026, 1, 6, 9))
    assert told(found) == [(ANA, "01-05 09:00", "01-05 21:00"), (BEN, "01-05 21:00", "01-06 09:00")]
