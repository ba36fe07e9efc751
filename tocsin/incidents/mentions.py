"""Who is addressed with @ in a line: people by name, teams, and whoever holds a role."""

from collections import Counter
from uuid import UUID

from tocsin.incidents.change import stream
from tocsin.incidents.model import Incident, RoleName
from tocsin.incidents.said_model import Mention, mentions_in
from tocsin.incidents.said_read import said
from tocsin.kernel.db import Reader, Unit
from tocsin.people.queries import members, teams, users
from tocsin.record.commands import follow

#: What follows an entry that addresses somebody; whoever tells people subscribes to it as to a kind.
PEOPLE_MENTIONED = "people_mentioned"
SHORT = {
    "im": RoleName.INCIDENT_MANAGER, "tl": RoleName.TECH_LEAD, "cm": RoleName.COMMUNICATIONS_MANAGER,
    **{role.value: role for role in RoleName}, **{role.value.replace("_", "-"): role for role in RoleName},
    **{role.words: role for role in RoleName},
}  # fmt: skip


async def addressed(u: Unit, incident: Incident, line: str) -> tuple[Mention, ...]:
    """The mentions in a line; without an @, nobody is looked up."""
    return mentions_in(line, await names(u, incident.id)) if "@" in line else ()


async def names(db: Reader, incident_id: UUID) -> dict[str, list[UUID]]:
    """Everybody who can be addressed, by what they go by, casefolded: roles, then people, then teams."""
    active = [user for user in await users(db) if user.disabled_at is None]
    firsts = Counter(user.name.partition(" ")[0].casefold() for user in active)
    found: dict[str, list[UUID]] = {team.name.casefold(): [] for team in await teams(db)}
    by_id = {team.id: team.name.casefold() for team in await teams(db)}
    for member in await members(db):
        found[by_id[member.team_id]].append(member.user_id)
    for user in active:
        first = user.name.partition(" ")[0].casefold()
        local = user.email.partition("@")[0].casefold()
        for name in {user.name.casefold(), local, *([first] if firsts[first] == 1 else [])}:
            found[name] = [user.id]
    held = {row["role"]: row["user_id"] for row in await db.rows(said.role_holders, incident_id)}
    found |= {name: [held[role]] if role in held else [] for name, role in SHORT.items()}
    return found


async def note_mentions(u: Unit, incident: Incident, seq: int, mentions: tuple[Mention, ...]) -> None:
    """Keeps who was addressed by the entry, but for who wrote it; they are told soon."""
    people = {person for mention in mentions for person in mention.people} - {u.actor.id}
    if people:
        await u.run(said.mention, incident.id, seq, sorted(people))
        await follow(u, PEOPLE_MENTIONED, stream(incident.id), seq)
