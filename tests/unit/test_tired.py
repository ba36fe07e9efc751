"""Who is tired, until when relief lasts, and who is asked: by hand, on everybody's own clock."""

from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID

import pytest

from tocsin.duty.tired import Candidate, Weariness, best, on_since, relief_range, weariness
from tocsin.oncall.hours import WorkingHours

WORK = (1, 2, 3, 4, 5)
BERLIN = "Europe/Berlin"
HOUR = timedelta(hours=1)
NIGHT = datetime(2027, 1, 13, 2, tzinfo=UTC)  # Wednesday 03:00 in Berlin, 13:00 in Sydney.
WEEK = [(NIGHT - 30 * HOUR, NIGHT + 100 * HOUR)]


def tired(
    now: datetime, pages: list[datetime], ranges: list[tuple[datetime, datetime]] = WEEK, pages_most: int = 3,
    hours_most: int = 192,
) -> Weariness | None:  # fmt: skip
    return weariness(ranges, pages, BERLIN, now, pages_most=pages_most, hours_most=hours_most)


def who(name: str, zone: str, *, on_call: bool = False, days: tuple[int, ...] = WORK) -> Candidate:
    return Candidate(UUID(int=len(name)), name, WorkingHours(zone, time(9), time(17), days), on_call)


def test_three_pages_in_one_night() -> None:
    pages = [NIGHT - 4 * HOUR, NIGHT - 2 * HOUR, NIGHT - HOUR]  # From 23:00 on.
    assert tired(NIGHT, pages) == Weariness("3 pages tonight", date(2027, 1, 12), can_wait=False)
    assert tired(NIGHT, pages[1:]) is None
    assert tired(NIGHT, [*pages[1:], NIGHT - 6 * HOUR]) is None, "21:00 was not night"
    assert tired(NIGHT + 4 * HOUR, pages) is None, "it is morning"
    assert tired(NIGHT, pages, pages_most=0) is None, "the rule is off"


def test_hours_without_a_break() -> None:
    day = NIGHT + 8 * HOUR
    assert tired(day, [], hours_most=38) == Weariness(
        "38 hours on call without a break of 8 hours", date(2027, 1, 13), can_wait=True
    )
    assert tired(day, [], hours_most=39) is None
    assert tired(day, [], hours_most=0) is None


def test_a_break_of_eight_hours_counts_and_a_shorter_one_does_not() -> None:
    first = (NIGHT - 30 * HOUR, NIGHT - 10 * HOUR)
    assert on_since([first, (NIGHT - 3 * HOUR, NIGHT + HOUR)], NIGHT) == first[0]
    assert on_since([first, (NIGHT - 2 * HOUR, NIGHT + HOUR)], NIGHT) == NIGHT - 2 * HOUR
    assert on_since([first], NIGHT) is None
    assert on_since([(NIGHT + HOUR, NIGHT + 2 * HOUR)], NIGHT) is None
    assert on_since([], NIGHT) is None


@pytest.mark.parametrize(
    ("now", "shift_ends", "wanted"),
    [
        (NIGHT, NIGHT + 100 * HOUR, (NIGHT + HOUR / 2, NIGHT + 6 * HOUR)),
        (NIGHT, NIGHT + 3 * HOUR, (NIGHT + HOUR / 2, NIGHT + 3 * HOUR)),
        (NIGHT + 7 * HOUR, NIGHT + 100 * HOUR, (NIGHT + 7.5 * HOUR, NIGHT + 30 * HOUR)),
        (NIGHT, NIGHT + HOUR / 2, None),
        (NIGHT + 5.9 * HOUR, NIGHT + 100 * HOUR, None),
    ],
)
def test_until_nine_or_the_end_of_the_shift(
    now: datetime, shift_ends: datetime, wanted: tuple[datetime, datetime] | None
) -> None:
    assert relief_range(now, BERLIN, shift_ends) == wanted


def test_relief_begins_at_a_round_time_that_is_not_too_soon() -> None:
    found = relief_range(NIGHT + timedelta(minutes=2, seconds=7), BERLIN, NIGHT + 100 * HOUR)
    assert found
    assert found[0] == NIGHT + timedelta(minutes=35)


def test_who_is_awake_and_at_work_is_asked() -> None:
    wanted = NIGHT, NIGHT + 6 * HOUR
    at_work, asleep = who("Ben", "Australia/Sydney"), who("Carla", BERLIN)
    weekend, busy = (
        who("Dora D", "Australia/Sydney", days=(6, 7)),
        who("Edda", "Australia/Sydney", on_call=True),
    )
    assert best([asleep], NIGHT, wanted) is None
    assert best([], NIGHT, wanted) is None
    assert best([asleep, weekend, busy, at_work], NIGHT, wanted) == at_work
    assert best([weekend, busy], NIGHT, wanted) == busy, "at work comes first"
    evening = who("Fay in New York", "America/New_York")
    assert best([evening, who("Gus", "Asia/Tokyo", days=(7,))], NIGHT, wanted) == who(
        "Gus", "Asia/Tokyo", days=(7,)
    )
