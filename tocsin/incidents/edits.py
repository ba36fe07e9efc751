"""Putting words in a better way, and taking them out for good."""

import re
from uuid import UUID

from tocsin.incidents.change import change, lock, text
from tocsin.incidents.kinds import EntryRedacted
from tocsin.incidents.model import Audience, Incident
from tocsin.incidents.recording_read import sql as recordings
from tocsin.incidents.rewording import fitting, may_reword, reword
from tocsin.incidents.said_model import plain
from tocsin.incidents.said_read import one_entry, said, versions
from tocsin.kernel.commands import command
from tocsin.kernel.db import Unit
from tocsin.kernel.errors import Conflict, Forbidden, Invalid
from tocsin.record.commands import redact
from tocsin.record.model import Entry

#: What the record says of itself, of people and of places: nobody typed more than a name or a choice, and perhaps a reason.
FACTS = frozenset({
    "entry_redacted", "entry_pinned", "entry_unpinned", "call_started", "call_ended", "role_taken", "role_transferred",
    "role_given_up", "responder_joined", "responder_left", "member_added", "member_removed", "alert_linked",
    "alert_unlinked", "people_paged", "page_answered", "place_opened", "notes_saved", "update_missed", "status_changed",
    "recording_moved", "service_changed", "times_corrected", "incident_reopened", "postmortem_drafted", "postmortem_status_changed",
})  # fmt: skip
REASONS = ("why", "despite")
#: What people work on: each of its entries names the first one by number, and says its words again.
ITEM = "^(item|claim|hypothesis|evidence|decision|task|unknown|fact)_"
#: What somebody who did not write it first may have added, of each entry about it.
ADDED = ("evidence", "why", "outcome")
#: Words that the incident itself may still show, and where they stand.
SHOWN = {"incident_declared": ("summary", "impact", "reporter_contact"), "summary_changed": ("summary",), "impact_changed": ("impact",), "reporter_changed": ("reporter_contact",), "sub_status_set": ("sub_status",)}  # fmt: skip


class EditConflict(Conflict):
    """Somebody edited the entry meanwhile: `text` is what it says now, at `revision`. Nothing was saved."""

    def __init__(self, seq: int, text: str, revision: int, by: str) -> None:
        super().__init__(
            f"{by} edited entry {seq} meanwhile. Nothing of either text is lost: put them together."
        )
        self.text = text
        self.revision = revision
        self.by = by


@command("incident.edit_entry")
async def edit_entry(u: Unit, incident_id: UUID, seq: int, words: str, revision: int | None = None) -> int:
    """Puts a line, a caption, or what people work on in other words: one's own, or as an administrator. Answers the number of the
    entry that says so.

    `revision`: how often it had been edited when the editor began; None means whatever is there now. Raises `EditConflict`.
    """
    incident = await lock(u, incident_id)
    found = await one_entry(u, incident_id, seq)
    if not await may_reword(u, u.actor, found):
        who = "its author" if found.kind == "message" else "its author, who has it in hand,"
        raise Forbidden(f"Only {who} or an administrator can edit an entry.")
    words = fitting(found.kind, words)
    if found.redacted_at is not None:
        raise Conflict(f"The words of entry {seq} were taken out.")
    history = await versions(u, incident_id, seq)
    newest = history[-1]
    if revision is not None and revision != len(history) - 1:
        raise EditConflict(seq, newest.text, len(history) - 1, newest.actor)
    if words == newest.text:
        return newest.seq
    made = await reword(u, incident, found, words, len(history))
    await u.run(said.tie, incident_id, seq, "edit", made)
    return made


@command("incident.redact_entry")
async def redact_entry(u: Unit, incident_id: UUID, seq: int, reason: str) -> None:
    """Takes the words out of an entry for good: one's own, or as an administrator. That it was there stays in the record.

    With a line go all its edits, and with an edit its line. What the incident itself still says has to be changed there first.
    """
    incident, reason = await lock(u, incident_id), text("reason", plain(reason), 300)
    found = await _mine(u, incident, seq, "take the words out of")
    if found.amends is not None:
        seq, found = found.amends, await one_entry(u, incident_id, found.amends)
    _check_words(incident, found)
    for number in await _with_it(u, found):
        await redact(u, incident_id, number, reason)
    if found.kind == "update_published":
        await u.run(said.blank_update, incident_id, seq)
    if found.kind == "role_offered":
        await u.run(said.blank_offer, incident_id, UUID(found.payload["offer_id"]))
    if found.kind == "transcript_attached":
        await u.run(recordings.drop_transcript, incident_id, seq)
    await u.run(said.forget_mentions, incident_id, seq)
    if await redact(u, incident_id, seq, reason):
        await change(u, incident, EntryRedacted(seq, reason))


async def _mine(u: Unit, incident: Incident, seq: int, what: str) -> Entry:
    found = await one_entry(u, incident.id, seq)
    if u.actor.role != "admin" and (found.actor_id is None or found.actor_id != u.actor.id):
        raise Forbidden(f"Only its author or an administrator can {what} an entry.")
    return found


async def _with_it(u: Unit, entry: Entry) -> list[int]:
    """The other entries that say the same words: edits of a line, and all about one thing that people work on."""
    numbers = [row["by_seq"] for row in await u.rows(said.ties, entry.stream, entry.seq, "edit")]
    if re.match(ITEM, entry.kind):
        numbers += await _about_the_same(u, entry)
    return [number for number in numbers if number != entry.seq]


async def _about_the_same(u: Unit, entry: Entry) -> list[int]:
    """Whoever wrote it first, or an administrator, takes all of it out. Anybody else only what they added: evidence, a verdict's
    reason, how it ended; that is told again by later entries at most."""
    first = await one_entry(u, entry.stream, int(entry.payload.get("seq") or entry.seq))
    if u.actor.role == "admin" or first.actor_id == u.actor.id:
        await u.run(said.blank_item, entry.stream, first.seq)
        return [row["seq"] for row in await u.rows(said.item_entries, entry.stream, first.seq, ITEM)]
    added = next((entry.payload[name] for name in ADDED if entry.payload.get(name)), "")
    if not added:
        raise Forbidden(
            f"Entry {entry.seq} says the words of entry {first.seq} again. {first.actor} or an administrator can take those out."
        )
    await u.run(said.blank_added, entry.stream, first.seq, added)
    return [row["seq"] for row in await u.rows(said.added_again, entry.stream, first.seq, added)]


def _check_words(incident: Incident, entry: Entry) -> None:
    """Whether there are words to take out, and nothing else shows them."""
    if entry.kind in FACTS and not any(entry.payload.get(reason) for reason in REASONS):
        raise Invalid("seq", "This entry holds no words that somebody typed; what was done stays.")
    if entry.payload.get("audience") == Audience.PUBLIC:
        raise Conflict("This update is on the public page, where taking it out here would not reach it.")
    for field, value in (entry.payload.get("fields") or {}).items():
        if value is not None and incident.fields.get(field) == value:
            raise Conflict(
                "A field of the incident still says this. Empty it, or fill in something else, first."
            )
    for field in SHOWN.get(entry.kind, ()):
        said_there = entry.payload.get(field)
        if said_there and said_there == getattr(incident, field):
            raise Conflict(
                f"The incident still says this as its {field.replace('_', ' ')}. Change that first."
            )
