"""Commands of the rooms for the playbook's steps."""

from tocsin.chatops.verb import Verb
from tocsin.incidents.model import Incident
from tocsin.kernel.db import Unit
from tocsin.playbooks import commands


async def _check(u: Unit, incident: Incident, rest: str) -> None:
    step, _, note = rest.partition(" ")
    await commands.check(u, incident.id, step, note)


async def _skip(u: Unit, incident: Incident, rest: str) -> None:
    step, _, note = rest.partition(" ")
    await commands.check(u, incident.id, step, note, skip=True)


async def _uncheck(u: Unit, incident: Incident, rest: str) -> None:
    await commands.uncheck(u, incident.id, rest)


VERBS = {
    "check": Verb("/check first-update how", "a step of the checklist is done", _check),
    "skip": Verb("/skip public-update why", "a step does not apply", _skip),
    "uncheck": Verb("/uncheck first-update", "a step is open again", _uncheck),
}
