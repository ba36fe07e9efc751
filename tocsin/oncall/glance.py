"""A schedule at a glance: who has it, who comes next, what is coming, and whether something is wrong with it."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from tocsin.kernel.db import Reader
from tocsin.kernel.sql import Statements
from tocsin.oncall.checkup import checkup
from tocsin.oncall.findings import Finding
from tocsin.oncall.model import OnCall, OverrideRow, Schedule, ShiftRow
from tocsin.oncall.queries import next_up, on_call_now, overrides_between, owners_of, shifts_between

sql = Statements("tocsin.oncall")
#: How many coming shifts are listed.
LISTED = 12


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who can be on call, and where they live."""

    id: UUID
    name: str
    time_zone: str = ""


@dataclass(frozen=True, slots=True)
class Glance:
    """What the page of a schedule says in words. `current` and `next_up` have several rows when people are on call
    together; `owners` answer for it."""

    current: list[OnCall]
    next_up: list[OnCall]
    coming: list[ShiftRow]
    overrides: list[OverrideRow]
    findings: list[Finding]
    people: list[Person]
    owners: frozenset[UUID]


async def glance(db: Reader, schedule: Schedule, now: datetime, zone: str | None = None) -> Glance:
    """As it is at this moment, read on the clock of `zone`. Findings are empty when it cannot be computed: the schedule says that itself."""
    return Glance(
        current=await on_call_now(db, schedule.id),
        next_up=await next_up(db, schedule.id),
        coming=(await shifts_between(db, schedule.id, now, now + timedelta(days=120)))[:LISTED],
        overrides=await overrides_between(db, schedule.id, now, now + timedelta(days=366)),
        findings=await _findings(db, schedule.id, zone),
        people=await db.all(Person, sql.everybody),
        owners=frozenset(await owners_of(db, schedule.id)),
    )


async def held_at(db: Reader, schedule_id: UUID, at: datetime, track: int = 0) -> ShiftRow | None:
    """The stored shift of a moment, whole; of this track, or the first there is."""
    held = await shifts_between(db, schedule_id, at, at + timedelta(seconds=1))
    return next((s for s in held if s.track == track), held[0] if held else None)


async def _findings(db: Reader, schedule_id: UUID, zone: str | None) -> list[Finding]:
    try:
        return await checkup(db, schedule_id, zone)
    except ValueError:
        return []
