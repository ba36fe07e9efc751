"""A leave covered at once, and a schedule's history with undo."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import AwareDatetime, Field

from tocsin.api.v1.auth import Call, Caller
from tocsin.api.v1.oncall_bodies import OverrideBody, Strict
from tocsin.api.v1.schedules import schedule_of
from tocsin.kernel.errors import Forbidden, NotFound
from tocsin.oncall import cover
from tocsin.oncall.history import Change, differences_of, history
from tocsin.oncall.leave import LeaveShift, leave_suggestions
from tocsin.oncall.undo import undo_change

router = APIRouter(tags=["On-call"])


class LeaveBody(Strict):
    """Who takes which shifts, per schedule. Without `user_id` the leave is one's own. `replaces` is theirs anyway."""

    covers: dict[UUID, Annotated[list[OverrideBody], Field(max_length=500)]]
    user_id: UUID | None = None
    reason: str = Field("", max_length=200)


@router.get("/leave")
async def preview_leave(
    call: Call, start: AwareDatetime, end: AwareDatetime, user_id: UUID | None = None
) -> dict[str, Any]:
    """All shifts of a person in a range, in every schedule, each with who could cover it: the best first, and `choice`
    for whom to take unless somebody knows better."""
    found = await leave_suggestions(call.db, _person(call, user_id), start, end)
    return {"shifts": [_leave_shift(each) for each in found]}


@router.post("/leave", status_code=201)
async def cover_leave(call: Call, body: LeaveBody) -> dict[str, Any]:
    """Covers a leave: all of it or nothing."""
    covers = {schedule: [each.draft() for each in drafts] for schedule, drafts in body.covers.items()}
    async with call.unit() as u:
        batch = await cover.cover_leave(u, _person(call, body.user_id), covers, body.reason)
    return {"batch": batch}


@router.get("/schedules/{schedule_id}/history")
async def schedule_history(
    call: Call,
    schedule_id: UUID,
    before: Annotated[int | None, Query(ge=1, le=2**31 - 1)] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> dict[str, Any]:
    """What happened to a schedule, the newest first; `before` asks for changes with a lower number."""
    await schedule_of(call, schedule_id)
    changes = await history(call.db, schedule_id, before, limit)
    differences = await differences_of(call.db, changes)
    return {"changes": [_change(c) | {"differences": differences.get(c.entry.seq, [])} for c in changes]}


@router.post("/schedules/{schedule_id}/history/{seq}/undo", status_code=204)
async def undo(call: Call, schedule_id: UUID, seq: int) -> None:
    """Undoes one change from now on; the past stays. 409 when a later edit builds on it, or it is over."""
    if not 1 <= seq < 2**31:
        raise NotFound("There is no such change.")
    async with call.unit() as u:
        await undo_change(u, schedule_id, seq)


def _person(call: Caller, user_id: UUID | None) -> UUID:
    person = user_id or call.actor.id
    if person is None:
        raise Forbidden("This token is nobody's: name the person with user_id.")
    return person


def _leave_shift(shift: LeaveShift) -> dict[str, Any]:
    found = shift.suggestion
    candidates = [
        {
            "user_id": c.user_id, "name": c.name, "time_zone": c.time_zone, "in_schedule": c.stands,
            "busy": c.busy, "hours": round(c.load.total_seconds() / 3600, 2), "at_work": c.at_work,
        }
        for c in found.candidates
    ]  # fmt: skip
    return {
        "schedule_id": found.schedule_id, "schedule": shift.schedule_name, "starts_at": found.starts_at,
        "ends_at": found.ends_at, "choice": found.choice, "candidates": candidates,
    }  # fmt: skip


def _change(change: Change) -> dict[str, Any]:
    entry = change.entry
    return {
        "seq": entry.seq, "at": entry.happened_at, "actor": entry.actor, "door": entry.door, "kind": entry.kind,
        "text": change.kind.sentence(), "undone": change.undone, "undoable": change.undoable,
    }  # fmt: skip
