"""An exported record as it came in: read, checked, not yet stored."""

from collections.abc import Container, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from tocsin.incidents.transcript_text import Cue
from tocsin.record.kinds import Kind, encode, name_of


@dataclass(frozen=True, slots=True)
class Imported:
    """One entry as it will stand: its payload is of a kind that is known here."""

    seq: int
    payload: Kind
    happened_at: datetime
    recorded_at: datetime
    actor: str
    actor_id: UUID | None
    door: str
    amends: int | None
    redacted: tuple[datetime, str, str] | None
    #: The stored kind of a redacted entry, which has no payload any more.
    kind: str

    def row(self, people: Container[UUID | None], edits: Mapping[int, int]) -> tuple[Any, ...]:
        """Its columns, as they are inserted. Who is not one of these people has a name only; `edits`: which line it rewords."""
        return (
            self.seq, self.kind if self.redacted else name_of(self.payload), self.happened_at, self.recorded_at,
            self.actor_id if self.actor_id in people else None, self.actor, self.door,
            {} if self.redacted else encode(self.payload), edits.get(self.seq), *(self.redacted or (None, None, None)),
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class ImportedTranscript:
    """What was said on a call; `told` has for each line the entry that puts it on the timeline."""

    seq: int
    name: str
    began_at: datetime
    cues: tuple[Cue, ...]
    told: tuple[int | None, ...]


@dataclass(frozen=True, slots=True)
class ImportedFile:
    """A file that the archive has at `path`, and its entry; `began_at` is when a recording began."""

    seq: int
    name: str
    size: int
    path: str
    began_at: datetime | None
    #: The kind of its entry.
    kind: str


@dataclass(frozen=True, slots=True)
class Record:
    """A whole record. `carried` is what is kept as text: who was there, what was linked."""

    export_id: UUID
    exported_at: datetime
    declared_at: datetime
    origin_key: str
    origin_url: str
    private: bool
    entries: tuple[Imported, ...]
    carried: dict[str, Any]
    notes: str
    transcripts: tuple[ImportedTranscript, ...] = ()
    files: tuple[ImportedFile, ...] = ()
