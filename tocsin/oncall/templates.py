"""Ready-made sets of layers: a weekly rotation, office hours and nights, follow the sun. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, time
from uuid import UUID

from tocsin.oncall.drafts import RotationDraft
from tocsin.oncall.model import BadRotation, Restriction

WEEKDAYS = (1, 2, 3, 4, 5)


@dataclass(frozen=True, slots=True)
class Site:
    """Where some of the people work: its clock, and when its day begins there."""

    name: str
    time_zone: str
    begins: time
    people: tuple[UUID, ...]


def weekly(people: Sequence[UUID], monday: date, handoff: time = time(9)) -> tuple[RotationDraft, ...]:
    """Everybody takes a week, around the clock."""
    return (RotationDraft(tuple(people), handoff, monday, name="Weekly"),)


def office_hours_and_nights(
    by_day: Sequence[UUID],
    by_night: Sequence[UUID],
    monday: date,
    opens: time = time(9),
    closes: time = time(17),
) -> tuple[RotationDraft, ...]:
    """Nights and weekends around the clock below, the office hours of weekdays above."""
    return (
        RotationDraft(tuple(by_night), closes, monday, name="Nights and weekends"),
        RotationDraft(
            tuple(by_day),
            opens,
            monday,
            name="Office hours",
            restrictions=(Restriction(opens, closes, WEEKDAYS),),
        ),
    )


def follow_the_sun(sites: Sequence[Site], monday: date) -> tuple[RotationDraft, ...]:
    """A layer per site. Each begins on its own clock and ends when the clock of the next site shows that site's
    beginning: so nothing is left open and nothing doubled, whenever whose clocks change. The sites come in the order
    in which the sun reaches them; of each, people take weeks. Raises `BadRotation` for fewer than two sites."""
    if len(sites) < 2:
        raise BadRotation("sites", "Following the sun takes two sites at least.")
    if any(not site.people for site in sites):
        raise BadRotation("sites", "Each site needs at least one person.")
    following = [*sites[1:], sites[0]]
    return tuple(
        RotationDraft(
            site.people, site.begins, monday, name=site.name, time_zone=site.time_zone,
            restrictions=(Restriction(site.begins, after.begins, end_zone=after.time_zone),),
        )
        for site, after in zip(sites, following, strict=True)
    )  # fmt: skip
