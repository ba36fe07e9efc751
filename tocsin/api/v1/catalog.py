"""Services and integrations."""

from typing import Any
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel, Field

from tocsin.api.v1.auth import Call
from tocsin.catalog import commands, queries

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
