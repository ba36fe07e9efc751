"""Hand-offs over clock changes: the wall clock stays."""

from datetime import date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

from tests.unit.oncall_parts import ANA, BEN, BERLIN, CAT, HOUR, LORD_HOWE, NEW_YORK, SYDNEY, daily, utc
from tocsin.oncall.layers import rotation_shifts
from tocsin.oncall.shifts import gaps


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
