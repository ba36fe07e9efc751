"""One grammar for every room: a line that starts with `/` is a command, everything else is said.

`//like this` says a line that starts with a slash.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from tocsin.alerts.queries import alert_named
from tocsin.incidents import commands, entries, links, paged, people, updates
from tocsin.incidents.model import Incident, RoleName, Status
from tocsin.incidents.queries import head
from tocsin.kernel.db import Unit
from tocsin.kernel.errors import Invalid
from tocsin.people.queries import users


@dataclass(frozen=True, slots=True)
class Verb:
    """One command: how it is written, what it does."""

    usage: str
    does: str
    run: Callable[[Unit, Incident, str], Awaitable[object]]


ROLES = {
    **{role.value: role for role in RoleName}, **{role.words: role for role in RoleName},
    "im": RoleName.INCIDENT_MANAGER, "tl": RoleName.TECH_LEAD, "cm": RoleName.COMMUNICATIONS_MANAGER,
    "manager": RoleName.INCIDENT_MANAGER, "lead": RoleName.TECH_LEAD, "comms": RoleName.COMMUNICATIONS_MANAGER,
}  # fmt: skip


async def say_or_do(u: Unit, incident: Incident, line: str) -> int:
    """Runs one line; answers the number of the newest entry afterwards. Raises `Invalid` with what would have worked."""
    line = line.strip()
    if not line.startswith("/") or line.startswith("//"):
        return await entries.say(u, incident.id, line[1:] if line.startswith("//") else line)
    name, _, rest = line[1:].partition(" ")
    verb = VERBS.get(name.lower())
    if verb is None:
        raise Invalid("text", f"There is no command /{name}. There are: {', '.join('/' + v for v in VERBS)}.")
    await verb.run(u, incident, rest.strip())
    return await head(u, incident.id)


async def _severity(u: Unit, incident: Incident, rest: str) -> None:
    number, _, why = rest.partition(" ")
    digits = number.lower().removeprefix("sev")
    if digits not in ("1", "2", "3"):
        raise Invalid("text", f"Write {VERBS['severity'].usage}.")
    await commands.set_severity(u, incident.id, int(digits), why=why)


async def _status(u: Unit, incident: Incident, rest: str) -> None:
    if rest.lower() == Status.RESOLVED:
        await commands.resolve(u, incident.id)
    else:
        await commands.set_status(u, incident.id, rest.lower())


async def _take(u: Unit, incident: Incident, rest: str) -> None:
    await people.take_role(u, incident.id, _role(rest))


async def _give(u: Unit, incident: Incident, rest: str) -> None:
    role, _, name = (part.strip() for part in rest.partition(" to "))
    wanted = name.lower().lstrip("@")
    found = [
        p for p in await users(u) if p.disabled_at is None and wanted and p.name.lower().startswith(wanted)
    ]
    if len(found) != 1:
        raise Invalid("text", f"Write {VERBS['give'].usage}; the name must fit exactly one person.")
    await people.transfer_role(u, incident.id, _role(role), found[0].id)


def _role(text: str) -> RoleName:
    role = ROLES.get(text.lower())
    if role is None:
        raise Invalid("text", f"Roles are: {', '.join(r.words for r in RoleName)}.")
    return role


async def _update(u: Unit, incident: Incident, rest: str) -> None:
    await updates.publish_update(u, incident.id, audience="stakeholders", state=rest)


async def _page(u: Unit, incident: Incident, rest: str) -> None:
    await paged.page_by_line(u, incident.id, rest)


async def _link(u: Unit, incident: Incident, rest: str) -> None:
    alert = await alert_named(u, rest.lstrip("#"))
    if alert is None:
        raise Invalid(
            "text", f"There is no alert {rest or 'without a number'}. Write {VERBS['alert'].usage}."
        )
    await links.link_alert(u, incident.id, alert.id)


async def _resolve(u: Unit, incident: Incident, rest: str) -> None:
    await commands.resolve(u, incident.id, rest)


async def _summary(u: Unit, incident: Incident, rest: str) -> None:
    await commands.set_summary(u, incident.id, rest)


async def _impact(u: Unit, incident: Incident, rest: str) -> None:
    await commands.set_impact(u, incident.id, rest)


async def _join(u: Unit, incident: Incident, _: str) -> None:
    await people.join(u, incident.id)


async def _leave(u: Unit, incident: Incident, _: str) -> None:
    await people.leave(u, incident.id)


VERBS: dict[str, Verb] = {
    "severity": Verb("/severity 2 why", "change the severity", _severity),
    "status": Verb("/status identified", "change the status", _status),
    "take": Verb("/take incident manager", "take a role (im, tl, cm, scribe)", _take),
    "give": Verb("/give tech lead to Ana", "transfer a role", _give),
    "update": Verb("/update what is known now", "update the stakeholders; the next one is promised", _update),
    "impact": Verb("/impact what customers notice", "describe the impact", _impact),
    "summary": Verb("/summary one line", "rewrite the summary", _summary),
    "page": Verb("/page database on-call what it is about", "page somebody by name, here and now", _page),
    "alert": Verb("/alert 12", "link an alert", _link),
    "resolve": Verb("/resolve what fixed it", "resolve the incident", _resolve),
    "join": Verb("/join", "take part", _join),
    "leave": Verb("/leave", "take part no more", _leave),
}
