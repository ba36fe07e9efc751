"""What people do with places: link the ticket, save the notes."""

from urllib.parse import urlsplit
from uuid import UUID

from tocsin.incidents.change import change, lock
from tocsin.kernel.commands import command
from tocsin.kernel.db import Unit
from tocsin.kernel.errors import Conflict, Invalid
from tocsin.kernel.sql import Statements
from tocsin.places.kinds import NotesSaved, TicketLinked

sql = Statements("tocsin.places")
LONGEST = 500_000


@command("place.set_ticket")
async def set_ticket(u: Unit, incident_id: UUID, url: str) -> None:
    """Links the incident's ticket; a new link replaces the old one, which stays in the record."""
    incident, url = await lock(u, incident_id), url.strip()
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname or len(url) > 2000:
        raise Invalid("url", "The ticket's link must start with https:// or http://.")
    if await u.value(sql.set_ticket, incident_id, url, parts.hostname):
        await change(u, incident, TicketLinked(url))


@command("notes.save")
async def save_notes(u: Unit, incident_id: UUID, body: str, version: int) -> int:
    """Saves the notes; answers the new version. `version` is the one that the editor began with."""
    incident = await lock(u, incident_id)
    body = body.replace("\x00", "")
    if len(body) > LONGEST:
        raise Invalid("body", f"The notes are too long: {LONGEST} characters fit.")
    saved = await u.value(sql.save_notes, incident_id, body, version, u.actor.name)
    if saved is None:
        raise Conflict("Somebody else saved the notes meanwhile. Both texts are below; nothing is lost.")
    await u.run(sql.keep_version, incident_id, saved, body, u.actor.name)
    await change(u, incident, NotesSaved(saved, len(body)))
    return int(saved)
