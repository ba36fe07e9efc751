"""Files on their way in: kept before they are told of, known by their content. On their way out: `tocsin.edge.sending`."""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from io import BytesIO
from typing import BinaryIO
from uuid import UUID

from tocsin.edge import pictures, sounds
from tocsin.edge.site import Site
from tocsin.incidents.file_work import announce
from tocsin.incidents.files import Kept, make_room
from tocsin.incidents.model import Incident
from tocsin.incidents.transcript_text import MOST_BYTES, Cue, cues_of, decoded
from tocsin.kernel.blobs import StorageFailed
from tocsin.kernel.errors import Conflict, Forbidden, Invalid, NotFound

#: One file, in bytes; the form around it may be a little more.
LARGEST = 25_000_000
#: What a form has around its file.
AROUND = 100_000
PLAYED = "Send MP3, M4A, MP4, Ogg, Opus, WebM, WAV or FLAC."
#: A record with its files, of another installation.
LARGEST_ARCHIVE = 5_000_000_000
#: What the name of a small picture ends with.
THUMB = ".thumb"


def forms(recording_mb: int) -> dict[str, int]:
    """The largest bodies, in bytes, by the last word of the address that they are sent to."""
    return {
        "files": LARGEST + AROUND,
        "recordings": recording_mb * 1_000_000 + AROUND,
        "transcripts": MOST_BYTES + AROUND,
        "import": LARGEST_ARCHIVE + AROUND,
    }


@asynccontextmanager
async def kept_for(site: Site, incident: Incident, file: BinaryIO) -> AsyncIterator[Kept]:
    """Keeps what was sent and says what it is, for the entry to be written inside. What is refused there is removed again.

    Raises `Invalid` for the field `file`, and `StorageFailed`. Bytes whose entry may or may not have been written are left to the sweep.
    """
    kept = await asyncio.to_thread(_weigh, file, LARGEST)
    async with _keeping(site, incident.id, file, kept):
        yield kept


@asynccontextmanager
async def recording_for(site: Site, incident: Incident, file: BinaryIO) -> AsyncIterator[Kept]:
    """The same for sound and moving pictures, which may be larger."""
    kept = await asyncio.to_thread(_played, file, site.settings.recording_mb * 1_000_000)
    await make_room(site.database, incident, kept.size, recording=True)
    async with _keeping(site, incident.id, file, kept):
        yield kept


@asynccontextmanager
async def transcript_for(
    site: Site, incident: Incident, file: BinaryIO
) -> AsyncIterator[tuple[Kept, Sequence[Cue]]]:
    """The same for a transcript: its lines, and the file as it came, which is text."""
    file.seek(0)
    data = await asyncio.to_thread(file.read, MOST_BYTES + 1)
    if not data:
        raise Invalid("file", "The file is empty.")
    cues = await asyncio.to_thread(lambda: cues_of(decoded(data)))
    kept = Kept("text/plain", len(data), hashlib.sha256(data).hexdigest())
    async with _keeping(site, incident.id, file, kept):
        yield kept, cues


async def expect(site: Site, incident_id: UUID, ids: Sequence[UUID]) -> None:
    """Before files of an incident are kept that is yet to be made: should that never be, they are removed after a day."""
    await announce(site.database, incident_id, ids)


async def keep(site: Site, incident_id: UUID, file_id: UUID, kind: str, file: BinaryIO) -> Kept:
    """Keeps a file of an incident that is about to be made, under an id that was noted before. `kind` is that of its entry. Raises
    `Invalid` for the field `file`, and `StorageFailed`."""
    if kind == "recording_attached":
        kept = await asyncio.to_thread(_played, file, site.settings.recording_mb * 1_000_000)
    else:
        kept = await asyncio.to_thread(_weigh, file, LARGEST)
    if kind == "transcript_attached":
        kept = replace(kept, media="text/plain", width=None, height=None)
    kept = replace(kept, id=file_id)
    await _put(site, incident_id, file, kept)
    return kept


@asynccontextmanager
async def _keeping(site: Site, incident_id: UUID, file: BinaryIO, kept: Kept) -> AsyncIterator[None]:
    await _put(site, incident_id, file, kept)
    try:
        yield
    except (Conflict, Forbidden, Invalid, NotFound):
        await let_go(site, incident_id, [kept.id])
        raise


async def _put(site: Site, incident_id: UUID, file: BinaryIO, kept: Kept) -> None:
    try:
        await site.blobs.put(str(incident_id), str(kept.id), file)
    except StorageFailed as failed:
        raise StorageFailed(failed.problem, "The file was not attached.") from None
    small = await asyncio.to_thread(pictures.small, file) if kept.width is not None else None
    if small is not None:
        # Without its small picture the large one is shown.
        with suppress(StorageFailed):
            await site.blobs.put(str(incident_id), f"{kept.id}{THUMB}", BytesIO(small))


async def let_go(site: Site, incident_id: UUID, ids: Iterable[UUID]) -> None:
    """Nothing points at these bytes; where they cannot be removed now, the sweep does it."""
    with suppress(StorageFailed):
        await site.blobs.remove(str(incident_id), *(f"{each}{end}" for each in ids for end in ("", THUMB)))


def _played(file: BinaryIO, most: int) -> Kept:
    kept = _weigh(file, most)
    if kept.media not in sounds.PLAYED:
        raise Invalid("file", f"This is no recording that browsers play, but {kept.media}. {PLAYED}")
    return kept


def _weigh(file: BinaryIO, most: int) -> Kept:
    digest, size = hashlib.sha256(), 0
    file.seek(0)
    while piece := file.read(256 * 1024):
        size += len(piece)
        digest.update(piece)
        if size > most:
            raise Invalid("file", f"The file is too large: {most // 1_000_000} MB fit.")
    if not size:
        raise Invalid("file", "The file is empty.")
    media, width, height = pictures.look(file)
    return Kept(media, size, digest.hexdigest(), width, height)
