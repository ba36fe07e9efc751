"""Taking a role, giving it at once, letting go of it. To hand one over, `role_offers` asks the other side first."""

from uuid import UUID

from tocsin.incidents.change import change, lock, me, person, sql, text
from tocsin.incidents.model import Incident, RoleHolder
from tocsin.incidents.privacy import let_in, somebody_stays
from tocsin.incidents.role_definitions import role_named, rows
from tocsin.incidents.role_kinds import RoleGivenUp, RoleTaken, RoleTransferred
from tocsin.incidents.role_model import LONGEST_WHY, RoleDefinition, words_of
from tocsin.kernel.commands import command
from tocsin.kernel.db import Unit
from tocsin.kernel.errors import Conflict, Invalid


@command("incident.take_role")
async def take_role(u: Unit, incident_id: UUID, role: str, *, despite: str = "") -> None:
    """Takes a role that nobody holds; a held one is offered or transferred. `despite`: the emergency in which somebody
    takes it who is not named for it."""
    incident, wanted = await lock(u, incident_id), await role_named(u, role)
    holder = await holder_of(u, incident_id, wanted.name)
    if holder is not None:
        if holder.user_id == me(u):
            return
        raise Conflict(
            f"{holder.name} is {words_of(wanted.title)}. Ask them to offer you the role, or say why it has to move now."
        )
    reason = await permitted(u, wanted, me(u), despite)
    await _hold(u, incident, wanted, me(u))
    await change(u, incident, RoleTaken(wanted.name, despite=reason))


@command("incident.transfer_role")
async def transfer_role(u: Unit, incident_id: UUID, role: str, to_user_id: UUID, *, why: str = "") -> None:
    """Gives a role to somebody at once. When somebody holds it, only with a reason: usually it is offered. The reason also
    stands for the emergency in which somebody gets it who is not named for it."""
    incident, wanted = await lock(u, incident_id), await role_named(u, role, incident_id)
    holder, name = await holder_of(u, incident_id, wanted.name), await person(u, to_user_id)
    if holder is not None and holder.user_id == to_user_id:
        return
    why = text("why", why, LONGEST_WHY, needed=False)
    if holder is not None and not why:
        raise Invalid(
            "why",
            f"{holder.name} is {words_of(wanted.title)}. Offer the role, or say why it has to move at once.",
        )
    await permitted(u, wanted, to_user_id, why)
    incident = await let_in(u, incident, to_user_id, name)
    await _hold(u, incident, wanted, to_user_id)
    was = holder.name if holder else ""
    await change(u, incident, RoleTransferred(wanted.name, to_user_id, name, was, why=why))


@command("incident.give_up_role")
async def give_up_role(u: Unit, incident_id: UUID, role: str) -> None:
    """Lets go of one's own role."""
    incident, wanted = await lock(u, incident_id), await role_named(u, role, incident_id)
    if await u.run(sql.let_go, incident_id, wanted.name, me(u)):
        await change(u, incident, RoleGivenUp(wanted.name))
        await somebody_stays(u, incident)


async def _hold(u: Unit, incident: Incident, role: RoleDefinition, user_id: UUID) -> None:
    """What was offered of it meanwhile is over: the role went another way."""
    await u.run(rows.drop_offers, incident.id, role.name)
    await u.run(sql.hold, incident.id, role.name, user_id)
    await u.value(sql.join, incident.id, user_id)


async def permitted(u: Unit, role: RoleDefinition, user_id: UUID, despite: str) -> str:
    """The reason, if one was needed. Nobody is locked out: with a reason everybody may. Raises `Conflict` without one."""
    if await u.value(rows.may_take, role.name, user_id):
        return ""
    reason = text("despite", despite, LONGEST_WHY, needed=False)
    if not reason:
        raise Conflict(
            f"The role {words_of(role.title)} is for {role.allowed}. In an emergency it can be taken all the same, with a reason."
        )
    return reason


async def holder_of(u: Unit, incident_id: UUID, role: str) -> RoleHolder | None:
    """Who holds a role of a locked incident."""
    holders = await u.all(RoleHolder, sql.roles, incident_id)
    return next((h for h in holders if h.role == role), None)
