"""The clock of handovers: prepares each an hour before its shift starts, and asks until it is accepted.

Everything that is due stands in the rows, so a process that was down goes on where it is by then: of several moments
that have passed only the last one is acted on. Whoever handles one locks the schedule first, as every edit does. A timer
finds what began while no process was there, however long ago: it waits for acceptance like every other shift.
"""

from datetime import timedelta
from uuid import UUID

from tocsin.duty import handover_say as say
from tocsin.duty.handover import refresh
from tocsin.duty.handover_model import LAST_WAIT, Handover, in_vain, next_ask
from tocsin.duty.handover_queries import handover_by_id, sql
from tocsin.duty.kinds import HandoverUnaccepted
from tocsin.kernel import work
from tocsin.kernel.crypto import Keys
from tocsin.kernel.db import DATA_ERRORS, ENGINE, Database, Row, Unit
from tocsin.kernel.errors import Conflict, NotFound
from tocsin.kernel.ids import new_id
from tocsin.kernel.log import logger
from tocsin.kernel.work import Job, Work
from tocsin.oncall.compute import lock, record

AT_ONCE = 50
KIND, EVERY = "duty.handovers", timedelta(minutes=5)
log = logger(__name__)


class HandoverClock:
    """A pump over shifts that start soon and handovers whose moment has come; while there are none it costs one look by
    two indexes."""

    name = "handover_clock"

    def __init__(self, database: Database, keys: Keys) -> None:
        self._database = database
        self._keys = keys
        self.due_sql = sql.next_handover.text

    async def turn(self) -> bool:
        """Prepares, then asks; answers whether there may be more."""
        missing = await self._database.rows(sql.not_prepared, AT_ONCE)
        for shift in missing:
            await self.prepare(shift)
        due = await self._database.rows(sql.due_handovers, AT_ONCE)
        for row in due:
            await self._look(row["id"], row["schedule_id"])
        return AT_ONCE in (len(missing), len(due))

    async def prepare(self, shift: Row) -> None:
        """Writes the handover of a shift down, once, and announces what is still to come."""
        async with self._database.unit(ENGINE, "engine") as u:
            place = (shift["schedule_id"], shift["track"], shift["starts_at"], shift["user_id"])
            prepared = await u.value(sql.prepare, new_id(), *place)
            if prepared is None:
                return  # Another process was faster, or the schedule has just changed.
            h, now = await _handover(u, prepared), await u.clock()
            if now >= h.starts_at:
                await u.run(sql.set_ask, h.id, h.starts_at, 0)
                return
            upcoming = next_ask(h.starts_at, now, waits=h.waits)
            await u.run(sql.set_ask, h.id, h.starts_at if h.is_none else upcoming, 0)
            if not h.is_none:
                await self._announce(u, h, soon=h.waits and upcoming == h.starts_at)
            u.touch("oncall")

    async def _announce(self, u: Unit, h: Handover, *, soon: bool) -> None:
        """What starts within minutes is asked about at once, instead of a quarter of an hour before."""
        if soon:
            await say.ask(u, self._keys, h, await u.clock())
            await u.run(sql.set_ask, h.id, h.starts_at, 1)
        else:
            await say.coming(u, self._keys, h)

    async def _look(self, handover_id: UUID, schedule_id: UUID) -> None:
        """One whose moment has come. What cannot be handled is put off, and holds nobody else up."""
        try:
            async with self._database.unit(ENGINE, "engine") as u:
                await lock(u, schedule_id)
                if await u.value(sql.is_due, handover_id):
                    await self._act(u, handover_id)
        except NotFound:
            await self._database.run(sql.set_ask, handover_id, None, 0)  # The schedule was archived.
        except (Conflict, ValueError, *DATA_ERRORS) as error:
            log.warning("handover_put_off", handover=str(handover_id), error=repr(error))
            await self._database.run(sql.postpone, handover_id)

    async def _act(self, u: Unit, handover_id: UUID) -> None:
        before = await _handover(u, handover_id)
        await refresh(u, before.schedule_id, before.track)
        h, now = await _handover(u, handover_id), await u.clock()
        if not h.stands or h.over or h.is_none:
            await u.run(sql.set_ask, h.id, None if now >= h.starts_at else h.starts_at, 0)
            return
        # However late it is looked at, it is asked for once before it is in vain.
        asks = h.waits and (h.asked == 0 or not in_vain(h.starts_at, now))
        upcoming = next_ask(h.starts_at, now, waits=h.waits) or (now + LAST_WAIT if asks else None)
        await u.run(sql.set_ask, h.id, upcoming, int(asks))
        if asks:
            await say.ask(u, self._keys, h, now)
        elif h.waits:
            await _give_up(u, h)
        elif now >= h.starts_at:
            await say.begun(u, self._keys, h)
        u.touch("oncall")


async def _give_up(u: Unit, h: Handover) -> None:
    keeps = (h.from_name or "", h.from_user_id) if h.held_back else ("", None)
    await record(u, h.schedule_id, HandoverUnaccepted(h.id, h.to_name, h.starts_at, h.to_user_id, *keeps))
    await say.in_vain(u, h)


async def _handover(u: Unit, handover_id: UUID) -> Handover:
    found = await handover_by_id(u, handover_id)
    assert found is not None  # noqa: S101 - it is in this transaction's hands
    return found


def jobs(keys: Keys) -> dict[str, Job]:
    """The timer, with the keys that sign links."""

    async def make_up(db: Database, _: Work) -> None:
        """Job, every five minutes: prepares what must be accepted and was left behind."""
        clock = HandoverClock(db, keys)
        for shift in await db.rows(sql.left_behind):
            await clock.prepare(shift)
        async with db.unit(ENGINE, "engine") as u:
            await work.add(u, KIND, {}, key="timer", due_at=await u.clock() + EVERY)

    return {KIND: make_up}


async def begin(db: Database) -> None:
    """Called at every start: the timer exists once for all processes."""
    async with db.unit(ENGINE, "engine") as u:
        await work.add(u, KIND, {}, key="timer")
