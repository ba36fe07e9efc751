"""Incidents that have to do with each other: merge, link, follow up, split."""

from typing import Any

from fastapi import APIRouter
from pydantic import BaseModel, Field

from tocsin.api.v1.auth import Call
from tocsin.api.v1.shown import incident_of, shown
from tocsin.incidents import bonds

router = APIRouter(tags=["Incidents"])


class MergeBody(BaseModel):
    """The incident where the work goes on, and why they are the same."""

    into: str = Field(max_length=60)
    why: str = Field("", max_length=1000)


class LinkBody(BaseModel):
    """Another incident, and what this one is to it."""

    other: str = Field(max_length=60)
    relation: str = Field("related", description="related, caused_by, duplicate_of, follows_up or split_from")


class FollowUpBody(BaseModel):
    """The new incident. With `entries` or linked `alerts` of this one it is split from it, without it follows up."""

    summary: str = Field(min_length=1, max_length=300)
    severity: int = Field(ge=1, le=3)
    entries: list[int] = Field([], max_length=50)
    alerts: list[int] = Field([], max_length=50, description="Numbers of alerts that go over to it.")


@router.post("/incidents/{key}/merge")
async def merge(call: Call, key: str, body: MergeBody) -> dict[str, Any]:
    """This one is over; its alerts and people go on in the other one. Reopening it undoes that."""
    incident = await incident_of(call, key)
    async with call.unit() as u:
        await bonds.merge(u, incident.id, await bonds.other(u, body.into), body.why)
    return await shown(call, await incident_of(call, key))


@router.post("/incidents/{key}/links")
async def link(call: Call, key: str, body: LinkBody) -> dict[str, Any]:
    """Says what it has to do with another one; both records say so."""
    incident = await incident_of(call, key)
    async with call.unit() as u:
        await bonds.relate(u, incident.id, await bonds.other(u, body.other), body.relation)
    return await shown(call, await incident_of(call, key))


@router.delete("/incidents/{key}/links/{other}")
async def unlink(call: Call, key: str, other: str) -> dict[str, Any]:
    """It has nothing to do with it after all."""
    incident = await incident_of(call, key)
    async with call.unit() as u:
        await bonds.unrelate(u, incident.id, await bonds.other(u, other))
    return await shown(call, await incident_of(call, key))


@router.post("/incidents/{key}/follow-ups", status_code=201)
async def follow_up(call: Call, key: str, body: FollowUpBody) -> dict[str, Any]:
    """Declares an incident that follows up on this one, or that part of this one turned out to be."""
    incident = await incident_of(call, key)
    async with call.unit() as u:
        if body.entries or body.alerts:
            made = await bonds.split(u, incident.id, body.summary, body.severity, body.entries, body.alerts)
        else:
            made = await bonds.follow_up(u, incident.id, body.summary, body.severity)
    return await shown(call, await incident_of(call, made))
