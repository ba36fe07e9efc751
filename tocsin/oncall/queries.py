"""Reading schedules as they are stored: who is on call now and next, shifts, overrides. See `final` for any moment."""

from datetime import datetime
from uuid import UUID

from tocsin.kernel.db import Reader
from tocsin.kernel.sql import Statements
from tocsin.oncall.model import Edit, OnCall, OverrideRow, Schedule, ShiftRow

sql = Statements("tocsin.oncall")


async def schedules(db: Reader) -> list[Schedule]:
    """All schedules in use, by name."""
    return await db.all(Schedule, sql.schedules)


async def schedule_by_id(db: Reader, schedule_id: UUID) -> Schedule | None:
    """One schedule in use, or None."""
    return await db.first(Schedule, sql.schedule_by_id, schedule_id)


async def layer_counts(db: Reader) -> dict[UUID, int]:
    """How many layers each schedule has; those without any are missing."""
    return {row["schedule_id"]: row["layers"] for row in await db.rows(sql.layer_counts)}


async def on_call_now(db: Reader, schedule_id: UUID | None = None) -> list[OnCall]:
    """A row per schedule (user None: nobody), in one indexed query; several rows where people are on call together."""
    if schedule_id is not None:
        return await db.all(OnCall, sql.on_call_now_of, schedule_id)
    return await db.all(OnCall, sql.on_call_now)


async def next_up(db: Reader, schedule_id: UUID | None = None) -> list[OnCall]:
    """Who takes over each schedule next; several rows where they begin together. A schedule nobody takes is missing."""
    return await db.all(OnCall, sql.next_up, schedule_id)


async def owners_of(db: Reader, schedule_id: UUID) -> list[UUID]:
    """Who answers for a schedule: the admins of its team, else its members, else the administrators."""
    return [row["user_id"] for row in await db.rows(sql.owners_of, schedule_id)]


async def edits_since(db: Reader, schedule_id: UUID, version: int) -> list[Edit]:
    """What raised the version above this one, oldest first: what somebody who edits a stale one has to know."""
    return [
        Edit(row["actor"], row["recorded_at"], tuple(row["payload"].get("what", ())))
        for row in await db.rows(sql.edits_since, schedule_id, version)
    ]


async def shifts_between(db: Reader, schedule_id: UUID, start: datetime, end: datetime) -> list[ShiftRow]:
    """Stored shifts that touch [start, end), in order, unclipped."""
    return await db.all(ShiftRow, sql.shifts_between, schedule_id, start, end)


async def shifts_of(db: Reader, user_id: UUID, limit: int = 5) -> list[ShiftRow]:
    """A person's current and coming shifts."""
    return await db.all(ShiftRow, sql.next_shifts_of, user_id, limit)


async def overrides_between(
    db: Reader, schedule_id: UUID, start: datetime, end: datetime
) -> list[OverrideRow]:
    """Overrides that touch a range."""
    return await db.all(OverrideRow, sql.overrides_between, schedule_id, start, end)
