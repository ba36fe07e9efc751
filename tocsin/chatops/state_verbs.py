"""Commands of the rooms for an incident's state, its alerts and its updates."""

from uuid import UUID

from tocsin.alerts.queries import alert_named
from tocsin.catalog.queries import services
from tocsin.chatops.verb import Verb
from tocsin.incidents import commands, links, updates
from tocsin.incidents.model import Incident, Status
from tocsin.kernel.db import Unit
from tocsin.kernel.errors import Invalid

SEVERITY, ALERT, UNLINK, SERVICE = "/severity 2 why", "/alert 12", "/unlink-alert 12", "/service Checkout"
UNKNOWN = "unknown"


async def _severity(u: Unit, incident: Incident, rest: str) -> None:
    number, _, why = rest.partition(" ")
    digits = number.lower().removeprefix("sev")
    if digits not in ("1", "2", "3"):
        raise Invalid("text", f"Write {SEVERITY}.")
    await commands.set_severity(u, incident.id, int(digits), why=why)


async def _status(u: Unit, incident: Incident, rest: str) -> None:
    if rest.lower() == Status.RESOLVED:
        await commands.resolve(u, incident.id)
    else:
        await commands.set_status(u, incident.id, rest.lower())


async def _sub_status(u: Unit, incident: Incident, rest: str) -> None:
    await commands.set_sub_status(u, incident.id, rest)


async def _waiting(u: Unit, incident: Incident, rest: str) -> None:
    await commands.set_sub_status(u, incident.id, f"waiting {rest}" if rest else "")


async def _reopen(u: Unit, incident: Incident, rest: str) -> None:
    await commands.reopen(u, incident.id, rest)


async def _update(u: Unit, incident: Incident, rest: str) -> None:
    await updates.publish_update(u, incident.id, audience="stakeholders", state=rest)


async def _still(u: Unit, incident: Incident, rest: str) -> None:
    if rest and not rest.isdecimal():
        raise Invalid("text", "Write /still, or /still 45 for the minutes until the next update.")
    await updates.still_true(u, incident.id, int(rest[:6]) if rest else None)


async def _link(u: Unit, incident: Incident, rest: str) -> None:
    await links.link_alert(u, incident.id, await _alert(u, rest, ALERT))


async def _unlink(u: Unit, incident: Incident, rest: str) -> None:
    await links.unlink_alert(u, incident.id, await _alert(u, rest, UNLINK))


async def _alert(u: Unit, typed: str, usage: str) -> UUID:
    alert = await alert_named(u, typed.lstrip("#"))
    if alert is None:
        raise Invalid("text", f"There is no alert {typed or 'without a number'}. Write {usage}.")
    return alert.id


async def _service(u: Unit, incident: Incident, rest: str) -> None:
    wanted, known = rest.casefold(), await services(u)
    found = [s for s in known if s.name.casefold() == wanted]
    if not found and wanted == UNKNOWN:
        await commands.set_service(u, incident.id, None)
        return
    found = found or [s for s in known if wanted and s.name.casefold().startswith(wanted)]
    if len(found) != 1:
        which = f" It fits: {', '.join(s.name for s in found[:5])}." if found else ""
        raise Invalid("text", f"Write {SERVICE} or {UNKNOWN}; the name must fit exactly one service.{which}")
    await commands.set_service(u, incident.id, found[0].id)


async def _resolve(u: Unit, incident: Incident, rest: str) -> None:
    await commands.resolve(u, incident.id, rest)


async def _summary(u: Unit, incident: Incident, rest: str) -> None:
    await commands.set_summary(u, incident.id, rest)


async def _impact(u: Unit, incident: Incident, rest: str) -> None:
    await commands.set_impact(u, incident.id, rest)


VERBS = {
    "severity": Verb(SEVERITY, "change the severity", _severity),
    "status": Verb("/status identified", "change the status", _status),
    "waiting": Verb("/waiting for vendor", "a short phrase under the status; empty clears it", _waiting),
    "sub-status": Verb("/sub-status canary at 10 %", "the same in any words", _sub_status),
    "update": Verb("/update what is known now", "update the stakeholders; the next one is promised", _update),
    "still": Verb("/still", "the last update still holds; the next one is promised", _still),
    "impact": Verb("/impact what customers notice", "describe the impact", _impact),
    "summary": Verb("/summary one line", "rewrite the summary", _summary),
    "service": Verb(SERVICE, "name the faulty service, or unknown", _service),
    "alert": Verb(ALERT, "link an alert", _link),
    "unlink-alert": Verb(UNLINK, "the alert is about something else", _unlink),
    "resolve": Verb("/resolve what fixed it", "resolve the incident", _resolve),
    "reopen": Verb("/reopen why", "it was not over, or not the same as the other one", _reopen),
}
