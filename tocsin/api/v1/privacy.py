"""Who may see a private incident."""

from dataclasses import asdict
from typing import Any
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel, Field

from tocsin.api.v1.auth import Call, Caller
from tocsin.api.v1.shown import incident_of
from tocsin.incidents import privacy
from tocsin.incidents.model import Incident

router = APIRouter(tags=["Incidents"])


class PrivateBody(BaseModel):
    """Why it is made private."""

    why: str = Field("", max_length=1000)


class PublicBody(BaseModel):
    """`sure`: everybody will read all that was said so far."""

    sure: bool = False
    why: str = Field("", max_length=1000)


async def _seen_by(call: Caller, incident: Incident) -> dict[str, Any]:
    people = await privacy.members(call.db, incident.id)
    return {
        "private": incident.private,
        "people": [{"id": p.id, "name": p.name} for p in people],
        "teams": [asdict(t) for t in await privacy.teams(call.db, incident.id)],
    }


@router.get("/incidents/{key}/members")
async def members(call: Call, key: str) -> dict[str, Any]:
    """Who was let into a private incident: people and teams. Those with a role see it too."""
    return await _seen_by(call, await incident_of(call, key))


@router.put("/incidents/{key}/members/{user_id}")
async def let_in(call: Call, key: str, user_id: UUID) -> dict[str, Any]:
    """Lets somebody see it."""
    incident = await incident_of(call, key)
    async with call.unit() as u:
        await privacy.add_member(u, incident.id, user_id)
    return await _seen_by(call, incident)


@router.delete("/incidents/{key}/members/{user_id}")
async def take_out(call: Call, key: str, user_id: UUID) -> dict[str, Any]:
    """They see it no more, at once."""
    incident = await incident_of(call, key)
    async with call.unit() as u:
        await privacy.remove_member(u, incident.id, user_id)
    return {} if user_id == call.actor.id else await _seen_by(call, incident)


@router.put("/incidents/{key}/teams/{team_id}")
async def let_team_in(call: Call, key: str, team_id: UUID) -> dict[str, Any]:
    """Lets the members of a team see it, while they are members."""
    incident = await incident_of(call, key)
    async with call.unit() as u:
        await privacy.let_team_in(u, incident.id, team_id)
    return await _seen_by(call, incident)


@router.delete("/incidents/{key}/teams/{team_id}")
async def take_team_out(call: Call, key: str, team_id: UUID) -> dict[str, Any]:
    """Its members see it no more, unless they are named themselves."""
    incident = await incident_of(call, key)
    async with call.unit() as u:
        await privacy.remove_team(u, incident.id, team_id)
    return {}


@router.post("/incidents/{key}/private")
async def make_private(call: Call, key: str, body: PrivateBody | None = None) -> dict[str, Any]:
    """Only those who take part see it from now on, and whom they let in."""
    incident = await incident_of(call, key)
    async with call.unit() as u:
        await privacy.make_private(u, incident.id, body.why if body else "")
    return await _seen_by(call, await incident_of(call, key))


@router.post("/incidents/{key}/public")
async def make_public(call: Call, key: str, body: PublicBody) -> dict[str, Any]:
    """Everybody who can sign in sees it from now on, all of its record too."""
    incident = await incident_of(call, key)
    async with call.unit() as u:
        await privacy.make_public(u, incident.id, sure=body.sure, why=body.why)
    return await _seen_by(call, await incident_of(call, key))
