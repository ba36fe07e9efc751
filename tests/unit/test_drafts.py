"""A schedule as people give it: the same after a trip through plain data, and told apart in words."""

from dataclasses import replace
from datetime import UTC, date, datetime, time
from uuid import UUID

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.oncall.drafts import (
    MAX_LAYERS,
    MAX_TURNS,
    RotationDraft,
    ScheduleDraft,
    check_draft,
    differences,
    draft_of,
    people_of,
    plain,
    teams_of,
)
from tocsin.oncall.model import BadRotation, Coverage, Restriction, RotationKind, TeamTurns

ANA, BEN, TEAM = UUID(int=1), UUID(int=2), UUID(int=9)
CLOCKS = st.times().map(lambda t: t.replace(second=0, microsecond=0))
RESTRICTIONS = st.builds(
    Restriction, CLOCKS, CLOCKS, st.lists(st.integers(1, 7), max_size=7, unique=True).map(tuple),
    st.none() | st.integers(1, 7), st.none() | st.just("Asia/Tokyo"),
)  # fmt: skip
ROTATIONS = st.builds(
    RotationDraft,
    participants=st.lists(st.none() | st.uuids() | st.builds(TeamTurns, st.uuids()), max_size=4).map(tuple),
    handoff_time=CLOCKS, start_date=st.dates(), kind=st.sampled_from(RotationKind), length=st.integers(1, 50),
    name=st.text(max_size=20), ends_at=st.none() | st.datetimes(timezones=st.just(UTC)),
    restrictions=st.lists(RESTRICTIONS, max_size=3).map(tuple), time_zone=st.none() | st.just("Europe/Berlin"),
    skip_holidays=st.booleans(), source_url=st.none() | st.just("https://example.org/a.ics"), id=st.none() | st.uuids(),
)  # fmt: skip
DRAFTS = st.builds(
    ScheduleDraft, st.text(max_size=20), st.just("UTC"), st.lists(ROTATIONS, max_size=3).map(tuple),
    st.none() | st.uuids(), st.text(max_size=20), st.sampled_from(Coverage), st.booleans(),
)  # fmt: skip


def layer(*people: UUID, **more: object) -> RotationDraft:
    return RotationDraft(people, time(9), date(2026, 1, 5), **more)  # type: ignore[arg-type]


@given(DRAFTS)
def test_plain_data_keeps_everything(draft: ScheduleDraft) -> None:
    assert draft_of(orjson.loads(orjson.dumps(plain(draft)))) == draft
    assert differences(draft, draft_of(plain(draft))) == () or any(r.id is None for r in draft.rotations)


def test_what_changed_is_said_once_and_in_words() -> None:
    weekly = layer(ANA, name="Weekly", id=UUID(int=100))
    nights = layer(BEN, name="Nights", id=UUID(int=101))
    before = ScheduleDraft("Search", "UTC", (weekly, nights), fatigue_pages=3)
    cases = {
        (): before,
        ("the name", "the time zone"): replace(before, name="Find", time_zone="Asia/Tokyo"),
        ("the fatigue rule",): replace(before, fatigue_pages=2, fatigue_hours=0),
        ("who takes turns in Weekly",): replace(
            before, rotations=(replace(weekly, participants=(BEN,)), nights)
        ),
        ("the length of turns in Weekly",): replace(
            before, rotations=(replace(weekly, kind=RotationKind.DAILY, length=2), nights)
        ),
        ("Nights (removed)",): replace(before, rotations=(weekly,)),
        ("Days (new)",): replace(before, rotations=(weekly, nights, layer(ANA, name="Days"))),
        ("the order of layers",): replace(before, rotations=(nights, weekly)),
        ("layer 3 (new)",): replace(before, rotations=(weekly, nights, layer(ANA))),
    }
    for words, after in cases.items():
        assert differences(before, after) == words


def test_who_stands_in_it() -> None:
    draft = ScheduleDraft(
        "Search", "UTC", (RotationDraft((ANA, None, TeamTurns(TEAM), ANA), time(9), date(2026, 1, 5)),)
    )
    assert people_of(draft) == [ANA, ANA]
    assert teams_of(draft) == [TEAM]


GOOD = ScheduleDraft("Search", "Europe/Berlin", (layer(ANA),))


@pytest.mark.parametrize(
    ("field", "wrong"),
    [
        ("name", replace(GOOD, name="")),
        ("name", replace(GOOD, name="x" * 101)),
        ("description", replace(GOOD, description="x" * 2001)),
        ("time_zone", replace(GOOD, time_zone="Mars/Phobos")),
        ("max_nights", replace(GOOD, max_nights=0)),
        ("fatigue_hours", replace(GOOD, fatigue_hours=2001)),
        ("rotations", replace(GOOD, rotations=(layer(ANA),) * (MAX_LAYERS + 1))),
        ("participants", replace(GOOD, rotations=(layer(*[ANA] * (MAX_TURNS + 1)),))),
        ("participants", replace(GOOD, rotations=(layer(),))),
        ("name", replace(GOOD, rotations=(layer(ANA, name="x" * 101),))),
        ("source_url", replace(GOOD, rotations=(layer(ANA, source_url="https://example.org"),))),
        ("source_url", replace(GOOD, rotations=(layer(kind=RotationKind.CALENDAR, source_url="file:///etc/passwd"),))),
        ("handoff_time", replace(GOOD, rotations=(replace(layer(ANA), handoff_time=time(9, 0, 1)),))),
        ("ends_at", replace(GOOD, rotations=(layer(ANA, ends_at=datetime(1, 1, 1, tzinfo=UTC)),))),
        ("rotations", replace(GOOD, rotations=(layer(ANA, kind=RotationKind.HOURLY),) * 7)),
        ("length", replace(GOOD, rotations=(layer(ANA, kind=RotationKind.MONTHLY, length=13),))),
        ("time_zone", replace(GOOD, rotations=(layer(ANA, time_zone="Atlantis"),))),
        ("time_zone", replace(GOOD, rotations=(layer(ANA, restrictions=(Restriction(time(9), time(17), end_zone="X"),)),))),
        ("window", replace(GOOD, rotations=(layer(ANA, restrictions=(Restriction(time(9), time(17), (0,)),)),))),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named(field: str, wrong: ScheduleDraft) -> None:
    with pytest.raises(BadRotation) as error:
        check_draft(wrong)
    assert error.value.field == field


def test_what_is_right_passes() -> None:
    check_draft(GOOD)
    until = datetime(2027, 1, 1, tzinfo=UTC)
    check_draft(replace(GOOD, rotations=(layer(ANA, ends_at=until), layer(kind=RotationKind.CALENDAR))))
    check_draft(replace(GOOD, rotations=(RotationDraft((TeamTurns(TEAM), None), time(9), date(2026, 1, 5)),)))
