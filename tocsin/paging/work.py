"""What follows an alert's entries, and the reconciler that looks for alerts nobody was paged for."""

from datetime import timedelta

from tocsin.kernel import work
from tocsin.kernel.db import ENGINE, Database
from tocsin.kernel.log import logger
from tocsin.kernel.work import Batch, Job, Work
from tocsin.paging.escalate import begin, begin_for, end, hand_over, restart, sql

RECONCILE = "paging.reconcile"
EVERY = timedelta(seconds=30)
log = logger(__name__)

FOLLOWS: dict[str, list[str]] = {
    "alert_opened": ["paging.begin"],
    "alert_unacknowledged": ["paging.restart"],
    "alert_snoozed": ["paging.restart"],
    "alert_acknowledged": ["paging.end"],
    "alert_closed": ["paging.end"],
    "alert_reassigned": ["paging.hand_over"],
}
BATCHES: dict[str, Batch] = {
    "paging.begin": begin,
    "paging.restart": restart,
    "paging.end": end,
    "paging.hand_over": hand_over,
}


async def reconcile(db: Database, _: Work) -> None:
    """Job, twice a minute: an urgent alert without an escalation, a minute after it opened, gets one, and a warning."""
    async with db.unit(ENGINE, "engine") as u:
        forgotten = [row["id"] for row in await u.rows(sql.forgotten_alerts)]
        if forgotten:
            log.warning("alerts_forgotten", alerts=len(forgotten))
            await begin_for(u, forgotten)
        await work.add(u, RECONCILE, {}, key="timer", due_at=await u.clock() + EVERY)


async def start(db: Database) -> None:
    """Called at every start of a process: the reconciler's row exists once for all processes."""
    async with db.unit(ENGINE, "engine") as u:
        await work.add(u, RECONCILE, {}, key="timer")


JOBS: dict[str, Job] = {RECONCILE: reconcile}
