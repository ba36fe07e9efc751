"""Reading the notes page as a document. Whether the reader may see the incident was asked before."""

from uuid import UUID

from pycrdt import merge_updates

from tocsin.kernel.db import Reader
from tocsin.kernel.sql import Statements
from tocsin.places.model import NotesVersion

sql = Statements("tocsin.places", "notes.sql")


async def updates_after(db: Reader, incident_id: UUID, seq: int = 0) -> tuple[int, bytes]:
    """The newest number, and everything after `seq` merged into one update; empty when there is nothing."""
    state = await db.row(sql.state, incident_id, seq)
    if state is None:
        return 0, b""
    pieces = [piece for piece in (state["snapshot"], *state["updates"]) if piece]
    return state["seq"], merge_updates(*pieces) if len(pieces) > 1 else (pieces[0] if pieces else b"")


async def each_after(db: Reader, incident_id: UUID, seq: int, most: int = 200) -> list[tuple[int, bytes]]:
    """The updates after a number one by one, at most so many."""
    return [(r["seq"], r["update"]) for r in (await db.rows(sql.updates_after, incident_id, seq))[:most]]


async def heads(db: Reader, incident_ids: list[UUID]) -> dict[UUID, int]:
    """The newest numbers of some documents."""
    return {row["incident_id"]: row["seq"] for row in await db.rows(sql.heads, incident_ids)}


async def cursors(db: Reader, incident_id: UUID) -> list[dict[str, str]]:
    """Who is where in the text."""
    return [dict(row) for row in await db.rows(sql.cursors, incident_id)]


async def versions(db: Reader, incident_id: UUID) -> list[NotesVersion]:
    """The texts that were kept, the newest first."""
    return await db.all(NotesVersion, sql.versions, incident_id)


async def version_text(db: Reader, incident_id: UUID, version: int) -> str | None:
    """One of them."""
    row = await db.row(sql.version, incident_id, version)
    return str(row["body"]) if row else None
