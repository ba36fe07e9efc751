"""Everybody in a room on one card each, and relief for whoever holds a role for too long."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time
from uuid import UUID

from tocsin.duty.room_rest import Fresh, awake, worn
from tocsin.duty.words import known
from tocsin.incidents.model import Incident, RoleHolder
from tocsin.incidents.queries import roles
from tocsin.kernel.db import Reader
from tocsin.kernel.sql import Statements
from tocsin.oncall.hours import WorkingHours, hours_of

sql = Statements("tocsin.duty", "room_people.sql")


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody in the room. `part`: on_it, watching, invited, or looking (has it open and takes no part)."""

    user_id: UUID
    name: str
    time_zone: str
    work_starts: time
    work_ends: time
    work_days: tuple[int, ...]
    part: str
    #: Since when they are on it or watching; when they were invited.
    since: datetime
    invited_by: str | None
    roles: tuple[str, ...]
    #: The begin of their present shift; None: they are not on call.
    on_call_since: datetime | None
    pages_week: int
    here: bool
    #: When they were last seen or wrote something; None: never.
    last_at: datetime | None

    @property
    def hours(self) -> WorkingHours:
        """When they work."""
        return WorkingHours(known(self.time_zone), self.work_starts, self.work_ends, tuple(self.work_days))


@dataclass(frozen=True, slots=True)
class Relief:
    """Somebody with a role who should rest, why, and who is awake; nobody may be."""

    holder: RoleHolder
    why: str
    by: Sequence[Fresh]


async def people_of(db: Reader, incident_id: UUID) -> list[Person]:
    """First those with roles, then who is on it, who was invited, who watches and who only looks."""
    return await db.all(Person, sql.people, incident_id)


async def relief_of(db: Reader, incident: Incident) -> list[Relief]:
    """Who should be relieved; nearly always nobody, and then it is one query."""
    if incident.resolved_at is not None:
        return []
    now, holders = await db.clock(), await roles(db, incident.id)
    paged = {r["user_id"]: r["paged"] for r in await db.rows(sql.paged, [h.user_id for h in holders])}
    found = []
    for holder in holders:
        why = worn(holder.since, paged.get(holder.user_id, 0), known(holder.time_zone), now)
        if why:
            found.append(Relief(holder, why, await _awake(db, incident, holder, now)))
    return found


async def _awake(db: Reader, incident: Incident, holder: RoleHolder, now: datetime) -> Sequence[Fresh]:
    rows = await db.rows(sql.could_relieve, incident.id, holder.role, holder.user_id)
    people = [
        Fresh(
            r["id"], r["name"], hours_of(dict(r) | {"time_zone": known(r["time_zone"])}),
            r["paged"], r["on_call"], r["here"], r["named"],
        )
        for r in rows
    ]  # fmt: skip
    return awake(people, now)
