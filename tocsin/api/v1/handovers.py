"""Handing a shift over: what is open, what waits to be accepted, and notes."""

from typing import Any
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel

from tocsin.api.v1.auth import Call, Caller
from tocsin.duty import handover
from tocsin.duty.handover_brief import brief_now
from tocsin.duty.handover_model import Handover
from tocsin.duty.handover_queries import handover_by_id, handovers, sent_brief
from tocsin.kernel.errors import NotFound
from tocsin.oncall.queries import schedule_by_id

router = APIRouter(tags=["On-call"])


class NoteBody(BaseModel):
    """What the next person should know; at most 2000 characters."""

    text: str


@router.get("/schedules/{schedule_id}/handover")
async def get_handover(call: Call, schedule_id: UUID) -> dict[str, Any]:
    """What is open now as far as the caller may see it; handovers that are prepared, and those of the last thirty days, the
    latest first. `waits`: not accepted yet; `held_back`: the previous person is paged until it is."""
    if await schedule_by_id(call.db, schedule_id) is None:
        raise NotFound("There is no such schedule.")
    brief = await brief_now(call.db, schedule_id, call.actor.id)
    found = await handovers(call.db, schedule_id, past=True)
    return {"schedule_id": schedule_id, "brief": brief, "handovers": [_shown(h) for h in found]}


@router.get("/handovers")
async def list_handovers(call: Call, waiting: bool = False) -> dict[str, Any]:
    """Handovers to the caller that are prepared or under way; `waiting`: only those that wait to be accepted."""
    found = await handovers(call.db, None, call.actor.id) if call.actor.id else []
    return {"handovers": [_shown(h) for h in found if h.waits or not waiting]}


@router.get("/handovers/{handover_id}")
async def get_one_handover(call: Call, handover_id: UUID) -> dict[str, Any]:
    """One handover; to whom it is made also with the brief that was sent."""
    return await _handover(call, handover_id)


@router.post("/handovers/{handover_id}/accept")
async def accept_handover(call: Call, handover_id: UUID) -> dict[str, Any]:
    """Takes the pager; a manager accepts for the incoming person. 409 when the schedule changed or the shift is over."""
    async with call.unit() as u:
        await handover.accept(u, handover_id)
    return await _handover(call, handover_id)


@router.post("/schedules/{schedule_id}/notes", status_code=201)
async def add_note(call: Call, schedule_id: UUID, body: NoteBody) -> dict[str, Any]:
    """Leaves a note for whoever is on call next; it stands in every brief until it is done."""
    async with call.unit() as u:
        return {"id": await handover.add_note(u, schedule_id, body.text)}


@router.post("/shift-notes/{note_id}/done", status_code=204)
async def finish_note(call: Call, note_id: UUID) -> None:
    """Takes a note out of the brief."""
    async with call.unit() as u:
        await handover.finish_note(u, note_id)


async def _handover(call: Caller, handover_id: UUID) -> dict[str, Any]:
    found = await handover_by_id(call.db, handover_id)
    if found is None:
        raise NotFound("There is no such handover.")
    own = found.to_user_id == call.actor.id
    return _shown(found) | ({"brief": await sent_brief(call.db, handover_id)} if own else {})


def _shown(h: Handover) -> dict[str, Any]:
    return {
        "id": h.id, "schedule_id": h.schedule_id, "schedule": h.schedule_name, "track": h.track,
        "from_user_id": h.from_user_id, "from": h.from_name, "to_user_id": h.to_user_id, "to": h.to_name,
        "starts_at": h.starts_at, "ends_at": h.ends_at, "needs_acceptance": h.needs_acceptance, "waits": h.waits,
        "held_back": h.held_back, "stands": h.stands, "asked": h.asked, "accepted_at": h.accepted_at,
        "accepted_by": h.accepted_name,
    }  # fmt: skip
