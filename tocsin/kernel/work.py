"""Work is rows that are due. Pumps take due rows and act; one clock per process tells pumps when to look.

Two shapes: a `batch` handler changes the database only and runs in the transaction that takes the rows; a `job`
handler may call the outside, so its row is leased, committed, handled, and finished afterwards.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Protocol

from tocsin.kernel.db import ENGINE, Database, Unit, sql
from tocsin.kernel.errors import Unavailable
from tocsin.kernel.log import logger
from tocsin.kernel.sql import Statement

LEASE_S = 60
MAX_ATTEMPTS = 12
BATCH = 500
POLL_S = 1.0
GATHER_S = 0.01
log = logger(__name__)


@dataclass(frozen=True, slots=True)
class Work:
    """One due row, claimed."""

    id: int
    kind: str
    key: str | None
    payload: dict[str, Any]
    attempts: int
    generation: int


class RetryLater(Exception):
    """Raised by a job handler: not now, again after so many seconds."""

    def __init__(self, after: float, reason: str) -> None:
        super().__init__(reason)
        self.after = after


Job = Callable[[Database, Work], Awaitable[None]]
Batch = Callable[[Unit, list[Work]], Awaitable[None]]


class Pump(Protocol):
    """Takes what is due, in turns. `turn` answers whether there may be more right now."""

    name: str
    #: A scalar subquery without parameters: when this pump has something to do next. All pumps of a process are
    #: asked in one combined query.
    due_sql: str

    async def turn(self) -> bool: ...


async def add(
    u: Unit, kind: str, payload: Mapping[str, Any], *, key: str | None = None, due_at: datetime | None = None
) -> None:
    """Leaves a due row in this transaction. With a key, the same work waits only once."""
    await u.run(sql.add_work, kind, key, dict(payload), due_at)
    u.touch("work")


async def follow_clock(u: Unit, back: timedelta) -> None:
    """The database's clock went back by so much: no row waits longer than it would have."""
    await u.run(sql.work_back, back)


class BatchPump:
    """Rows of one kind, handled many at a time inside the transaction that takes them."""

    def __init__(self, database: Database, kind: str, handle: Batch) -> None:
        self.name = kind
        self.due_sql = _due_sql([kind])
        self._database = database
        self._handle = handle

    async def turn(self) -> bool:
        try:
            return await self._take(BATCH) == BATCH
        except Unavailable:
            raise
        except Exception as error:  # noqa: BLE001 - a handler's error must not stop the pump: one by one finds the culprit
            log.warning("batch_failed", kind=self.name, error=repr(error))
            return await self._one_by_one()

    async def _take(self, size: int) -> int:
        async with self._database.unit(ENGINE, "engine") as u:
            works = await u.all(Work, sql.claim_work, [self.name], size, LEASE_S)
            if works:
                await self._handle(u, works)
                await u.run(sql.finish_work_batch, [w.id for w in works])
            return len(works)

    async def _one_by_one(self) -> bool:
        """Each row in a savepoint of its own: the poisoned one is set aside with its error, the rest are done."""
        async with self._database.unit(ENGINE, "engine") as u:
            works = await u.all(Work, sql.claim_work, [self.name], BATCH, LEASE_S)
            for work in works:
                try:
                    async with u.savepoint():
                        await self._handle(u, [work])
                        await u.run(sql.finish_work_batch, [work.id])
                except Unavailable:
                    raise
                except Exception as error:  # set aside with its reason, reported, never lost
                    log.exception("work_set_aside", kind=self.name, work=work.id, error=repr(error))
                    await u.run(sql.set_work_aside, work.id, repr(error)[:2000])
            return len(works) == BATCH


