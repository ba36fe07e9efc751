"""Schedules: the whole of one, changing it without losing somebody else's change, archiving."""

from dataclasses import asdict
from typing import Any
from uuid import UUID

from fastapi import APIRouter
from fastapi.encoders import jsonable_encoder
from fastapi.responses import JSONResponse

from tocsin.api.v1.auth import Call, Caller
from tocsin.api.v1.oncall_bodies import ScheduleBody, ScheduleChangeBody
from tocsin.kernel.errors import Conflict, NotFound
from tocsin.oncall import commands, queries
from tocsin.oncall.differences import shown
from tocsin.oncall.model import Schedule
from tocsin.oncall.plans import draft_of_schedule

router = APIRouter(tags=["On-call"])


@router.get("/schedules")
async def list_schedules(call: Call) -> dict[str, Any]:
    """All schedules in use, each with the number of its layers."""
    layers = await queries.layer_counts(call.db)
    found = await queries.schedules(call.db)
    return {"schedules": [asdict(s) | {"layers": layers.get(s.id, 0)} for s in found]}


@router.post("/schedules", status_code=201)
async def create_schedule(call: Call, body: ScheduleBody) -> dict[str, Any]:
    """Creates a schedule and computes its shifts."""
    async with call.unit() as u:
        schedule_id = await commands.create_schedule(u, body.draft())
    return {"id": schedule_id}


@router.get("/schedules/{schedule_id}")
async def get_schedule(call: Call, schedule_id: UUID) -> dict[str, Any]:
    """One schedule whole, in the shape in which PUT takes it back."""
    schedule = await schedule_of(call, schedule_id)
    draft = await draft_of_schedule(call.db, schedule_id)
    if draft is None:
        raise NotFound("There is no such schedule.")
    head = {
        "id": schedule.id, "version": schedule.version, "not_computed": schedule.not_computed,
        "materialised_until": schedule.materialised_until,
    }  # fmt: skip
    return head | shown(draft, whole=call.actor.role in ("member", "admin"))


@router.put(
    "/schedules/{schedule_id}", responses={409: {"description": "Somebody else changed it meanwhile."}}
)
async def change_schedule(call: Call, schedule_id: UUID, body: ScheduleChangeBody) -> Any:
    """Replaces a schedule; `version` is the one that the change was made from. When somebody else was faster nothing is
    saved, and the answer (409) tells the version that is there now and `changes`: who changed what since yours. A layer
    with the id of a stored one is that layer, changed; the others are new, and who is missing is removed."""
    schedule = await schedule_of(call, schedule_id)
    try:
        async with call.unit() as u:
            version = await commands.change_schedule(u, schedule_id, body.version, body.draft())
    except Conflict as error:
        return await _conflict(call, schedule, body.version, str(error))
    return {"id": schedule_id, "version": version}


async def _conflict(call: Caller, schedule: Schedule, version: int, sentence: str) -> JSONResponse:
    changes = await queries.edits_since(call.db, schedule.id, version)
    now = await queries.schedule_by_id(call.db, schedule.id)
    since = "; ".join(f"{c.actor} changed {', '.join(c.what) or 'nothing'}" for c in changes)
    sentence = f"{sentence} Since then: {since}." if since else sentence
    body = {"error": sentence, "version": now.version if now else None, "changes": changes}
    return JSONResponse(jsonable_encoder(body), 409)


@router.delete("/schedules/{schedule_id}", status_code=204)
async def archive_schedule(call: Call, schedule_id: UUID) -> None:
    """Takes a schedule out of use; its past stays. 409 while an escalation policy pages it."""
    async with call.unit() as u:
        await commands.archive_schedule(u, schedule_id)


async def schedule_of(call: Caller, schedule_id: UUID) -> Schedule:
    """The schedule, if it is in use. Raises NotFound."""
    found = await queries.schedule_by_id(call.db, schedule_id)
    if found is None:
        raise NotFound("There is no such schedule.")
    return found
