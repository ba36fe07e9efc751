"""What an editor of schedules is offered: who and what can be chosen, ready-made layers, and what a draft would bring."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from functools import cache
from uuid import UUID
from zoneinfo import available_timezones

from tocsin.kernel.db import Reader
from tocsin.kernel.errors import Invalid, NotFound
from tocsin.kernel.sql import Statements
from tocsin.oncall.checkup import MOST_CHANGES, ShiftChange, checkup
from tocsin.oncall.drafts import RotationDraft, ScheduleDraft
from tocsin.oncall.findings import Finding, Grade
from tocsin.oncall.model import BadRotation, Override, ShiftRow
from tocsin.oncall.plans import draft_of_schedule, overrides_of
from tocsin.oncall.preview import preview
from tocsin.oncall.queries import edits_since
from tocsin.oncall.templates import Site
from tocsin.oncall.templates import follow_the_sun as layers_of_sites

__all__ = [
    "MOST_CHANGES",
    "Choices",
    "ShiftChange",
    "SiteDraft",
    "choices",
    "edits_since",
    "follow_the_sun",
    "previewed",
    "stored",
    "zones",
]
sql = Statements("tocsin.oncall")


@dataclass(frozen=True, slots=True)
class Choice:
    """A person or a team; a person lives by a clock."""

    id: UUID
    name: str
    time_zone: str = ""


@dataclass(frozen=True, slots=True)
class Choices:
    """Who can take turns, and who can own a schedule."""

    people: list[Choice]
    teams: list[Choice]


@dataclass(frozen=True, slots=True)
class SiteDraft:
    """A site as it was typed: when the day begins there, such as `09:00`, and the ids of its people."""

    name: str
    zone: str
    begins: str
    people: Sequence[str]


@dataclass(frozen=True, slots=True)
class Previewed:
    """Who would be on call, what a draft would change (the first fifty of it), what is wrong by it and what was wrong
    before; the overrides that would still count. What is only good to know is left out."""

    final: list[ShiftRow]
    changes: list[ShiftChange]
    fresh: list[Finding]
    known: list[Finding]
    overrides: list[Override]


async def choices(db: Reader) -> Choices:
    """Everybody who can be on call, and all teams, by name."""
    return Choices(await db.all(Choice, sql.everybody), await db.all(Choice, sql.every_team))


@cache
def zones() -> list[str]:
    """The names of all time zones."""
    return sorted(zone for zone in available_timezones() if "/" in zone or zone == "UTC")


async def stored(db: Reader, schedule_id: UUID) -> ScheduleDraft:
    """The schedule as people gave it. Raises `NotFound`."""
    found = await draft_of_schedule(db, schedule_id)
    if found is None:
        raise NotFound("There is no such schedule.")
    return found


def follow_the_sun(sites: Sequence[SiteDraft], monday: date) -> tuple[RotationDraft, ...]:
    """A layer per site. Raises `Invalid` with `sites`."""
    try:
        return layers_of_sites(
            [Site(s.name or s.zone, s.zone, time.fromisoformat(s.begins), tuple(map(UUID, s.people))) for s in sites],
            monday,
        )  # fmt: skip
    except BadRotation as error:
        raise Invalid(error.field, str(error)) from error
    except ValueError:
        raise Invalid("sites", "A site needs people and the time at which its day begins.") from None


async def previewed(
    db: Reader, draft: ScheduleDraft, schedule_id: UUID | None, start: datetime, end: datetime
) -> Previewed:
    """A draft as if it were stored. Raises `Invalid`, and `Conflict` for one that cannot be computed."""
    found = await preview(db, draft, start, end, schedule_id)
    overrides = await overrides_of(db, schedule_id, start, end) if schedule_id else []
    before = await _before(db, schedule_id) if schedule_id else set()
    bad = [f for f in found.findings if f.grade is not Grade.NOTE]
    known = [f for f in bad if _same(f) in before]
    return Previewed(found.final, found.changes, [f for f in bad if f not in known], known, overrides)


async def _before(db: Reader, schedule_id: UUID) -> set[str]:
    """What was wrong already; nothing of a stored schedule that cannot be computed, which the draft may mend."""
    try:
        return {_same(finding) for finding in await checkup(db, schedule_id)}
    except ValueError:
        return set()


def _same(finding: Finding) -> str:
    """What makes a finding the one of before."""
    return finding.key or finding.sentence
