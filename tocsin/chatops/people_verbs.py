"""Commands of the rooms for roles and people."""

from tocsin.chatops.verb import Verb
from tocsin.incidents import paged, people
from tocsin.incidents.model import Incident, RoleName
from tocsin.kernel.db import Unit
from tocsin.kernel.errors import Invalid
from tocsin.people.queries import users

ROLES = {
    **{role.value: role for role in RoleName}, **{role.words: role for role in RoleName},
    "im": RoleName.INCIDENT_MANAGER, "tl": RoleName.TECH_LEAD, "cm": RoleName.COMMUNICATIONS_MANAGER,
    "manager": RoleName.INCIDENT_MANAGER, "lead": RoleName.TECH_LEAD, "comms": RoleName.COMMUNICATIONS_MANAGER,
}  # fmt: skip

GIVE = "/give tech lead to Ana"


async def _take(u: Unit, incident: Incident, rest: str) -> None:
    await people.take_role(u, incident.id, _role(rest))


async def _give(u: Unit, incident: Incident, rest: str) -> None:
    role, _, name = (part.strip() for part in rest.partition(" to "))
    wanted = name.lower().lstrip("@")
    found = [
        p for p in await users(u) if p.disabled_at is None and wanted and p.name.lower().startswith(wanted)
    ]
    if len(found) != 1:
        raise Invalid("text", f"Write {GIVE}; the name must fit exactly one person.")
    await people.transfer_role(u, incident.id, _role(role), found[0].id)


def _role(text: str) -> RoleName:
    role = ROLES.get(text.lower())
    if role is None:
        raise Invalid("text", f"Roles are: {', '.join(r.words for r in RoleName)}.")
    return role


async def _page(u: Unit, incident: Incident, rest: str) -> None:
    await paged.page_by_line(u, incident.id, rest)


async def _join(u: Unit, incident: Incident, _: str) -> None:
    await people.join(u, incident.id)


async def _leave(u: Unit, incident: Incident, _: str) -> None:
    await people.leave(u, incident.id)


VERBS = {
    "take": Verb("/take incident manager", "take a role (im, tl, cm, scribe)", _take),
    "give": Verb(GIVE, "transfer a role", _give),
    "page": Verb("/page database on-call what it is about", "page somebody by name, here and now", _page),
    "join": Verb("/join", "take part", _join),
    "leave": Verb("/leave", "take part no more", _leave),
}
