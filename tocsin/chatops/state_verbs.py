"""Commands of the rooms for an incident's state, its alerts and its updates."""

from tocsin.alerts.queries import alert_named
from tocsin.chatops.verb import Verb
from tocsin.incidents import commands, links, updates
from tocsin.incidents.model import Incident, Status
from tocsin.kernel.db import Unit
from tocsin.kernel.errors import Invalid

SEVERITY, ALERT = "/severity 2 why", "/alert 12"


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
    alert = await alert_named(u, rest.lstrip("#"))
    if alert is None:
        raise Invalid("text", f"There is no alert {rest or 'without a number'}. Write {ALERT}.")
    await links.link_alert(u, incident.id, alert.id)


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
    "alert": Verb(ALERT, "link an alert", _link),
    "resolve": Verb("/resolve what fixed it", "resolve the incident", _resolve),
    "reopen": Verb("/reopen why", "it was not over, or not the same as the other one", _reopen),
}
