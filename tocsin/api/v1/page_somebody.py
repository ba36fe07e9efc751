"""Paging somebody by name, and whom that would wake."""

from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import Field

from tocsin.api.v1.auth import Call
from tocsin.api.v1.oncall_bodies import Strict
from tocsin.api.v1.shown import incident_of
from tocsin.edge.templates import clock_face
from tocsin.incidents import paged
from tocsin.paging import direct

router = APIRouter(tags=["Alerts"])
Target = Annotated[
    str,
    Query(
        max_length=200, description="A person (name or mail), schedule, team, service or escalation policy."
    ),
]


class PageBody(Strict):
    """Whom, and what about, in one line."""

    target: str = Field(
        min_length=1,
        max_length=200,
        description="A person (name or mail), schedule, team, service or escalation policy.",
    )
    message: str = Field("", max_length=500, description="Needed, except from an incident.")
    priority: str = Field("P2", pattern="^P[1-5]$")
    incident: str = Field(
        "", max_length=40, description="Key of the incident that it is for: it is linked and told there."
    )


@router.post("/pages", status_code=201)
async def send_page(call: Call, body: PageBody) -> dict[str, Any]:
    """Pages whoever goes by the name, at once: an alert whose ledger tells how it goes. A name that fits several is refused with
    the candidates, and nobody is paged."""
    priority = int(body.priority[1])
    incident = await incident_of(call, body.incident) if body.incident else None
    async with call.unit() as u:
        if incident:
            sent = await paged.page(u, incident.id, body.target, body.message, priority=priority)
        else:
            sent = await direct.send_page(u, body.target, body.message, priority=priority)
    return sent | {
        "sentence": direct.sentence(sent),
        "url": f"{call.site.settings.url}/alerts/{sent['number']}",
    }


@router.get("/pages/preview")
async def preview_page(
    call: Call, target: Target, priority: Annotated[int, Query(ge=1, le=5)] = 2
) -> dict[str, Any]:
    """What a name means, and whom a page to it would wake now, each with the time on their clock."""
    found = await direct.whom(call.db, target, priority)
    now = await call.db.clock()
    people = [
        {"id": w.id, "name": w.name, "time_zone": w.time_zone, "reason": w.reason, "reachable": w.reachable,
         "local_time": clock_face(w.time_zone, now) if w.time_zone else ""}
        for w in found.people
    ]  # fmt: skip
    return {
        "target": {"kind": found.target.kind, "id": found.target.id, "name": found.target.name},
        "people": people,
    }
