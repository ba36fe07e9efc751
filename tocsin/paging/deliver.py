"""The sender: takes due deliveries with a lease, hands them over outside any transaction, records what came of it.

1. `turn` claims, per transport, as many as there is room for, lets the switchboard choose a vendor for each, and starts one
   task each. It never waits for a vendor.
2. A task renders and sends. Whatever happens becomes a Result.
3. One recorder writes all results that have gathered while it wrote the last ones, then claims again.
A process that dies between 2 and 3 leaves rows in `sending`; when their lease runs out another process sends them
again, marked as a possible repeat.
"""

import asyncio
from collections import Counter
from collections.abc import Mapping, Sequence
from uuid import UUID

from tocsin.kernel.db import Database
from tocsin.kernel.errors import TocsinError, Unavailable
from tocsin.kernel.log import logger
from tocsin.kernel.sql import Statements
from tocsin.paging.facts import facts_of
from tocsin.paging.links import Links
from tocsin.paging.model import Claimed, DeliveryState, Restraint
from tocsin.paging.onward import go_on_after, tell
from tocsin.paging.switchboard import Assigned, Switchboard
from tocsin.paging.transport import SECRET_PURPOSE, Destination, Renderer, SendFailed, Sent, Transport
from tocsin.paging.vendor_model import PATIENCE, Result

sql = Statements("tocsin.paging")
bundles = Statements("tocsin.paging", "bundles.sql")
log = logger(__name__)
LEASE_S = 60.0
#: A send ends well before its lease does: nobody else can have taken it meanwhile.
SEND_S = 45.0
#: So many sends under way are a flood: results then gather for so many seconds before they are written.
BUSY, GATHER_S = 20, 0.015
#: With more results than this unwritten nothing more is taken: the database does not keep up.
WAITING = 1000


