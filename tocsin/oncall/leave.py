"""What a leave touches: a person's shifts in all schedules, stored or not stored yet, and who could cover each."""

import asyncio
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from tocsin.kernel.db import Reader
from tocsin.kernel.errors import Conflict, Invalid
from tocsin.kernel.sql import Statements
from tocsin.oncall.clocks import Range
from tocsin.oncall.cover import LONGEST, MOST
from tocsin.oncall.hours import hours_of
from tocsin.oncall.model import FARTHEST
from tocsin.oncall.plans import final_of, overrides_of, plan_of
from tocsin.oncall.suggest import Held, Person, Suggestion, shifts_of, suggestions

sql = Statements("tocsin.oncall", "swaps.sql")


@dataclass(frozen=True, slots=True)
class LeaveShift:
    """A shift within a leave, with its schedule's name and who could cover it."""

    schedule_name: str
    suggestion: Suggestion


async def leave_suggestions(
    db: Reader, user_id: UUID, starts_at: datetime, ends_at: datetime, most: int = MOST
) -> list[LeaveShift]:
    """All shifts that a person has in a range, in order; what lies in the past of it is left out. Raises `Invalid`, also
    for more than `most` shifts."""
    now = await db.clock()
    leave = (max(starts_at, now), ends_at)
    if ends_at <= leave[0]:
        raise Invalid("ends_at", "The end must come after the start, and not be over already.")
    if ends_at - starts_at > LONGEST:
        raise Invalid("ends_at", "A leave lasts a year at most.")
    if ends_at > now + FARTHEST:
        raise Invalid("ends_at", "That is too far ahead: plans change sooner.")
    standing: dict[UUID, set[UUID]] = {}
    for row in await db.rows(sql.stands_in):
        standing.setdefault(row["schedule_id"], set()).add(row["user_id"])
    people = [Person(r["id"], r["name"], hours_of(r)) for r in await db.rows(sql.those_who_can_cover)]
    held, names = await _held(db, leave)
    count = len(list(shifts_of(user_id, held)))
    if count > most:
        raise Invalid("ends_at", f"That is {count} shifts. Choose fewer days: {most} shifts at a time.")
    stand = {schedule: frozenset(people) for schedule, people in standing.items()}
    # Beside the event loop: many shifts and many people take a moment.
    found = await asyncio.to_thread(suggestions, user_id, leave, held, stand, people)
    return [LeaveShift(names[s.schedule_id], s) for s in found]


async def _held(db: Reader, leave: Range) -> tuple[list[Held], dict[UUID, str]]:
    """Everybody's shifts in a range, and what the schedules are called."""
    held = await db.all(Held, sql.all_held, *leave)
    schedules = await db.rows(sql.stored_until)
    for row in schedules:
        held += await _not_stored(db, row["id"], row["materialised_until"], leave)
    return held, {row["id"]: row["name"] for row in schedules}


async def _not_stored(db: Reader, schedule_id: UUID, stored: datetime | None, leave: Range) -> list[Held]:
    """What lies beyond the stored shifts is computed; a zone that has left the time zone data gives none."""
    starts, ends = max(stored or leave[0], leave[0]), leave[1]
    if starts >= ends:
        return []
    plan = await plan_of(db, schedule_id)
    if plan is None:
        return []
    try:
        shifts = await final_of(plan, await overrides_of(db, schedule_id, starts, ends), starts, ends)
    except Conflict:
        return []
    return [Held(schedule_id, s.user_id, s.starts_at, s.ends_at) for s in shifts]
