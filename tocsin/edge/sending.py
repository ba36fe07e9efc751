"""Files on their way out, to whoever sees their incident: whole, or of a recording the part that a player asks for."""

import re
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from uuid import UUID

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from tocsin.edge.attachments import THUMB
from tocsin.edge.site import Site
from tocsin.incidents import exporting
from tocsin.incidents.files import IncidentFile, files_of
from tocsin.kernel.blobs import Blobs, Opened
from tocsin.kernel.db import Reader
from tocsin.kernel.errors import NotFound

#: A file can do nothing where it is shown.
HEADERS = {
    "content-security-policy": "default-src 'none'; sandbox",
    "x-content-type-options": "nosniff",
    "cache-control": "private, no-store",
}
_PART = re.compile(r"bytes=(\d*)-(\d*)", re.ASCII)


async def sent(site: Site, file: IncidentFile, *, thumb: bool = False) -> Response:
    """A file as an answer: pictures are shown, everything else is only ever saved. Raises `NotFound` when its bytes are gone."""
    if file.began_at is not None:
        return _Played(site.blobs, file)
    small = await _opened(site.blobs, file, THUMB) if thumb and file.picture else None
    opened = small or await _opened(site.blobs, file)
    if opened is None:
        raise _gone()
    headers = _headers(file, "inline" if file.picture else "attachment", opened.size)
    return StreamingResponse(opened.pieces, media_type="image/webp" if small else file.media, headers=headers)


class _Played(Response):
    """A recording: players ask for the parts that they need (RFC 9110, section 14)."""

    def __init__(self, blobs: Blobs, file: IncidentFile) -> None:
        super().__init__()
        self._blobs, self._file = blobs, file

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        file, asked = self._file, Headers(scope=scope)
        etag = f'"{file.sha256}"'
        current = asked.get("if-range", etag) == etag
        part = part_of(asked.get("range", "") if current else "", file.size)
        if part is None:
            headers = HEADERS | {"content-range": f"bytes */{file.size}"}
            await PlainTextResponse("There is no such part.", 416, headers)(scope, receive, send)
            return
        first, last = part
        opened = await _opened(self._blobs, file, first=first, last=last)
        if opened is None:
            raise _gone()
        partly = (first, last) != (0, file.size - 1)
        headers = _headers(file, "inline", last - first + 1) | {"accept-ranges": "bytes", "etag": etag}
        headers |= {"content-range": f"bytes {first}-{last}/{file.size}"} if partly else {}
        answer = StreamingResponse(opened.pieces, 206 if partly else 200, headers, file.media)
        await answer(scope, receive, send)


def part_of(asked: str, size: int) -> tuple[int, int] | None:
    """The first and last byte that a `Range` header asks for, both included; all of them where it asks for nothing that we know, such
    as several parts. None when there is no such part."""
    found = _PART.fullmatch(asked.strip())
    if found is None or not any(found.groups()):
        return 0, size - 1
    first, last = (int(digits[:18]) if digits else None for digits in found.groups())
    if first is None:
        return (max(size - (last or 0), 0), size - 1) if last else None
    if first >= size or (last is not None and last < first):
        return None
    return first, min(size - 1 if last is None else last, size - 1)


def _headers(file: IncidentFile, shown: str, length: int) -> dict[str, str]:
    plain = "".join(c if c.isascii() and c not in '"\\' else "_" for c in file.name)
    return HEADERS | {"content-disposition": f'{shown}; filename="{plain}"', "content-length": str(length)}


async def _opened(
    blobs: Blobs, file: IncidentFile, suffix: str = "", first: int = 0, last: int | None = None
) -> Opened | None:
    """A file's bytes, or those of its small picture. Bytes of another length are not the file's."""
    for name in file.blobs:
        with suppress(FileNotFoundError):
            opened = await blobs.open(str(file.incident_id), name + suffix, first, last)
            if suffix or opened.size == file.size:
                return opened
    return None


def _gone() -> NotFound:
    return NotFound("The file's bytes are not there. Were they restored with the database?")


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
        """One file, in pieces; empty when its bytes are gone. Raises `StorageFailed`: an archive that ends is better than one that lacks."""
        opened = await _opened(self._blobs, self._found[attachment.id])
        if opened is not None:
            async for piece in opened.pieces:
                yield piece
