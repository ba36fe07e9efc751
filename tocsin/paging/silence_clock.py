"""The end of quiet: alerts that are still open page when their silence, or the alert above them, is over; or when they lead their group."""

from datetime import timedelta

from tocsin.alerts.silences import reckon_again
from tocsin.kernel.db import ENGINE, Database, Unit
from tocsin.kernel.log import logger
from tocsin.paging.escalate import BATCH, begin_for
from tocsin.paging.grouped import mend
from tocsin.paging.silenced import GRACE, sql

log = logger(__name__)


class SilenceClock:
    """A pump over the rows of quiet alerts themselves: whatever else keeps one quiet by then is found by beginning anew."""

    name = "silence_clock"

    def __init__(self, database: Database) -> None:
        self._database = database
        self.due_sql = sql.next_over.text

    async def turn(self) -> bool:
        """Begins to page for those that are due; answers whether there may be more."""
        async with self._database.unit(ENGINE, "engine") as u:
            over = await u.rows(sql.take_over, BATCH)
            if over:
                await begin_for(u, [row["alert_id"] for row in over if not row["running"]], again=True)
                u.touch("alerts", "silences")
            return len(over) == BATCH


async def wake_forgotten(u: Unit) -> int:
    """Part of the reconciler's look: quiet alerts that nothing would wake. How many there were."""
    mended = await u.run(sql.mend_over, GRACE / timedelta(seconds=1)) + await mend(u)
    forgotten = [row["id"] for row in await u.rows(sql.forgotten_silenced)]
    if mended or forgotten:
        log.warning("quiet_alerts_forgotten", mended=mended, alerts=len(forgotten))
        u.touch("work")
    await begin_for(u, forgotten, again=True)
    return mended + len(forgotten)


async def begin(db: Database) -> None:
    """Called at every start of a process: silences that recur follow the time zone data that is here now."""
    async with db.unit(ENGINE, "engine") as u:
        await reckon_again(u)
