"""Inside an incident: the record, lines and commands, roles, updates, the postmortem."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from fastapi import APIRouter
from fastapi.responses import PlainTextResponse
from pydantic import AwareDatetime, BaseModel, Field

from tocsin.api.v1.auth import Call
from tocsin.api.v1.shown import incident_of, shown
from tocsin.incidents import roles, updates
from tocsin.kernel.errors import NotFound
from tocsin.learning import queries as learning

router = APIRouter(tags=["Incidents"])


class UpdateBody(BaseModel):
    """An update in the handbook's shape. Without a time, the severity's cadence promises the next one."""

    audience: str = Field("stakeholders", pattern="^(responders|stakeholders|public)$")
    state: str = Field(min_length=1, max_length=2000)
    status_now: list[str] = Field([], max_length=10)
    next_steps: list[str] = Field([], max_length=10)
    unknowns: str = ""
    next_update_at: AwareDatetime | None = None
    next_update_in_minutes: int | None = Field(None, ge=1, le=10080)
    status: str | None = None
    title: str = Field("", max_length=200)
    components: dict[str, str] = Field({}, description="Component id to status, for the public page.")


class RoleBody(BaseModel):
    """Who holds the role from now on; absent: the caller takes it. `why`: needed when somebody else holds it, or when it is
    for others; to ask the other side first, offer it."""

    user_id: UUID | None = None
    why: str = Field("", max_length=500)


@router.put("/incidents/{key}/roles/{role}")
async def set_role(call: Call, key: str, role: str, body: RoleBody) -> dict[str, Any]:
    """Takes a role, or transfers it."""
    incident = await incident_of(call, key)
    async with call.unit() as u:
        if body.user_id is None or body.user_id == call.actor.id:
            await roles.take_role(u, incident.id, role, despite=body.why)
        else:
            await roles.transfer_role(u, incident.id, role, body.user_id, why=body.why)
    return await shown(call, await incident_of(call, key))


@router.post("/incidents/{key}/updates", status_code=201)
async def publish_update(call: Call, key: str, body: UpdateBody) -> dict[str, Any]:
    """Publishes an update to its audience and promises the next one."""
    incident = await incident_of(call, key)
    promised = body.next_update_at
    if body.next_update_in_minutes:
        promised = await call.db.clock() + timedelta(minutes=body.next_update_in_minutes)
    async with call.unit() as u:
        update_id = await updates.publish_update(
            u, incident.id, audience=body.audience, state=body.state, status_now=tuple(body.status_now),
            next_steps=tuple(body.next_steps), unknowns=body.unknowns, next_update_at=promised, status=body.status,
            title=body.title, components=body.components or None,
        )  # fmt: skip
    return {"id": update_id, "next_update_at": (await incident_of(call, key)).update_due_at}


class StillBody(BaseModel):
    """When the next update is due; absent: by the severity's cadence."""

    next_update_in_minutes: int | None = Field(None, ge=1, le=10080)


@router.post("/incidents/{key}/still", status_code=201)
async def still_true(call: Call, key: str, body: StillBody | None = None) -> dict[str, Any]:
    """The last update still holds: says so to its audience and promises the next one."""
    incident = await incident_of(call, key)
    async with call.unit() as u:
        update_id = await updates.still_true(u, incident.id, body.next_update_in_minutes if body else None)
    return {"id": update_id, "next_update_at": (await incident_of(call, key)).update_due_at}


@router.get("/incidents/{key}/postmortem.md", response_class=PlainTextResponse)
async def postmortem(call: Call, key: str) -> str:
    """The postmortem as Markdown."""
    incident = await incident_of(call, key)
    text = await learning.markdown_of(call.db, incident)
    if text is None:
        raise NotFound("This incident has no postmortem yet.")
    return text
