"""Somebody else for a while: overrides, and taking a shift."""

from datetime import timedelta
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import AwareDatetime

from tocsin.api.v1.auth import Call
from tocsin.api.v1.oncall_bodies import OverrideBody, RangeBody
from tocsin.api.v1.schedules import schedule_of
from tocsin.oncall import cover, queries
from tocsin.oncall.clocks import later

router = APIRouter(tags=["On-call"])
AHEAD = timedelta(days=366)
Moment = Annotated[AwareDatetime | None, Query()]


@router.get("/schedules/{schedule_id}/overrides")
async def list_overrides(
    call: Call, schedule_id: UUID, start: Moment = None, end: Moment = None
) -> dict[str, Any]:
    """Overrides that touch a range: from now on, a year ahead, unless told otherwise."""
    await schedule_of(call, schedule_id)
    start = start or await call.db.clock()
    found = await queries.overrides_between(call.db, schedule_id, start, end or later(start, AHEAD))
    return {"overrides": found}


@router.post("/schedules/{schedule_id}/overrides", status_code=201)
async def add_override(call: Call, schedule_id: UUID, body: OverrideBody) -> dict[str, Any]:
    """Puts somebody on call for a range."""
    async with call.unit() as u:
        override_id = await cover.add_override(
            u,
            schedule_id,
            body.user_id,
            body.starts_at,
            body.ends_at,
            replaces=body.replaces,
            reason=body.reason,
        )
    return {"id": override_id}


@router.delete("/schedules/{schedule_id}/overrides/{override_id}", status_code=204)
async def remove_override(call: Call, schedule_id: UUID, override_id: UUID) -> None:
    """Takes an override back, from now on."""
    async with call.unit() as u:
        await cover.remove_override(u, schedule_id, override_id)


@router.post("/schedules/{schedule_id}/take", status_code=201)
async def take_shift(call: Call, schedule_id: UUID, body: RangeBody) -> dict[str, Any]:
    """Takes somebody's shift, or a part of it, oneself."""
    async with call.unit() as u:
        override_id = await cover.take_shift(u, schedule_id, body.holder_id, body.starts_at, body.ends_at)
    return {"id": override_id}
