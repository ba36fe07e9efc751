"""Appending to the record. Called by the commands of other packages, inside their transaction."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from tocsin.kernel.db import Unit
from tocsin.kernel.sql import Statements
from tocsin.record.kinds import Kind, encode, name_of
from tocsin.record.model import StreamType

sql = Statements("tocsin.record")


@dataclass(frozen=True, slots=True)
class Stream:
    """Which record: an incident's, an alert's or a schedule's."""

    type: StreamType
    id: UUID


async def append(
    u: Unit,
    stream: Stream,
    seq: int,
    payload: Kind,
    *,
    happened_at: datetime | None = None,
    amends: int | None = None,
) -> int:
    """Appends one entry and the due rows of what follows it; answers `seq`.

    `seq` is the stream's new head: the caller raises the head by one in the statement that makes the change, which
    locks the row and so orders the entries. `happened_at` is for backfilled entries; it never changes the order.
    """
    name = name_of(payload)
    data = encode(payload)
    actor = u.actor
    await u.run(
        sql.append, stream.id, stream.type, seq, name, happened_at, actor.id, actor.name, u.door, data, amends
    )
    await follow(u, name, stream, seq)
    u.touch(f"{stream.type}:{stream.id}", f"{stream.type}s")
    return seq


async def follow(u: Unit, what: str, stream: Stream, seq: int) -> None:
    """Makes due whatever subscribed to `what`: a kind of entry, or something that only some entries of a kind bring."""
    following = list(u.database.follows(what))
    if following:
        await u.run(sql.add_following_work, following, follow_payload(stream, seq))
        u.touch("work")


def follow_payload(stream: Stream, seq: int) -> dict[str, object]:
    """What a handler of following work is given: which entry of which stream."""
    return {"stream_type": str(stream.type), "stream": str(stream.id), "seq": seq}


async def redact(u: Unit, stream: UUID, seq: int, reason: str) -> bool:
    """Blanks the words of an entry for good and takes them out of search; answers False when that was done before."""
    return bool(await u.run(sql.redact, stream, seq, u.actor.name, reason))
