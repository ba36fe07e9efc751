"""Words in the record: lines that people say, now or noted later, as a reply, or for somebody who was on a call."""

from datetime import datetime
from uuid import UUID

from tocsin.incidents.change import change, lock, sql, text
from tocsin.incidents.kinds import MessageSaid
from tocsin.incidents.mentions import addressed, note_mentions
from tocsin.incidents.model import Incident
from tocsin.incidents.said_model import MESSAGE, TAGS, may_have_happened, plain
from tocsin.incidents.said_read import one_entry, said
from tocsin.kernel.commands import command
from tocsin.kernel.db import Reader, Unit
from tocsin.kernel.errors import Conflict, Invalid

__all__ = ["MESSAGE", "say"]


@command("incident.say")
async def say(
    u: Unit,
    incident_id: UUID,
    line: str,
    *,
    reply_to: int | None = None,
    at: datetime | None = None,
    said_by: str = "",
    tag: str = "",
    cue: tuple[int, int] = (0, 0),
) -> int:
    """Says a line in the room; answers the entry's number. Who speaks takes part. Also after the end, but not when it was merged.

    `at`: when it was, if it is told later; the order of the record stays that of writing. `said_by`: whose words somebody writes
    down for them; `tag`: said, decided or seen; `cue`: the transcript and the line of it that this is. A reply to a reply belongs to
    the first one.
    """
    incident, line = await _not_merged(u, incident_id), text("text", plain(line), MESSAGE)
    parent, by = await _parent(u, incident, reply_to)
    await check_time(u, incident, at)
    if tag and tag not in TAGS:
        raise Invalid("tag", f"Choose one of: {', '.join(TAGS)}.")
    people = await addressed(u, incident, line)
    payload = MessageSaid(
        line,
        parent,
        by,
        people,
        text("said_by", plain(said_by), 100, needed=False).replace("\n", " "),
        tag,
        *cue,
    )
    after = await change(u, incident, payload, happened_at=at)
    if parent:
        await u.run(said.tie, incident.id, parent, "reply", after.head)
    await note_mentions(u, incident, after.head, people)
    if u.actor.id:
        await u.value(sql.join, incident.id, u.actor.id)
    return after.head


async def _parent(u: Unit, incident: Incident, seq: int | None) -> tuple[int, str]:
    """The first entry of the thread, and whose it is."""
    if not seq:
        return 0, ""
    found = await one_entry(u, incident.id, seq)
    above = found.payload.get("reply_to") or 0
    if above:
        found = await one_entry(u, incident.id, above)
    return found.seq, found.actor


async def check_time(u: Reader, incident: Incident, at: datetime | None, field: str = "at") -> None:
    """Raises `Invalid` for the field when it cannot have been then."""
    if at is None:
        return
    if at.tzinfo is None:
        raise Invalid(field, "Say the time with its zone.")
    if not may_have_happened(at, incident.declared_at, await u.clock()):
        raise Invalid(
            field, "That time cannot be: it lies in the future, or more than 30 days before the incident."
        )


async def _not_merged(u: Unit, incident_id: UUID) -> Incident:
    incident = await lock(u, incident_id)
    if incident.merged_into is not None:
        into = await u.row(sql.merged_into, incident_id, u.actor.id)
        where = f" into {into['key']}. Say it there" if into else ""
        raise Conflict(f"{incident.key} was merged{where}.")
    return incident
