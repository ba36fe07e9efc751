"""One incident: what it is about, read, corrected while it goes on and afterwards; and that it was a false alarm."""

from dataclasses import asdict
from typing import Any
from uuid import UUID

from fastapi import APIRouter
from pydantic import AwareDatetime, BaseModel, Field

from tocsin.api.v1.auth import Call, Caller
from tocsin.api.v1.shown import incident_of, shown
from tocsin.catalog.queries import service_by_name
from tocsin.incidents import commands
from tocsin.incidents.change import lock
from tocsin.incidents.model import Incident
from tocsin.kernel.db import Unit
from tocsin.kernel.errors import Invalid
from tocsin.playbooks.overdue import overdue_of

router = APIRouter(tags=["Incidents"])
TIMES = ("impact_started_at", "detected_at", "mitigated_at")


class FactsBody(BaseModel):
    """Only what is named changes. A time or a service of null: nobody knows."""

    summary: str = Field("", max_length=300)
    impact: str = Field("", max_length=5000)
    reporter_contact: str = Field("", max_length=500)
    service_id: UUID | None = None
    service: str = Field("", max_length=200, description="The same by name; empty while unknown.")
    impact_started_at: AwareDatetime | None = None
    detected_at: AwareDatetime | None = None
    mitigated_at: AwareDatetime | None = None


class CancelBody(BaseModel):
    """Why it was none."""

    why: str = Field("", max_length=1000)


@router.get("/incidents/{key}")
async def show(call: Call, key: str) -> dict[str, Any]:
    """One incident with its roles, places and newest entries, and what is overdue: the update, tasks by number, steps of the playbook."""
    incident = await incident_of(call, key)
    return await shown(call, incident) | {"overdue": asdict(await overdue_of(call.db, incident))}


@router.patch("/incidents/{key}")
async def change_facts(call: Call, key: str, body: FactsBody) -> dict[str, Any]:
    """Summary, impact, reporter's contact, faulty service and the times that people find out afterwards."""
    incident, given = await incident_of(call, key), body.model_dump(exclude_unset=True)
    if "service" in given:
        given["service_id"] = await _service(call, body.service)
    async with call.unit() as u:
        await _words(u, await lock(u, incident.id), given)
        if "reporter_contact" in given:
            await commands.set_reporter(u, incident.id, given["reporter_contact"])
        if "service_id" in given:
            await commands.set_service(u, incident.id, given["service_id"])
        if any(name in given for name in TIMES):
            known = await lock(u, incident.id)
            times = {name: given.get(name, getattr(known, name)) for name in TIMES}
            await commands.set_times(u, incident.id, **times)
    return await shown(call, await incident_of(call, key))


async def _words(u: Unit, incident: Incident, given: dict[str, Any]) -> None:
    """The same words again are no change."""
    if given.get("summary", incident.summary) != incident.summary:
        await commands.set_summary(u, incident.id, given["summary"])
    if given.get("impact", incident.impact) != incident.impact:
        await commands.set_impact(u, incident.id, given["impact"])


async def _service(call: Caller, name: str) -> UUID | None:
    if not name.strip():
        return None
    service = await service_by_name(call.db, name)
    if service is None:
        raise Invalid("service", f"There is no service named {name}.")
    return service.id


@router.post("/incidents/{key}/cancel")
async def cancel(call: Call, key: str, body: CancelBody | None = None) -> dict[str, Any]:
    """A false alarm: it is over, and nobody is asked for a postmortem."""
    incident = await incident_of(call, key)
    async with call.unit() as u:
        await commands.cancel(u, incident.id, body.why if body else "")
    return await shown(call, await incident_of(call, key))
