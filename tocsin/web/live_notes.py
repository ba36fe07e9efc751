"""What the event hub asks about notes pages: their updates as they come, and where people are."""

from base64 import b64encode
from uuid import UUID

import orjson

from tocsin.edge.events import Fragment
from tocsin.kernel.db import Database
from tocsin.places import notes_queries


class NotesLive:
    """Topics `notes:<incident>`. A fragment's words are one update of the document in base64."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def heads(self, incident_ids: list[UUID]) -> dict[UUID, int]:
        """The newest numbers."""
        return await notes_queries.heads(self._database, incident_ids)

    async def after(self, incident_id: UUID, seq: int) -> list[Fragment]:
        """The updates after a number."""
        found = await notes_queries.each_after(self._database, incident_id, seq)
        return [Fragment(number, b64encode(update).decode(), quiet=True) for number, update in found]

    async def glance(self, incident_id: UUID) -> str:
        """Where people are, and the newest number, as JSON."""
        seq = (await self.heads([incident_id])).get(incident_id, 0)
        return orjson.dumps(
            {"seq": seq, "cursors": await notes_queries.cursors(self._database, incident_id)}
        ).decode()
