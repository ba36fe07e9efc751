"""Counting load: the parts of a period add up to the whole, and each figure by hand."""

import itertools
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tocsin.duty.fairness import Home, Load, Quarter, count, parse_quarter, quarter_of
from tocsin.oncall.clocks import Range

BERLIN, SYDNEY = Home("Europe/Berlin", "DE", "BE"), Home("Australia/Sydney", "AU", "NSW")
START = datetime(
    2027, 3, 22, tzinfo=UTC
)  # Clocks change in it, in Berlin on the 28th and in Sydney on the 4th.
SPAN = 24 * 60 * 20
minutes = st.integers(0, SPAN)
homes = st.sampled_from([BERLIN, SYDNEY, Home("Australia/Lord_Howe"), Home("Asia/Kathmandu"), Home("UTC")])


def at(minute: int) -> datetime:
    return START + timedelta(minutes=minute)


def ranges_of(edges: list[int]) -> list[Range]:
    ordered = sorted(edges)
    return [(at(a), at(b)) for a, b in zip(ordered[::2], ordered[1::2], strict=False)]


@given(
    st.lists(minutes, max_size=16, unique=True).map(ranges_of),
    st.lists(minutes.map(at), max_size=30),
    homes,
    st.lists(minutes, max_size=4),
)
@settings(max_examples=300, deadline=None)
def test_parts_add_up_to_the_whole(
    ranges: list[Range], pages: list[datetime], home: Home, cuts: list[int]
) -> None:
    edges = [at(-1440 * 3), *(at(c) for c in sorted(cuts)), at(SPAN + 1440 * 3)]
    whole = count(ranges, pages, home, edges[0], edges[-1])
    added = Load()
    for first, last in itertools.pairwise(edges):
        added += count(ranges, pages, home, first, last)
    assert added.hours == pytest.approx(whole.hours)
    assert added.weekend_hours == pytest.approx(whole.weekend_hours)
    counted = ("nights", "holidays", "pages", "night_pages", "woken_hours")
    assert [getattr(added, name) for name in counted] == [getattr(whole, name) for name in counted]
    assert whole.weekend_hours <= whole.hours + 1e-9
    assert whole.woken_hours <= whole.night_pages <= whole.pages == len(pages)


def test_a_week_over_easter_by_hand() -> None:
    """Monday 22 March 09:00 to Monday 29 March 09:00 in Berlin: one hour is missing, and Easter is in it."""
    week = [(datetime(2027, 3, 22, 8, tzinfo=UTC), datetime(2027, 3, 29, 7, tzinfo=UTC))]
    pages = [
        datetime(2027, 3, 23, 1, 10, tzinfo=UTC),  # 02:10
        datetime(2027, 3, 23, 1, 50, tzinfo=UTC),  # 02:50, the same hour
        datetime(2027, 3, 24, 4, 59, tzinfo=UTC),  # 05:59
        datetime(2027, 3, 24, 5, 0, tzinfo=UTC),  # 06:00, morning
        datetime(2027, 3, 28, 20, 0, tzinfo=UTC),  # 22:00 in summer time
    ]
    load = count(week, pages, BERLIN, *Quarter(2027, 1).period("Europe/Berlin"))
    assert load == Load(
        hours=167, nights=7, weekend_hours=47, holidays=2, pages=5, night_pages=4, woken_hours=3
    )


def test_whose_night_it_is() -> None:
    """Office hours of Berlin are the night of Sydney."""
    day = [(datetime(2027, 6, 7, 12, tzinfo=UTC), datetime(2027, 6, 7, 20, tzinfo=UTC))]
    period = datetime(2027, 6, 1, tzinfo=UTC), datetime(2027, 7, 1, tzinfo=UTC)
    assert count(day, [], SYDNEY, *period).nights == 1
    assert count(day, [], BERLIN, *period).nights == 0


@pytest.mark.parametrize(
    ("day", "quarter"),
    [(date(2026, 1, 1), "2026Q1"), (date(2026, 6, 30), "2026Q2"), (date(2026, 12, 31), "2026Q4")],
)
def test_quarters(day: date, quarter: str) -> None:
    found = quarter_of(day)
    assert str(found) == quarter
    assert parse_quarter(quarter.lower()) == found
    assert found.first <= day < found.after.first
    assert found.after.before == found == found.before.after


@pytest.mark.parametrize("text", ["", "2026", "2026Q5", "2026Q0", "Q1", "26Q1", "9999Q4", "2026Q1 "])
def test_what_is_no_quarter(text: str) -> None:
    with pytest.raises(ValueError, match="uarter"):
        parse_quarter(text)
