"""Services, integrations and escalation policies."""

from typing import Any
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel, Field

from tocsin.api.v1.auth import Call
from tocsin.catalog import commands, queries
from tocsin.paging import commands as paging_commands
from tocsin.paging import queries as paging
from tocsin.paging.model import StepDraft

router = APIRouter(tags=["Catalog"])


class ServiceBody(BaseModel):
    """Something that can break."""

    name: str = Field(min_length=1, max_length=100)
    description: str = Field("", max_length=10000)
    tier: int = Field(3, ge=1, le=4)
    team_id: UUID | None = None
    escalation_policy_id: UUID | None = None
    runbook_url: str = Field("", max_length=2000)


class IntegrationBody(BaseModel):
    """An inbound source."""

    name: str = Field(min_length=1, max_length=100)
    format: str = Field(description="generic, alertmanager or opsgenie")
    service_id: UUID | None = None


class StepBody(BaseModel):
    """Whom to page, so many seconds after the start."""

    delay_s: int = Field(0, ge=0, le=604800)
    users: list[UUID] = []
    schedules: list[UUID] = []


class PolicyBody(BaseModel):
    """Whom to page, in what order."""

    name: str = Field(min_length=1, max_length=100)
    team_id: UUID | None = None
    repeats: int = Field(2, ge=0, le=20)
    repeat_after_s: int = Field(300, ge=60, le=86400)
    steps: list[StepBody] = Field(min_length=1, max_length=20)


@router.get("/services")
async def list_services(call: Call) -> dict[str, Any]:
    """All services in use."""
    return {"services": await queries.services(call.db)}


@router.post("/services", status_code=201)
async def create_service(call: Call, body: ServiceBody) -> dict[str, Any]:
    """Creates a service."""
    async with call.unit() as u:
        fields = body.model_dump(exclude={"name"})
        service_id = await commands.create_service(u, body.name, **fields)
    return {"id": service_id}


@router.get("/integrations")
async def list_integrations(call: Call) -> dict[str, Any]:
    """All integrations, without their keys."""
    return {"integrations": await queries.integrations(call.db)}


@router.post("/integrations", status_code=201)
async def create_integration(call: Call, body: IntegrationBody) -> dict[str, Any]:
    """Creates an integration; the answer holds its key, which is not shown again."""
    async with call.unit() as u:
        return await commands.create_integration(u, body.name, format=body.format, service_id=body.service_id)


@router.get("/escalation-policies")
async def list_policies(call: Call) -> dict[str, Any]:
    """All escalation policies with their steps."""
    return {"escalation_policies": await paging.policies(call.db)}


@router.post("/escalation-policies", status_code=201)
async def create_policy(call: Call, body: PolicyBody) -> dict[str, Any]:
    """Creates an escalation policy."""
    steps = [StepDraft(s.delay_s, tuple(s.users), tuple(s.schedules)) for s in body.steps]
    async with call.unit() as u:
        policy_id = await paging_commands.create_policy(
            u,
            body.name,
            team_id=body.team_id,
            repeats=body.repeats,
            repeat_after_s=body.repeat_after_s,
            steps=steps,
        )
    return {"id": policy_id}
