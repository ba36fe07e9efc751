"""Reading the record. Whether the reader may see the stream is decided by the package that owns it."""

from uuid import UUID

from tocsin.kernel.db import Reader
from tocsin.kernel.sql import Statements
from tocsin.record.model import Entry

sql = Statements("tocsin.record")


async def entries_after(db: Reader, stream: UUID, seq: int = 0, limit: int = 500) -> list[Entry]:
    """Entries with a higher number than `seq`, oldest first, at most `limit`."""
    return await db.all(Entry, sql.entries_after, stream, seq, limit)


async def newest_entries(
    db: Reader, stream: UUID, before: int | None = None, limit: int = 100
) -> list[Entry]:
    """The newest entries (with a lower number than `before`), oldest first, at most `limit`."""
    newest = await db.all(Entry, sql.entries_before, stream, before or 2_147_483_647, limit)
    return newest[::-1]


async def entry(db: Reader, stream: UUID, seq: int) -> Entry | None:
    """One entry."""
    found = await db.all(Entry, sql.entries_after, stream, seq - 1, 1)
    return found[0] if found and found[0].seq == seq else None
