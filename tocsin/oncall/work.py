"""Once a day every schedule is computed anew: the stored future grows, and new time zone data takes effect."""

from datetime import timedelta

from tocsin.kernel import work
from tocsin.kernel.db import ENGINE, Database
from tocsin.kernel.work import Work
from tocsin.oncall.commands import recompute, sql

KIND = "oncall.extend"


async def extend(db: Database, _: Work) -> None:
    """Job. One transaction per schedule, so that an edit never waits for the others."""
    for row in await db.rows(sql.schedules_in_use):
        async with db.unit(ENGINE, "engine") as u:
            await recompute(u, row["id"])
    async with db.unit(ENGINE, "engine") as u:
        await work.add(u, KIND, {}, key="daily", due_at=await u.clock() + timedelta(days=1))


async def begin(db: Database) -> None:
    """Called at every start: due at once, once for all processes."""
    async with db.unit(ENGINE, "engine") as u:
        await work.add(u, KIND, {}, key="daily")


JOBS = {KIND: extend}
