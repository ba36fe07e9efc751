"""Hours of a layer: by day, over midnight, over clock changes."""

from datetime import time

from tests.unit.oncall_parts import ANA, BEN, BERLIN, HOUR, daily, rotation, told, utc
from tocsin.oncall.layers import rotation_shifts
from tocsin.oncall.model import Restriction


def test_office_hours_leave_the_night_to_others() -> None:
    layer = rotation(ANA, restrictions=(Restriction(time(9), time(17)),))
    found = rotation_shifts(BERLIN, layer, utc(2026, 1, 5), utc(2026, 1, 7))
    assert told(found, BERLIN) == [(ANA, "01-05 09:00", "01-05 17:00"), (ANA, "01-06 09:00", "01-06 17:00")]


def test_hours_over_midnight() -> None:
    layer = daily(ANA, BEN, handoff_time=time(18), restrictions=(Restriction(time(22), time(6)),))
    found = rotation_shifts(BERLIN, layer, utc(2026, 1, 5), utc(2026, 1, 7, 12))
    assert told(found, BERLIN) == [(ANA, "01-05 22:00", "01-06 06:00"), (BEN, "01-06 22:00", "01-07 06:00")]
    begun = rotation_shifts(BERLIN, layer, utc(2026, 1, 6, 2), utc(2026, 1, 6, 12))
    assert told(begun, BERLIN) == [(ANA, "01-06 03:00", "01-06 06:00")], "a range may begin in the night"


def test_a_hand_off_within_the_hours_divides_them() -> None:
    layer = daily(ANA, BEN, handoff_time=time(0), restrictions=(Restriction(time(22), time(6)),))
    found = rotation_shifts("UTC", layer, utc(2026, 1, 5, 12), utc(2026, 1, 6, 12))
    assert told(found) == [(ANA, "01-05 22:00", "01-06 00:00"), (BEN, "01-06 00:00", "01-06 06:00")]


def test_the_hours_of_a_night_with_a_clock_change() -> None:
    layer = rotation(ANA, restrictions=(Restriction(time(22), time(6)),))
    spring = rotation_shifts(BERLIN, layer, utc(2026, 3, 28, 12), utc(2026, 3, 29, 12))
    autumn = rotation_shifts(BERLIN, layer, utc(2026, 10, 24, 12), utc(2026, 10, 25, 12))
    assert [s.ends_at - s.starts_at for s in (*spring, *autumn)] == [7 * HOUR, 9 * HOUR]


def test_hours_that_a_clock_change_leaves_out_are_nobodys() -> None:
    layer = rotation(ANA, restrictions=(Restriction(time(2), time(3)),))
    assert rotation_shifts(BERLIN, layer, utc(2026, 3, 28, 12), utc(2026, 3, 29, 12)) == []
