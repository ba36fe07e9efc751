"""Who is on call: now, at any moment, next, and in a range."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import AwareDatetime

from tocsin.api.v1.auth import Call
from tocsin.api.v1.schedules import schedule_of
from tocsin.kernel.errors import NotFound
from tocsin.oncall import queries
from tocsin.oncall.final import final_between, on_call_at
from tocsin.oncall.model import OnCall

router = APIRouter(tags=["On-call"])
OfSchedule = Annotated[UUID | None, Query(description="Only this schedule.")]


@router.get("/on-call")
async def on_call(
    call: Call,
    at: Annotated[AwareDatetime | None, Query(description="Another moment, up to five years ahead.")] = None,
    schedule: OfSchedule = None,
) -> dict[str, Any]:
    """Who is on call now, or at a moment: a row per schedule, `user` null where nobody is; several rows where people are
    on call together. `planned` is who the shift is meant for while its hand-off waits to be accepted."""
    found = await (on_call_at(call.db, at, schedule) if at else queries.on_call_now(call.db, schedule))
    return {"on_call": [_row(o) for o in _known(found, schedule)]}


@router.get("/on-call/next")
async def on_call_next(call: Call, schedule: OfSchedule = None) -> dict[str, Any]:
    """Whose shift begins next in each schedule; several rows where they begin together. A schedule without is missing."""
    if schedule:
        _known(await queries.on_call_now(call.db, schedule), schedule)
    return {"next": [_row(o) for o in await queries.next_up(call.db, schedule)]}


@router.get("/schedules/{schedule_id}/shifts")
async def shifts(call: Call, schedule_id: UUID, start: AwareDatetime, end: AwareDatetime) -> dict[str, Any]:
    """The stored shifts that touch a range, whole; about 120 days ahead are stored."""
    await schedule_of(call, schedule_id)
    return {"shifts": await queries.shifts_between(call.db, schedule_id, start, end)}


@router.get("/schedules/{schedule_id}/final")
async def final(call: Call, schedule_id: UUID, start: AwareDatetime, end: AwareDatetime) -> dict[str, Any]:
    """Who is on call from `start` to `end` (a year at most, up to five years ahead), clipped to the range: layers and
    overrides together. The past is as it was, the future as it is planned now."""
    return {"final": await final_between(call.db, schedule_id, start, end)}


def _known(found: list[OnCall], schedule: UUID | None) -> list[OnCall]:
    if schedule and not found:
        raise NotFound("There is no such schedule.")
    return found


def _row(o: OnCall) -> dict[str, Any]:
    return {
        "schedule_id": o.schedule_id, "schedule": o.schedule_name, "user_id": o.user_id, "user": o.user_name,
        "time_zone": o.time_zone, "starts_at": o.starts_at, "ends_at": o.ends_at,
        "planned_user_id": o.planned_user_id, "planned": o.planned_user_name,
    }  # fmt: skip
