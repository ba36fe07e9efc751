"""Working hours on somebody's own clock: what is not urgent waits for them."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import available_timezones

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tocsin.oncall.clocks import zone_exists
from tocsin.oncall.hours import (
    WorkingHours,
    next_working_day,
    next_working_moment,
    share_at_work,
    working_ranges,
)

ZONES = sorted(zone for zone in available_timezones() if zone_exists(zone))
BERLIN = WorkingHours("Europe/Berlin", time(9), time(17), (1, 2, 3, 4, 5))
HOURS = st.builds(
    WorkingHours,
    st.sampled_from(ZONES),
    st.times().map(lambda t: t.replace(microsecond=0)),
    st.times().map(lambda t: t.replace(microsecond=0)),
    st.lists(st.integers(1, 7), max_size=7).map(tuple),
)
MOMENTS = st.integers(0, 80 * 365 * 86400).map(
    lambda seconds: datetime(1975, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)
)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ("2026-06-01T10:00", "2026-06-01T10:00"),  # a Monday at noon in Berlin: now
        ("2026-06-01T03:00", "2026-06-01T07:00"),  # before work: when it begins
        ("2026-06-01T15:00", "2026-06-02T07:00"),  # 17:00, work is over: the end does not belong to it
        ("2026-06-05T20:00", "2026-06-08T07:00"),  # Friday night: Monday
        ("2026-03-27T20:00", "2026-03-30T07:00"),  # over the clock change: still 09:00 on the wall
        ("2026-10-23T20:00", "2026-10-26T08:00"),
    ],
)
def test_it_waits_for_working_hours(asked: str, told: str) -> None:
    assert next_working_moment(BERLIN, at(asked)) == at(told)


def test_the_next_day_is_not_this_one() -> None:
    assert next_working_day(BERLIN, at("2026-06-01T07:00")) == at("2026-06-02T07:00")
    assert next_working_day(BERLIN, at("2026-06-01T06:59")) == at("2026-06-01T07:00")
    assert next_working_day(BERLIN, at("2026-06-05T12:00")) == at("2026-06-08T07:00")


def test_a_gap_at_the_start_of_work_is_not_waited_out() -> None:
    """Work that starts at 02:30 starts at 03:00 on the day on which the clocks go forward."""
    early = WorkingHours("Europe/Berlin", time(2, 30), time(10), ())
    assert next_working_moment(early, at("2026-03-29T00:00")) == at("2026-03-29T01:00")


def test_nights_are_working_hours_too() -> None:
    nights = WorkingHours("UTC", time(22), time(6), (5,))
    assert next_working_moment(nights, at("2026-06-06T05:00")) == at("2026-06-06T05:00"), "Friday's night"
    assert next_working_moment(nights, at("2026-06-06T06:00")) == at("2026-06-12T22:00")


def test_a_zone_that_is_gone_is_utc() -> None:
    lost = WorkingHours("Mars/Phobos", time(9), time(17), (1,))
    assert next_working_moment(lost, at("2026-06-01T03:00")) == at("2026-06-01T09:00")


def test_the_share_of_a_range_at_work() -> None:
    monday = at("2026-06-01T07:00")
    assert share_at_work(BERLIN, monday, monday + timedelta(hours=16)) == 0.5
    assert share_at_work(BERLIN, monday - timedelta(days=1), monday - timedelta(hours=12)) == 0
    around = WorkingHours("UTC", time(0), time(0), ())
    assert share_at_work(around, monday, monday + timedelta(days=3)) == 1


@given(HOURS, MOMENTS)
@settings(max_examples=400, deadline=None)
def test_the_moment_lies_in_working_hours_and_none_lies_before_it(
    hours: WorkingHours, asked: datetime
) -> None:
    found = next_working_moment(hours, asked)
    assert asked <= found <= asked + timedelta(days=22)
    within = [(b, e) for b, e in working_ranges(hours, found, found + timedelta(seconds=1)) if b <= found < e]
    assert within, "it is in working hours"
    if found > asked:
        assert not list(working_ranges(hours, asked, found)), "nothing opens between"
        assert any(b == found for b, _ in within)


@given(HOURS, MOMENTS)
@settings(max_examples=200, deadline=None)
def test_reminders_come_at_most_once_a_day_and_end_never(hours: WorkingHours, asked: datetime) -> None:
    first = next_working_day(hours, asked)
    second = next_working_day(hours, first)
    assert asked < first < second
    assert next_working_moment(hours, second) == second


@given(HOURS, MOMENTS, st.timedeltas(timedelta(minutes=1), timedelta(days=30)))
@settings(max_examples=200, deadline=None)
def test_a_share_is_a_share(hours: WorkingHours, start: datetime, length: timedelta) -> None:
    assert 0 <= share_at_work(hours, start, start + length) <= 1
