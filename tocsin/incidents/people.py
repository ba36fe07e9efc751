"""Who leaves an incident. Roles are in `roles`, taking part in `parts`, who may see a private one in `privacy`."""

from uuid import UUID

from tocsin.incidents.change import change, lock, me, sql
from tocsin.incidents.kinds import ResponderLeft
from tocsin.incidents.model import RoleHolder
from tocsin.kernel.commands import command
from tocsin.kernel.db import Unit
from tocsin.kernel.errors import Conflict


@command("incident.leave")
async def leave(u: Unit, incident_id: UUID) -> None:
    """Does not take part any more; not for those who hold a role."""
    incident = await lock(u, incident_id)
    held = [r.title.lower() for r in await u.all(RoleHolder, sql.roles, incident_id) if r.user_id == me(u)]
    if held:
        raise Conflict(f"You are {' and '.join(held)}. Transfer or give up the role first.")
    if await u.run(sql.leave, incident_id, me(u)):
        await change(u, incident, ResponderLeft())
