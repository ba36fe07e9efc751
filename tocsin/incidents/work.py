"""The update clock: a promise that passes without an update becomes an entry."""

from tocsin.incidents.change import change, sql
from tocsin.incidents.kinds import UpdateMissed
from tocsin.incidents.model import Incident
from tocsin.kernel.db import ENGINE, Database


class UpdateClock:
    """A pump over the incidents themselves: what is due stands in their rows."""

    name = "update_clock"

    def __init__(self, database: Database) -> None:
        self._database = database
        self.due_sql = sql.next_overdue.text

    async def turn(self) -> bool:
        """Notes every missed promise once; answers whether there may be more."""
        async with self._database.unit(ENGINE, "engine") as u:
            overdue = await u.all(Incident, sql.overdue)
            for incident in overdue:
                assert incident.update_due_at is not None  # noqa: S101 - the statement's own condition
                await change(u, incident, UpdateMissed(incident.update_due_at, await u.clock()))
            return len(overdue) == 100
