"""What people are told who are invited to an incident, or sent off with thanks."""

from uuid import UUID

from tocsin.duty.role_tell import send, sql
from tocsin.incidents.people_kinds import PersonInvited, PersonReleased
from tocsin.kernel.db import Unit
from tocsin.kernel.work import Batch, Work
from tocsin.record.kinds import decode
from tocsin.record.queries import entry

KIND = "duty.tell_person"
FOLLOWS = {"person_invited": [KIND], "person_released": [KIND]}


async def told(u: Unit, works: list[Work]) -> None:
    """Batch: one entry, one message. Nobody who may not see the incident is told anything."""
    for work in works:
        found = await entry(u, UUID(work.payload["stream"]), work.payload["seq"])
        if found is None or found.redacted_at is not None:
            continue
        match decode(found.kind, found.payload):
            case PersonInvited() as said:
                await _invited(u, work.payload["stream"], said, found.actor)
            case PersonReleased() as said:
                await _released(u, work.payload["stream"], said, found.actor)


BATCHES: dict[str, Batch] = {KIND: told}


async def _invited(u: Unit, incident_id: str, said: PersonInvited, by: str) -> None:
    to = await u.row(sql.reader, UUID(incident_id), said.user_id)
    if to is not None:
        text = f"{said.why}\n\nTap “On it” or “Watching” in the room, so that nobody waits for you.".strip()
        await send(u, to, f"{by} asks you to come to {{}}", text, "#people", urgent=True)


async def _released(u: Unit, incident_id: str, said: PersonReleased, by: str) -> None:
    to = await u.row(sql.reader, UUID(incident_id), said.user_id)
    if to is not None:
        text = f"{said.thanks or 'Thank you for your help.'}\n\nNothing is expected of you there any more. Get some sleep."
        await send(u, to, f"{by} releases you from {{}}", text, "", urgent=False)
