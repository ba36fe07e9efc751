"""Reading schedules: who is on call now, at a moment, next; shifts of a range."""

from datetime import datetime
from uuid import UUID

from tocsin.kernel.db import Reader
from tocsin.kernel.sql import Statements
from tocsin.oncall.model import OnCall, OverrideRow, Schedule, ShiftRow

sql = Statements("tocsin.oncall")


async def schedules(db: Reader) -> list[Schedule]:
    """All schedules in use, by name."""
    return await db.all(Schedule, sql.schedules)


async def schedule_by_id(db: Reader, schedule_id: UUID) -> Schedule | None:
    """One schedule in use, or None."""
    return await db.first(Schedule, sql.schedule_by_id, schedule_id)


async def on_call_now(db: Reader) -> list[OnCall]:
    """A row per schedule (user None: nobody), in one indexed query; several rows where people are on call together."""
    return await db.all(OnCall, sql.on_call_now)


async def on_call_at(db: Reader, moment: datetime) -> list[OnCall]:
    """The same for any moment within the stored shifts."""
    return await db.all(OnCall, sql.on_call_at, moment)


async def next_up(db: Reader) -> list[OnCall]:
    """Who takes over each schedule next."""
    return await db.all(OnCall, sql.next_up)


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
