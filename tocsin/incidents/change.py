"""How an incident changes: lock the row, apply what the entry says, write it, append the entry."""

from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from tocsin.incidents.field_model import with_fields
from tocsin.incidents.model import Incident, Status
from tocsin.incidents.role_model import name_of
from tocsin.kernel.db import Unit
from tocsin.kernel.errors import Conflict, Forbidden, Invalid, NotFound
from tocsin.kernel.sql import Statements
from tocsin.record.commands import Stream, append
from tocsin.record.kinds import Kind
from tocsin.record.model import StreamType

sql = Statements("tocsin.incidents")


def stream(incident_id: UUID) -> Stream:
    """The record of an incident."""
    return Stream(StreamType.INCIDENT, incident_id)


async def lock(u: Unit, incident_id: UUID) -> Incident:
    """The incident, locked until the end of the unit. To those who may not see it, it does not exist."""
    found = await u.first(Incident, sql.lock, incident_id, u.actor.id, u.actor.kind == "engine")
    if found is None:
        raise NotFound("There is no such incident.")
    # Who was taken out while this waited for the lock is out: the first look was at the time before it.
    if found.private and u.actor.kind != "engine" and not await u.value(sql.sees, incident_id, u.actor.id):
        raise NotFound("There is no such incident.")
    return found


async def lock_new(u: Unit, incident_id: UUID) -> Incident:
    """The same for what this unit has just made: whoever makes it need not see it afterwards."""
    found = await u.first(Incident, sql.lock, incident_id, None, True)
    assert found is not None  # noqa: S101 - it was just made
    return found


async def lock_two(u: Unit, one: UUID, other: UUID) -> tuple[Incident, Incident]:
    """Both, locked in the order of their ids: whoever does the same the other way round waits, and nobody forever."""
    if one == other:
        raise Invalid("key", "These are the same incident.")
    found = {i: await lock(u, i) for i in sorted((one, other))}
    return found[one], found[other]


async def lock_open(u: Unit, incident_id: UUID) -> Incident:
    """The same, but it must not be over."""
    incident = await lock(u, incident_id)
    if incident.resolved_at is not None:
        raise Conflict(f"{incident.key} is resolved. Reopen it first.")
    return incident


async def change(
    u: Unit,
    incident: Incident,
    payload: Kind,
    *,
    happened_at: datetime | None = None,
    amends: int | None = None,
) -> Incident:
    """Writes what the entry's `changes()` say into the locked row and appends the entry; answers the new state.
    `happened_at` is for what is noted later, `amends` names the entry that this one corrects.

    The row is what its entries say by construction, which is what the fold in the tests holds it to.
    """
    changes: dict[str, Any] = getattr(payload, "changes", dict)()
    if "status" in changes:
        changes["status"] = Status(changes["status"])
    if "fields" in changes:
        changes["fields"] = with_fields(incident.fields, changes["fields"])
    after = replace(incident, **changes, head=incident.head + 1)
    head = await u.value(
        sql.change, after.id, after.summary, after.severity, after.status, after.impact, after.reporter_contact,
        list(after.products), after.service_id, after.private, after.impact_started_at, after.detected_at,
        after.acknowledged_at, after.first_update_at, after.mitigated_at, after.resolved_at, after.update_due_at,
        after.update_missed_at, after.sub_status, after.merged_into, after.type, after.fields,
    )  # fmt: skip
    await append(u, stream(incident.id), head, payload, happened_at=happened_at, amends=amends)
    return after


async def person(u: Unit, user_id: UUID) -> str:
    """The name of somebody who can take part."""
    row = await u.row(sql.person, user_id)
    if row is None:
        raise Invalid("user_id", "There is no such person.")
    return str(row["name"])


def me(u: Unit) -> UUID:
    """The acting person. Integrations and service tokens cannot hold roles."""
    if u.actor.id is None:
        raise Forbidden("Only a person can do this; this token belongs to nobody.")
    return u.actor.id


def text(field: str, value: str, most: int, *, needed: bool = True) -> str:
    """Stripped text without NUL, or `Invalid` with the field's name."""
    value = value.replace("\x00", "").strip()
    if needed and not value:
        raise Invalid(field, f"{field.replace('_', ' ').capitalize()} is needed.")
    if len(value) > most:
        raise Invalid(field, f"{field.replace('_', ' ').capitalize()} is too long: {most} characters fit.")
    return value


def slug(title: str) -> str:
    """What the record calls a title. Raises `Invalid` when nothing of it can be written so."""
    name = name_of(title)
    if not name:
        raise Invalid("title", "The title needs some letters from a to z: the record is written with them.")
    return name
