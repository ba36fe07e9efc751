"""What people do with places: link the ticket. The notes page: `notes.py`."""

from urllib.parse import urlsplit
from uuid import UUID

from tocsin.incidents.change import change, lock
from tocsin.kernel.commands import command
from tocsin.kernel.db import Unit
from tocsin.kernel.errors import Invalid
from tocsin.kernel.sql import Statements
from tocsin.places.kinds import TicketLinked

sql = Statements("tocsin.places")


@command("place.set_ticket")
async def set_ticket(u: Unit, incident_id: UUID, url: str) -> None:
    """Links the incident's ticket; a new link replaces the old one, which stays in the record."""
    incident, url = await lock(u, incident_id), url.strip()
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname or len(url) > 2000:
        raise Invalid("url", "The ticket's link must start with https:// or http://.")
    if await u.value(sql.set_ticket, incident_id, url, parts.hostname):
        await change(u, incident, TicketLinked(url))
