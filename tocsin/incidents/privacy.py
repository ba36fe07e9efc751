"""Who may see a private incident: named people and teams, and those with a role. Everybody else is told that it does not exist."""

from dataclasses import dataclass
from uuid import UUID

from tocsin.incidents.change import change, lock, person
from tocsin.incidents.change import sql as rows
from tocsin.incidents.change import text as checked
from tocsin.incidents.model import Choice, Incident, RoleHolder
from tocsin.incidents.privacy_kinds import (
    MadePrivate,
    MadePublic,
    MemberAdded,
    MemberRemoved,
    TeamLetIn,
    TeamTakenOut,
)
from tocsin.kernel.commands import command
from tocsin.kernel.db import Reader, Unit
from tocsin.kernel.errors import Conflict, Invalid
from tocsin.kernel.sql import Statements

sql = Statements("tocsin.incidents", "privacy.sql")


@dataclass(frozen=True, slots=True)
class NamedTeam:
    """A team whose members see a private incident."""

    id: UUID
    name: str
    people: int


async def members(db: Reader, incident_id: UUID) -> list[Choice]:
    """Who was let in by name."""
    return await db.all(Choice, sql.members, incident_id)


async def teams(db: Reader, incident_id: UUID) -> list[NamedTeam]:
    """Which teams were let in."""
    return await db.all(NamedTeam, sql.teams, incident_id)


@command("incident.make_private")
async def make_private(u: Unit, incident_id: UUID, why: str = "") -> None:
    """From now on only named people and teams see it: at first those who take part, those with a role, and the actor.

    What the public was told stays public, so an incident on the status page is refused.
    """
    incident = await lock(u, incident_id)
    if incident.private:
        return
    if await u.value(rows.is_published, incident_id):
        raise Conflict(
            f"{incident.key} is on the status page, and what the public knows cannot be made private."
        )
    said = checked("why", why, 1000, needed=False)
    await u.run(sql.let_those_in, incident_id, u.actor.id)
    holders = {h.user_id: h.name for h in await u.all(RoleHolder, rows.roles, incident_id)}
    names = {m.id: m.name for m in await members(u, incident_id)} | holders
    await somebody_stays(u, await change(u, incident, MadePrivate(tuple(sorted(names.values())), said)))


@command("incident.make_public")
async def make_public(u: Unit, incident_id: UUID, *, sure: bool = False, why: str = "") -> None:
    """From now on everybody who can sign in reads all of its record. Cannot be unread: hence `sure`."""
    incident = await lock(u, incident_id)
    if not incident.private:
        return
    if not sure:
        raise Invalid("sure", "Everybody will read all that was said so far. Say that you are sure.")
    said = checked("why", why, 1000, needed=False)
    await u.run(sql.forget_all, incident_id)
    await change(u, incident, MadePublic(said))


async def let_in(u: Unit, incident: Incident, user_id: UUID, name: str) -> Incident:
    """Whoever is asked into a private incident may see it from then on; the record says so."""
    if incident.private and await u.value(rows.add_member, incident.id, user_id):
        return await change(u, incident, MemberAdded(user_id, name))
    return incident


@command("incident.add_member")
async def add_member(u: Unit, incident_id: UUID, user_id: UUID) -> None:
    """Lets somebody see a private incident."""
    incident, name = await _private(u, incident_id), await person(u, user_id)
    await let_in(u, incident, user_id, name)


@command("incident.remove_member")
async def remove_member(u: Unit, incident_id: UUID, user_id: UUID) -> None:
    """Takes the sight of a private incident away, at once, also from a disabled account. Not from who holds a role, and not
    from the last one."""
    incident, name = await lock(u, incident_id), await u.value(sql.person, user_id)
    if name is None:
        raise Invalid("user_id", "There is no such person.")
    held = [h.title.lower() for h in await u.all(RoleHolder, rows.roles, incident_id) if h.user_id == user_id]
    if held:
        raise Conflict(f"{name} is {' and '.join(held)}. Transfer the role first.")
    if await u.run(sql.remove_member, incident_id, user_id):
        await change(u, incident, MemberRemoved(user_id, name))
        await somebody_stays(u, incident)


@command("incident.let_team_in")
async def let_team_in(u: Unit, incident_id: UUID, team_id: UUID) -> None:
    """Lets the members of a team see a private incident, while they are members."""
    incident, name = await _private(u, incident_id), await _team(u, team_id)
    if await u.value(sql.let_team_in, incident_id, team_id):
        await change(u, incident, TeamLetIn(team_id, name))


@command("incident.remove_team")
async def remove_team(u: Unit, incident_id: UUID, team_id: UUID) -> None:
    """Takes it away again from those who see it only by this team."""
    incident, name = await lock(u, incident_id), await _team(u, team_id)
    if await u.run(sql.remove_team, incident_id, team_id):
        await change(u, incident, TeamTakenOut(team_id, name))
        await somebody_stays(u, incident)


async def _private(u: Unit, incident_id: UUID) -> Incident:
    incident = await lock(u, incident_id)
    if not incident.private:
        raise Invalid("user_id", "Everybody can see this incident already.")
    return incident


async def _team(u: Unit, team_id: UUID) -> str:
    name = await u.value(sql.team, team_id)
    if name is None:
        raise Invalid("team_id", "There is no such team.")
    return str(name)


async def somebody_stays(u: Unit, incident: Incident) -> None:
    """After sight was taken from somebody: they are out of the room. Raises `Conflict` when nobody would be left who sees it."""
    if incident.private and not await u.value(sql.seen_by, incident.id):
        raise Conflict("Nobody could see this incident any more. Let somebody else in first.")
    await u.run(sql.absent, incident.id)
