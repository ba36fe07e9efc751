"""The engine: sets of escalations begin, advance and end, each in one statement. Python decides nothing per row."""

from collections.abc import Sequence
from uuid import UUID

from tocsin.kernel.db import DATA_ERRORS, ENGINE, Database, Row, Unit
from tocsin.kernel.errors import Conflict
from tocsin.kernel.log import logger
from tocsin.kernel.sql import Statements
from tocsin.kernel.work import Work
from tocsin.paging.direct_watch import tell_answered
from tocsin.paging.drafts import MAX_STEPS
from tocsin.paging.silenced import let_go

sql = Statements("tocsin.paging")
direct = Statements("tocsin.paging", "direct.sql")
say_empty_steps = Statements("tocsin.paging", "milestones.sql").say_empty_steps
log = logger(__name__)
BATCH = 500
#: More alerts than this in one commit are announced as "alerts" only.
NAMED = 20


async def begin(u: Unit, works: list[Work]) -> None:
    """Batch: alerts have opened. Their escalations begin, and the steps that are due run in the same transaction."""
    await begin_for(u, streams(works))


async def restart(u: Unit, works: list[Work]) -> None:
    """Batch: unacknowledged, snoozed or woken. What runs gives way to a new escalation, after the snooze if there is one."""
    alerts = streams(works)
    await u.run(sql.end_running, alerts)
    await begin_for(u, alerts, again=True)


async def begin_for(u: Unit, alert_ids: Sequence[UUID], *, again: bool = False) -> list[UUID]:
    """Begins escalations for those alerts that are open and not acknowledged: those without any, or `again`; answers which.

    The alerts are locked by a statement of its own first: the next one then sees what a rival just began, also when
    that ended at once, and nobody is paged twice.
    """
    await u.rows(sql.lock_alerts, list(alert_ids))
    sent = await u.rows(direct.begin_direct, list(alert_ids), again)
    others = set(alert_ids) - {row["alert_id"] for row in sent}
    begun = [row for row in sent if row["id"]] + await _begun(u, list(others), again)
    _announce(u, begun)
    running = [row["id"] for row in begun if row["ended_at"] is None]
    try:
        async with u.savepoint():
            await _run_due(u, running)
    except DATA_ERRORS as error:
        # They are begun and due: the engine takes them one by one and sets the poisoned one aside.
        log.warning("first_step_failed", error=repr(error))
    return [row["alert_id"] for row in begun]


async def _begun(u: Unit, alert_ids: list[UUID], again: bool) -> list[Row]:
    """A silence or a rule that cannot be read must not keep a page back: then there are none."""
    try:
        async with u.savepoint():
            await u.value(sql.group_alerts, alert_ids, again)
            return await u.rows(sql.begin_escalations, alert_ids, again, True)
    except DATA_ERRORS as error:
        log.error("silences_unreadable", error=repr(error))  # noqa: TRY400 - handled: everybody is paged
        return await u.rows(sql.begin_escalations, alert_ids, again, False)


async def _run_due(u: Unit, ids: Sequence[UUID]) -> None:
    """Steps that find nobody let the next one run at once, so a first pass may need a second."""
    for _ in range(MAX_STEPS + 1):
        if not ids or not (moved := await advance(u, ids)):
            return
        ids = [row["id"] for row in moved if not row["queued"]]


async def advance(u: Unit, ids: Sequence[UUID] | None = None, limit: int = BATCH) -> list[Row]:
    """Runs one due step each of at most `limit` escalations, only of `ids` if given; rows with id, alert_id, queued."""
    moved = await u.rows(sql.advance, None if ids is None else list(ids), limit)
    _announce(u, moved)
    if quiet := [row["id"] for row in moved if not row["queued"]]:
        await u.run(say_empty_steps, quiet)
    if any(row["queued"] for row in moved):
        u.touch("work")
    return moved


def _announce(u: Unit, rows: Sequence[Row]) -> None:
    if not rows:
        return
    u.touch("alerts", "pages")
    if len(rows) <= NAMED:
        u.touch(*(f"alert:{row['alert_id']}" for row in rows))


async def end(u: Unit, works: list[Work]) -> None:
    """Batch: acknowledged or closed. Ends escalations, drops what is queued, tells the others who were paged."""
    if await u.run(sql.end_escalations, streams(works), [w.payload["seq"] for w in works]):
        u.touch("work")
    await let_go(u, streams(works))
    await tell_answered(u, streams(works), [w.payload["seq"] for w in works])
    u.touch("pages")


def streams(works: Sequence[Work]) -> list[UUID]:
    """The alerts that due rows are about."""
    return [UUID(work.payload["stream"]) for work in works]


class Engine:
    """The pump that advances due escalations, a batch per turn."""

    def __init__(self, database: Database) -> None:
        self.name = "escalations"
        self.due_sql = sql.next_escalation.text
        self._database = database

    async def turn(self) -> bool:
        try:
            async with self._database.unit(ENGINE, "engine") as u:
                return bool(await advance(u))
        except (Conflict, *DATA_ERRORS) as error:
            log.warning("batch_failed", pump=self.name, error=repr(error))
            return await self._one_by_one()

    async def _one_by_one(self) -> bool:
        """Each in a savepoint of its own: the poisoned one is set aside with its error, the others go on."""
        async with self._database.unit(ENGINE, "engine") as u:
            ids = [row["id"] for row in await u.rows(sql.due_escalations, BATCH)]
            for escalation in ids:
                try:
                    async with u.savepoint():
                        await advance(u, [escalation])
                except DATA_ERRORS as error:
                    log.error(  # noqa: TRY400 - set aside on purpose; the error stands in the row
                        "escalation_set_aside", escalation=str(escalation), error=repr(error)
                    )
                    await u.run(sql.set_escalation_aside, escalation, _sentence(error))
        return bool(ids)


def _sentence(error: Exception) -> str:
    return f"This escalation could not go on: {error}"[:500].replace("\0", "")
