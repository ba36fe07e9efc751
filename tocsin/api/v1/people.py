"""Oneself, users and teams."""

from typing import Any
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel, Field

from tocsin.api.v1.auth import Call
from tocsin.people import commands, queries
from tocsin.people.model import PagingRule

router = APIRouter(tags=["People"])


class InviteBody(BaseModel):
    """Somebody who gets a link to set a password."""

    email: str = Field(min_length=3, max_length=254)
    name: str = Field(min_length=1, max_length=200)
    role: str = Field("member", pattern="^(admin|member|viewer)$")
    time_zone: str = "UTC"


class TeamBody(BaseModel):
    """A team."""

    name: str = Field(min_length=1, max_length=100)
    description: str = ""
    members: list[UUID] = []


class PagingRuleBody(BaseModel):
    """How a team is paged when a policy names it. On call means everybody while the team has no schedule."""

    paging_rule: PagingRule


@router.get("/me")
async def me(call: Call) -> dict[str, Any]:
    """Who the token belongs to, and what it may do."""
    actor = call.actor
    return {
        "id": actor.id,
        "name": actor.name,
        "kind": actor.kind,
        "role": actor.role,
        "scopes": sorted(actor.scopes),
    }


@router.get("/users")
async def list_users(call: Call) -> dict[str, Any]:
    """Everybody, without secrets."""
    return {"users": await queries.users(call.db)}


@router.post("/users", status_code=201)
async def invite(call: Call, body: InviteBody) -> dict[str, Any]:
    """Invites somebody by mail."""
    async with call.unit() as u:
        user_id = await commands.invite(u, body.email, body.name, role=body.role, time_zone=body.time_zone)
    return {"id": user_id}


@router.get("/teams")
async def list_teams(call: Call) -> dict[str, Any]:
    """All teams."""
    return {"teams": await queries.teams(call.db)}


@router.post("/teams", status_code=201)
async def create_team(call: Call, body: TeamBody) -> dict[str, Any]:
    """Creates a team with its members."""
    async with call.unit() as u:
        team_id = await commands.create_team(u, body.name, body.description)
        for user_id in body.members:
            await commands.add_member(u, team_id, user_id)
    return {"id": team_id}


@router.put("/teams/{team_id}/paging-rule", status_code=204)
async def set_paging_rule(call: Call, team_id: UUID, body: PagingRuleBody) -> None:
    """How the team is paged when a policy names it; by its administrators and the organisation's."""
    async with call.unit() as u:
        await commands.set_paging_rule(u, team_id, body.paging_rule)
