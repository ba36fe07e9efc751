"""What a request does on its own: reminds in working hours, ends when its shift has moved, and lapses when the shift
begins unanswered."""

from datetime import datetime, timedelta
from uuid import UUID

from tocsin.kernel import work
from tocsin.kernel.db import ENGINE, Database, Unit
from tocsin.kernel.sql import Statements
from tocsin.kernel.work import Work
from tocsin.oncall.compute import record
from tocsin.oncall.hours import hours_of, next_working_day, next_working_moment
from tocsin.oncall.kinds import SwapAnswered, SwapReminded
from tocsin.oncall.model import Swap, SwapState
from tocsin.oncall.swap_queries import holds
from tocsin.oncall.told import say_once

sql = Statements("tocsin.oncall", "swaps.sql")
oncall_sql = Statements("tocsin.oncall")
LAPSE = "oncall.swap_lapse"
REMIND = "oncall.swap_remind"
CHECK = "oncall.swap_check"
#: What may have moved the shift of a request.
FOLLOWS = {
    kind: [CHECK]
    for kind in (
        "schedule_changed",
        "schedule_archived",
        "overrides_added",
        "overrides_removed",
        "shifts_moved",
    )
}
#: Whoever was just asked is left alone for a while.
PATIENCE = timedelta(hours=2)


async def plan_reminders(u: Unit, swap: Swap) -> None:
    """Due rows for a new request: its end, and the first reminder of each who was asked."""
    await work.add(u, LAPSE, {"swap": str(swap.id)}, key=str(swap.id), due_at=swap.starts_at)
    asked = await u.clock() + PATIENCE
    for row in await u.rows(sql.working_hours, list(swap.waits_for_ids)):
        await _plan(u, swap, row["id"], next_working_moment(hours_of(row), asked))


async def _plan(u: Unit, swap: Swap, person: UUID, at: datetime) -> None:
    if at < swap.starts_at:
        payload = {"swap": str(swap.id), "user": str(person), "at": at.isoformat()}
        await work.add(u, REMIND, payload, key=f"{swap.id} {person}", due_at=at)


async def lapse(db: Database, due: Work) -> None:
    """Job: nobody answered and the shift begins. Doing it twice changes nothing."""
    async with db.unit(ENGINE, "engine") as u:
        swap = await _locked(u, UUID(due.payload["swap"]))
        if swap is None or not await u.run(sql.close_swap, swap.id, SwapState.LAPSED, None, None):
            return
        answer = SwapAnswered(swap.id, SwapState.LAPSED, swap.from_name, asker_id=swap.from_user_id)
        await record(u, swap.schedule_id, answer)
        u.touch("oncall")


async def remind(db: Database, due: Work) -> None:
    """Job: it still waits for this person. Late at night (the server was down) it waits for the next morning."""
    person = UUID(due.payload["user"])
    async with db.unit(ENGINE, "engine") as u:
        swap = await _locked(u, UUID(due.payload["swap"]))
        if swap is None or swap.archived or person not in swap.waits_for_ids:
            return
        (row,) = await u.rows(sql.working_hours, [person])
        hours, now = hours_of(row), await u.clock()
        at = next_working_moment(hours, now)
        if at > now:
            await _plan(u, swap, person, at)
        elif await say_once(u, [f"swap {swap.id} {person} {due.payload['at']}"]):
            await record(u, swap.schedule_id, SwapReminded(swap.id, person, row["name"], swap.from_name))
            await u.run(sql.note_reminder, swap.id)
            await _plan(u, swap, person, next_working_day(hours, now))


async def check(db: Database, due: Work) -> None:
    """Job, after the shifts of a schedule changed: requests for what their person does not hold any more are closed."""
    for row in await db.rows(sql.open_of_schedule, UUID(due.payload["stream"])):
        async with db.unit(ENGINE, "engine") as u:
            swap = await _locked(u, row["id"])
            if swap is None or swap.state is not SwapState.OPEN or await _can_be_taken(u, swap):
                continue
            await u.run(sql.close_swap, swap.id, SwapState.MOVED, None, None)
            answer = SwapAnswered(swap.id, SwapState.MOVED, swap.from_name, asker_id=swap.from_user_id)
            await record(u, swap.schedule_id, answer)
            u.touch("oncall")


async def _can_be_taken(u: Unit, swap: Swap) -> bool:
    """Whether both still hold what they would give. An archived schedule has no shifts."""
    given = (swap.return_starts_at, swap.return_ends_at)
    if swap.to_user_id and given[0] and given[1]:
        there = await holds(u, swap.schedule_id, swap.to_user_id, (given[0], given[1]))
    else:
        there = True
    return there and await holds(u, swap.schedule_id, swap.from_user_id, (swap.starts_at, swap.ends_at))


async def _locked(u: Unit, swap_id: UUID) -> Swap | None:
    """The request, open or not, in the order in which commands lock."""
    schedule_id = await u.value(sql.schedule_of_swap, swap_id)
    if schedule_id is None:
        return None
    await u.row(oncall_sql.lock_schedule, schedule_id)
    await u.value(sql.lock_swap, swap_id)
    return await u.first(Swap, sql.swaps, None, swap_id)


JOBS = {LAPSE: lapse, REMIND: remind, CHECK: check}
