"""Words in the record: lines that people say, and taking them out again."""

from uuid import UUID

from tocsin.incidents.change import change, lock, sql, text
from tocsin.incidents.kinds import EntryRedacted, MessageSaid
from tocsin.kernel.commands import command
from tocsin.kernel.db import Unit
from tocsin.kernel.errors import Forbidden, Invalid, NotFound
from tocsin.record.commands import redact
from tocsin.record.queries import entry

MESSAGE = 20_000


@command("incident.say")
async def say(u: Unit, incident_id: UUID, line: str) -> int:
    """Says a line in the room; answers the entry's number. Who speaks takes part. Also after the end."""
    incident = await lock(u, incident_id)
    after = await change(u, incident, MessageSaid(text("text", line, MESSAGE)))
    if u.actor.id:
        await u.value(sql.join, incident.id, u.actor.id)
    return after.head


@command("incident.redact_entry")
async def redact_entry(u: Unit, incident_id: UUID, seq: int, reason: str) -> None:
    """Takes the words out of a line: one's own, or as an administrator. That it was there stays in the record."""
    incident, reason = await lock(u, incident_id), text("reason", reason, 300)
    found = await entry(u, incident_id, seq)
    if found is None:
        raise NotFound("There is no such entry.")
    if u.actor.role != "admin" and (found.actor_id is None or found.actor_id != u.actor.id):
        raise Forbidden("Only its author or an administrator can take the words out of an entry.")
    if found.kind != "message":
        raise Invalid("seq", "Only lines that somebody said can be redacted; what was done stays.")
    if await redact(u, incident_id, seq, reason):
        await change(u, incident, EntryRedacted(seq, reason))
