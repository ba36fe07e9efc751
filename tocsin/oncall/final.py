"""Who is on call at any moment: what is stored for the past and the near future, computed beyond it."""

import asyncio
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from tocsin.kernel.db import Reader
from tocsin.kernel.errors import Conflict, Invalid, NotFound
from tocsin.kernel.log import logger
from tocsin.kernel.sql import Statements
from tocsin.oncall.model import FARTHEST, OnCall, Schedule, Shift, ShiftRow
from tocsin.oncall.plans import overrides_of, plan_of
from tocsin.oncall.queries import schedule_by_id, schedules
from tocsin.oncall.shifts import merge

sql = Statements("tocsin.oncall")
log = logger(__name__)
#: The longest range, and how far ahead anything is answered: plans change sooner.
LONGEST = timedelta(days=366)
#: How far around a moment is looked for where its turn begins and ends.
_AROUND = [timedelta(days=days) for days in (2, 15, 100, 366)]


async def on_call_at(db: Reader, moment: datetime, schedule_id: UUID | None = None) -> list[OnCall]:
    """A row per schedule (user None: nobody), as `queries.on_call_now`, for any moment up to five years ahead.

    Raises `Invalid` beyond that.
    """
    await _near(db, "at", moment)
    found = await db.all(OnCall, sql.on_call_at, moment, schedule_id)
    beyond = {row["id"] for row in await db.rows(sql.computed_before, moment, schedule_id)}
    if not beyond:
        return found
    computed = {s.id: await _computed_at(db, s, moment) for s in await _of(db, beyond)}
    rest = [o for o in found if o.schedule_id not in computed]
    whole = [*rest, *(o for each in computed.values() for o in each)]
    return sorted(whole, key=lambda o: o.schedule_name.lower())


async def final_between(db: Reader, schedule_id: UUID, start: datetime, end: datetime) -> list[ShiftRow]:
    """Who is on call from `start` to `end`, clipped to it, by start and track: in the past as it was stored, later as
    it will be. Raises `NotFound`, `Invalid` for a range that cannot be, and `Conflict` when it cannot be computed.
    """
    await check_range(db, start, end)
    schedule = await schedule_by_id(db, schedule_id)
    if schedule is None:
        raise NotFound("There is no such schedule.")
    return await with_people(db, schedule_id, await _final(db, schedule, start, end))


async def with_people(db: Reader, schedule_id: UUID, shifts: Sequence[Shift]) -> list[ShiftRow]:
    """Computed shifts as if they were read from the database."""
    people = await _people(db, shifts)
    return [_row(schedule_id, shift, *people[shift.user_id]) for shift in shifts]


async def check_range(db: Reader, start: datetime, end: datetime) -> None:
    """Raises `Invalid` for a range that nobody can mean."""
    if end <= start:
        raise Invalid("end", "The end must come after the start.")
    if end - start > LONGEST:
        raise Invalid("end", "A range of one year at most can be asked for.")
    await _near(db, "end", end)


async def _near(db: Reader, field: str, moment: datetime) -> None:
    if moment.utcoffset() is None:
        raise Invalid(field, "The moment needs its offset from UTC: 2027-01-01T09:00:00Z.")
    if moment - await db.clock() > FARTHEST:
        raise Invalid(field, "At most five years ahead can be asked for.")


async def _of(db: Reader, ids: set[UUID]) -> list[Schedule]:
    return [s for s in await schedules(db) if s.id in ids]


async def _final(db: Reader, schedule: Schedule, start: datetime, end: datetime) -> list[Shift]:
    until = schedule.materialised_until or end
    stored = [
        Shift(r["user_id"], r["starts_at"], r["ends_at"], r["rotation_id"], r["override_id"], r["track"])
        for r in await db.rows(sql.shifts_between, schedule.id, start, min(end, until))
    ]
    later = await _computed(db, schedule, max(start, until), end) if until < end else []
    clipped = (_clip(s, start, min(end, until)) for s in stored)
    by_track = sorted([*clipped, *later], key=lambda s: (s.track, s.starts_at))
    return sorted(merge(by_track), key=lambda s: (s.starts_at, s.track))


def _clip(shift: Shift, start: datetime, end: datetime) -> Shift:
    return Shift(
        shift.user_id, max(shift.starts_at, start), min(shift.ends_at, end), *shift.source[1:], shift.track
    )


async def _computed(db: Reader, schedule: Schedule, start: datetime, end: datetime) -> list[Shift]:
    plan = await plan_of(db, schedule.id)
    if plan is None:
        return []
    try:
        overrides = await overrides_of(db, schedule.id, start, end)
        return await asyncio.to_thread(plan.final, overrides, start, end)
    except ValueError as error:
        raise Conflict(f"The shifts of {schedule.name} cannot be computed: {error}") from error


async def _computed_at(db: Reader, schedule: Schedule, moment: datetime) -> list[OnCall]:
    try:
        held = await _held_at(db, schedule, moment)
    except Conflict as error:
        # Everybody else's answer must not depend on this one.
        log.warning("schedule_not_computed", schedule=str(schedule.id), error=str(error))
        held = []
    people = await _people(db, held)
    return [
        OnCall(schedule.id, schedule.name, s.user_id, *people[s.user_id], s.starts_at, s.ends_at)
        for s in held
    ] or [OnCall(schedule.id, schedule.name, None, None, None, None, None)]


async def _held_at(db: Reader, schedule: Schedule, moment: datetime) -> list[Shift]:
    """Looks wider until the whole turns are seen: most are short."""
    held: list[Shift] = []
    for around in _AROUND:
        start, end = moment - around, moment + around
        held = [s for s in await _computed(db, schedule, start, end) if s.starts_at <= moment < s.ends_at]
        if all(start < s.starts_at and s.ends_at < end for s in held):
            break
    return held


async def _people(db: Reader, shifts: Iterable[Shift]) -> dict[UUID, tuple[str, str]]:
    """Name and zone by id."""
    ids = list({s.user_id for s in shifts})
    return {row["id"]: (row["name"], row["time_zone"]) for row in await db.rows(sql.people_by_id, ids)}


def _row(schedule_id: UUID, shift: Shift, name: str, zone: str) -> ShiftRow:
    return ShiftRow(
        schedule_id, shift.user_id, name, zone, shift.starts_at, shift.ends_at, shift.rotation_id, shift.override_id,
        shift.track,
    )  # fmt: skip
