"""Roles in the room: who holds what, what is offered, who should rest."""

from typing import Any

from tocsin.duty.room_people import relief_of
from tocsin.edge.door import Viewer
from tocsin.incidents import queries, role_definitions
from tocsin.incidents.model import Incident
from tocsin.incidents.role_brief import brief_of
from tocsin.kernel.db import Reader
from tocsin.playbooks.queries import role_instructions


async def context(db: Reader, incident: Incident, viewer: Viewer) -> dict[str, Any]:
    """What `incidents/panels/roles.html` shows; offers to the viewer also stand in the room's head."""
    defined, waiting = (
        await role_definitions.definitions(db, incident.id),
        await queries.offers_waiting(db, incident.id),
    )
    held = {r.role: r for r in await queries.roles(db, incident.id)}
    mine = [d for d in defined if d.name in held and held[d.name].user_id == viewer.id]
    return {
        "roles": held,
        "role_definitions": defined,
        "takeable": await role_definitions.takeable(db, viewer.id),
        "role_instructions": [(d, await role_instructions(db, incident.id, d.name)) for d in mine],
        "offers": {o.role: o for o in waiting},
        "my_offers": [o for o in waiting if o.to_user_id == viewer.id and o.is_open],
        "relief": await relief_of(db, incident),
        "role_brief": await brief_of(db, incident.id),
        "people": await queries.people_to_choose(db),
        "roles_now": await db.clock(),
    }
