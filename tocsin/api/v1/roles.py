"""The roles of incidents: what there is, and who may take it."""

from dataclasses import asdict
from typing import Any
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel, Field

from tocsin.api.v1.auth import Call
from tocsin.incidents import role_definitions
from tocsin.incidents.role_definitions import RoleDraft

router = APIRouter(tags=["Roles"])


class RoleDefinitionBody(BaseModel):
    """A role. With `named` only members of the teams and the people may take it, unless there is a reason."""

    title: str = Field(min_length=1, max_length=60)
    instructions: str = Field("", max_length=5000)
    named: bool = False
    team_ids: list[UUID] = Field([], max_length=100)
    user_ids: list[UUID] = Field([], max_length=500)

    def draft(self) -> RoleDraft:
        return RoleDraft(self.title, self.instructions, self.named, self.team_ids, self.user_ids)


@router.get("/roles")
async def list_roles(call: Call) -> dict[str, Any]:
    """The roles that can be taken, in their order."""
    return {"roles": [asdict(d) | {"for": d.allowed} for d in await role_definitions.definitions(call.db)]}


@router.post("/roles", status_code=201)
async def define(call: Call, body: RoleDefinitionBody) -> dict[str, Any]:
    """A role of the organisation's own; `name` is what the record calls it."""
    async with call.unit() as u:
        name = await role_definitions.define(u, body.draft())
    return {"name": name}


@router.put("/roles/{name}")
async def change(call: Call, name: str, body: RoleDefinitionBody) -> dict[str, Any]:
    """Its title, its instructions, and who may take it."""
    async with call.unit() as u:
        await role_definitions.change_role(u, name, body.draft())
    return await list_roles(call)


@router.delete("/roles/{name}")
async def put_away(call: Call, name: str) -> dict[str, Any]:
    """Nobody takes it any more."""
    async with call.unit() as u:
        await role_definitions.put_away(u, name)
    return await list_roles(call)
