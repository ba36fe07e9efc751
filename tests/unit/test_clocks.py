"""Wall clocks and instants: every clock change of every zone, and what is told of the next ones."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from tests.unit.oncall_parts import ANA, BERLIN, HOUR, LORD_HOWE, daily, utc
from tests.unit.oncall_reference import ALL_ZONES, first_time
from tocsin.oncall.clocks import (
    ClockChange,
    instant,
    local,
    local_days,
    merged,
    next_clock_changes,
    zone_exists,
)
from tocsin.oncall.layers import rotation_shifts

FIRST, LAST = utc(1970, 1, 1), utc(2060, 12, 31)
SECOND = timedelta(seconds=1)


def test_every_clock_change_of_every_zone() -> None:
    """With a hand-off inside each gap and each repeated hour from 1970 to 2060, as the standard library knows them."""
    seen: dict[tuple[datetime | ClockChange, ...], str] = {}
    for zone in ALL_ZONES:
        changes = [c for c in next_clock_changes(zone, FIRST, 400) if c.at < LAST]
        known = (local(FIRST, zone), *changes)
        if seen.setdefault(known, zone) != zone:
            assert_alike(zone, seen[known], changes)
            continue
        for change in changes:
            assert_change(zone, change)
    assert len(seen) > 300, "as many zones differ since 1970"


def assert_alike(zone: str, other: str, changes: list[ClockChange]) -> None:
    """A zone with the changes of one that was walked through needs no second walk."""
    one, two = ZoneInfo(zone), ZoneInfo(other)
    for moment in (c.at + side for c in changes for side in (-SECOND, SECOND)):
        assert moment.astimezone(one).utcoffset() == moment.astimezone(two).utcoffset()


def assert_change(zone: str, change: ClockChange) -> None:
    there = ZoneInfo(zone)
    before = (change.at - SECOND).astimezone(there)
    after = change.at.astimezone(there).replace(tzinfo=None)
    last = before.replace(tzinfo=None) + SECOND
    assert after - last == change.by != timedelta(), (zone, change)
    for share in (0, 0.5, 0.999):
        wall = (min(last, after) + abs(change.by) * share).replace(second=0, microsecond=0)
        if not min(last, after) <= wall < max(last, after):
            continue
        expected = change.at if change.by > timedelta() else change.at - (last - wall)
        assert expected == first_time(wall, zone), "the two ways to reckon it agree"
        assert instant(wall, zone) == expected, (zone, change, wall)
        layer = daily(ANA, start_date=wall.date(), handoff_time=wall.time())
        (found, *_) = rotation_shifts(zone, layer, expected - HOUR, expected + HOUR)
        assert found.starts_at == expected, (zone, change, wall)


def test_a_later_reading_is_never_an_earlier_moment() -> None:
    """The order of wall-clock times is kept around the changes of recent years."""
    changes = ((zone, c) for zone in ALL_ZONES for c in next_clock_changes(zone, utc(2009, 1, 1), 8))
    for zone, change in changes:
        middle = local(change.at, zone).replace(second=0, microsecond=0)
        walls = [middle + timedelta(minutes=10 * n) for n in range(-24, 25)]
        moments = [instant(wall, zone) for wall in walls]
        assert moments == sorted(moments)
        assert moments == [first_time(wall, zone) for wall in walls]


def test_the_next_clock_changes() -> None:
    berlin = next_clock_changes(BERLIN, utc(2026, 1, 1))
    assert [(c.at, c.by) for c in berlin] == [(utc(2026, 3, 29, 1), HOUR), (utc(2026, 10, 25, 1), -HOUR)]
    howe = next_clock_changes(LORD_HOWE, utc(2026, 7, 1), 1)
    assert [(c.at, c.by) for c in howe] == [(utc(2026, 10, 3, 15, 30), HOUR / 2)]
    after = next_clock_changes(BERLIN, utc(2026, 3, 29, 1), 1)
    assert after[0].at == utc(2026, 10, 25, 1), "a change that has just happened is not the next one"
    assert next_clock_changes("UTC", utc(2026, 1, 1)) == []
    assert next_clock_changes("Asia/Tokyo", utc(2026, 1, 1)) == []


def test_a_change_of_the_name_alone_moves_no_clock() -> None:
    """Turkey stayed on summer time in 2016, Algeria renamed its own in 1977: neither moved a clock then."""
    assert next_clock_changes("Europe/Istanbul", utc(2016, 4, 1)) == []
    (algeria,) = next_clock_changes("Africa/Algiers", utc(1977, 10, 1), 1)
    assert (algeria.at, algeria.by) == (utc(1978, 3, 24), HOUR)


def test_the_days_of_a_zone() -> None:
    days = list(local_days(utc(2026, 3, 28, 12), utc(2026, 3, 30, 12), BERLIN))
    assert days == [
        (date(2026, 3, 28), utc(2026, 3, 27, 23), utc(2026, 3, 28, 23)),
        (date(2026, 3, 29), utc(2026, 3, 28, 23), utc(2026, 3, 29, 22)),
        (date(2026, 3, 30), utc(2026, 3, 29, 22), utc(2026, 3, 30, 22)),
    ]
    samoa = [day for day, _, _ in local_days(utc(2011, 12, 29, 12), utc(2011, 12, 31, 12), "Pacific/Apia")]
    assert samoa == [date(2011, 12, 29), date(2011, 12, 31), date(2012, 1, 1)]


def test_days_meet() -> None:
    for zone in ALL_ZONES:
        days = list(local_days(utc(2011, 1, 1), utc(2012, 1, 2), zone))
        assert all(one[2] == other[1] for one, other in pairwise(days)), zone
        assert days[0][1] <= utc(2011, 1, 1), zone
        assert days[-1][2] >= utc(2012, 1, 2), zone


def test_local_and_back() -> None:
    moment = datetime(2026, 5, 5, 9, 0, 0, 1, tzinfo=UTC)
    assert local(moment, BERLIN) == datetime(2026, 5, 5, 11, 0, 0, 1)  # noqa: DTZ001  a wall-clock reading
    assert instant(local(moment, BERLIN), BERLIN) == moment


def test_ranges_are_merged() -> None:
    one, two, three, four = (utc(2026, 1, day) for day in (1, 2, 3, 4))
    assert merged([(three, four), (one, two)]) == [(one, two), (three, four)]
    assert merged([(two, three), (one, two)]) == [(one, three)]
    assert merged([(one, four), (two, three)]) == [(one, four)]
    assert merged([(two, two), (three, two)]) == []


def test_zones_that_exist() -> None:
    assert all(map(zone_exists, ALL_ZONES))
    assert not any(map(zone_exists, ["", "Mars/Phobos", "../etc/passwd", "a\0b", "Europe/Berlin/"]))
