"""The reconciler: finds alerts that should have somebody's attention and have not, and sees to it that they get it.

It is independent of what it watches: a pump of its own in every process, or `tocsin reconcile` from a timer elsewhere. It asks
the rows, trusts no memory and no other pump, and says in the record and in a metric what it found.

1. One process at a time takes the turn, twice a minute.
2. If the clock stands before the last look it went back: what waits is moved with it.
3. Alerts whose paging never began, ended by mistake, or failed are begun again, and quiet ones that nothing would wake; what
   fails again pages the administrators.
4. Steps that nobody took are taken here; pages whose way is blocked go by the person's next method.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from tocsin.kernel.db import DATA_ERRORS, ENGINE, Database, Reader, Row, Unit
from tocsin.kernel.log import logger
from tocsin.kernel.sql import Statements
from tocsin.kernel.work import follow_clock
from tocsin.paging.escalate import advance, begin_for
from tocsin.paging.kinds import PagingResumed
from tocsin.paging.onward import sql as onward
from tocsin.paging.silence_clock import wake_forgotten
from tocsin.record.kinds import encode

sql = Statements("tocsin.paging", "reconcile.sql")
AT_ONCE = 500
#: A clock that is read on two machines may differ by this much without having moved.
SLACK = timedelta(seconds=5)
#: The reason of the pages that are the last resort.
LAST_RESORT = "paging this alert failed twice; you are an administrator"
#: The outside is told that something is wrong when nobody has looked for so many seconds.
QUIET_S = 120.0
log = logger(__name__)


@dataclass(frozen=True, slots=True)
class Found:
    """What one look found: alerts taken up, steps that nobody took, pages that nobody sent, and how far the clock went back."""

    resumed: int = 0
    stuck: int = 0
    unsent: int = 0
    clock_back: timedelta = timedelta(0)

    def __bool__(self) -> bool:
        return bool(self.resumed or self.stuck or self.unsent or self.clock_back)


@dataclass(frozen=True, slots=True)
class StateOfPaging:
    """Counts for an outside monitor. `unsent`, `stuck`: due for two minutes; `failed`: open alerts that page nobody for an error."""

    looked_s_ago: float
    resumed: int
    clock_went_back: int
    unsent: int
    stuck: int
    running: int
    failed: int

    @property
    def problems(self) -> list[str]:
        """What is wrong, as sentences; empty while paging can be trusted."""
        found = []
        if self.looked_s_ago > QUIET_S:
            found.append(f"The reconciler has not looked for {self.looked_s_ago:.0f} seconds.")
        if self.unsent:
            found.append(
                f"{_counted(self.unsent, 'message has', 'messages have')} waited for more than two minutes."
            )
        if self.stuck:
            found.append(
                f"{_counted(self.stuck, 'escalation has', 'escalations have')} not moved for two minutes."
            )
        if self.failed:
            found.append(
                f"The escalation of {_counted(self.failed, 'open alert', 'open alerts')} has failed."
            )
        return found


def _counted(number: int, one: str, many: str) -> str:
    return f"{number} {one if number == 1 else many}"


class Reconciler:
    """The pump: looks twice a minute, whichever process comes first."""

    name = "reconciler"

    def __init__(self, database: Database) -> None:
        self._database = database
        self.due_sql = sql.next_look.text

    async def turn(self) -> bool:
        """One look. There is never more to do right after it."""
        await reconcile(self._database)
        return False


async def reconcile(database: Database) -> Found | None:
    """One look and what follows from it, in one transaction; None when another process has just looked."""
    async with database.unit(ENGINE, "engine") as u:
        turn = await u.row(sql.take_turn)
        if turn is None:
            return None
        back = await _follow_the_clock(u, turn["looked_at"] - turn["now"])
        found = Found(await _resume(u) + await wake_forgotten(u), await _push(u), await _unblock(u), back)
        if found:
            log.warning(
                "paging_reconciled", resumed=found.resumed, stuck=found.stuck, unsent=found.unsent,
                clock_back_s=found.clock_back.total_seconds(),
            )  # fmt: skip
            await u.run(sql.count_findings, found.resumed, int(bool(back)))
            u.touch("work", "alerts", "pages")
        return found


async def _follow_the_clock(u: Unit, back: timedelta) -> timedelta:
    """What was to come in five minutes comes in five minutes, whatever the clock says now."""
    if back <= SLACK:
        return timedelta(0)
    for statement in (
        sql.escalations_back,
        sql.deliveries_back,
        sql.leases_back,
        sql.rests_back,
        sql.looks_back,
    ):
        await u.run(statement, back)
    await follow_clock(u, back)
    return back


async def _resume(u: Unit) -> int:
    """Begins paging again where nobody has the alert. What a rival has begun in between is left to it."""
    found = await u.rows(sql.unattended, AT_ONCE)
    hopeless = [row for row in found if row["hopeless"]]
    if hopeless:
        await _last_resort(u, [row["id"] for row in hopeless])
    resumed: set[UUID] = set()
    for begun in (False, True):
        resumed |= await _begin(
            u, [row["id"] for row in found if row["begun"] is begun and not row["hopeless"]], again=begun
        )
    await _say(u, [row for row in found if row["id"] in resumed])
    return len(resumed)


async def _begin(u: Unit, alerts: Sequence[UUID], *, again: bool) -> set[UUID]:
    """Those that did begin; one by one, in savepoints, when they cannot all be begun together."""
    if not alerts:
        return set()
    try:
        async with u.savepoint():
            return {*await begin_for(u, alerts, again=again)}
    except DATA_ERRORS as error:
        if len(alerts) > 1:
            return set().union(*[await _begin(u, [alert], again=again) for alert in alerts])
        log.error("paging_cannot_begin", alert=str(alerts[0]), error=repr(error))  # noqa: TRY400 - what failed stands in it
        await _last_resort(u, alerts)
        return set()


async def _last_resort(u: Unit, alerts: Sequence[UUID]) -> None:
    await u.run(sql.page_administrators, list(alerts), LAST_RESORT)


async def _say(u: Unit, found: Sequence[Row]) -> None:
    said = [{"id": row["id"], "payload": encode(PagingResumed(row["reason"]))} for row in found]
    if said:
        await u.run(sql.say_resumed, said)


async def _push(u: Unit) -> int:
    """Takes the steps that the engine should have taken."""
    stuck = await u.rows(sql.stuck, AT_ONCE)
    if not stuck:
        return 0
    try:
        async with u.savepoint():
            await advance(u, [row["id"] for row in stuck])
    except DATA_ERRORS as error:
        # The engine takes a batch apart and sets the poisoned one aside; that it is stuck stands in the metric.
        log.error("stuck_steps_fail", escalations=len(stuck), error=repr(error))  # noqa: TRY400 - as above
    return len(stuck)


async def _unblock(u: Unit) -> int:
    """Pages whose first way is blocked go by the person's next method at once."""
    pages = [row["page_id"] for row in await u.rows(sql.unsent, AT_ONCE)]
    if pages:
        await u.run(onward.next_method_now, pages)
    return len(pages)


async def state_of_paging(db: Reader) -> StateOfPaging:
    """What an outside monitor asks."""
    found = await db.first(StateOfPaging, sql.state_of_paging)
    assert found is not None  # noqa: S101 - the migration made the row
    return found
