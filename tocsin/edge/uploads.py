"""Large files on their way in: they wait in the data folder, never in memory, and only while the disk has room for them."""

import asyncio
import shutil
from contextlib import aclosing
from hashlib import sha256
from pathlib import Path
from tempfile import SpooledTemporaryFile
from typing import BinaryIO

from starlette.datastructures import FormData, UploadFile
from starlette.exceptions import HTTPException
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import Request

from tocsin.edge.site import site_of

#: Room that a file must leave: the database writes to the same disk.
RESERVE = 1_000_000_000
PIECE = 256 * 1024


class Spooled(Request):
    """A request whose files are written beside where they will be kept: a system's temporary folder may be memory."""

    async def _get_form(
        self, *, max_files: float = 2, max_fields: float = 100, max_part_size: int = 1024 * 1024
    ) -> FormData:
        if self._form is not None or not self.headers.get("content-type", "").startswith(
            "multipart/form-data"
        ):
            return await super()._get_form(
                max_files=max_files, max_fields=max_fields, max_part_size=max_part_size
            )
        length = self.headers.get("content-length", "")
        folder = await asyncio.to_thread(
            waiting_room,
            site_of(self).settings.data / "files",
            int(length[:20]) if length.isdecimal() else 0,
        )
        try:
            async with aclosing(self.stream()) as stream:
                parser = _Parser(
                    self.headers,
                    stream,
                    max_files=max_files,
                    max_fields=max_fields,
                    max_part_size=max_part_size,
                )
                parser.folder = folder
                self._form = await parser.parse()
        except MultiPartException as error:
            raise HTTPException(400, error.message) from None
        return self._form


class _Parser(MultiPartParser):
    """Starlette's, but with a folder of its own for what does not fit into memory."""

    folder: Path

    def on_headers_finished(self) -> None:
        super().on_headers_finished()
        part = self._current_part
        if part.file is not None:
            file = _spool(self.spool_max_size, self.folder)
            self._files_to_close_on_error.append(file)
            part.file.file.close()
            part.file.file = file  # type: ignore[assignment] # as Starlette hands it on


def _spool(size: int, folder: Path) -> SpooledTemporaryFile[bytes]:
    """Closed with the form."""
    return SpooledTemporaryFile(size, dir=str(folder))


def waiting_room(folder: Path, size: int) -> Path:
    """Where files wait. Refuses when so many bytes would fill the disk: the file lies there twice for a moment."""
    place = folder / ".arriving"
    place.mkdir(parents=True, exist_ok=True, mode=0o700)
    if shutil.disk_usage(place).free < 2 * size + RESERVE:
        raise HTTPException(507, "The server's disk has no room for this file. Tell who runs it.")
    return place


async def digest(request: Request) -> str:
    """What a form with files holds, for telling requests apart: its fields, and the content of its files."""
    found = sha256()
    for name, value in (await request.form()).multi_items():
        said = value.encode() if isinstance(value, str) else await _content(value)
        found.update(f"{len(name)} {name} {len(said)} ".encode() + said)
    return found.hexdigest()


async def _content(file: UploadFile) -> bytes:
    return f"{file.filename} ".encode() + await asyncio.to_thread(_hashed, file.file)


def _hashed(file: BinaryIO) -> bytes:
    file.seek(0)
    found = sha256()
    while piece := file.read(PIECE):
        found.update(piece)
    file.seek(0)
    return found.digest()
