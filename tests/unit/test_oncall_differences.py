"""What an edit changed, told in words."""

from dataclasses import replace
from datetime import UTC, date, datetime, time
from uuid import UUID

from hypothesis import given, settings
from hypothesis import strategies as st

from tocsin.oncall.differences import Difference, ids_in, in_words
from tocsin.oncall.drafts import RotationDraft, ScheduleDraft, plain
from tocsin.oncall.model import Coverage, Restriction, RotationKind, TeamTurns

ANA, BEN, TEAM, GONE = (UUID(int=n) for n in range(1, 5))
NAMES = {ANA: "Ana", BEN: "Ben", TEAM: "Payments"}
DAYS = RotationDraft((ANA, BEN), time(9), date(2026, 1, 5), RotationKind.WEEKLY, name="Days", id=UUID(int=10))
NIGHTS = RotationDraft(
    (TeamTurns(TEAM), None), time(21), date(2026, 1, 5), RotationKind.DAILY, 2, id=UUID(int=11),
    restrictions=(Restriction(time(21), time(9), (5, 6)),),
)  # fmt: skip
BASE = ScheduleDraft("Search", "UTC", (DAYS,))


def told(before: ScheduleDraft, after: ScheduleDraft) -> list[Difference]:
    return in_words(plain(before), plain(after), NAMES)


def test_names_from_right_to_left_keep_their_place_in_the_order() -> None:
    """Isolated, each runs within itself and the order from left to right; other names need nothing."""
    names = NAMES | {ANA: "שרה", BEN: "سعيد"}
    other = replace(BASE, rotations=(replace(DAYS, participants=(ANA, BEN, None)),))
    (found,) = in_words(plain(BASE), plain(other), names)
    assert found.after == "\u2068שרה\u2069 → \u2068سعيد\u2069 → nobody"


def test_the_schedule_itself() -> None:
    after = replace(
        BASE, name="Find", team_id=TEAM, coverage=Coverage.TOGETHER, needs_acceptance=True, max_nights=3
    )
    assert told(BASE, after) == [
        Difference("Name", "Search", "Find"),
        Difference("Team", "", "Payments"),
        Difference("Layers", "a higher one covers a lower one", "all on call together"),
        Difference("Hand-offs need acceptance", "no", "yes"),
        Difference("Most nights in a row", "7", "3"),
    ]


def test_a_layer() -> None:
    after = replace(
        DAYS, participants=(BEN, GONE), length=2, ends_at=datetime(2027, 1, 1, tzinfo=UTC),
        restrictions=(Restriction(time(9), time(17), (1,), 5, "Asia/Tokyo"),),
    )  # fmt: skip
    assert told(BASE, replace(BASE, rotations=(after,))) == [
        Difference("Days: Turns", "Ana → Ben", "Ben → somebody who is gone"),
        Difference("Days: Each turn", "a week", "2 weeks"),
        Difference("Days: Ends", "", "2027-01-01T00:00:00+00:00"),
        Difference("Days: Hours", "", "Mon 09:00 to Fri 17:00 in Asia/Tokyo"),
    ]


def test_layers_come_and_go_and_change_places() -> None:
    both = replace(BASE, rotations=(DAYS, NIGHTS))
    said = "each of Payments → nobody; 2 days; Fri, Sat 21:00 to 09:00"
    assert told(BASE, both) == [Difference("Layer 2", "", said)]
    assert told(both, BASE) == [Difference("Layer 2", said, "")]
    swapped = replace(BASE, rotations=(NIGHTS, DAYS))
    assert told(both, swapped) == [Difference("Order of layers", "Days, Layer 2", "Layer 2, Days")]


def test_a_calendar_has_no_length() -> None:
    calendar = replace(
        DAYS, kind=RotationKind.CALENDAR, participants=(), source_url="https://example.org/c.ics"
    )
    found = told(BASE, replace(BASE, rotations=(calendar,)))
    assert Difference("Days: Each turn", "a week", "from a calendar") in found
    assert Difference("Days: Calendar", "", "https://example.org/…") in found


def test_whose_names_are_needed() -> None:
    assert ids_in(plain(replace(BASE, rotations=(NIGHTS,), team_id=TEAM)), plain(BASE)) == {TEAM, ANA, BEN}


LAYERS = st.builds(
    replace, st.sampled_from([DAYS, NIGHTS]), length=st.integers(1, 3), name=st.sampled_from(["", "Days"]),
    skip_holidays=st.booleans(), participants=st.lists(st.sampled_from([ANA, BEN, None]), min_size=1, max_size=3).map(tuple),
)  # fmt: skip
SCHEDULES = st.builds(
    replace, st.just(BASE), max_nights=st.integers(1, 3),
    rotations=st.lists(LAYERS, max_size=2, unique_by=lambda r: r.id).map(tuple),
)  # fmt: skip


@given(SCHEDULES, SCHEDULES)
@settings(max_examples=200, deadline=None)
def test_something_is_told_exactly_when_something_changed(
    before: ScheduleDraft, after: ScheduleDraft
) -> None:
    found = told(before, after)
    assert bool(found) == (plain(before) != plain(after))
    assert all(each.before != each.after for each in found)
