"""The first screen of a room: what everybody asks first. The same for all who may see the incident."""

from typing import Any
from uuid import UUID

from tocsin.incidents import queries
from tocsin.incidents.model import Incident, RoleName
from tocsin.kernel.db import Reader
from tocsin.places.queries import places_of
from tocsin.playbooks.overdue import overdue_of

#: Who is named at a glance; the other roles stand in their panel.
ROLES = (
    (RoleName.INCIDENT_MANAGER.value, "Incident manager"),
    (RoleName.TECH_LEAD.value, "Tech lead"),
    (RoleName.COMMUNICATIONS_MANAGER.value, "Communications"),
)


async def glance_of(db: Reader, incident: Incident) -> dict[str, Any]:
    """What `incidents/glance.html` shows."""
    return {
        "incident": incident,
        "glance_roles": ROLES,
        "roles": {r.role: r for r in await queries.roles(db, incident.id)},
        "glance_here": [p.user_id for p in await queries.presence(db, incident.id)],
        "places": await places_of(db, incident.id),
        "overdue": await overdue_of(db, incident),
    }


async def glance_for_watchers(db: Reader, incident_id: UUID) -> dict[str, Any] | None:
    """The same by id, whoever watches; the event hub asks for each of them whether they may. None: it is gone."""
    incident = await queries.incident_for_watchers(db, incident_id)
    return await glance_of(db, incident) if incident else None
