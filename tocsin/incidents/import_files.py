"""The files of an imported record: bytes that came along and are kept, and what the record and the tables say of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from tocsin.incidents import recordings
from tocsin.incidents.file_kinds import FileAttached
from tocsin.incidents.files import Kept, note_of, safe_name
from tocsin.incidents.import_model import Imported, Record
from tocsin.incidents.recording_kinds import RecordingAttached, TranscriptAttached
from tocsin.kernel.db import Unit
from tocsin.record.kinds import Kind


@dataclass(frozen=True, slots=True)
class Files:
    """The incident that an import will become, and those of its files that came along, by the number of their entry."""

    incident_id: UUID
    kept: Mapping[int, Kept]


def told(entries: Sequence[Imported], files: Files) -> tuple[Imported, ...]:
    """The entries, whose files are what their content is here; one that did not come along is a name only."""
    return tuple(
        e if e.redacted else replace(e, payload=_told(e.payload, files.kept.get(e.seq))) for e in entries
    )


def _told(payload: Kind, kept: Kept | None) -> Kind:
    if isinstance(payload, FileAttached):
        name = safe_name(payload.name)
        if kept is None:
            return replace(payload, file_id=None, name=name)
        return replace(payload, file_id=kept.id, name=name, media=kept.media, size=kept.size, width=kept.width, height=kept.height)  # fmt: skip
    if isinstance(payload, RecordingAttached) and kept is not None:
        return replace(payload, file_id=kept.id, media=kept.media, size=kept.size)
    if isinstance(payload, TranscriptAttached) and kept is not None:
        return replace(payload, file_id=kept.id)
    return payload


async def write(u: Unit, record: Record, files: Files) -> None:
    """The rows of files and transcripts, beside their entries."""
    for t in record.transcripts:
        await recordings.store(u, files.incident_id, t.seq, t.name, t.began_at, t.cues, t.told)
    for file in record.files:
        kept = files.kept.get(file.seq)
        if kept is not None:
            name, began_at = safe_name(file.name), file.began_at if _is_call(file.kind) else None
            await note_of(u, files.incident_id, file.seq, kept.id, name, kept, began_at)


def _is_call(kind: str) -> bool:
    return kind == "recording_attached"
