"""Reading handovers."""

from typing import Any
from uuid import UUID

from tocsin.duty.handover_model import Handover
from tocsin.kernel.db import Reader
from tocsin.kernel.sql import Statements

sql = Statements("tocsin.duty", "handover.sql")


async def handover_by_id(db: Reader, handover_id: UUID) -> Handover | None:
    """One handover, whatever became of it."""
    return await db.first(Handover, sql.handovers, handover_id, None, None, True)


async def handovers(
    db: Reader, schedule_id: UUID | None = None, to_user_id: UUID | None = None, *, past: bool = False
) -> list[Handover]:
    """Those that stand, of a schedule or to a person, the latest first; with `past` also those of the last thirty days that
    are over."""
    return await db.all(Handover, sql.handovers, None, schedule_id, to_user_id, past)


async def sent_brief(db: Reader, handover_id: UUID) -> dict[str, Any]:
    """What the next person was told, as it was then. Only for their eyes: it may name private incidents."""
    return dict(await db.value(sql.sent_brief, handover_id) or {})
