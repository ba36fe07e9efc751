"""How the load of being on call is spread, and who is tired."""

from dataclasses import asdict
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import BaseModel

from tocsin.api.v1.auth import Call
from tocsin.duty.burdens import Burden, burdens
from tocsin.duty.fairness import Quarter, parse_quarter, quarter_of
from tocsin.duty.fatigue import fatigue_now
from tocsin.duty.relief import ask_relief
from tocsin.kernel.errors import Invalid

router = APIRouter(tags=["On-call"])


class ReliefBody(BaseModel):
    """Whose relief: without `user_id` one's own; a manager may ask for somebody else."""

    schedule_id: UUID
    user_id: UUID | None = None


@router.get("/on-call/fairness")
async def fairness(
    call: Call,
    quarter: Annotated[
        str, Query(max_length=10, description="For example 2026Q4; without it the present one.")
    ] = "",
    schedule: Annotated[UUID | None, Query(description="Only this schedule.")] = None,
) -> dict[str, Any]:
    """Per person hours, nights, weekend hours, holidays, pages, night pages and woken hours of a quarter, past and
    planned, the most hours first."""
    when = _quarter(quarter) if quarter else quarter_of((await call.db.clock()).date())
    found = await burdens(call.db, when, schedule)
    return {"quarter": str(when), "schedule_id": schedule, "people": [_row(b) for b in found]}


@router.get("/on-call/fatigue")
async def fatigue(call: Call) -> dict[str, Any]:
    """Who on call is tired by their schedule's rule now, why, and who could take over."""
    return {"tired": await fatigue_now(call.db)}


@router.post("/on-call/relief", status_code=201)
async def relief(call: Call, body: ReliefBody) -> dict[str, Any]:
    """Asks the proposed person to take over from whoever is tired; the answer is a swap request."""
    async with call.unit() as u:
        return dict(await ask_relief(u, body.schedule_id, user_id=body.user_id))


def _quarter(text: str) -> Quarter:
    try:
        return parse_quarter(text)
    except ValueError as error:
        raise Invalid("quarter", "Quarters are written like 2026Q4.") from error


def _row(burden: Burden) -> dict[str, Any]:
    return {
        "user_id": burden.user_id, "user": burden.user_name, "time_zone": burden.time_zone,
        "done": asdict(burden.done), "planned": asdict(burden.planned),
    }  # fmt: skip
