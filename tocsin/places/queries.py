"""Reading places. Whether the reader may see the incident was asked before."""

from uuid import UUID

from tocsin.kernel.db import Reader
from tocsin.kernel.sql import Statements
from tocsin.places.model import Notes, Place

sql = Statements("tocsin.places")


async def places_of(db: Reader, incident_id: UUID) -> list[Place]:
    """An incident's places in their usual order."""
    return await db.all(Place, sql.places_of, incident_id)


async def notes_of(db: Reader, incident_id: UUID) -> Notes | None:
    """The notes page; None in the moment before it is there."""
    return await db.first(Notes, sql.notes_of, incident_id)
