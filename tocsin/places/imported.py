"""The notes page of an incident that was imported."""

from uuid import UUID

from tocsin.kernel.db import Unit
from tocsin.kernel.sql import Statements

sql = Statements("tocsin.places", "imported.sql")


async def bring_notes(u: Unit, incident_id: UUID, body: str) -> None:
    """Keeps the notes of an export as the page of the incident that was just made of it, in the same unit."""
    if body:
        await u.run(sql.bring, incident_id, body, u.actor.name)
