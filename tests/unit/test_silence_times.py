"""When silences are quiet, over clock changes too; when their owner is reminded; and matchers as text."""

from datetime import UTC, datetime, time, timedelta

import pytest

from tocsin.alerts.silence_model import Matcher, Operator, SilenceDraft, Weekly, matcher_from
from tocsin.alerts.silence_times import reminder, windows
from tocsin.oncall.hours import WorkingHours


def utc(day: int, hour: int, minute: int = 0, month: int = 3, year: int = 2026) -> datetime:
    return datetime(year, month, day, hour, minute, tzinfo=UTC)


def weekly(starts: datetime, ends: datetime, rule: Weekly) -> list[str]:
    draft = SilenceDraft("x", starts, ends, weekly=rule)
    return [f"{s:%d %H:%M}-{e:%d %H:%M}" for s, e in windows(draft)]


def test_once_is_one_window() -> None:
    assert windows(SilenceDraft("x", utc(1, 1), utc(2, 2))) == [(utc(1, 1), utc(2, 2))]


def test_the_wall_clock_keeps_its_word() -> None:
    """Berlin goes from +1 to +2 on 29 March 2026."""
    rule = Weekly((6, 7, 1), time(22), time(23, 30), "Europe/Berlin")
    assert weekly(utc(28, 0), utc(31, 0), rule) == [
        "28 21:00-28 22:30", "29 20:00-29 21:30", "30 20:00-30 21:30",
    ]  # fmt: skip


def test_over_midnight_and_over_the_change() -> None:
    rule = Weekly((6,), time(22), time(4), "Europe/Berlin")
    assert weekly(utc(27, 0), utc(31, 0), rule) == ["28 21:00-29 02:00"], "one hour shorter"
    rule = Weekly((6,), time(22), time(4), "America/New_York")
    assert weekly(utc(31, 0, month=10), utc(3, 0, month=11), rule) == ["01 02:00-01 09:00"], "one hour longer"


def test_what_a_clock_change_skips_is_no_window() -> None:
    """Between 02:00 and 03:00 there is nothing on that Sunday."""
    rule = Weekly((6, 7), time(2, 10), time(2, 50), "Europe/Berlin")
    assert weekly(utc(28, 0), utc(30, 0), rule) == ["28 01:10-28 01:50"]


def test_an_hour_that_comes_twice_is_quiet_from_its_first_time() -> None:
    rule = Weekly((7,), time(2, 30), time(3, 30), "Europe/Berlin")
    assert weekly(utc(25, 0, month=10), utc(26, 0, month=10), rule) == ["25 00:30-25 02:30"]


def test_windows_are_cut_and_joined() -> None:
    every = Weekly((1, 2, 3, 4, 5, 6, 7), time(8), time(7), "UTC")
    assert weekly(utc(2, 12), utc(3, 7, 30), every) == ["02 12:00-03 07:00"]
    assert weekly(utc(2, 7, 30), utc(4, 9), every) == [
        "02 08:00-03 07:00",
        "03 08:00-04 07:00",
        "04 08:00-04 09:00",
    ]
    assert weekly(utc(2, 1), utc(2, 2), Weekly((1,), time(9), time(10), "UTC")) == []


OFFICE = WorkingHours("Europe/Berlin", time(9), time(17), (1, 2, 3, 4, 5))


@pytest.mark.parametrize(
    ("starts", "ends", "at"),
    [
        # Tuesday 3 March, 09:00 to 17:00 in Berlin is 08:00 to 16:00 UTC.
        (utc(3, 8), utc(3, 15), utc(3, 13, 15)),
        (utc(2, 8), utc(3, 15), utc(3, 13)),
        (utc(3, 9), utc(3, 10), utc(3, 9, 45)),
        (utc(3, 9), utc(3, 9, 59), None),
        # It ends at night: an hour before they go home.
        (utc(2, 8), utc(4, 1), utc(3, 15)),
        # On a Monday morning: on Friday.
        (utc(2, 8), utc(9, 6), utc(6, 15)),
        # Made in the evening, over before the morning: nobody is woken.
        (utc(3, 20), utc(4, 5), None),
        # Made in their last hour: now.
        (utc(3, 15, 30), utc(4, 5), utc(3, 15, 30)),
    ],
)
def test_the_owner_hears_in_their_working_hours(
    starts: datetime, ends: datetime, at: datetime | None
) -> None:
    assert reminder(OFFICE, starts, ends, starts) == at


def test_one_that_is_still_to_come_is_reminded_of_within_it() -> None:
    assert reminder(OFFICE, utc(5, 8), utc(5, 12), utc(2, 8)) == utc(5, 11)
    assert reminder(OFFICE, utc(5, 8), utc(5, 12), utc(5, 11, 30)) is None
    assert reminder(OFFICE, utc(5, 8), utc(5, 12), utc(5, 10)) == utc(5, 12) - timedelta(minutes=30)


@pytest.mark.parametrize(
    ("text", "matcher"),
    [
        ("priority=P3", Matcher("priority", Operator.EQUALS, "P3")),
        ("alias != x", Matcher("alias", Operator.NOT_EQUALS, "x")),
        ("details.host=~db-.*=1", Matcher("details.host", Operator.MATCHES, "db-.*=1")),
        ("message*=a=b", Matcher("message", Operator.CONTAINS, "a=b")),
        ("message=a!=b", Matcher("message", Operator.EQUALS, "a!=b")),
    ],
)
def test_matchers_as_text(text: str, matcher: Matcher) -> None:
    assert matcher_from(text) == matcher
    assert matcher_from(matcher.text) == matcher


def test_what_is_no_matcher() -> None:
    with pytest.raises(ValueError, match="field"):
        matcher_from("disk full")
