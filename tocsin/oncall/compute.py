"""Storing the future of a schedule: from this moment to the horizon, in the transaction of whatever changed it."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from tocsin.kernel.db import Row, Unit
from tocsin.kernel.errors import NotFound
from tocsin.kernel.sql import Statements
from tocsin.kernel.zones import VERSION as ZONE_DATA
from tocsin.oncall.kinds import Move, ShiftsMoved
from tocsin.oncall.model import Shift
from tocsin.oncall.moves import moves
from tocsin.oncall.plans import final_of, overrides_of, plan_of
from tocsin.record.commands import Stream, append
from tocsin.record.kinds import Kind
from tocsin.record.model import StreamType

sql = Statements("tocsin.oncall")
#: How far ahead shifts are stored. Beyond it they are computed when somebody asks.
HORIZON = timedelta(days=120)


async def lock(u: Unit, schedule_id: UUID) -> Row:
    """Orders changes of one schedule. Raises `NotFound` for one that is archived or never was."""
    row = await u.row(sql.lock_schedule, schedule_id)
    if row is None:
        raise NotFound("There is no such schedule.")
    return row


async def record(u: Unit, schedule_id: UUID, payload: Kind) -> int:
    """One more entry in the schedule's history; answers its number."""
    head = await u.value(sql.raise_head, schedule_id)
    if head is None:
        raise NotFound("There is no such schedule.")
    return await append(u, Stream(StreamType.SCHEDULE, schedule_id), head, payload)


async def recompute(
    u: Unit, schedule_id: UUID, cause: str | None = None, beyond: Sequence[Move] = ()
) -> None:
    """Stores the future of a schedule anew; what began before now is not touched. Doing it twice changes nothing.

    With a `cause`, whoever's stored shifts moved is told, but for the one who did it; `beyond` is what moves later than
    shifts are stored. Raises `NotFound`, and `Conflict` with the reason when shifts cannot be computed.
    """
    held = await lock(u, schedule_id)
    now = await u.clock()
    until = now + HORIZON
    plan = await plan_of(u, schedule_id)
    if plan is None:
        raise NotFound("There is no such schedule.")
    before = await u.rows(sql.shifts_ahead, schedule_id, now)
    shifts = await final_of(plan, await overrides_of(u, schedule_id, now, until), now, until)
    await _store(u, schedule_id, before, shifts, now)
    await u.run(sql.set_materialised, schedule_id, until, ZONE_DATA)
    if cause is not None:
        new = [(s.user_id, s.starts_at, s.ends_at) for s in shifts]
        moved = moves(_held(before), new, now, held["materialised_until"] or until)
        await _tell_moved(u, schedule_id, cause, [*moved, *beyond])
    u.touch("oncall")


async def end_shifts(u: Unit, schedule_id: UUID, cause: str) -> None:
    """Nobody is on call from now on, and whoever was going to be is told."""
    now = await u.clock()
    lost = moves(_held(await u.rows(sql.shifts_ahead, schedule_id, now)), (), now)
    await u.run(sql.cut_shifts, schedule_id, now)
    await _tell_moved(u, schedule_id, cause, lost)


def _held(rows: Iterable[Row]) -> list[tuple[UUID, datetime, datetime]]:
    return [(row["user_id"], row["starts_at"], row["ends_at"]) for row in rows]


async def _tell_moved(u: Unit, schedule_id: UUID, cause: str, moved: Iterable[Move]) -> None:
    """An entry that has these people told, but for the one who did it; none when there is nobody."""
    others = tuple(move for move in moved if move.user_id != u.actor.id)
    if others:
        people = tuple(sorted({move.user_id for move in others}))
        await record(u, schedule_id, ShiftsMoved(people, cause, others))


async def _store(
    u: Unit, schedule_id: UUID, before: Sequence[Row], shifts: Sequence[Shift], now: datetime
) -> None:
    """Writes only what is different. A shift that goes on unchanged over this moment stays one shift."""
    under_way = {_source(row): row["starts_at"] for row in before if row["starts_at"] < now}
    wanted = {
        (
            *_key(shift),
            under_way.get(_key(shift), now) if shift.starts_at == now else shift.starts_at,
        ): shift.ends_at
        for shift in shifts
    }
    stored = {(*_source(row), row["starts_at"]): row["ends_at"] for row in before}
    ended = [
        (k[3], k[4], wanted.get(k, now)) for k, end in stored.items() if k[4] < now and wanted.get(k) != end
    ]
    gone = [(k[3], k[4]) for k, end in stored.items() if k[4] >= now and wanted.get(k) != end]
    new = [(k, end) for k, end in wanted.items() if k[4] >= now and stored.get(k) != end]
    if gone:
        await u.run(sql.remove_shifts, schedule_id, *_columns(gone, 2))
    if ended:
        await u.run(sql.end_shifts, schedule_id, *_columns(ended, 3))
    if new:
        await u.run(sql.add_shifts, schedule_id, *_columns([(*key, end) for key, end in new], 6))


def _columns(rows: Sequence[tuple[Any, ...]], count: int) -> list[list[Any]]:
    return [[row[n] for row in rows] for n in range(count)]


def _key(shift: Shift) -> tuple[UUID, UUID | None, UUID | None, int]:
    return (*shift.source, shift.track)


def _source(row: Mapping[str, Any]) -> tuple[UUID, UUID | None, UUID | None, int]:
    return row["user_id"], row["rotation_id"], row["override_id"], row["track"]
