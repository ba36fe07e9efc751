"""Bytes that are too large for the database: whole or not at all, durable before they are told of, named by us.

`DiskBlobs` keeps them in a folder, `S3Blobs` (`tocsin.kernel.s3`) in a bucket; `app` chooses one. Both keep the same contract, which
`tests/real/test_blobs.py` holds them to.
"""

import asyncio
import os
import shutil
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import BinaryIO, Protocol, TypeVar

from tocsin.kernel.errors import TocsinError
from tocsin.kernel.ids import new_id
from tocsin.kernel.log import logger

T = TypeVar("T")
PIECE = 256 * 1024
#: Where a look at a store leaves its bytes, should it end in the middle. No group of others has this name.
LOOKS = ".looks"
#: Somebody may be waiting for what a look says.
LOOK_S = 8.0
log = logger(__name__)


class StorageFailed(TocsinError):
    """Where bytes are kept does not do what it should; the same may be tried again after `after` seconds.

    `problem` goes on a sentence that begins with the storage; `so`: what that means for whoever waits.
    """

    def __init__(self, problem: str, so: str = "", after: int = 10) -> None:
        super().__init__(
            " ".join(filter(None, (f"The storage of files {problem}.", so, "Try again in a moment.")))
        )
        self.problem = problem
        self.after = after


@dataclass(frozen=True, slots=True)
class Blob:
    """One that is kept, and since when."""

    group: str
    name: str
    at: datetime

    @property
    def place(self) -> str:
        """Its place in the order of all."""
        return f"{self.group}/{self.name}"


@dataclass(frozen=True, slots=True)
class Opened:
    """A blob that is there: how long all of it is, and the bytes that were asked for in pieces."""

    size: int
    pieces: AsyncIterator[bytes]


class Blobs(Protocol):
    """Blobs in groups. Names of both are ours: ids, never what somebody typed. Everything here may raise `StorageFailed`."""

    @property
    def problem(self) -> str:
        """What is wrong, as far as was seen; empty when every kind of use worked when it was last tried."""

    async def put(self, group: str, name: str, source: BinaryIO) -> None:
        """Keeps what `source` holds, durably and whole, before it answers."""

    async def open(self, group: str, name: str, first: int = 0, last: int | None = None) -> Opened:
        """A blob for reading: all of it, or from its byte `first` to `last`, both included. Raises FileNotFoundError when there is none."""

    async def remove(self, group: str, *names: str) -> None:
        """Removes blobs for good; those that are gone are gone."""

    async def listed(self, after: str, most: int) -> list[Blob]:
        """Some of all there are, in the order of their places, from behind `after` on. Fewer than `most` are the last."""

    async def readable_by_anybody(self, group: str, name: str) -> bool:
        """Whether somebody without a key gets a blob."""

    def close(self) -> None:
        """Takes no more."""


async def whole(opened: Opened) -> bytes:
    """All of a blob that is known to be small."""
    return b"".join([piece async for piece in opened.pieces])


async def look(blobs: Blobs) -> str:
    """Puts, reads, lists and removes something, and asks for it as a stranger: what is wrong, or nothing."""
    try:
        async with asyncio.timeout(LOOK_S):
            return await _look(blobs, f".{new_id().hex}", b"Tocsin looks whether files can be kept here.")
    except TimeoutError:
        return "does not answer in time"
    except StorageFailed as failed:
        return failed.problem
    except FileNotFoundError:
        return "does not find what it was just given"


async def _look(blobs: Blobs, name: str, text: bytes) -> str:
    await blobs.put(LOOKS, name, BytesIO(text))
    if await whole(await blobs.open(LOOKS, name)) != text:
        return "answers other bytes than it was given"
    await blobs.listed("", 1)
    public = await blobs.readable_by_anybody(LOOKS, name)
    await blobs.remove(LOOKS, name)
    return "gives files to anybody without a key: make the bucket private" if public else ""


