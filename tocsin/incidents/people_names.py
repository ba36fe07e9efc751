"""Who can be addressed with @ in an incident, as the composer offers them."""

from dataclasses import dataclass

from tocsin.incidents.model import Incident, RoleName
from tocsin.incidents.queries import roles
from tocsin.incidents.said_read import who_sees
from tocsin.kernel.db import Reader
from tocsin.people.queries import teams, users

MOST = 2000


@dataclass(frozen=True, slots=True)
class Name:
    """What is written after the @, what it means, and whether they may see the incident."""

    name: str
    about: str
    sees: bool = True


async def offered_names(db: Reader, incident: Incident) -> list[Name]:
    """Roles first, then people by name, then teams."""
    held = {holder.role: holder.name for holder in await roles(db, incident.id)}
    short = {RoleName.INCIDENT_MANAGER: "im", RoleName.TECH_LEAD: "tl", RoleName.COMMUNICATIONS_MANAGER: "cm"}
    of_roles = [
        Name(short.get(role, role.value), f"{role.words}: {held.get(role, 'nobody')}") for role in RoleName
    ]
    seeing = await who_sees(db, incident.id) if incident.private else None
    people = [
        Name(user.name, user.time_zone, seeing is None or user.id in seeing)
        for user in await users(db)
        if user.disabled_at is None
    ]
    return [
        *of_roles,
        *people[:MOST],
        *(Name(team.name, f"team of {team.members}") for team in await teams(db)),
    ]
