"""How people take part: on it or watching, invited, and sent off with thanks."""

from uuid import UUID

from tocsin.incidents.change import change, lock, lock_open, me, person, text
from tocsin.incidents.kinds import ResponderJoined
from tocsin.incidents.people_kinds import (
    PersonInvited,
    PersonReleased,
    ResponderOnIt,
    ResponderWatches,
    WatchersReleased,
)
from tocsin.incidents.privacy import let_in
from tocsin.incidents.role_model import LONGEST_WHY
from tocsin.kernel.commands import command
from tocsin.kernel.db import Unit
from tocsin.kernel.errors import Conflict, Forbidden
from tocsin.kernel.sql import Statements
from tocsin.kernel.work import Batch, Work

sql = Statements("tocsin.incidents", "parts.sql")
ON_IT, WATCHING = "on_it", "watching"


@command("incident.join")
async def join(u: Unit, incident_id: UUID) -> None:
    """Is on it: takes part, also from watching. Twice changes nothing."""
    incident = await lock(u, incident_id)
    before = await u.value(sql.part_of, incident_id, me(u))
    if before != ON_IT:
        await u.run(sql.take_part, incident_id, me(u), ON_IT)
        await change(u, incident, ResponderOnIt() if before else ResponderJoined())


@command("incident.watch")
async def watch(u: Unit, incident_id: UUID) -> None:
    """Follows along; not for those who hold a role. Twice changes nothing."""
    incident = await lock(u, incident_id)
    held = await _held(u, incident_id, me(u))
    if held:
        raise Conflict(f"You are {held}. Hand the role over or give it up first.")
    if await u.value(sql.part_of, incident_id, me(u)) != WATCHING:
        await u.run(sql.take_part, incident_id, me(u), WATCHING)
        await change(u, incident, ResponderWatches())


@command("incident.invite")
async def invite(u: Unit, incident_id: UUID, user_id: UUID, *, why: str = "") -> None:
    """Asks somebody to come: a message with a link, and they are expected until they come. Into a private incident they are
    let. Whoever takes part, or was asked a moment ago, is not asked again."""
    incident, name = await lock_open(u, incident_id), await person(u, user_id)
    why = text("why", why, LONGEST_WHY, needed=False)
    if await u.value(sql.part_of, incident_id, user_id):
        raise Conflict(f"{name} takes part already.")
    if await u.value(sql.invite, incident_id, user_id, u.actor.name, why):
        incident = await let_in(u, incident, user_id, name)
        await change(u, incident, PersonInvited(user_id, name, why))


@command("incident.release")
async def release(u: Unit, incident_id: UUID, user_id: UUID, *, thanks: str = "") -> None:
    """Sends somebody off with thanks, as incident manager (anybody, while nobody is): they are not expected any more, and
    told so. Whoever holds a role hands it over first. Twice changes nothing."""
    incident, name = await lock(u, incident_id), await person(u, user_id)
    await _manages(u, incident_id)
    held = await _held(u, incident_id, user_id)
    if held:
        raise Conflict(f"{name} is {held}. The role has to go to somebody else first.")
    was_here = await u.run(sql.release, incident_id, user_id, u.actor.id)
    if was_here + await u.run(sql.uninvite, incident_id, user_id):
        thanks = text("thanks", thanks, LONGEST_WHY, needed=False)
        await change(u, incident, PersonReleased(user_id, name, thanks))


@command("incident.release_watchers")
async def release_watchers(u: Unit, incident_id: UUID) -> int:
    """Sends off everybody who only watches; answers how many. They are not told: they only looked."""
    incident = await lock(u, incident_id)
    if u.actor.kind != "engine":
        await _manages(u, incident_id)
    gone = [str(row["name"]) for row in await u.rows(sql.release_watchers, incident_id, u.actor.id)]
    if gone:
        await change(u, incident, WatchersReleased(tuple(gone)))
    return len(gone)


async def _manages(u: Unit, incident_id: UUID) -> None:
    if u.actor.role != "admin" and not await u.value(sql.is_manager, incident_id, me(u)):
        raise Forbidden("The incident manager releases people. Whoever wants to go leaves.")


async def _held(u: Unit, incident_id: UUID, user_id: UUID) -> str:
    return " and ".join(str(r["title"]).lower() for r in await u.rows(sql.held_by, incident_id, user_id))


async def resolved(u: Unit, works: list[Work]) -> None:
    """Batch: it is over; nobody has to watch."""
    for work in works:
        await release_watchers(u, UUID(work.payload["stream"]))


FOLLOWS = {
    "incident_resolved": ["incidents.release_watchers"],
    "incident_cancelled": ["incidents.release_watchers"],
    "incident_merged": ["incidents.release_watchers"],
}
BATCHES: dict[str, Batch] = {"incidents.release_watchers": resolved}
