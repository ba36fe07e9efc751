"""Turns are shared out fairly: over whole rounds everybody has the same time."""

from collections import Counter
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.oncall_parts import BERLIN, HOUR, LORD_HOWE, NEW_YORK, SYDNEY, rotation, utc
from tocsin.oncall.clocks import next_clock_changes
from tocsin.oncall.layers import rotation_shifts

ZONES = st.sampled_from(["UTC", BERLIN, NEW_YORK, SYDNEY, LORD_HOWE, "America/Santiago", "Asia/Kathmandu"])
CLOCKS = st.times().map(lambda t: t.replace(microsecond=0))


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
