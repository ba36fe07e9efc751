"""Once a day every schedule is computed anew: the stored future grows, and new time zone data takes effect."""

from datetime import timedelta

from tocsin.kernel import work
from tocsin.kernel.db import DATA_ERRORS, ENGINE, Database
from tocsin.kernel.errors import Conflict, NotFound
from tocsin.kernel.log import logger
from tocsin.kernel.work import Work
from tocsin.oncall.commands import recompute, sql
from tocsin.people.commands import CHANGED

KIND = "oncall.extend"
log = logger(__name__)


async def extend(db: Database, _: Work) -> None:
    """Job, once a day: the stored future grows."""
    await compute_all(db, _)
    async with db.unit(ENGINE, "engine") as u:
        await work.add(u, KIND, {}, key="daily", due_at=await u.clock() + timedelta(days=1))


async def compute_all(db: Database, _: Work) -> None:
    """Job, when somebody left or came back. One transaction per schedule: an edit never waits for the others, and one
    that cannot be computed (its time zone has left the zone data) stops nobody else's."""
    for row in await db.rows(sql.schedules_in_use):
        try:
            async with db.unit(ENGINE, "engine") as u:
                await recompute(u, row["id"])
        except NotFound:
            continue  # Archived meanwhile.
        except (Conflict, ValueError, *DATA_ERRORS) as error:
            log.error("schedule_not_computed", schedule=str(row["id"]), error=repr(error))  # noqa: TRY400 - said in full


async def begin(db: Database) -> None:
    """Called at every start: due at once, once for all processes."""
    async with db.unit(ENGINE, "engine") as u:
        await work.add(u, KIND, {}, key="daily")


JOBS = {KIND: extend, CHANGED: compute_all}
