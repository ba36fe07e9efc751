"""Reading what became of entries: newest words and their history, threads, pins, reactions, mentions."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from tocsin.incidents.said_model import words_in
from tocsin.kernel.db import Reader, Unit
from tocsin.kernel.errors import NotFound
from tocsin.kernel.sql import Statements
from tocsin.record.model import Entry
from tocsin.record.queries import entry

said = Statements("tocsin.incidents", "said.sql")


@dataclass(frozen=True, slots=True)
class Version:
    """The words of an entry at one time."""

    seq: int
    kind: str
    recorded_at: datetime
    actor: str
    payload: dict[str, Any]
    redacted_at: datetime | None

    @property
    def text(self) -> str:
        return str(self.payload.get(words_in(self.kind) or "text", ""))


@dataclass(frozen=True, slots=True)
class Extra:
    """What became of an entry: `text` and `mentions` are None unless it was edited. A reaction is emoji, person, name."""

    seq: int
    text: str | None
    mentions: list[dict[str, Any]] | None
    revisions: int
    replies: int
    pinned: bool
    reactions: list[list[str]]


@dataclass(frozen=True, slots=True)
class Outside:
    """Somebody who was addressed in a private incident and may not see it."""

    user_id: UUID
    name: str
    seq: int


@dataclass(frozen=True, slots=True)
class Mentioned:
    """An entry that addresses somebody who has not looked since."""

    key: str
    summary: str
    seq: int
    actor: str
    mentioned_at: datetime


@dataclass(frozen=True, slots=True)
class ToTell:
    """Somebody who is to be told that they were addressed."""

    user_id: UUID
    key: str
    private: bool


async def one_entry(db: Reader, incident_id: UUID, seq: int) -> Entry:
    """An entry of the record. Raises `NotFound`."""
    found = await entry(db, incident_id, seq)
    if found is None:
        raise NotFound("There is no such entry.")
    return found


async def extras(db: Reader, incident_id: UUID, seqs: Sequence[int]) -> dict[int, Extra]:
    """What became of these entries; one statement."""
    found = await db.all(Extra, said.extras, incident_id, list(seqs)) if seqs else []
    return {extra.seq: extra for extra in found}


async def newest_words(db: Reader, incident_id: UUID, head: int | None = None) -> dict[int, str]:
    """The words of every entry that was edited, by its number, by edits up to `head`: for whatever tells the whole record."""
    return {row["seq"]: row["text"] for row in await db.rows(said.newest_words, incident_id, head)}


async def versions(db: Reader, incident_id: UUID, seq: int) -> list[Version]:
    """The words of an entry as they were and are, oldest first."""
    return await db.all(Version, said.versions, incident_id, seq)


async def thread(db: Reader, incident_id: UUID, seq: int) -> list[Entry]:
    """The replies to an entry, in order."""
    numbers = [row["by_seq"] for row in await db.rows(said.ties, incident_id, seq, "reply")]
    return await db.all(Entry, said.numbered, incident_id, numbers)


async def numbered(db: Reader, incident_id: UUID, seqs: Sequence[int]) -> list[Entry]:
    """These entries, in order."""
    return await db.all(Entry, said.numbered, incident_id, list(seqs))


async def pinned(db: Reader, incident_id: UUID) -> list[Entry]:
    """What is pinned, in the order of pinning."""
    order = [row["seq"] for row in await db.rows(said.pins, incident_id)]
    return sorted(await numbered(db, incident_id, order), key=lambda e: order.index(e.seq))


async def reacted_since(db: Reader, incident_id: UUID, moment: datetime) -> list[int]:
    """Entries whose reactions changed after a moment."""
    return [row["seq"] for row in await db.rows(said.reacted_since, incident_id, moment)]


async def mentioned_outside(db: Reader, incident_id: UUID) -> list[Outside]:
    """Who was addressed in a private incident and may not see it."""
    return await db.all(Outside, said.mentioned_outside, incident_id)


async def mentions_of(db: Reader, user_id: UUID) -> list[Mentioned]:
    """Where somebody was addressed and has not looked since."""
    return await db.all(Mentioned, said.mentions_of, user_id)


async def to_tell(u: Unit, incident_id: UUID, seq: int) -> list[ToTell]:
    """Who has to be told that an entry addresses them; each is answered once."""
    return await u.all(ToTell, said.to_tell, incident_id, seq)


async def waiting_for(db: Reader, incident_id: UUID, user_id: UUID) -> list[int]:
    """Entries that addressed somebody before they could see the incident."""
    return [row["seq"] for row in await db.rows(said.waiting_for, incident_id, user_id)]


async def on_a_call(db: Reader, incident_id: UUID) -> bool:
    """Whether somebody said that people talk."""
    return bool(await db.value(said.on_a_call, incident_id))


async def zone_of(db: Reader, user_id: UUID | None) -> str:
    """On which clock somebody lives; UTC for a machine."""
    return str(await db.value(said.zone_of, user_id) or "UTC")


async def key_of(db: Reader, incident_id: UUID) -> str:
    """What an incident is called; for whoever draws its record."""
    return str(await db.value(said.key_of, incident_id) or "")


async def who_sees(db: Reader, incident_id: UUID) -> set[UUID]:
    """Everybody who may see a private incident."""
    return {row["id"] for row in await db.rows(said.who_sees, incident_id)}
