"""Catching up: what changed since a person's last visit, and the brief. Whether they may see the incident was asked before."""

from uuid import UUID

from tocsin.incidents import queries
from tocsin.incidents.brief import Brief, Facts, brief
from tocsin.incidents.change import lock, me
from tocsin.incidents.field_definitions import type_title
from tocsin.incidents.fields import fields_of
from tocsin.incidents.item_queries import board_of
from tocsin.incidents.model import Incident
from tocsin.incidents.since import READ, Since, Tally, Visit, last_known, points
from tocsin.kernel.commands import command
from tocsin.kernel.db import Reader, Unit
from tocsin.kernel.sql import Statements
from tocsin.record.model import Entry

sql = Statements("tocsin.incidents", "catchup.sql")


async def since_last_visit(db: Reader, incident: Incident, viewer: UUID) -> Since | None:
    """What others did since the viewer was last here; None when they are up to date."""
    visit = await db.first(Visit, sql.visit, incident.id, viewer)
    known = last_known(visit, await db.clock())
    if known is None or known[0] >= incident.head:
        return None
    found = await since(db, incident, known[0], viewer)
    return Since(known[0], known[1], found.points) if found.points else None


async def since(db: Reader, incident: Incident, seq: int, viewer: UUID | None = None) -> Since:
    """What was done after an entry; with a viewer: by others."""
    tallies = await db.all(Tally, sql.tallies, incident.id, seq, viewer)
    told = await db.all(Entry, sql.told, incident.id, seq, READ, viewer)
    return Since(seq, None, points(tallies, told))


async def brief_of(db: Reader, incident: Incident) -> Brief:
    """Where it stands now."""
    service = await queries.service_of(db, incident)
    return brief(
        Facts(
            incident,
            service.name if service else "",
            await queries.roles(db, incident.id),
            await board_of(db, incident.id),
            await queries.updates(db, incident.id),
            await type_title(db, incident.type),
            await fields_of(db, incident),
        )
    )


@command("visit.caught_up")
async def caught_up(u: Unit, incident_id: UUID, seq: int) -> None:
    """The actor has read everything up to an entry; it is not told them again."""
    incident = await lock(u, incident_id)
    await u.run(sql.caught_up, incident.id, me(u), min(seq, incident.head))
