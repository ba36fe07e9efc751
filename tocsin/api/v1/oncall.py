"""Who is on call, schedules and overrides."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import AwareDatetime

from tocsin.api.v1.auth import Call
from tocsin.api.v1.oncall_bodies import OverrideBody, RangeBody, ScheduleBody
from tocsin.kernel.errors import NotFound
from tocsin.oncall import commands, cover, queries
from tocsin.oncall.model import OnCall

router = APIRouter(tags=["On-call"])


@router.get("/on-call")
async def on_call(call: Call, at: Annotated[datetime | None, Query()] = None) -> dict[str, Any]:
    """Who is on call now, or at a moment: one row per schedule, `user` null where nobody is."""
    found = await (queries.on_call_at(call.db, at) if at else queries.on_call_now(call.db))
    return {"on_call": [_row(o) for o in found]}


@router.get("/schedules")
async def list_schedules(call: Call) -> dict[str, Any]:
    """All schedules in use."""
    return {"schedules": await queries.schedules(call.db)}


@router.post("/schedules", status_code=201)
async def create_schedule(call: Call, body: ScheduleBody) -> dict[str, Any]:
    """Creates a schedule and computes its shifts."""
    async with call.unit() as u:
        schedule_id = await commands.create_schedule(u, body.draft())
    return {"id": schedule_id}


@router.get("/schedules/{schedule_id}/shifts")
async def shifts(call: Call, schedule_id: UUID, start: AwareDatetime, end: AwareDatetime) -> dict[str, Any]:
    """The final shifts that touch a range."""
    if await queries.schedule_by_id(call.db, schedule_id) is None:
        raise NotFound("There is no such schedule.")
    return {"shifts": await queries.shifts_between(call.db, schedule_id, start, end)}


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


@router.post("/schedules/{schedule_id}/take", status_code=201)
async def take_shift(call: Call, schedule_id: UUID, body: RangeBody) -> dict[str, Any]:
    """Takes somebody's shift, or a part of it, oneself."""
    async with call.unit() as u:
        override_id = await cover.take_shift(u, schedule_id, body.holder_id, body.starts_at, body.ends_at)
    return {"id": override_id}


@router.delete("/schedules/{schedule_id}/overrides/{override_id}", status_code=204)
async def remove_override(call: Call, schedule_id: UUID, override_id: UUID) -> None:
    """Takes an override back, from now on."""
    async with call.unit() as u:
        await cover.remove_override(u, schedule_id, override_id)


def _row(o: OnCall) -> dict[str, Any]:
    return {
        "schedule_id": o.schedule_id, "schedule": o.schedule_name, "user_id": o.user_id, "user": o.user_name,
        "time_zone": o.time_zone, "starts_at": o.starts_at, "ends_at": o.ends_at,
    }  # fmt: skip
