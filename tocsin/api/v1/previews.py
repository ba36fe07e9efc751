"""Before it is saved: what a draft of a schedule would bring; and what is wrong with one that is stored."""

from datetime import datetime, timedelta
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import AwareDatetime

from tocsin.api.v1.auth import Call, Caller
from tocsin.api.v1.oncall_bodies import ScheduleBody
from tocsin.api.v1.schedules import schedule_of
from tocsin.kernel.errors import Conflict
from tocsin.oncall.checkup import checkup
from tocsin.oncall.clocks import later
from tocsin.oncall.preview import Preview, preview

router = APIRouter(tags=["On-call"])
AHEAD = timedelta(weeks=4)
Moment = Annotated[
    AwareDatetime | None, Query(description="From now, four weeks ahead, unless told otherwise.")
]


@router.post("/schedules/preview")
async def preview_new(
    call: Call, body: ScheduleBody, start: Moment = None, end: Moment = None
) -> dict[str, Any]:
    """What a new schedule would bring: `final` shifts of the range and `findings` for a year. Nothing is saved."""
    return _shown(await preview(call.db, body.draft(), *await _range(call, start, end)))


@router.post("/schedules/{schedule_id}/preview")
async def preview_change(
    call: Call, schedule_id: UUID, body: ScheduleBody, start: Moment = None, end: Moment = None
) -> dict[str, Any]:
    """What a changed schedule would bring: `final` shifts of the range, `changes` against what is stored (whose shifts
    move), and `findings` for a year. Nothing is saved."""
    await schedule_of(call, schedule_id)
    return _shown(await preview(call.db, body.draft(), *await _range(call, start, end), schedule_id))


@router.get("/schedules/{schedule_id}/findings")
async def list_findings(call: Call, schedule_id: UUID) -> dict[str, Any]:
    """What is wrong with a schedule, or will be within 52 weeks: gaps, empty shifts, too many nights, and more."""
    schedule = await schedule_of(call, schedule_id)
    try:
        return {"findings": await checkup(call.db, schedule_id)}
    except ValueError as error:
        raise Conflict(f"{schedule.name} cannot be computed: {error}") from error


async def _range(call: Caller, start: datetime | None, end: datetime | None) -> tuple[datetime, datetime]:
    start = start or await call.db.clock()
    return start, end or later(start, AHEAD)


def _shown(found: Preview) -> dict[str, Any]:
    return {"final": found.final, "changes": found.changes, "findings": found.findings}
