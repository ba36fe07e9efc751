"""Claims without a sign of life and tasks that are late: noted once each, and whoever has them is asked."""

from tocsin.incidents.change import lock
from tocsin.incidents.item_kinds import ClaimStale, TaskLate
from tocsin.incidents.item_model import ItemKind
from tocsin.incidents.items import go_on, item_of, sql
from tocsin.kernel.db import ENGINE, Database


class ItemClock:
    """A pump over the items themselves: what is due stands in their rows."""

    name = "item_clock"

    def __init__(self, database: Database) -> None:
        self._database = database
        self.due_sql = sql.next_waiting.text

    async def turn(self) -> bool:
        """Notes each once until there is a new sign of life; answers whether there may be more."""
        async with self._database.unit(ENGINE, "engine") as u:
            found = await u.rows(sql.waiting_now)
            for row in found:
                incident = await lock(u, row["incident_id"])
                item, now = await item_of(u, incident.id, row["seq"]), await u.clock()
                # Somebody may have been faster while the incident was locked.
                if item is None or incident.resolved_at is not None or item.nudged_at is not None:
                    continue
                if item.kind is ItemKind.TASK and item.late(now) and item.due_at:
                    await go_on(
                        u, incident, item, TaskLate(item.seq, item.text, item.owner, item.due_at, now)
                    )
                elif item.stale(now):
                    await go_on(
                        u, incident, item, ClaimStale(item.seq, item.text, item.owner, item.fresh_at, now)
                    )
            return len(found) == 100
