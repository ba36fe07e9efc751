"""Files on their way in and out: kept before they are told of, known by their content, shown only to who sees their incident."""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Sequence
from io import BytesIO
from typing import BinaryIO
from uuid import UUID

from starlette.responses import Response, StreamingResponse

from tocsin.edge import pictures
from tocsin.edge.site import Site
from tocsin.incidents import exporting
from tocsin.incidents.files import IncidentFile, Kept, files_of
from tocsin.incidents.model import Incident
from tocsin.kernel.blobs import Blobs
from tocsin.kernel.db import Reader
from tocsin.kernel.errors import Invalid, NotFound

#: One file, in bytes; the form around it may be a little more.
LARGEST = 25_000_000
FORM = LARGEST + 100_000
#: A file can do nothing where it is shown.
HEADERS = {
    "content-security-policy": "default-src 'none'; sandbox",
    "x-content-type-options": "nosniff",
    "cache-control": "private, no-store",
}


async def keep(site: Site, incident: Incident, file: BinaryIO) -> Kept:
    """Keeps what was sent and says what it is. Raises `Invalid` for the field `file`."""
    kept = await asyncio.to_thread(_weigh, file)
    await site.blobs.put(str(incident.id), kept.sha256, file)
    if kept.width is not None:
        small = await asyncio.to_thread(pictures.small, site.blobs.path(str(incident.id), kept.sha256))
        if small is not None:
            await site.blobs.put(str(incident.id), f"{kept.sha256}.thumb", BytesIO(small))
    return kept


def _weigh(file: BinaryIO) -> Kept:
    digest, size = hashlib.sha256(), 0
    file.seek(0)
    while piece := file.read(256 * 1024):
        size += len(piece)
        digest.update(piece)
        if size > LARGEST:
            raise Invalid("file", f"The file is too large: {LARGEST // 1_000_000} MB fit.")
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
    media = "image/webp" if name.endswith(".thumb") else file.media
    shown = "inline" if file.picture else "attachment"
    plain = "".join(c if c.isascii() and c not in '"\\' else "_" for c in file.name)
    headers = HEADERS | {"content-disposition": f'{shown}; filename="{plain}"'}
    return StreamingResponse(site.blobs.read(str(file.incident_id), name), media_type=media, headers=headers)


class KeptFiles:
    """Files for an export."""

    def __init__(self, blobs: Blobs) -> None:
        self._blobs = blobs
        self._found: dict[str, IncidentFile] = {}

    async def of(self, db: Reader, incident_id: UUID, /) -> Sequence[exporting.Attachment]:
        """The incident's files, in order of their entries."""
        files = await files_of(db, incident_id)
        self._found |= {str(f.id): f for f in files}
        return [
            exporting.Attachment(str(f.id), f.seq, f.name, f.media, f.size, f"{f.seq}-{f.name}")
            for f in files
        ]

    async def read(self, attachment: exporting.Attachment) -> AsyncIterator[bytes]:
        """One file, in pieces; empty when its bytes are gone."""
        file = self._found[attachment.id]
        if self._blobs.path(str(file.incident_id), file.sha256).exists():
            async for piece in self._blobs.read(str(file.incident_id), file.sha256):
                yield piece