class Remembers:
    """What failed when it was tried last, by what was tried: that reading works says nothing of writing."""

    def __init__(self) -> None:
        self._problems: dict[str, str] = {}

    @property
    def problem(self) -> str:
        return next(iter(self._problems.values()), "")

    def worked(self, what: str) -> None:
        """A put that worked stands for everything: what is removed is removed seldom."""
        if what == "put":
            self._problems.clear()
        self._problems.pop(what, None)

    def failed(self, what: str, problem: str) -> StorageFailed:
        """Noted and logged; the error to raise."""
        self._problems[what] = problem
        log.warning("storage_failed", what=what, problem=problem)
        return StorageFailed(problem)


class DiskBlobs(Remembers):
    """In a folder, each group in one of its own."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self._folder = folder

    def __str__(self) -> str:
        return str(self._folder)

    async def put(self, group: str, name: str, source: BinaryIO) -> None:
        await self._do("put", lambda: self._put(self._folder / group, name, source))

    async def open(self, group: str, name: str, first: int = 0, last: int | None = None) -> Opened:
        path = self._folder / group / name
        size = await self._do("read", lambda: _size(path))
        if size is None:
            raise FileNotFoundError(path.name)
        return Opened(size, self._pieces(path, first, size if last is None else last + 1))

    async def remove(self, group: str, *names: str) -> None:
        await self._do("remove", lambda: self._remove(self._folder / group, names))

    async def listed(self, after: str, most: int) -> list[Blob]:
        return await self._do("list", lambda: _first(self._all(after), most))

    async def readable_by_anybody(self, group: str, name: str) -> bool:  # noqa: ARG002 - a folder serves nobody
        return False

    def close(self) -> None:
        """Nothing is held open."""

    async def _do(self, what: str, act: Callable[[], T]) -> T:
        try:
            done = await asyncio.to_thread(act)
        except OSError as error:
            problem = f"cannot be used: {(error.strerror or 'an error of the disk').lower()}"
        else:
            self.worked(what)
            return done
        # Raised outside the handler: the original names the path.
        raise self.failed(what, problem)

    def _put(self, folder: Path, name: str, source: BinaryIO) -> None:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        beside = folder / f".{new_id().hex}"
        try:
            with beside.open("xb") as file:
                source.seek(0)
                shutil.copyfileobj(source, file, PIECE)
                file.flush()
                os.fsync(file.fileno())
            beside.replace(folder / name)
        finally:
            beside.unlink(missing_ok=True)
        # A name is durable when its folder is, and a new folder when the one above is.
        for each in (folder, self._folder):
            _sync(each)

    async def _pieces(self, path: Path, begin: int, end: int) -> AsyncIterator[bytes]:
        file = await asyncio.to_thread(path.open, "rb")
        try:
            file.seek(begin)
            while piece := await asyncio.to_thread(file.read, min(PIECE, end - begin)):
                begin += len(piece)
                yield piece
        finally:
            file.close()

    def _remove(self, folder: Path, names: tuple[str, ...]) -> None:
        for name in names:
            (folder / name).unlink(missing_ok=True)

    def _all(self, after: str) -> Iterator[Blob]:
        from_group, _, from_name = after.partition("/")
        with suppress(FileNotFoundError):
            for folder in sorted(each for each in self._folder.iterdir() if each.is_dir()):
                if folder.name < from_group:
                    continue
                yield from _within(folder, from_name if folder.name == from_group else "")


def _size(path: Path) -> int | None:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return None


def _within(folder: Path, after: str) -> Iterator[Blob]:
    with suppress(FileNotFoundError):
        for path in sorted(folder.iterdir()):
            with suppress(FileNotFoundError):
                if path.name > after and path.is_file():
                    yield Blob(folder.name, path.name, datetime.fromtimestamp(path.stat().st_mtime, UTC))


def _first(blobs: Iterator[Blob], most: int) -> list[Blob]:
    return [blob for blob, _ in zip(blobs, range(most), strict=False)]


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
