"""Ready-made layers: nothing is left open and nobody is on call twice, whatever the clocks do."""

from datetime import UTC, date, datetime, time
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.oncall.drafts import RotationDraft, ScheduleDraft, check_draft, rotation_of
from tocsin.oncall.layers import rotation_shifts
from tocsin.oncall.model import BadRotation, Shift
from tocsin.oncall.shifts import final_shifts, gaps
from tocsin.oncall.templates import Site, follow_the_sun, office_hours_and_nights, weekly

ANA, BEN, CAT, DEE = (UUID(int=n) for n in range(1, 5))
MONDAY = date(2025, 12, 1)
YEAR = (datetime(2026, 1, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC))
SYDNEY = Site("Sydney", "Australia/Sydney", time(9), (ANA,))
DUBLIN = Site("Dublin", "Europe/Dublin", time(8), (BEN, CAT))
DENVER = Site("Denver", "America/Denver", time(8), (DEE,))


def final(layers: tuple[RotationDraft, ...], zone: str = "UTC") -> list[Shift]:
    check_draft(ScheduleDraft("Search", zone, layers))
    return final_shifts(zone, [rotation_of(r, n) for n, r in enumerate(layers)], [], *YEAR)


def test_the_sun_never_sets_on_three_sites() -> None:
    layers = follow_the_sun((SYDNEY, DUBLIN, DENVER), MONDAY)
    assert gaps(final(layers), *YEAR) == []
    alone = [rotation_shifts("UTC", rotation_of(r, n), *YEAR) for n, r in enumerate(layers)]
    held = sum((s.ends_at - s.starts_at for layer in alone for s in layer), YEAR[0] - YEAR[0])
    assert held == YEAR[1] - YEAR[0], "no two sites at once, through six clock changes"


@given(
    st.lists(st.sampled_from(("Pacific/Chatham", "Asia/Kolkata", "Africa/Casablanca", "Australia/Lord_Howe", "America/Santiago")), min_size=2, max_size=4, unique=True),
    st.integers(0, 23),
)  # fmt: skip
def test_whichever_sites(zones: list[str], hour: int) -> None:
    """Two clocks may show their hours at the same moment of some season: then a site has nothing, but nobody is lost."""
    sites = [Site(zone, zone, time((hour + 7 * n) % 24), (UUID(int=n + 1),)) for n, zone in enumerate(zones)]
    assert gaps(final(follow_the_sun(sites, MONDAY)), *YEAR) == []


@pytest.mark.parametrize("sites", [(), (SYDNEY,), (SYDNEY, Site("Nobody", "UTC", time(9), ()))])
def test_what_cannot_follow_the_sun(sites: tuple[Site, ...]) -> None:
    with pytest.raises(BadRotation) as error:
        follow_the_sun(sites, MONDAY)
    assert error.value.field == "sites"


def test_office_hours_cover_the_nights() -> None:
    shifts = final(office_hours_and_nights((ANA,), (BEN, CAT), MONDAY), "Europe/Berlin")
    assert gaps(shifts, *YEAR) == []
    by_day = [s for s in shifts if s.user_id == ANA]
    assert len(by_day) == 261
    assert all(s.starts_at.isoweekday() <= 5 for s in by_day)


def test_weekly() -> None:
    shifts = final(weekly((ANA, BEN), MONDAY))
    assert gaps(shifts, *YEAR) == []
    assert {s.user_id for s in shifts} == {ANA, BEN}
