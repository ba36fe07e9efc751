"""Marks on entries: pins above the record, which are entries themselves, and reactions, which are not."""

from uuid import UUID

from tocsin.incidents.change import change, lock, me
from tocsin.incidents.queries import incident_by_id
from tocsin.incidents.said_kinds import EntryPinned, EntryUnpinned
from tocsin.incidents.said_model import one_emoji
from tocsin.incidents.said_read import one_entry, said
from tocsin.kernel.commands import command
from tocsin.kernel.db import Unit
from tocsin.kernel.errors import Conflict, Invalid, NotFound

#: More would push the record off the screen.
MOST_PINS = 20
MOST_EMOJIS = 20


@command("incident.pin_entry")
async def pin_entry(u: Unit, incident_id: UUID, seq: int) -> None:
    """Shows an entry above the record, for everybody."""
    incident = await lock(u, incident_id)
    await one_entry(u, incident_id, seq)
    pins = [row["seq"] for row in await u.rows(said.pins, incident_id)]
    if seq in pins:
        return
    if len(pins) >= MOST_PINS:
        raise Conflict(f"{MOST_PINS} entries are pinned. Unpin one first.")
    await u.run(said.pin, incident_id, seq, u.actor.name)
    await change(u, incident, EntryPinned(seq))


@command("incident.unpin_entry")
async def unpin_entry(u: Unit, incident_id: UUID, seq: int) -> None:
    """Shows it there no more."""
    incident = await lock(u, incident_id)
    if await u.run(said.unpin, incident_id, seq):
        await change(u, incident, EntryUnpinned(seq))


@command("incident.react")
async def react(u: Unit, incident_id: UUID, seq: int, emoji: str, *, on: bool | None = None) -> bool:
    """One emoji on an entry, or taking it back; without `on`, whichever it is not now. Answers whether it stands.

    No entry of the record: fifty thumbs would bury what was said.
    """
    person, one = me(u), one_emoji(emoji)
    if one is None:
        raise Invalid("emoji", "A reaction is one emoji.")
    if await incident_by_id(u, incident_id, person) is None:
        raise NotFound("There is no such incident.")
    await one_entry(u, incident_id, seq)
    if on is None:
        on = not await u.value(said.reacts, incident_id, seq, one, person)
    if on and await u.value(said.emojis, incident_id, seq, one) >= MOST_EMOJIS:
        raise Conflict(f"{MOST_EMOJIS} different reactions are enough.")
    await u.run(said.react, incident_id, seq, one, person, not on)
    u.touch(f"marks:{incident_id}")
    return on
