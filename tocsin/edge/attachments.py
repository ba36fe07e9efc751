"""Files on their way in and out: kept before they are told of, known by their content, shown only to who sees their incident."""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from io import BytesIO
from typing import BinaryIO
from uuid import UUID

from starlette.responses import Response, StreamingResponse

from tocsin.edge import pictures
from tocsin.edge.site import Site
from tocsin.incidents import exporting
from tocsin.incidents.files import IncidentFile, Kept, files_of
from tocsin.incidents.model import Incident
from tocsin.kernel.blobs import Blobs, Opened, StorageFailed
from tocsin.kernel.db import Reader
from tocsin.kernel.errors import Conflict, Forbidden, Invalid, NotFound

#: One file, in bytes; the form around it may be a little more.
LARGEST = 25_000_000
FORM = LARGEST + 100_000
#: What the name of a small picture ends with.
THUMB = ".thumb"
#: A file can do nothing where it is shown.
HEADERS = {
    "content-security-policy": "default-src 'none'; sandbox",
    "x-content-type-options": "nosniff",
    "cache-control": "private, no-store",
}


@asynccontextmanager
async def kept_for(site: Site, incident: Incident, file: BinaryIO) -> AsyncIterator[Kept]:
    """Keeps what was sent and says what it is, for the entry to be written inside. What is refused there is removed again.

    Raises `Invalid` for the field `file`, and `StorageFailed`. Bytes whose entry may or may not have been written are left to the sweep.
    """
    kept = await _keep(site, incident, file)
    try:
        yield kept
    except (Conflict, Forbidden, Invalid, NotFound):
        await _let_go(site, incident, kept)
        raise


async def _keep(site: Site, incident: Incident, file: BinaryIO) -> Kept:
    kept = await asyncio.to_thread(_weigh, file)
    try:
        await site.blobs.put(str(incident.id), str(kept.id), file)
    except StorageFailed as failed:
        raise StorageFailed(failed.problem, "The file was not attached.") from None
    small = await asyncio.to_thread(pictures.small, file) if kept.width is not None else None
    if small is not None:
        # Without its small picture the large one is shown.
        with suppress(StorageFailed):
            await site.blobs.put(str(incident.id), f"{kept.id}{THUMB}", BytesIO(small))
    return kept


async def _let_go(site: Site, incident: Incident, kept: Kept) -> None:
    """Nothing points at these bytes; where they cannot be removed now, the sweep does it."""
    with suppress(StorageFailed):
        await site.blobs.remove(str(incident.id), str(kept.id), f"{kept.id}{THUMB}")


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


async def sent(site: Site, file: IncidentFile, *, thumb: bool = False) -> Response:
    """A file as an answer: pictures are shown, everything else is only ever saved. Raises `NotFound` when its bytes are gone."""
    small = await _opened(site.blobs, file, THUMB) if thumb and file.picture else None
    opened = small or await _opened(site.blobs, file)
    if opened is None:
        raise NotFound("The file's bytes are not there. Were they restored with the database?")
    shown = "inline" if file.picture else "attachment"
    plain = "".join(c if c.isascii() and c not in '"\\' else "_" for c in file.name)
    headers = HEADERS | {
        "content-disposition": f'{shown}; filename="{plain}"', "content-length": str(opened.size),
    }  # fmt: skip
    return StreamingResponse(opened.pieces, media_type="image/webp" if small else file.media, headers=headers)


async def _opened(blobs: Blobs, file: IncidentFile, suffix: str = "") -> Opened | None:
    """A file's bytes, or those of its small picture. Bytes of another length are not the file's."""
    for name in file.blobs:
        with suppress(FileNotFoundError):
            opened = await blobs.open(str(file.incident_id), name + suffix)
            if suffix or opened.size == file.size:
                return opened
    return None


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
        """One file, in pieces; empty when its bytes are gone. Raises `StorageFailed`: an archive that ends is better than one that lacks."""
        opened = await _opened(self._blobs, self._found[attachment.id])
        if opened is not None:
            async for piece in opened.pieces:
                yield piece
