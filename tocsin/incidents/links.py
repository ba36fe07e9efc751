"""Alerts of an incident: linked when it is declared from one, or later by hand."""

from collections.abc import Collection
from uuid import UUID

from tocsin.alerts import commands as alerts
from tocsin.alerts.model import Alert
from tocsin.alerts.queries import alert_by_id
from tocsin.incidents.change import change, lock, sql
from tocsin.incidents.kinds import AlertLinked, AlertUnlinked
from tocsin.incidents.model import Incident
from tocsin.incidents.queries import alerts_of
from tocsin.kernel.commands import command
from tocsin.kernel.db import Unit
from tocsin.kernel.errors import Invalid


@command("incident.link_alert")
async def link_alert(u: Unit, incident_id: UUID, alert_id: UUID) -> None:
    """The alert belongs to this incident. Twice changes nothing."""
    incident, alert = await lock(u, incident_id), await alert_to_link(u, alert_id)
    await _link(u, incident, alert)


@command("incident.unlink_alert")
async def unlink_alert(u: Unit, incident_id: UUID, alert_id: UUID) -> None:
    """The alert is about something else."""
    incident, alert = await lock(u, incident_id), await alert_to_link(u, alert_id)
    if await u.run(sql.unlink, incident_id, alert_id):
        await change(u, incident, AlertUnlinked(alert.id, alert.number, alert.message))
        u.touch(f"alert:{alert_id}")


async def move_alerts(u: Unit, incident_id: UUID, into_id: UUID, numbers: Collection[int]) -> None:
    """Alerts of one incident belong to another one instead. Raises `Invalid` for one that is not linked to it."""
    linked = {a.number: a.id for a in await alerts_of(u, incident_id)}
    if strangers := [number for number in numbers if number not in linked]:
        raise Invalid("alerts", f"Alert #{strangers[0]} is not linked to this incident.")
    for number in sorted(set(numbers)):
        await link_alert(u, into_id, linked[number])
        await unlink_alert(u, incident_id, linked[number])


async def alert_to_link(u: Unit, alert_id: UUID) -> Alert:
    """The alert, or `Invalid`."""
    alert = await alert_by_id(u, alert_id)
    if alert is None:
        raise Invalid("alert", "There is no such alert.")
    return alert


async def adopt(u: Unit, incident: Incident, alert: Alert, note: str) -> Incident:
    """Links the alert that an incident, which is locked, was declared from; whoever declared it has it from now on.

    Everybody reads the alert's record, so `note` must not name a private incident.
    """
    after = await _link(u, incident, alert)
    if alert.closed_at is None:
        await alerts.acknowledge(u, alert.id, note=note)
    return after


async def _link(u: Unit, incident: Incident, alert: Alert) -> Incident:
    if await u.value(sql.link, incident.id, alert.id):
        incident = await change(u, incident, AlertLinked(alert.id, alert.number, alert.message))
        u.touch(f"alert:{alert.id}")
    return incident


async def close_linked(u: Unit, incident_id: UUID) -> None:
    """Closes the alerts that are still open."""
    await alerts.close_many(u, [a.id for a in await alerts_of(u, incident_id) if a.closed_at is None])