class JobPump:
    """Rows of several kinds, each leased and handled outside any transaction, a bounded number at once."""

    def __init__(self, database: Database, handlers: Mapping[str, Job], *, at_once: int = 20) -> None:
        self.name = "jobs"
        self.due_sql = _due_sql(handlers)
        self._database = database
        self._handlers = handlers
        self._at_once = at_once

    async def turn(self) -> bool:
        kinds = list(self._handlers)
        works = await self._database.all(Work, sql.claim_work, kinds, self._at_once, LEASE_S)
        await asyncio.gather(*(self._run(work) for work in works))
        return len(works) == self._at_once

    async def _run(self, work: Work) -> None:
        try:
            async with asyncio.timeout(LEASE_S - 5):
                await self._handlers[work.kind](self._database, work)
            await self._database.run(sql.finish_work, work.id, work.generation)
        except RetryLater as again:
            await self._again(work, again.after, str(again))
        except Unavailable:
            raise
        except Exception as error:  # noqa: BLE001 - retried with back-off, then set aside with its reason
            await self._again(work, min(2.0**work.attempts, 600), repr(error))

    async def _again(self, work: Work, after: float, reason: str) -> None:
        if work.attempts >= MAX_ATTEMPTS:
            log.error("work_set_aside", kind=work.kind, work=work.id, error=reason)
            await self._database.run(sql.set_work_aside, work.id, reason[:2000])
            return
        log.warning("work_retried", kind=work.kind, work=work.id, after=after, error=reason)
        await self._database.run(sql.retry_work, work.id, after, reason[:2000])


def _due_sql(kinds: Iterable[str]) -> str:
    """The kinds are constants of the code, so they may stand in the text."""
    return sql.next_due.text.replace("$1", "array[" + ", ".join(f"'{kind}'" for kind in kinds) + "]")


@dataclass(slots=True)
class _Running:
    pump: Pump
    wake: asyncio.Event = field(default_factory=asyncio.Event)


class Pumps:
    """All pumps of one process. Woken by the bus at once, and by the clock at most a second late."""

    def __init__(self, database: Database, pumps: Sequence[Pump]) -> None:
        self._database = database
        self._running = [_Running(p) for p in pumps]
        self._stopping = False
        columns = ", ".join(["clock()", *(f"({p.due_sql})" for p in pumps)])
        self._look = Statement("next_due_of_all", f"select {columns}")

    def wake(self, _topic: str = "work") -> None:
        """Everybody looks again."""
        for running in self._running:
            running.wake.set()

    async def run(self) -> None:
        """Until `stop`. A turn under way is never cancelled: it may be waiting for its commit."""
        clock = asyncio.create_task(self._watch_clock())
        try:
            await asyncio.gather(*(self._drive(running) for running in self._running))
        finally:
            clock.cancel()

    def stop(self) -> None:
        """Lets every pump finish its turn and take no more; `run` then returns."""
        self._stopping = True
        self.wake()

    def _goes_on(self) -> bool:
        """Asked anew after each await: a stop may have come meanwhile."""
        return not self._stopping

    async def settle(self) -> None:
        """Turns every pump until nothing is due: for tests and one-shot commands, without a running loop."""
        while due := [r for r, at, now in await self._due() if at and at <= now]:
            for running in due:
                await running.pump.turn()

    async def _due(self) -> list[tuple[_Running, datetime | None, datetime]]:
        (row,) = await self._database.rows(self._look)
        now, *times = row.values()
        return [(r, at, now) for r, at in zip(self._running, times, strict=True)]

    async def _drive(self, running: _Running) -> None:
        while self._goes_on():
            await running.wake.wait()
            running.wake.clear()
            try:
                while self._goes_on() and await running.pump.turn():
                    pass
                if running.wake.is_set():
                    # Work arrives faster than turns take it: a moment later, one turn takes more of it.
                    await asyncio.sleep(GATHER_S)
            except Exception as error:  # noqa: BLE001 - the loop outlives everything; what failed is still due
                log.warning("pump_failed", pump=running.pump.name, error=repr(error))
                await asyncio.sleep(0.5)
                running.wake.set()

    async def _watch_clock(self) -> None:
        """Sleeps until the next due row, at most a second: a notification that a crash swallowed costs no more."""
        while True:
            pause = POLL_S
            try:
                for running, due, now in await self._due():
                    if due is None:
                        continue
                    if due <= now:
                        running.wake.set()
                    else:
                        pause = min(pause, (due - now) / timedelta(seconds=1))
            except Unavailable as error:
                log.warning("database_unreachable", error=repr(error.__cause__))
            await asyncio.sleep(max(pause, 0.02))
