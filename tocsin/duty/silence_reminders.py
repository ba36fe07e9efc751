"""Whoever owns a silence hears before it ends, in their working hours: extend it, or let it end."""

from tocsin.alerts.silence_model import Silence, SilenceState
from tocsin.alerts.silences import in_time, remind_later, sql, take_reminders
from tocsin.duty.tell import tell
from tocsin.duty.words import day_and_time
from tocsin.kernel.db import ENGINE, Database, Unit
from tocsin.oncall.hours import hours_of, next_working_moment
from tocsin.oncall.told import say_once
from tocsin.paging.silenced import counts


class SilenceReminders:
    """A pump over silences that end soon: the moment stands in their rows."""

    name = "silence_reminders"

    def __init__(self, database: Database) -> None:
        self._database = database
        self.due_sql = sql.next_reminder.text

    async def turn(self) -> bool:
        """Tells the owners of those whose moment has come; answers whether there may be more."""
        async with self._database.unit(ENGINE, "engine") as u:
            due = await take_reminders(u)
            for silence in due:
                await _remind(u, silence)
            return len(due) == 100


async def _remind(u: Unit, silence: Silence) -> None:
    """Once per end. When the server was down at that moment and they do not work now: when they do, if that is in time."""
    owner = await u.row(sql.owner, silence.owner_id)
    if owner is None or silence.state is SilenceState.PAST:
        return
    now = await u.clock()
    at = next_working_moment(hours_of(owner), now)
    if at > now:
        if in_time(at, silence.ends_at):
            await remind_later(u, silence.id, at)
        return
    if not await say_once(u, [f"silence {silence.id} {silence.ends_at.isoformat()}"]):
        return
    quiet = (await counts(u, [silence.id])).get(silence.id, (0, 0))[1]
    minutes = max(round((silence.ends_at - now).total_seconds() / 60), 1)
    left = f"{minutes} min" if minutes < 100 else f"{round(minutes / 60)} hours"
    await tell(
        u, [owner["id"]], f"Your {silence.kind} ends in {left}",
        _words(silence, quiet, day_and_time(silence.ends_at, owner["time_zone"])), f"/silences/{silence.id}",
    )  # fmt: skip


def _words(silence: Silence, quiet: int, ends: str) -> str:
    alerts = "No open alert is silenced by it now."
    if quiet:
        alerts = (
            f"{quiet} open alert{'s are' if quiet > 1 else ' is'} silenced by it: paging begins when it ends."
        )
    return (
        f"{silence.reason}\n\nIt silences {silence.about}, and ends on {ends} (your time). {alerts}\n\n"
        "Extend it on its page, or do nothing and let it end."
    )
