"""Declaring an incident and changing its state. Roles and people: `people.py`; words: `entries.py`;
alerts: `links.py`; updates: `updates.py`."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from tocsin.catalog.queries import service_by_id
from tocsin.incidents.bonds_kinds import IncidentUnmerged, SubStatusSet
from tocsin.incidents.change import change, lock, lock_new, lock_open, lock_two, sql, stream, text
from tocsin.incidents.fields import chosen_type, read_values
from tocsin.incidents.insiders import let_first_in
from tocsin.incidents.kinds import (
    ImpactChanged,
    IncidentCancelled,
    IncidentDeclared,
    IncidentReopened,
    IncidentResolved,
    ServiceChanged,
    SeverityChanged,
    StatusChanged,
    SummaryChanged,
    TimesCorrected,
)
from tocsin.incidents.links import adopt, alert_to_link, close_linked
from tocsin.incidents.model import Incident, Status
from tocsin.incidents.paged import page_first
from tocsin.incidents.rhythm import end_promise, rhythm_of
from tocsin.kernel.commands import command
from tocsin.kernel.db import Unit
from tocsin.kernel.errors import Conflict, Invalid
from tocsin.kernel.ids import new_id, slug12
from tocsin.record.commands import append


@command("incident.declare")
async def declare(
    u: Unit,
    summary: str,
    severity: int,
    *,
    impact: str = "",
    reporter_contact: str = "",
    service_id: UUID | None = None,
    products: Sequence[str] = (),
    alert_id: UUID | None = None,
    private: bool = False,
    type_: str = "",
    fields: Mapping[str, Any] | None = None,
    let_in: Sequence[str] = (),
    page: str = "",
) -> str:
    """Declares an incident and answers its key. From an alert: that alert is linked and acknowledged. `page`: whom to page at once,
    by name.

    `type_` by name or title; a type may be private from the start. `fields` by name or title. A private one gets a key that tells nothing, and is seen by its declarer and whom they let in (`let_in`, people and teams by name; later `privacy.py`), and by those with a role.
    """
    alert = await alert_to_link(u, alert_id) if alert_id else None
    kind, values = await chosen_type(u, type_), await read_values(u, fields or {})
    private = private or bool(kind and kind.private)
    service_id = service_id or (alert.service_id if alert else None)
    payload = IncidentDeclared(
        key=await new_key(u, private=private), summary=text("summary", summary, 300), severity=_severity(severity),
        impact=text("impact", impact, 5000, needed=False),
        reporter_contact=text("reporter_contact", reporter_contact, 500, needed=False),
        products=tuple(text("products", p, 200) for p in products), service_id=service_id,
        service=await _service_name(u, service_id), private=private,
        detected_at=alert.created_at if alert else None,
        acknowledged_at=alert.acknowledged_at or await u.clock() if alert else None,
        update_due_at=(await rhythm_of(u, severity)).first_due(await u.clock()),
        type=kind.name if kind else None, type_title=kind.title if kind else "",
        fields={f.name: value for f, value in values if value is not None},
    )  # fmt: skip
    incident_id = new_id()
    await u.run(
        sql.insert, incident_id, payload.key, payload.summary, severity, payload.impact, payload.reporter_contact,
        list(payload.products), service_id, private, u.actor.id, await u.clock(), payload.detected_at,
        payload.acknowledged_at, payload.update_due_at, payload.type, payload.fields,
    )  # fmt: skip
    await append(u, stream(incident_id), 1, payload)
    if u.actor.id:
        await u.value(sql.join, incident_id, u.actor.id)
    incident = await lock_new(u, incident_id)
    if private:
        incident = await let_first_in(u, incident, let_in, page)
    if alert:
        incident = await adopt(u, incident, alert, "" if private else f"Declared {payload.key}")
    if page.strip():
        await page_first(u, incident, page)
    return payload.key


async def new_key(u: Unit, *, private: bool) -> str:
    """A key that is not taken: the next number, or for a private incident one that tells nothing."""
    return f"INC-{slug12()}" if private else f"INC-{await u.value(sql.next_number)}"


async def _service_name(u: Unit, service_id: UUID | None) -> str:
    if service_id is None:
        return ""
    service = await service_by_id(u, service_id)
    if service is None:
        raise Invalid("service_id", "There is no such service.")
    return service.name


def _severity(value: int) -> int:
    if value not in (1, 2, 3):
        raise Invalid("severity", "Severity must be 1, 2 or 3.")
    return value


@command("incident.set_severity")
async def set_severity(u: Unit, incident_id: UUID, severity: int, why: str = "") -> None:
    """Changes the severity, and says why. A rise to SEV1 or SEV2 starts the rhythm of updates."""
    incident = await lock_open(u, incident_id)
    if _severity(severity) == incident.severity:
        return
    due = (await rhythm_of(u, severity)).due_after(incident, await u.clock())
    if not why.strip():
        raise Invalid("why", "Say in a sentence why the severity changes.")
    why = text("why", why, 1000)
    await change(u, incident, SeverityChanged(severity, incident.severity, why, due))


@command("incident.set_status")
async def set_status(u: Unit, incident_id: UUID, status: str) -> None:
    """Changes the status. Resolving is a command of its own."""
    incident = await lock_open(u, incident_id)
    wanted = open_status(status)
    if wanted is not incident.status:
        mitigated = await mitigated_at(u, incident, wanted)
        await change(u, incident, StatusChanged(wanted, incident.status, mitigated))


def open_status(status: str) -> Status:
    """A status of an incident that goes on."""
    open_ = [s for s in Status if s is not Status.RESOLVED]
    if status not in open_:
        raise Invalid("status", f"Status must be one of: {', '.join(open_)}.")
    return Status(status)


async def mitigated_at(u: Unit, incident: Incident, status: Status) -> datetime | None:
    """The first time it was called mitigated is kept; no other status implies one."""
    if incident.mitigated_at is None and status is Status.MITIGATED:
        return await u.clock()
    return incident.mitigated_at


@command("incident.set_summary")
async def set_summary(u: Unit, incident_id: UUID, summary: str) -> None:
    """Rewrites the one line that says what the emergency is."""
    await change(u, await lock(u, incident_id), SummaryChanged(text("summary", summary, 300)))


@command("incident.set_impact")
async def set_impact(u: Unit, incident_id: UUID, impact: str) -> None:
    """Rewrites what customers notice."""
    await change(u, await lock(u, incident_id), ImpactChanged(text("impact", impact, 5000, needed=False)))


@command("incident.set_service")
async def set_service(u: Unit, incident_id: UUID, service_id: UUID | None) -> None:
    """Names the faulty service, or says that it is unknown."""
    incident = await lock(u, incident_id)
    if service_id != incident.service_id:
        await change(u, incident, ServiceChanged(service_id, await _service_name(u, service_id)))


@command("incident.set_times")
async def set_times(
    u: Unit,
    incident_id: UUID,
    *,
    impact_started_at: datetime | None,
    detected_at: datetime | None,
    mitigated_at: datetime | None,
) -> None:
    """Sets the times that people find out afterwards; None means that nobody knows. None may lie in the future."""
    incident, now = await lock(u, incident_id), await u.clock()
    times = {"impact_started_at": impact_started_at, "detected_at": detected_at, "mitigated_at": mitigated_at}
    for field, moment in times.items():
        if moment is not None and moment > now:
            raise Invalid(field, "This time is in the future.")
    if (impact_started_at, detected_at, mitigated_at) != (
        incident.impact_started_at, incident.detected_at, incident.mitigated_at,
    ):  # fmt: skip
        await change(u, incident, TimesCorrected(**times))


@command("incident.resolve")
async def resolve(u: Unit, incident_id: UUID, words: str = "", *, close_alerts: bool = False) -> None:
    """It is over. On demand its open alerts are closed too. Only the first one resolves it."""
    incident = await lock(u, incident_id)
    if incident.resolved_at is not None:
        raise Conflict(f"{incident.key} is resolved already.")
    said = text("text", words, 5000, needed=False)
    after = await change(u, incident, IncidentResolved(said, await u.clock()))
    await end_promise(u, incident_id)
    if close_alerts:
        await close_linked(u, after.id)


@command("incident.cancel")
async def cancel(u: Unit, incident_id: UUID, why: str = "") -> None:
    """A false alarm or a duplicate: over, and nobody is asked for a postmortem."""
    incident = await lock_open(u, incident_id)
    await change(u, incident, IncidentCancelled(text("why", why, 1000, needed=False), await u.clock()))
    await end_promise(u, incident_id)


@command("incident.reopen")
async def reopen(u: Unit, incident_id: UUID, why: str = "") -> None:
    """It was not over. The rhythm of updates starts again. What was merged goes on by itself, and the other one says so."""
    into = await u.value(sql.merged_into, incident_id, u.actor.id)
    if into is None:
        incident, target = await lock(u, incident_id), None
    else:
        incident, target = await lock_two(u, incident_id, into)
    if incident.resolved_at is None:
        return
    rhythm = (await rhythm_of(u, incident.severity)).cadence
    due = await u.clock() + rhythm if rhythm else None
    await change(u, incident, IncidentReopened(due, text("why", why, 1000, needed=False)))
    if target is not None and incident.merged_into == target.id:
        await change(u, target, IncidentUnmerged(incident.id, incident.key))


@command("incident.set_sub_status")
async def set_sub_status(u: Unit, incident_id: UUID, sub_status: str) -> None:
    """A short phrase under the status, such as “waiting for vendor”; empty takes it away. It ends with the incident."""
    incident, said = await lock_open(u, incident_id), text("sub_status", sub_status, 120, needed=False)
    if said != incident.sub_status:
        await change(u, incident, SubStatusSet(said))
