"""A schedule as it is drawn: whole weeks on a clock, days as long as they are, holes, and names that fit."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.oncall.model import Shift
from tocsin.web.slivers import grouped
from tocsin.web.timeline import (
    VIEWS,
    WEEKS,
    Piece,
    colours,
    days_of,
    dense,
    frame_from,
    frame_of,
    hours,
    pieces_of,
    tracks,
    wall,
)

ANA, BEN = UUID(int=1), UUID(int=2)
NAMES = colours([(ANA, "Ana Silva"), (BEN, "Ben Okafor")])


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@given(st.sampled_from(VIEWS), st.dates(date(2000, 1, 1), date(2060, 1, 1)), st.sampled_from(("Europe/Dublin", "Australia/Lord_Howe", "America/Havana", "Asia/Kolkata")))  # fmt: skip
def test_a_frame_is_whole_weeks_and_its_days_fill_it(view: str, day: date, zone: str) -> None:
    frame = frame_of(view, day, zone)
    assert frame.first <= day <= frame.last
    assert frame.first.weekday() == 0
    days = days_of(frame, frame.start, {})
    assert len(days) == WEEKS[view] * 7
    assert days[0].x == 0
    assert abs(sum(d.width for d in days) - 100) < 0.1
    assert all(abs(one.x + one.width - two.x) < 0.01 for one, two in pairwise(days))


def test_a_day_of_a_clock_change_is_shorter_and_says_so() -> None:
    frame = frame_of("week", date(2026, 3, 29), "Europe/Dublin")
    sunday, monday = days_of(frame, at("2026-03-29 12:00"), {date(2026, 3, 29): ["Palm Sunday"]})[-1::-6]
    assert sunday.width < monday.width
    assert sunday.marks == ("clocks go forward 1 h", "Palm Sunday")
    assert sunday.today
    assert sunday.weekend


def test_half_an_hour_back_on_lord_howe() -> None:
    frame = frame_of("month", date(2026, 4, 5), "Australia/Lord_Howe")
    assert [d.marks for d in days_of(frame, frame.start, {}) if d.marks] == [("clocks go back 30 min",)]


def test_pieces_are_cut_to_the_frame_and_what_is_open_is_a_piece() -> None:
    frame = frame_of("week", date(2026, 5, 4), "UTC")
    shifts = [
        Shift(ANA, at("2026-05-01"), at("2026-05-06")),
        Shift(BEN, at("2026-05-07"), at("2026-05-20"), None, UUID(int=9)),
    ]
    first, hole, last = pieces_of(frame, shifts, NAMES, at("2026-05-06 12:00"), holes=True)
    assert (first.starts_at, first.shift_starts_at, first.past) == (frame.start, at("2026-05-01"), True)
    assert (hole.user_id, hole.starts_at, hole.ends_at) == (None, at("2026-05-06"), at("2026-05-07"))
    assert not hole.past
    assert (last.name, last.override, last.shift_ends_at) == ("Ben Okafor", True, at("2026-05-20"))
    assert first.x == 0
    assert abs(first.width + hole.width + last.width - 100) < 0.01


def test_whoever_left_is_still_drawn() -> None:
    frame = frame_of("week", date(2026, 5, 4), "UTC")
    (piece,) = pieces_of(
        frame, [Shift(UUID(int=7), frame.start, frame.end)], NAMES, frame.end - timedelta(days=1)
    )
    assert piece.name == "somebody who left"


@pytest.mark.parametrize(
    ("width", "scale", "shown"),
    [(20, 1, "Ana Maria Silva"), (8, 1, "Ana"), (3, 1, "AS"), (1, 1, ""), (20, 0.4, "Ana"), (4, 0.4, "")],
)
def test_names_fit(width: float, scale: float, shown: str) -> None:
    piece = Piece(ANA, "Ana Maria Silva", at("2026-05-04"), at("2026-05-05"), 0, width)
    assert piece.shown(scale) == shown


def test_a_name_that_is_empty() -> None:
    assert Piece(ANA, "", at("2026-05-04"), at("2026-05-05"), 0, 8).shown() == ""
    assert Piece(ANA, "", at("2026-05-04"), at("2026-05-05"), 0, 3).initials == ""


def test_colours_stay_with_people() -> None:
    assert colours([(BEN, "Ben Okafor"), (ANA, "Ana Silva")]) == NAMES
    assert NAMES[ANA] == ("Ana Silva", 0)


def test_hours_say_the_day_once() -> None:
    assert hours(at("2026-05-04 09:00"), at("2026-05-04 17:00"), "UTC") == "Mon 4 May 09:00 to 17:00"
    assert hours(at("2026-05-04 09:00"), at("2026-05-11 09:00"), "Asia/Tokyo") == (
        "Mon 4 May 18:00 to Mon 11 May 18:00"
    )


def test_three_shifts_a_day_ask_for_a_week() -> None:
    now = at("2026-05-04")
    by_week = [Shift(ANA, now + timedelta(weeks=n), now + timedelta(weeks=n + 1)) for n in range(12)]
    by_shift = [Shift(ANA, now + timedelta(hours=8 * n), now + timedelta(hours=8 * n + 8)) for n in range(12)]
    assert not dense(by_week, now)
    assert dense(by_shift, now)


def test_tracks_are_lanes_of_their_own() -> None:
    one = Shift(ANA, at("2026-05-04"), at("2026-05-05"), track=1)
    two = Shift(BEN, at("2026-05-04"), at("2026-05-05"))
    assert tracks([one, two]) == [(0, [two]), (1, [one])]
    assert tracks([]) == [(0, [])]


def test_the_wall_clock() -> None:
    assert wall(at("2026-05-04 23:00"), "Asia/Tokyo").date() == date(2026, 5, 5)


def test_a_frame_may_begin_on_any_day() -> None:
    frame = frame_from("month", date(2026, 11, 27), "Asia/Tokyo")
    assert (frame.first, frame.last) == (date(2026, 11, 27), date(2026, 12, 31))
    assert frame.start == at("2026-11-26 15:00")
    assert days_of(frame, frame.start, {})[0].today


def turns(start: str, count: int, length: timedelta, *people: UUID) -> list[Shift]:
    begin = at(start)
    return [Shift(people[n % len(people)], begin + n * length, begin + (n + 1) * length, None, None) for n in range(count)]  # fmt: skip


def test_turns_too_short_to_be_read_are_a_days_people() -> None:
    frame, now = frame_from("month", date(2026, 5, 4), "UTC"), at("2026-05-04")
    shifts = turns("2026-05-04", 70, timedelta(hours=12), ANA, BEN)
    found = grouped(frame, pieces_of(frame, shifts, NAMES, now, holes=True))
    assert len(found) == 35
    assert {(p.name, p.names, len(p.parts)) for p in found} == {("2 people", "Ana Silva, Ben Okafor", 2)}
    assert {p.shown() for p in found} == {"2"}
    assert abs(sum(p.width for p in found) - 100) < 0.2


def test_the_turns_of_a_day_are_a_weeks_in_a_quarter() -> None:
    frame = frame_from("quarter", date(2026, 5, 4), "UTC")
    found = grouped(
        frame, pieces_of(frame, turns("2026-05-04", 91, timedelta(days=1), ANA, BEN), NAMES, frame.start)
    )
    assert [p.shown() for p in found] == ["2 people"] * 13


def test_a_hole_however_short_stays_a_hole_and_long_turns_stay_apart() -> None:
    frame = frame_from("month", date(2026, 5, 4), "UTC")
    shifts = [*turns("2026-05-04 00:00", 2, timedelta(hours=6), ANA, BEN), *turns("2026-05-04 13:00", 1, timedelta(hours=3), BEN), *turns("2026-05-05", 34, timedelta(days=1), ANA, BEN)]  # fmt: skip
    found = grouped(frame, pieces_of(frame, shifts, NAMES, frame.start, holes=True))
    assert [(p.names, len(p.parts)) for p in found[:4]] == [
        ("Ana Silva, Ben Okafor", 2), ("nobody", 0), ("Ben Okafor", 0), ("nobody", 0),
    ]  # fmt: skip
    assert len(found) == 38


def test_short_turns_of_one_person_are_that_persons() -> None:
    frame = frame_from("month", date(2026, 5, 4), "UTC")
    (piece, *_) = grouped(
        frame, pieces_of(frame, turns("2026-05-04", 4, timedelta(hours=6), ANA), NAMES, frame.start)
    )
    assert (piece.user_id, piece.name, piece.parts) == (ANA, "Ana Silva", ())
    assert piece.ends_at == at("2026-05-05")
