"""Files on their way in and out: kept before they are told of, known by their content, shown only to who sees their incident."""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Sequence
from io import BytesIO
from typing import BinaryIO
from uuid import UUID

from starlette.responses import FileResponse, Response, StreamingResponse

from tocsin.edge import pictures, sounds
from tocsin.edge.site import Site
from tocsin.incidents import exporting, files
from tocsin.incidents.files import IncidentFile, Kept, files_of
from tocsin.incidents.model import Incident
from tocsin.incidents.transcript_text import MOST_BYTES, Cue, cues_of, decoded
from tocsin.kernel.blobs import Blobs
from tocsin.kernel.db import Reader
from tocsin.kernel.errors import Invalid, NotFound

#: One file, in bytes; the form around it may be a little more.
LARGEST = 25_000_000
#: What a form has around its file.
AROUND = 100_000
PLAYED = "Send MP3, M4A, MP4, Ogg, Opus, WebM, WAV or FLAC."
#: A file can do nothing where it is shown.
HEADERS = {
    "content-security-policy": "default-src 'none'; sandbox",
    "x-content-type-options": "nosniff",
    "cache-control": "private, no-store",
}


def forms(recording_mb: int) -> dict[str, int]:
    """The largest bodies, in bytes, by the last word of the address that they are sent to."""
    return {
        "files": LARGEST + AROUND,
        "recordings": recording_mb * 1_000_000 + AROUND,
        "transcripts": MOST_BYTES + AROUND,
    }


async def keep(site: Site, incident: Incident, file: BinaryIO) -> Kept:
    """Keeps what was sent and says what it is. Raises `Invalid` for the field `file`."""
    return await _put(site, incident, file, await asyncio.to_thread(_weigh, file, LARGEST))


async def keep_recording(site: Site, incident: Incident, file: BinaryIO) -> Kept:
    """The same for sound and moving pictures, which may be larger."""
    kept = await asyncio.to_thread(_weigh, file, site.settings.recording_mb * 1_000_000)
    if kept.media not in sounds.PLAYED:
        raise Invalid("file", f"This is no recording that browsers play, but {kept.media}. {PLAYED}")
    await files.make_room(site.database, incident, kept.size, recording=True)
    return await _put(site, incident, file, kept)


async def keep_transcript(site: Site, incident: Incident, file: BinaryIO) -> tuple[Kept, Sequence[Cue]]:
    """A transcript: its lines, and the file as it came, which is text."""
    file.seek(0)
    data = await asyncio.to_thread(file.read, MOST_BYTES + 1)
    if not data:
        raise Invalid("file", "The file is empty.")
    cues = await asyncio.to_thread(lambda: cues_of(decoded(data)))
    kept = Kept("text/plain", len(data), hashlib.sha256(data).hexdigest())
    return await _put(site, incident, file, kept), cues


async def _put(site: Site, incident: Incident, file: BinaryIO, kept: Kept) -> Kept:
    await site.blobs.put(str(incident.id), kept.sha256, file)
    if kept.width is not None:
        small = await asyncio.to_thread(pictures.small, site.blobs.path(str(incident.id), kept.sha256))
        if small is not None:
            await site.blobs.put(str(incident.id), f"{kept.sha256}.thumb", BytesIO(small))
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


def sent(site: Site, file: IncidentFile, *, thumb: bool = False) -> Response:
    """A file as an answer: pictures are shown, everything else is only ever saved. Raises `NotFound` when its bytes are gone."""
    name = f"{file.sha256}.thumb" if thumb and file.picture else file.sha256
    path = site.blobs.path(str(file.incident_id), name)
    if not path.exists():
        name = file.sha256
        if not site.blobs.path(str(file.incident_id), name).exists():
            raise NotFound("The file's bytes are not there. Were they restored with the database?")
    if file.began_at is not None:
        return _played(site, file)
    media = "image/webp" if name.endswith(".thumb") else file.media
    headers = HEADERS | _named(file, "inline" if file.picture else "attachment")
    return StreamingResponse(site.blobs.read(str(file.incident_id), name), media_type=media, headers=headers)


def _played(site: Site, file: IncidentFile) -> Response:
    """A recording: players ask for the parts that they need."""
    path = site.blobs.path(str(file.incident_id), file.sha256)
    return FileResponse(path, media_type=file.media, headers=HEADERS | _named(file, "inline"))


def _named(file: IncidentFile, shown: str) -> dict[str, str]:
    plain = "".join(c if c.isascii() and c not in '"\\' else "_" for c in file.name)
    return {"content-disposition": f'{shown}; filename="{plain}"'}


class KeptFiles:
    """Files for an export."""

    def __init__(self, blobs: Blobs) -> None:
        self._blobs = blobs
        self._found: dict[str, IncidentFile] = {}

    async def of(self, db: Reader, incident_id: UUID, /) -> Sequence[exporting.Attachment]:
        """The incident's files, in order of their entries."""
        kept = await files_of(db, incident_id)
        self._found |= {str(f.id): f for f in kept}
        return [
            exporting.Attachment(str(f.id), f.seq, f.name, f.media, f.size, f"{f.seq}-{f.name}", f.began_at)
            for f in kept
        ]

    async def read(self, attachment: exporting.Attachment) -> AsyncIterator[bytes]:
        """One file, in pieces; empty when its bytes are gone."""
        file = self._found[attachment.id]
        if self._blobs.path(str(file.incident_id), file.sha256).exists():
            async for piece in self._blobs.read(str(file.incident_id), file.sha256):
                yield piece
