"""Who takes part in an incident: on it, watching, invited, released."""

from typing import Any
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel, Field

from tocsin.api.v1.auth import Call
from tocsin.api.v1.shown import incident_of
from tocsin.duty.room_people import Person, people_of
from tocsin.incidents import parts, people

router = APIRouter(tags=["Incidents"])


class PartBody(BaseModel):
    """How the caller takes part."""

    part: str = Field(pattern="^(on_it|watching|left)$")


class InviteBody(BaseModel):
    """Whom to ask, and what for."""

    user_id: UUID
    why: str = Field("", max_length=500)


class ReleaseBody(BaseModel):
    """Words of thanks."""

    thanks: str = Field("", max_length=500)


@router.get("/incidents/{key}/people")
async def list_people(call: Call, key: str) -> dict[str, Any]:
    """Everybody in the room, those with roles first."""
    incident = await incident_of(call, key)
    return {"people": [_person(p) for p in await people_of(call.db, incident.id)]}


def _person(p: Person) -> dict[str, Any]:
    return {
        "user_id": p.user_id, "name": p.name, "time_zone": p.time_zone, "part": p.part, "since": p.since,
        "roles": p.roles, "on_call_since": p.on_call_since, "pages_this_week": p.pages_week, "present": p.here,
        "last_at": p.last_at, "invited_by": p.invited_by,
    }  # fmt: skip


@router.put("/incidents/{key}/people/me")
async def take_part(call: Call, key: str, body: PartBody) -> dict[str, Any]:
    """On it, watching, or left."""
    incident = await incident_of(call, key)
    does = {"on_it": parts.join, "watching": parts.watch, "left": people.leave}[body.part]
    async with call.unit() as u:
        await does(u, incident.id)
    return await list_people(call, key)


@router.post("/incidents/{key}/invitations", status_code=201)
async def invite(call: Call, key: str, body: InviteBody) -> dict[str, Any]:
    """Asks somebody to come; they get a message with a link."""
    incident = await incident_of(call, key)
    async with call.unit() as u:
        await parts.invite(u, incident.id, body.user_id, why=body.why)
    return await list_people(call, key)


@router.post("/incidents/{key}/people/{user_id}/release")
async def release(call: Call, key: str, user_id: UUID, body: ReleaseBody | None = None) -> dict[str, Any]:
    """Sends somebody off with thanks."""
    incident = await incident_of(call, key)
    async with call.unit() as u:
        await parts.release(u, incident.id, user_id, thanks=body.thanks if body else "")
    return await list_people(call, key)


@router.post("/incidents/{key}/release-watchers")
async def release_watchers(call: Call, key: str) -> dict[str, Any]:
    """Sends off everybody who only watches."""
    incident = await incident_of(call, key)
    async with call.unit() as u:
        return {"released": await parts.release_watchers(u, incident.id)}
