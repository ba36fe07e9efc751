"""Once a day every schedule is computed anew: the stored future grows, and new time zone data takes effect."""

from datetime import timedelta
from typing import Any

from tocsin.kernel import work
from tocsin.kernel.db import DATA_ERRORS, ENGINE, Database
from tocsin.kernel.errors import Conflict, NotFound
from tocsin.kernel.log import logger
from tocsin.kernel.sql import Statements
from tocsin.kernel.work import Work
from tocsin.oncall import reminders
from tocsin.oncall.clocks import ZONE_DATA
from tocsin.oncall.compute import recompute
from tocsin.people.commands import CHANGED

sql = Statements("tocsin.oncall")
calendars_sql = Statements("tocsin.oncall", "calendars.sql")
KIND = "oncall.extend"
log = logger(__name__)


async def extend(db: Database, _: Work) -> None:
    """Job, once a day: the stored future grows."""
    await _compute_all(db, "turns were computed anew")
    await db.run(calendars_sql.forget_events)
    async with db.unit(ENGINE, "engine") as u:
        await work.add(u, KIND, {}, key="daily", due_at=await u.clock() + timedelta(days=1))


async def people_changed(db: Database, _: Work) -> None:
    """Job, when somebody left, came back or moved, or a team's members changed."""
    await _compute_all(db, "somebody joined, left or moved")


async def _compute_all(db: Database, cause: str) -> None:
    """One transaction per schedule: an edit never waits for the others, and one that cannot be computed (its time zone
    has left the zone data) stops nobody else's."""
    for row in await db.rows(sql.schedules_in_use):
        await _compute(db, row, cause)


async def _compute(db: Database, row: Any, cause: str) -> None:
    if row["zone_data"] not in (None, ZONE_DATA):
        cause = f"the rules of time zones changed ({row['zone_data']} to {ZONE_DATA})"
    try:
        async with db.unit(ENGINE, "engine") as u:
            await recompute(u, row["id"], cause)
    except NotFound:
        return  # Archived meanwhile.
    except (Conflict, *DATA_ERRORS) as error:
        log.error("schedule_not_computed", schedule=str(row["id"]), error=repr(error))  # noqa: TRY400 - said in full
        sentence = f"The coming shifts could not be computed: {error} What was computed before still counts."
        await db.run(sql.set_not_computed, row["id"], sentence[:500])


async def begin(db: Database) -> None:
    """Called at every start: due at once, once for all processes."""
    async with db.unit(ENGINE, "engine") as u:
        await work.add(u, KIND, {}, key="daily")


FOLLOWS = reminders.FOLLOWS
JOBS = {KIND: extend, CHANGED: people_changed, **reminders.JOBS}
