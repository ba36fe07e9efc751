"""Rules of roles and of rest that need no database: when offers are looked at, names, and who is awake."""

from datetime import UTC, datetime, time, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.chatops.times import time_typed
from tocsin.duty.room_rest import Fresh, awake, worn
from tocsin.incidents.role_model import moments, name_of, next_look, words_of
from tocsin.oncall.hours import WorkingHours

NOON = datetime(2026, 11, 27, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


@given(st.none() | st.integers(1, 10_000), st.integers(0, 20_000), st.booleans())
def test_the_next_look_is_ahead_until_the_last(ahead: int | None, passed: int, accepted: bool) -> None:
    effective = NOON + timedelta(minutes=ahead) if ahead else None
    now = NOON + timedelta(minutes=passed)
    found, looks = (
        next_look(NOON, effective, now, accepted=accepted),
        moments(NOON, effective, accepted=accepted),
    )
    assert found > now or found == looks[-1]
    assert looks == sorted(looks)


@pytest.mark.parametrize(
    ("title", "name"),
    [("Security lead", "security_lead"), (" Ops / on-call  ", "ops_on_call"), ("2nd tech lead", "nd_tech_lead"), ("Über", "ber"), ("…", "")],
)  # fmt: skip
def test_a_title_has_a_name_in_the_record(title: str, name: str) -> None:
    assert name_of(title) == name


@given(st.text(max_size=60))
def test_every_name_can_be_written(title: str) -> None:
    name = name_of(title)
    assert name == "" or (name[0].isascii() and name[0].isalpha() and len(name) <= 40)


def test_a_title_inside_a_sentence() -> None:
    assert [words_of(t) for t in ("Tech lead", "SRE lead", "X")] == ["tech lead", "SRE lead", "x"]


@pytest.mark.parametrize(
    ("hours", "paged", "zone", "why"),
    [
        (5, 0, "UTC", ""), (6, 0, "UTC", "6 hours on it"), (2, 0, "Pacific/Auckland", ""),
        (3, 0, "Pacific/Auckland", "3 hours on it, and it is their night"), (1, 3, "Pacific/Auckland", "3 pages tonight"),
        (1, 9, "UTC", ""),
    ],
)  # fmt: skip
def test_who_should_rest(hours: int, paged: int, zone: str, why: str) -> None:
    """At noon in London it is one in the morning in Auckland."""
    assert worn(NOON - hours * HOUR, paged, zone, NOON) == why


def fresh(name: str, zone: str = "UTC", **more: object) -> Fresh:
    return Fresh(UUID(int=len(name)), name, WorkingHours(zone, time(9), time(17), (1, 2, 3, 4, 5)), **more)  # type: ignore[arg-type]


def test_who_is_awake_comes_in_a_fair_order() -> None:
    people = [
        fresh("asleep", "Pacific/Auckland"), fresh("paged", paged=1), fresh("not for them", named=False),
        fresh("pager", on_call=True), fresh("evening", "Asia/Kolkata"), fresh("here", here=True), fresh("plain"),
    ]  # fmt: skip
    assert [p.name for p in awake(people, NOON, 9)] == ["here", "plain", "pager", "evening"]
    assert len(awake(people, NOON)) == 3


@pytest.mark.parametrize(
    ("text", "rest", "moment"),
    [
        ("Bea at 13:30", "Bea", "2026-11-27T13:30"), ("Bea at 9:00", "Bea", "2026-11-28T09:00"), ("Bea", "Bea", ""),
        ("Pat at Work", "Pat at Work", ""), ("Bea at 25:00", "Bea at 25:00", ""),
    ],
)  # fmt: skip
def test_a_time_is_the_next_one_on_ones_own_clock(text: str, rest: str, moment: str) -> None:
    found, at = time_typed(text, "Europe/Dublin", NOON)
    assert (found, at and at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M")) == (rest, moment or None)
