"""What a range means to whoever is asked to take it."""

from datetime import UTC, date, datetime, timedelta
from uuid import UUID

from tocsin.duty.asked import how_long, in_words
from tocsin.oncall.clocks import Range
from tocsin.oncall.stakes import HeldBy, stakes

HERE, THERE = UUID(int=1), UUID(int=2)


def at(day: int, hour: int = 0) -> datetime:
    return datetime(2026, 12, day, hour, tzinfo=UTC)


def shift(first: datetime, last: datetime, schedule: UUID = HERE) -> HeldBy:
    return HeldBy(schedule, "Payments" if schedule == THERE else "Storefront", first, last)


def test_nights_are_those_of_the_person_who_is_asked() -> None:
    wanted: Range = (at(1, 8), at(1, 20))
    assert stakes("Europe/Dublin", HERE, wanted, None, [], 7).nights == 0
    assert stakes("Asia/Tokyo", HERE, wanted, None, [], 7).nights == 1


def test_what_is_held_elsewhere_is_named_with_its_part() -> None:
    found = stakes("UTC", HERE, (at(1), at(2)), None, [shift(at(1, 18), at(3), THERE)], 7)
    assert found.elsewhere == (("Payments", ((at(1, 18), at(2)),)),)
    said = in_words(found, "Niamh Walsh")
    assert said.warnings == (
        "You would be on call twice at once: also for Payments on-call, Tue 1 Dec 18:00 to Wed 2 Dec 00:00.",
    )


def test_many_parts_of_another_schedule_are_one_sentence() -> None:
    held = [shift(at(day, 8), at(day, 12), THERE) for day in (1, 2, 3)]
    said = in_words(stakes("UTC", HERE, (at(1), at(4)), None, held, 7), "Niamh Walsh").warnings
    assert said == (
        "You would be on call twice at once: also for Payments on-call, Tue 1 Dec 08:00 to 12:00, and 2 times more.",
    )


def test_a_row_of_nights_that_becomes_too_long_is_said() -> None:
    held = [shift(at(1, 8), at(5, 8))]
    found = stakes("UTC", HERE, (at(5, 8), at(6, 8)), None, held, 4)
    assert found.too_many == (date(2026, 12, 1), date(2026, 12, 5))
    assert found.nights_in_a_row == 5
    assert "It makes 5 nights in a row" in in_words(found, "Niamh Walsh").warnings[0]
    assert stakes("UTC", HERE, (at(5, 8), at(6, 8)), None, held, 5).too_many is None
    # What was too long before is not what the request brings.
    assert stakes("UTC", HERE, (at(9, 8), at(10, 8)), None, held, 2).too_many is None


def test_what_is_given_in_return_does_not_count() -> None:
    held = [shift(at(1, 8), at(5, 8))]
    given = (at(1, 8), at(3, 8))
    found = stakes("UTC", HERE, (at(5, 8), at(6, 8)), given, held, 4)
    assert found.too_many is None
    assert found.nights_returned == 2
    said = in_words(found, "Niamh Walsh")
    assert said.when == "Sat 5 Dec 08:00 to Sun 6 Dec 08:00"
    assert said.facts == (
        "1 day, one of your nights.",
        "You are not on call elsewhere then.",
        "In return Niamh Walsh takes your shift Tue 1 Dec 08:00 to Thu 3 Dec 08:00: 2 days, 2 of your nights.",
    )


def test_lengths_in_words() -> None:
    assert how_long(timedelta(hours=6)) == "6 hours"
    assert how_long(timedelta(days=1, hours=1)) == "1 day and 1 hour"
    assert how_long(timedelta(days=2, hours=3, minutes=30)) == "2 days, 3 hours and 30 minutes"
