"""An exported archive as it comes in: what it holds is looked at before any of it is unpacked, and then unpacked piece by piece.

Nothing in it names a place on our disk. A member is unpacked no further than the record says that it is long.
"""

import re
import stat
import zipfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from io import SEEK_END
from typing import Any, BinaryIO

from tocsin.edge.import_file import MOST_BYTES, read
from tocsin.incidents.files import HEAVIEST, HEAVIEST_RECORDINGS, MOST
from tocsin.incidents.import_model import ImportedFile, Record
from tocsin.kernel.errors import Invalid

PIECE = 256 * 1024
#: The list of members is read at once; that of an honest archive is smaller, in bytes.
LONGEST_LIST = 2_000_000
#: Members in all.
MOST_MEMBERS = 2 * MOST + 100
#: What unpacks to more than so many bytes, and to more than so many times what it holds, is no record of anybody.
SMALL, DENSEST = 100_000_000, 100
RECORD = "record.json"
_PATH = re.compile(r"files/[^/]+")
_KINDS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_BROKEN = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError)
DAMAGED = "The archive is damaged: it does not unpack."


def is_archive(file: BinaryIO) -> bool:
    """Whether its content is a ZIP's; everything else is read as JSON."""
    file.seek(0)
    return file.read(4) in (b"PK\x03\x04", b"PK\x05\x06")


class Archive:
    """An archive that was looked at: its record, and those of its files that can come along."""

    def __init__(self, file: BinaryIO) -> None:
        """Raises `Invalid` with what is wrong."""
        with _whole():
            self._zip = zipfile.ZipFile(_Guarded(file))
        size = file.seek(0, SEEK_END)
        self._members = _members(self._zip.infolist(), size)
        self.record = read(b"".join(self._pieces(self._member(RECORD), MOST_BYTES)))
        self.files = tuple(f for f in self.record.files if self._comes(f))
        _check_weight(self.files)

    @property
    def unpacked(self) -> int:
        """Bytes of all its files."""
        return sum(file.size for file in self.files)

    def unpack(self, file: ImportedFile, write: Callable[[bytes], Any]) -> None:
        """One of its files, in pieces. Raises `Invalid` for what is damaged or longer than it says."""
        for piece in self._pieces(self._member(file.path), file.size):
            write(piece)

    def _comes(self, file: ImportedFile) -> bool:
        """Whether a file is in it. One whose bytes were gone when it was exported is empty there, and comes as a name."""
        if not _PATH.fullmatch(file.path):
            raise Invalid("record", "The record names a file that is not below files/.")
        member = self._member(file.path)
        if member.file_size not in (0, file.size):
            raise Invalid("record", f"{file.path} has another length than the record says.")
        return member.file_size > 0

    def _member(self, name: str) -> zipfile.ZipInfo:
        member = self._members.get(name)
        if member is None:
            raise Invalid("record", f"The archive lacks {name}.")
        return member

    def _pieces(self, member: zipfile.ZipInfo, most: int) -> Iterator[bytes]:
        if member.file_size > most:
            raise Invalid("record", f"{member.filename} is too large: {most // 1_000_000} MB fit.")
        seen = 0
        with _whole():
            opened = self._zip.open(member)
        with opened:
            while True:
                with _whole():
                    piece = opened.read(PIECE)
                if not piece:
                    break
                seen += len(piece)
                if seen > most:
                    raise Invalid("record", DAMAGED)
                yield piece
        if seen != member.file_size:
            raise Invalid("record", DAMAGED)


class _Guarded:
    """A file of which no larger piece is read than an honest archive has."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._size = file.seek(0, SEEK_END)
        self.seek, self.tell, self.seekable = file.seek, file.tell, file.seekable

    def read(self, size: int = -1) -> bytes:
        left = self._size - self._file.tell()
        if (left if size < 0 else min(size, left)) > LONGEST_LIST:
            raise zipfile.BadZipFile("its list of members is too long")
        return self._file.read(size)


def _members(infos: Sequence[zipfile.ZipInfo], size: int) -> dict[str, zipfile.ZipInfo]:
    """By name, when all of them can be an export's."""
    found = {info.filename: info for info in infos}
    if len(infos) > MOST_MEMBERS or len(found) < len(infos):
        raise Invalid("record", "The archive has too many members, or two of one name.")
    for info in infos:
        if not _harmless(info):
            raise Invalid(
                "record", "The archive has a member that no export has: encrypted, a link, or outside."
            )
    if sum(info.compress_size for info in infos) > size:
        raise Invalid("record", "The members of the archive overlap.")
    unpacked = sum(info.file_size for info in infos)
    if unpacked > SMALL and unpacked > DENSEST * size:
        raise Invalid("record", "The archive unpacks to far more than it holds.")
    return found


def _harmless(info: zipfile.ZipInfo) -> bool:
    name = info.orig_filename
    return not (
        info.flag_bits & 0x1
        or info.compress_type not in _KINDS
        or stat.S_ISLNK(info.external_attr >> 16)
        or name.startswith("/")
        or "\\" in name
        or "\x00" in name
        or ".." in name.split("/")
    )


def _check_weight(files: Sequence[ImportedFile]) -> None:
    for calls, what, most in ((False, "files", HEAVIEST), (True, "recordings", HEAVIEST_RECORDINGS)):
        some = [f.size for f in files if (f.kind == "recording_attached") is calls]
        if len(some) > MOST or sum(some) > most:
            raise Invalid("record", f"The archive has more {what} than an incident can hold.")


@contextmanager
def _whole() -> Iterator[None]:
    """What the library says of a damaged archive, as a sentence of ours."""
    try:
        yield
    except _BROKEN as broken:
        raise Invalid("record", DAMAGED) from broken


def record_of(file: BinaryIO) -> Record:
    """The record of a file that is JSON."""
    file.seek(0)
    return read(file.read(MOST_BYTES + 1))
