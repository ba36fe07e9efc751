"""People whose account is disabled while they are paged: nothing waits for them, and what they had is paged again.

Steps leave them out by themselves (`step_recipients`), and so does the sender (`page_is_moot`). What is left is done here, at once and
a second time when the last message that was on its way to them has come back.
"""

from datetime import timedelta
from uuid import UUID

from tocsin.alerts.commands import unacknowledge
from tocsin.kernel import work
from tocsin.kernel.db import Unit
from tocsin.kernel.sql import Statements
from tocsin.kernel.work import LEASE_S, Batch, Work
from tocsin.paging.escalate import begin_for
from tocsin.paging.kinds import PagingResumed
from tocsin.people.commands import LEFT
from tocsin.record.kinds import encode

sql = Statements("tocsin.paging", "left.sql")
say_resumed = Statements("tocsin.paging", "reconcile.sql").say_resumed


async def left(u: Unit, works: list[Work]) -> None:
    """Batch: accounts were disabled."""
    meant = [UUID(each.payload["user_id"]) for each in works]
    people = [row["id"] for row in await u.rows(sql.still_left, meant)]
    await u.run(sql.cancel_pages_of, people)
    await _give_back(u, people)
    if await u.run(sql.go_on_without, people):
        u.touch("work")
    u.touch("alerts", "pages")
    again = [each.payload for each in works if not each.payload.get("again")]
    for payload in again:
        due_at = await u.clock() + timedelta(seconds=LEASE_S * 2)
        await work.add(u, LEFT, payload | {"again": True}, due_at=due_at)


async def _give_back(u: Unit, people: list[UUID]) -> None:
    """Alerts that they had acknowledged, or that were theirs alone."""
    owned = await u.rows(sql.owned_by, people)
    for row in owned:
        if row["acknowledged"]:
            await unacknowledge(u, row["id"], note=f"the account of {row['name']}, who had it, was disabled")
    alone = [row for row in owned if not row["acknowledged"]]
    if alone:
        said = [
            {
                "id": row["id"],
                "payload": encode(
                    PagingResumed(f"the account of {row['name']}, whose it was, was disabled.")
                ),
            }
            for row in alone
        ]
        await u.run(say_resumed, said)
        await begin_for(u, [row["id"] for row in alone], again=True)


BATCHES: dict[str, Batch] = {LEFT: left}
