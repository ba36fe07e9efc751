"""Who is suggested for a leave, and why."""

from datetime import UTC, datetime, time, timedelta
from uuid import UUID

from hypothesis import given, settings
from hypothesis import strategies as st

from tocsin.oncall.hours import WorkingHours
from tocsin.oncall.suggest import MOST, Held, Person, suggestions

ANA, BEN, CLEO, DAN = (UUID(int=n) for n in range(1, 5))
SEARCH, SHOP = UUID(int=11), UUID(int=12)
START = datetime(2026, 6, 1, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
LEAVE = (START, START + 14 * DAY)


def person(user_id: UUID, name: str, zone: str = "UTC") -> Person:
    return Person(user_id, name, WorkingHours(zone, time(9), time(17), (1, 2, 3, 4, 5, 6, 7)))


PEOPLE = [person(ANA, "Ana"), person(BEN, "Ben"), person(CLEO, "Cleo"), person(DAN, "Dan")]
STANDING = {SEARCH: frozenset({ANA, BEN, CLEO}), SHOP: frozenset({ANA, DAN})}


def held(user_id: UUID, day: float, days: float = 1, schedule: UUID = SEARCH) -> Held:
    return Held(schedule, user_id, START + day * DAY, START + (day + days) * DAY)


def test_who_stands_in_the_schedule_comes_first() -> None:
    (found,) = suggestions(ANA, LEAVE, [held(ANA, 1)], STANDING, PEOPLE)
    assert (found.schedule_id, found.starts_at, found.ends_at) == (SEARCH, START + DAY, START + 2 * DAY)
    assert [c.user_id for c in found.candidates] == [BEN, CLEO, DAN], "never oneself"
    assert [c.stands for c in found.candidates] == [True, True, False]
    assert found.choice == BEN


def test_who_is_on_call_elsewhere_then_comes_later() -> None:
    shifts = [held(ANA, 1), held(BEN, 1.5, 0.1, SHOP)]
    (found,) = suggestions(ANA, LEAVE, shifts, STANDING, PEOPLE)
    assert [(c.user_id, c.busy) for c in found.candidates][:2] == [(CLEO, False), (BEN, True)]
    assert found.choice == CLEO


def test_who_has_fewer_hours_comes_first() -> None:
    shifts = [held(ANA, 1), held(BEN, 4, 2), held(CLEO, 7, 1)]
    (found,) = suggestions(ANA, LEAVE, shifts, STANDING, PEOPLE)
    assert [c.user_id for c in found.candidates][:2] == [CLEO, BEN]
    assert [c.load for c in found.candidates][:2] == [DAY, 2 * DAY]


def test_who_is_awake_comes_first() -> None:
    """A shift from 22:00 to 02:00 UTC is a working morning in Auckland."""
    people = [person(BEN, "Ben", "Europe/Berlin"), person(CLEO, "Cleo", "Pacific/Auckland")]
    night = Held(SEARCH, ANA, START + 22 * HOUR, START + 26 * HOUR)
    (found,) = suggestions(ANA, LEAVE, [night], STANDING, people)
    assert [(c.user_id, c.at_work) for c in found.candidates] == [(CLEO, 1.0), (BEN, 0.0)]


def test_a_leave_of_many_shifts_is_spread() -> None:
    found = suggestions(ANA, LEAVE, [held(ANA, n) for n in (1, 3, 5, 7)], STANDING, PEOPLE)
    assert [s.choice for s in found] == [BEN, CLEO, BEN, CLEO]


def test_two_shifts_at_once_go_to_two_people() -> None:
    standing = {SEARCH: frozenset({ANA, BEN}), SHOP: frozenset({ANA, BEN, DAN})}
    found = suggestions(ANA, LEAVE, [held(ANA, 1), held(ANA, 1, 1, SHOP)], standing, PEOPLE)
    assert [(s.schedule_id, s.choice) for s in found] == [(SEARCH, BEN), (SHOP, DAN)]


def test_nobody_free_is_nobody_chosen() -> None:
    shifts = [held(ANA, 1), held(BEN, 1, 1, SHOP), held(CLEO, 1, 1, SHOP)]
    (found,) = suggestions(ANA, LEAVE, shifts, STANDING, PEOPLE)
    assert found.choice is None
    assert len(found.candidates) == 3, "somebody may still be chosen"


def test_shifts_are_cut_to_the_leave_and_parts_are_one() -> None:
    shifts = [held(ANA, -3, 5), held(ANA, 2, 1), held(ANA, 13, 5), held(BEN, 20, 5)]
    found = suggestions(ANA, LEAVE, shifts, STANDING, PEOPLE)
    assert [(s.starts_at, s.ends_at) for s in found] == [
        (START, START + 3 * DAY),
        (START + 13 * DAY, LEAVE[1]),
    ]
    assert all(c.load in (timedelta(0), 3 * DAY) for c in found[1].candidates)


def test_without_shifts_there_is_nothing_to_cover() -> None:
    assert suggestions(ANA, LEAVE, [held(BEN, 1)], STANDING, PEOPLE) == []


SHIFTS = st.lists(
    st.builds(
        held, st.sampled_from([ANA, BEN, CLEO, DAN]), st.integers(-2, 15), st.integers(1, 4), st.sampled_from([SEARCH, SHOP])
    ),
    max_size=12,
)  # fmt: skip


@given(SHIFTS)
@settings(max_examples=200, deadline=None)
def test_every_moment_is_offered_once_and_nobody_is_suggested_twice_at_once(shifts: list[Held]) -> None:
    found = suggestions(ANA, LEAVE, shifts, STANDING, PEOPLE)
    for s in found:
        assert LEAVE[0] <= s.starts_at < s.ends_at <= LEAVE[1]
        assert len(s.candidates) <= MOST
        assert ANA not in {c.user_id for c in s.candidates}
        if s.choice:
            chosen = next(c for c in s.candidates if c.user_id == s.choice)
            assert chosen.stands
            assert not chosen.busy
            taken = [h for h in shifts if h.user_id == s.choice]
            assert not any(h.starts_at < s.ends_at and h.ends_at > s.starts_at for h in taken)
    covered = sum((s.ends_at - s.starts_at for s in found), timedelta(0))
    hours = {
        (h.schedule_id, h.starts_at + n * HOUR)
        for h in shifts
        if h.user_id == ANA
        for n in range(int((h.ends_at - h.starts_at) / HOUR))
        if LEAVE[0] <= h.starts_at + n * HOUR < LEAVE[1]
    }
    assert covered == len(hours) * HOUR
