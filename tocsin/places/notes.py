"""The notes page: a document that many edit at once, also without a connection.

An update is merged, never refused for being late: that is what the document's kind (a CRDT, see `docs/notes.md`) is for. So any process
takes updates, each one is durable before its answer, and a repeat changes nothing.
"""

from datetime import timedelta
from typing import Any
from uuid import UUID

from pycrdt import Doc, Text, merge_updates

from tocsin.incidents.change import change, lock
from tocsin.incidents.queries import incident_by_id
from tocsin.kernel.commands import command
from tocsin.kernel.db import Row, Unit
from tocsin.kernel.errors import Invalid, NotFound
from tocsin.kernel.sql import Statements
from tocsin.places.kinds import NotesSaved
from tocsin.places.notes_text import edits, merge

sql = Statements("tocsin.places", "notes.sql")
#: Characters of the text; bytes of one update; bytes of the whole history that a document carries.
LONGEST, LARGEST, HEAVIEST = 500_000, 1_000_000, 8_000_000
#: A text is kept before somebody goes on writing after so long; so many updates are put into one piece.
VERSION_EVERY = timedelta(minutes=3)
COMPACT_AFTER = 100
ROOT = "body"


def document(*updates: bytes) -> "tuple[Doc[Any], Text]":
    """A document in memory from its updates. Raises `Invalid` for bytes that are none."""
    doc: Doc[Any] = Doc()
    text = doc.get(ROOT, type=Text)
    try:
        for update in updates:
            if update:
                doc.apply_update(update)
        str(text)
    except ValueError as error:
        raise Invalid("update", "This is not an update of a notes page.") from error
    return doc, text


def put(text: Text, wanted: str) -> None:
    """Makes a document's text another one by as few edits as a comparison finds: cursors and marks of others stay in place."""
    old = str(text)
    for begins, ends, words in edits(old, wanted):
        # The document counts in bytes.
        at, until = len(old[:begins].encode()), len(old[:ends].encode())
        if until > at:
            del text[at:until]
        if words:
            text.insert(at, words)


@command("notes.edit")
async def edit(u: Unit, incident_id: UUID, update: bytes) -> int:
    """Merges one update of an editor; answers its number. Raises `Invalid` for what is none, or would make the page too long."""
    if not 0 < len(update) <= LARGEST:
        raise Invalid("update", f"An update has at most {LARGEST // 1000} kB.")
    await _visible(u, incident_id)
    row, known = await _locked(u, incident_id)
    doc, text = document(*known)
    before = str(text)
    document(update)
    doc.apply_update(update)
    return await _store(u, incident_id, row, known, update, before, str(text))


@command("notes.save")
async def save(u: Unit, incident_id: UUID, wanted: str, base: str | None = None) -> int:
    """Saves a whole text that was written elsewhere; answers the version that is kept. `base` is the text that it was made from: what
    others changed meanwhile stays. Without it, the text replaces what stands there."""
    incident = await lock(u, incident_id)
    wanted = _clean(wanted)
    row, known = await _locked(u, incident_id)
    doc, text = document(*known)
    before = str(text)
    had = doc.get_state()
    put(text, merge(_clean(base), wanted, before) if base is not None else wanted)
    await _store(u, incident_id, row, known, doc.get_update(had), before, str(text))
    version = int(await u.value(sql.keep_version, incident_id, str(text), u.actor.name))
    await change(u, incident, NotesSaved(version, len(str(text))))
    return version


@command("notes.restore")
async def restore(u: Unit, incident_id: UUID, version: int) -> int:
    """Makes a kept text the newest again, as an edit like any other; answers the version that is kept of it."""
    await lock(u, incident_id)
    row = await u.row(sql.version, incident_id, version)
    if row is None:
        raise NotFound("There is no such version of the notes.")
    return await save(u, incident_id, row["body"])


async def begin(u: Unit, incident_id: UUID) -> None:
    """Makes the document of a page that was written before pages were documents. Nothing when it has one."""
    await _visible(u, incident_id)
    await _locked(u, incident_id)


async def point(u: Unit, incident_id: UUID, client: str, place: str) -> None:
    """Where somebody's cursor is now; an empty place means that they left. Not a command: it is gone in half a minute."""
    await _visible(u, incident_id)
    if u.actor.id is None or not 1 <= len(client) <= 40 or len(place) > 1000:
        raise Invalid("place", "This is no place in a text.")
    if place:
        await u.run(sql.put_cursor, incident_id, client, u.actor.id, u.actor.name, place)
    else:
        await u.run(sql.drop_cursor, incident_id, client)
    u.touch(f"notes:{incident_id}")


def _clean(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n").replace("\x00", "")


async def _visible(u: Unit, incident_id: UUID) -> None:
    """Without locking the incident: people who write must not wait for people who talk."""
    if await incident_by_id(u, incident_id, u.actor.id) is None:
        raise NotFound("There is no such incident.")


async def _locked(u: Unit, incident_id: UUID) -> tuple[Row, list[bytes]]:
    """The document's row, locked, and all its updates. A page that has none yet gets one from its text."""
    row = await u.row(sql.lock_doc, incident_id)
    if row is None:
        page = await u.row(sql.lock_page, incident_id)
        if page is None:
            raise NotFound("The notes page is not open yet.")
        doc, text = document()
        if page["body"]:
            text.insert(0, page["body"])
        await u.run(sql.begin_doc, incident_id, doc.get_update())
        row = await u.row(sql.lock_doc, incident_id)
        assert row is not None  # noqa: S101 - it was just made
    later = await u.rows(sql.updates_after, incident_id, row["snapshot_seq"])
    return row, [row["snapshot"], *(r["update"] for r in later)]


async def _store(
    u: Unit, incident_id: UUID, row: Row, known: list[bytes], update: bytes, before: str, after: str
) -> int:
    if len(after) > LONGEST:
        raise Invalid("update", f"The notes are too long: {LONGEST} characters fit.")
    if sum(map(len, known)) + len(update) > HEAVIEST:
        raise Invalid("update", "This page has been edited too much to take more. Begin another.")
    now = await u.clock()
    if (
        before
        and before != after
        and (row["versioned_at"] is None or row["versioned_at"] + VERSION_EVERY <= now)
    ):
        page = await u.row(sql.lock_page, incident_id)
        assert page is not None  # noqa: S101 - the document belongs to it
        await u.value(sql.keep_version, incident_id, before, u.actor.name)
    seq = int(await u.value(sql.append, incident_id, update, u.actor.id, u.actor.name))
    if before != after:
        await u.run(sql.set_text, incident_id, after, u.actor.name)
    if len(known) >= COMPACT_AFTER:
        await u.run(sql.compact, incident_id, merge_updates(*(k for k in known if k), update))
    u.touch(f"notes:{incident_id}")
    return seq