class Sender:
    """The pump that sends. Besides `turn` it has tasks of its own: `close` it after the pumps have stopped."""

    def __init__(
        self,
        database: Database,
        transports: Mapping[str, Transport],
        renderer: Renderer,
        links: Links,
        switchboard: Switchboard | None = None,
        restraint: Restraint | None = None,
    ) -> None:
        self.name = "sender"
        self.due_sql = sql.next_delivery.text
        self._database = database
        self._transports = transports
        self._renderer = renderer
        self._links = links
        self._switchboard = switchboard or Switchboard(database, transports, PATIENCE)
        self._restraint = restraint or Restraint()
        self._flying: Counter[str] = Counter()
        self._tasks: set[asyncio.Task[Result]] = set()
        self._results: list[Result] = []
        self._recorder: asyncio.Task[None] | None = None
        #: There is room that no turn has seen yet.
        self._wanted = False
        self._refill: asyncio.Task[None] | None = None
        self._turning = asyncio.Lock()
        self._closing = self._stuck = False

    async def turn(self) -> bool:
        """Claims and starts; whether some were dropped, so that there may be room for more."""
        async with self._turning:
            # While results cannot be written, taking more would only let more leases run out.
            if self._closing or self._stuck or len(self._results) > WAITING:
                return False
            return await self._take()

    async def _take(self) -> bool:
        room = {n: t.info.at_once - self._flying[n] for n, t in self._transports.items()}
        claimed = await self._database.all(
            Claimed,
            bundles.claim_deliveries,
            list(room),
            [max(r, 0) for r in room.values()],
            LEASE_S,
            [n for n, t in self._transports.items() if t.info.bundles and self._restraint.gather_s > 0],
            self._restraint.gather_s,
            list(self._restraint.an_hour),
            list(self._restraint.an_hour.values()),
        )
        wanted = [c for c in claimed if c.state is DeliveryState.SENDING]
        for each in await self._switchboard.assign(wanted):
            self._start(each)
        if not claimed:
            await self._fail_unroutable()
        return len(wanted) < len(claimed)

    async def _fail_unroutable(self) -> None:
        failed = await self._database.rows(sql.fail_unroutable, list(self._transports))
        await go_on_after(self._database, failed)

    def _start(self, assigned: Assigned) -> None:
        self._flying[assigned.claimed.transport] += 1
        task = asyncio.create_task(self._send(assigned))
        self._tasks.add(task)
        task.add_done_callback(lambda done: self._landed(assigned, done))

    async def _send(self, assigned: Assigned) -> Result:
        clock = asyncio.get_running_loop().time
        start = clock()
        try:
            async with asyncio.timeout(SEND_S):
                sent = await self._hand_over(assigned)
        except SendFailed as failed:
            failure = failed
        except TimeoutError:
            failure = SendFailed("There was no answer in time.", retry=True, maybe_sent=True, fault=True)
        except TocsinError as error:
            failure = SendFailed(str(error), retry=False)
        else:
            return self._switchboard.sent(assigned, sent, round(1000 * (clock() - start)))
        return self._switchboard.failed(assigned, failure, round(1000 * (clock() - start)))

    async def _hand_over(self, assigned: Assigned) -> Sent:
        claimed = assigned.claimed
        message = self._renderer.render(facts_of(claimed, self._links))
        about = claimed.contact_method_id or claimed.channel_id
        secret = self._links.open_secret(claimed.secret, SECRET_PURPOSE, about)
        return await self._switchboard.send(assigned, message, Destination(claimed.address, secret))

    def _landed(self, assigned: Assigned, task: asyncio.Task[Result]) -> None:
        claimed = assigned.claimed
        self._tasks.discard(task)
        self._flying[claimed.transport] -= 1
        if task.cancelled():
            return
        if error := task.exception():
            # A fault of ours, not of the other side: the text could hold anything, so only its name is kept.
            log.error("send_broke", delivery=str(claimed.id), transport=claimed.transport, exc_info=error)
            fault = SendFailed(f"Sending broke with {type(error).__name__}.", retry=True, maybe_sent=True)
            self._results.append(self._switchboard.failed(assigned, fault))
        else:
            self._results.append(task.result())
        if self._recorder is None:
            self._recorder = asyncio.create_task(self._record())

    async def _record(self) -> None:
        try:
            while self._results:
                self._fill_up()
                if len(self._tasks) > BUSY:
                    # Many more land in a moment, and then share this commit.
                    await asyncio.sleep(GATHER_S)
                batch = self._results[:]
                self._stuck = not await self._write(batch)
                if self._stuck:
                    await asyncio.sleep(0.5)
                else:
                    del self._results[: len(batch)]
        finally:
            self._recorder = None
        self._fill_up()

    def _fill_up(self) -> None:
        """Beside the recorder: whoever has room need not wait for a commit."""
        self._wanted = True
        if self._refill is None or self._refill.done():
            self._refill = asyncio.create_task(self._take_more())

    async def _take_more(self) -> None:
        """There is room again, and what one vendor refused is due at once for the next."""
        try:
            # Room that came while a turn was underway is not seen by that turn.
            while self._wanted:
                self._wanted = False
                while await self.turn():
                    pass
        except Unavailable:
            return  # The clock wakes the pump again.

    async def _write(self, batch: Sequence[Result]) -> bool:
        """One statement for all. False while the database is away: the results are kept and written later."""
        try:
            rows = await self._database.rows(
                sql.record_results,
                [r.delivery for r in batch],
                [r.attempt for r in batch],
                [r.outcome for r in batch],
                [r.after for r in batch],
                [r.vendor_id for r in batch],
                [r.error for r in batch],
                [r.maybe_sent for r in batch],
                [r.gone for r in batch],
                [r.vendor for r in batch],
                [r.took_ms for r in batch],
                [r.fault for r in batch],
                [r.hopeless for r in batch],
                [r.receipt_s for r in batch],
            )
            resting = await self._switchboard.note(batch)
            await go_on_after(self._database, rows, resting)
            if told := self._may_have_been_told(batch):
                settled = await self._database.rows(sql.settle_receipts, told)
                await go_on_after(self._database, settled)
            await tell(self._database, rows)
        except Unavailable as error:
            log.warning("results_kept", results=len(batch), error=repr(error.__cause__))
            return False
        return True

    def _may_have_been_told(self, batch: Sequence[Result]) -> list[UUID]:
        """Of which a vendor may have told a failure before we noted that it has them."""
        if not any(t.info.receipts and t.ready for t in self._transports.values()):
            return []
        return [r.delivery for r in batch if r.outcome == "sent"]

    async def drain(self) -> None:
        """Waits until everything in hand is sent and recorded."""
        while waiting := [*self._tasks, *(t for t in (self._recorder, self._refill) if t and not t.done())]:
            await asyncio.wait(waiting)

    async def close(self, grace: float = 10.0) -> None:
        """Takes no more and waits for what is in hand; the rest comes back when its lease runs out."""
        self._closing = True
        try:
            async with asyncio.timeout(grace):
                await self.drain()
        except TimeoutError:
            log.warning("sends_left", sends=len(self._tasks))
            for task in self._tasks:
                task.cancel()
