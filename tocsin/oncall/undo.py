"""Undoing what stands in a schedule's history, from now on; the past stays as it was."""

from uuid import UUID

from tocsin.kernel.commands import command
from tocsin.kernel.db import Unit
from tocsin.kernel.errors import Conflict, NotFound
from tocsin.kernel.sql import Statements
from tocsin.oncall.commands import replace_schedule
from tocsin.oncall.compute import lock
from tocsin.oncall.cover import OverrideDraft, put_overrides, take_back
from tocsin.oncall.drafts import draft_of
from tocsin.oncall.kinds import OverridesAdded, OverridesRemoved, ScheduleChanged
from tocsin.record.kinds import decode
from tocsin.record.queries import entry

sql = Statements("tocsin.oncall")


@command("schedule.undo")
async def undo_change(u: Unit, schedule_id: UUID, seq: int) -> None:
    """Undoes one change from now on; the past stays. `Conflict` when a later change builds on it, or it is over."""
    await lock(u, schedule_id)
    found = await entry(u, schedule_id, seq)
    if found is None:
        raise NotFound("There is no such change.")
    if seq in {row["seq"] for row in await u.rows(sql.undone, schedule_id)}:
        raise Conflict("This was undone already.")
    what = decode(found.kind, found.payload)
    match what:
        case ScheduleChanged():
            await _undo_edit(u, schedule_id, seq, what)
        case OverridesAdded():
            await take_back(u, schedule_id, what.ids, undoes=seq)
        case OverridesRemoved():
            await _again(u, schedule_id, seq, what)
        case _:
            raise Conflict("This cannot be undone.")


async def _undo_edit(u: Unit, schedule_id: UUID, seq: int, what: ScheduleChanged) -> None:
    if await u.value(sql.later_edit, schedule_id, seq):
        raise Conflict("The schedule was edited again since. Undo the later edit first.")
    version = await u.value(sql.version_of, schedule_id)
    await replace_schedule(u, schedule_id, version, draft_of(what.before), undoes=seq)


async def _again(u: Unit, schedule_id: UUID, seq: int, what: OverridesRemoved) -> None:
    now = await u.clock()
    drafts = [
        OverrideDraft(o.user_id, o.starts_at, o.ends_at, o.replaces, o.reason, o.created_at, o.number)
        for o in what.overrides
        if o.ends_at > now
    ]
    if not drafts:
        raise Conflict("That time is over.")
    await put_overrides(u, schedule_id, drafts, undoes=seq)
