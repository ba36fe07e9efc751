"""Commands of the rooms for who takes part."""

from tocsin.chatops.names import person_typed
from tocsin.chatops.verb import Verb
from tocsin.incidents import paged, parts, people
from tocsin.incidents.model import Incident
from tocsin.kernel.db import Unit

INVITE = "/invite Ana: we need somebody who knows the ledger"
RELEASE = "/release Ana: get some sleep"


async def _page(u: Unit, incident: Incident, rest: str) -> None:
    await paged.page_by_line(u, incident.id, rest)


async def _join(u: Unit, incident: Incident, _: str) -> None:
    await parts.join(u, incident.id)


async def _watch(u: Unit, incident: Incident, _: str) -> None:
    await parts.watch(u, incident.id)


async def _leave(u: Unit, incident: Incident, _: str) -> None:
    await people.leave(u, incident.id)


async def _invite(u: Unit, incident: Incident, rest: str) -> None:
    name, _, why = (part.strip() for part in rest.partition(":"))
    await parts.invite(u, incident.id, (await person_typed(u, name, INVITE)).id, why=why)


async def _release(u: Unit, incident: Incident, rest: str) -> None:
    name, _, thanks = (part.strip() for part in rest.partition(":"))
    if name.lower() == "watchers":
        await parts.release_watchers(u, incident.id)
    else:
        await parts.release(u, incident.id, (await person_typed(u, name, RELEASE)).id, thanks=thanks)


VERBS = {
    "page": Verb("/page database on-call what it is about", "page somebody by name, here and now", _page),
    "invite": Verb(INVITE, "ask somebody to come, by a message", _invite),
    "onit": Verb("/onit", "take part", _join),
    "join": Verb("/join", "the same", _join),
    "watch": Verb("/watch", "follow along; nobody counts on you", _watch),
    "leave": Verb("/leave", "take part no more", _leave),
    "release": Verb(RELEASE, "send somebody off with thanks; /release watchers for all who watch", _release),
}
