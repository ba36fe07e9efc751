"""Cover: asking somebody to take a shift, and answering."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import AwareDatetime, Field

from tocsin.api.v1.auth import Call, Caller
from tocsin.api.v1.oncall_bodies import Strict
from tocsin.kernel.errors import NotFound
from tocsin.oncall import swap_queries, swaps
from tocsin.oncall.model import Swap
from tocsin.oncall.swaps import SwapDraft

router = APIRouter(tags=["On-call"])


class AskBody(Strict):
    """What is asked. Without `to_user_id` everybody who stands in the schedule is; `from_user_id` is for managers."""

    starts_at: AwareDatetime
    ends_at: AwareDatetime
    to_user_id: UUID | None = None
    from_user_id: UUID | None = None
    return_starts_at: AwareDatetime | None = None
    return_ends_at: AwareDatetime | None = None
    note: str = Field("", max_length=500)

    def draft(self) -> SwapDraft:
        """As the domain takes it."""
        return SwapDraft(
            self.starts_at, self.ends_at, self.to_user_id, self.from_user_id, self.return_starts_at,
            self.return_ends_at, self.note,
        )  # fmt: skip


class AnswerBody(Strict):
    """`as_user`: a manager answers for somebody who is away."""

    as_user: UUID | None = None


@router.get("/swaps")
async def list_swaps(
    call: Call, schedule_id: UUID | None = None, waiting: Annotated[bool, Query()] = False
) -> dict[str, Any]:
    """Requests to take a shift: open ones by their start, then those of the last thirty days. `waiting`: only those that
    wait for the caller's answer."""
    found = await swap_queries.swaps(call.db, schedule_id)
    return {"swaps": [_shown(s) for s in found if not waiting or call.actor.id in s.waits_for_ids]}


@router.get("/swaps/{swap_id}")
async def get_swap(call: Call, swap_id: UUID) -> dict[str, Any]:
    """One request."""
    return await _swap(call, swap_id)


@router.post("/schedules/{schedule_id}/swaps", status_code=201)
async def ask_swap(call: Call, schedule_id: UUID, body: AskBody) -> dict[str, Any]:
    """Asks one person, or everybody in the schedule, to take a range; perhaps for one in return."""
    async with call.unit() as u:
        swap_id = await swaps.ask(u, schedule_id, body.draft())
    return await _swap(call, swap_id)


@router.post("/swaps/{swap_id}/accept")
async def accept_swap(call: Call, swap_id: UUID, body: AnswerBody | None = None) -> dict[str, Any]:
    """Takes the shift; both directions of a swap at once. 409 when somebody else was faster or the schedule changed."""
    async with call.unit() as u:
        await swaps.accept(u, swap_id, as_user=body.as_user if body else None)
    return await _swap(call, swap_id)


@router.post("/swaps/{swap_id}/decline")
async def decline_swap(call: Call, swap_id: UUID, body: AnswerBody | None = None) -> dict[str, Any]:
    """Says no. When nobody is left to say yes, the request ends as declined."""
    async with call.unit() as u:
        await swaps.decline(u, swap_id, as_user=body.as_user if body else None)
    return await _swap(call, swap_id)


@router.post("/swaps/{swap_id}/withdraw")
async def withdraw_swap(call: Call, swap_id: UUID) -> dict[str, Any]:
    """Takes the request back."""
    async with call.unit() as u:
        await swaps.withdraw(u, swap_id)
    return await _swap(call, swap_id)


async def _swap(call: Caller, swap_id: UUID) -> dict[str, Any]:
    found = await swap_queries.swap_by_id(call.db, swap_id)
    if found is None:
        raise NotFound("There is no such request.")
    return _shown(found)


def _shown(swap: Swap) -> dict[str, Any]:
    return {
        "id": swap.id, "schedule_id": swap.schedule_id, "schedule": swap.schedule_name, "state": swap.state,
        "from_user_id": swap.from_user_id, "from": swap.from_name, "to_user_id": swap.to_user_id, "to": swap.to_name,
        "starts_at": swap.starts_at, "ends_at": swap.ends_at, "return_starts_at": swap.return_starts_at,
        "return_ends_at": swap.return_ends_at, "note": swap.note, "created_at": swap.created_at,
        "created_by": swap.created_name, "taken_by": swap.taken_name, "answered_by": swap.answered_name,
        "answered_at": swap.answered_at, "waits_for": swap.waits_for,
    }  # fmt: skip
