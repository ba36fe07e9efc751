"""What can be put in other words, by whom, and what the record then says: lines, what people work on, captions of files."""

from tocsin.incidents.change import change, text
from tocsin.incidents.items import go_on, item_of, words
from tocsin.incidents.mentions import addressed, note_mentions
from tocsin.incidents.model import Incident
from tocsin.incidents.said_kinds import CaptionChanged, EntryEdited, ItemReworded
from tocsin.incidents.said_model import CAPTION, CAPTIONED, ITEM, ITEMS, MESSAGE, plain, words_in
from tocsin.kernel.db import Actor, Reader, Unit
from tocsin.kernel.errors import Invalid, NotFound
from tocsin.record.model import Entry


async def may_reword(db: Reader, actor: Actor, entry: Entry) -> bool:
    """Whether it is theirs: they wrote it, or what it began is in their hands; and administrators."""
    if actor.role == "admin" or (entry.actor_id is not None and entry.actor_id == actor.id):
        return True
    item = await item_of(db, entry.stream, entry.seq) if entry.kind in ITEMS else None
    return item is not None and item.owner_id is not None and item.owner_id == actor.id


def longest(kind: str) -> int:
    """So many characters fit into the words of an entry of that kind; 0 where it has none that can be put in a better way."""
    if not words_in(kind):
        return 0
    return MESSAGE if kind == "message" else CAPTION if kind in CAPTIONED else ITEM


def fitting(kind: str, typed: str) -> str:
    """The words as an entry of that kind keeps them. Raises `Invalid` when they do not fit, or when it has no words of its own."""
    if kind == "message":
        return text("text", plain(typed), MESSAGE)
    if kind in ITEMS:
        said = words(plain(typed))
        return said.rstrip(".") if kind == "decision_made" else said
    if kind in CAPTIONED:
        return text("text", plain(typed), CAPTION, needed=False)
    raise Invalid(
        "seq",
        "Only lines that somebody said, what people work on, where it began, and captions can be edited.",
    )


async def reword(u: Unit, incident: Incident, entry: Entry, said: str, revision: int) -> int:
    """Writes the words, and the row that has them. Answers the number of the entry that says so."""
    if entry.kind in ITEMS:
        return await _reword_item(u, incident, entry.seq, ItemReworded(entry.seq, said, revision))
    if entry.kind in CAPTIONED:
        return (await change(u, incident, CaptionChanged(entry.seq, said, revision))).head
    people = await addressed(u, incident, said)
    after = await change(u, incident, EntryEdited(entry.seq, said, revision, people), amends=entry.seq)
    await note_mentions(u, incident, entry.seq, people)
    return after.head


async def _reword_item(u: Unit, incident: Incident, seq: int, reworded: ItemReworded) -> int:
    item = await item_of(u, incident.id, seq)
    if item is None:
        raise NotFound(f"Nothing of {incident.key} that people work on has the number {seq}.")
    await go_on(u, incident, item, reworded)
    return incident.head + 1
