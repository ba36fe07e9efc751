"""Who can be reached when their shift comes, and who cannot."""

from typing import Any
from uuid import UUID

from fastapi import APIRouter

from tocsin.api.v1.auth import Call
from tocsin.duty.readiness import Method, Readiness, readiness_of_schedule, unready
from tocsin.kernel.errors import NotFound
from tocsin.oncall.queries import schedule_by_id

router = APIRouter(tags=["On-call"])


@router.get("/readiness")
async def not_ready(call: Call) -> dict[str, Any]:
    """Whoever has a shift within a week and is not ready, and what is missing."""
    return {"not_ready": [_row(person) for person in await unready(call.db)]}


@router.get("/schedules/{schedule_id}/readiness")
async def of_schedule(call: Call, schedule_id: UUID) -> dict[str, Any]:
    """Everybody who stands in a schedule: ready or not, and how the last weekly test of each contact method went."""
    if await schedule_by_id(call.db, schedule_id) is None:
        raise NotFound("There is no such schedule.")
    return {"people": [_row(person) for person in await readiness_of_schedule(call.db, schedule_id)]}


def _row(person: Readiness) -> dict[str, Any]:
    return {
        "user_id": person.user_id, "user": person.name, "ready": person.ready, "problems": person.problems,
        "notes": person.notes, "methods": [_method(m) for m in person.methods],
    }  # fmt: skip


def _method(method: Method) -> dict[str, Any]:
    """Without the address: it may hold a secret."""
    return {
        "transport": method.transport, "label": method.label, "works": method.works, "tested_at": method.sent_at,
        "test": method.state, "confirmed_at": method.receipt_at,
    }  # fmt: skip
