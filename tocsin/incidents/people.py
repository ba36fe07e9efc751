"""Who does what in an incident: roles and responders. Who may see a private one: `privacy.py`."""

from uuid import UUID

from tocsin.incidents.change import change, lock, me, person, sql
from tocsin.incidents.kinds import (
    ResponderJoined,
    ResponderLeft,
    RoleGivenUp,
    RoleTaken,
    RoleTransferred,
)
from tocsin.incidents.model import RoleHolder, RoleName
from tocsin.kernel.commands import command
from tocsin.kernel.db import Unit
from tocsin.kernel.errors import Conflict, Invalid


@command("incident.take_role")
async def take_role(u: Unit, incident_id: UUID, role: str) -> None:
    """Takes a role that nobody holds. A held one is transferred instead, explicitly."""
    incident, wanted = await lock(u, incident_id), _role(role)
    holder = await _holder(u, incident_id, wanted)
    if holder is not None:
        if holder.user_id == me(u):
            return
        raise Conflict(f"{holder.name} is {wanted.words}. Transfer the role instead.")
    await u.run(sql.hold, incident_id, wanted, me(u))
    await u.value(sql.join, incident_id, me(u))
    await change(u, incident, RoleTaken(wanted))


@command("incident.transfer_role")
async def transfer_role(u: Unit, incident_id: UUID, role: str, to_user_id: UUID) -> None:
    """Gives a role to somebody, whoever held it. Anybody who responds may: the holder may be asleep."""
    incident, wanted = await lock(u, incident_id), _role(role)
    holder, name = await _holder(u, incident_id, wanted), await person(u, to_user_id)
    if holder is not None and holder.user_id == to_user_id:
        return
    await u.run(sql.hold, incident_id, wanted, to_user_id)
    await u.value(sql.join, incident_id, to_user_id)
    was = holder.name if holder else ""
    await change(u, incident, RoleTransferred(wanted, to_user_id, name, was))


@command("incident.give_up_role")
async def give_up_role(u: Unit, incident_id: UUID, role: str) -> None:
    """Lets go of one's own role."""
    incident, wanted = await lock(u, incident_id), _role(role)
    if await u.run(sql.let_go, incident_id, wanted, me(u)):
        await change(u, incident, RoleGivenUp(wanted))


@command("incident.join")
async def join(u: Unit, incident_id: UUID) -> None:
    """Takes part. Twice changes nothing."""
    incident = await lock(u, incident_id)
    if await u.value(sql.join, incident_id, me(u)):
        await change(u, incident, ResponderJoined())


@command("incident.leave")
async def leave(u: Unit, incident_id: UUID) -> None:
    """Does not take part any more; not for those who hold a role."""
    incident = await lock(u, incident_id)
    held = [r.role.words for r in await u.all(RoleHolder, sql.roles, incident_id) if r.user_id == me(u)]
    if held:
        raise Conflict(f"You are {' and '.join(held)}. Transfer or give up the role first.")
    if await u.run(sql.leave, incident_id, me(u)):
        await change(u, incident, ResponderLeft())


async def _holder(u: Unit, incident_id: UUID, role: RoleName) -> RoleHolder | None:
    holders = await u.all(RoleHolder, sql.roles, incident_id)
    return next((h for h in holders if h.role is role), None)


def _role(role: str) -> RoleName:
    if role not in list(RoleName):
        raise Invalid("role", f"Role must be one of: {', '.join(RoleName)}.")
    return RoleName(role)
