"""Who leaves a room says nothing: a minute after they were last seen there, the others' rooms look again."""

from tocsin.incidents.change import sql
from tocsin.kernel.db import ENGINE, Database


class PresenceClock:
    """A pump over who is where: whoever was not seen for a minute is there no longer. `incident_visits` knows when they were."""

    name = "presence_clock"

    def __init__(self, database: Database) -> None:
        self._database = database
        self.due_sql = sql.next_leaving.text

    async def turn(self) -> bool:
        """Takes away who left; answers whether there may be more."""
        async with self._database.unit(ENGINE, "engine") as u:
            left = await u.rows(sql.left_rooms)
            u.touch(*(f"incident:{row['incident_id']}" for row in left))
            return len(left) == 500
