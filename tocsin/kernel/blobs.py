"""Bytes that are too large for the database, in a folder: written whole or not at all, named by what they are."""

import asyncio
import os
import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from typing import BinaryIO
from uuid import uuid4

PIECE = 256 * 1024


class Blobs:
    """Blobs below one folder, in groups. Names of groups and blobs are ours: ids and digests, never what somebody typed."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def path(self, group: str, name: str) -> Path:
        """Where a blob is, or would be."""
        return self._folder / group / name

    async def put(self, group: str, name: str, source: BinaryIO) -> None:
        """Keeps what `source` holds, durably, before it answers. What is there already is left."""
        await asyncio.to_thread(self._put, group, name, source)

    def _put(self, group: str, name: str, source: BinaryIO) -> None:
        target = self.path(group, name)
        if target.exists():
            return
        target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        beside = target.with_name(f".{uuid4().hex}")
        try:
            with beside.open("xb") as file:
                source.seek(0)
                shutil.copyfileobj(source, file, PIECE)
                file.flush()
                os.fsync(file.fileno())
            beside.replace(target)
        finally:
            beside.unlink(missing_ok=True)

    async def read(self, group: str, name: str) -> AsyncIterator[bytes]:
        """A blob in pieces. Raises FileNotFoundError before the first."""
        file = await asyncio.to_thread(self.path(group, name).open, "rb")
        try:
            while piece := await asyncio.to_thread(file.read, PIECE):
                yield piece
        finally:
            file.close()

    async def remove(self, group: str, *names: str) -> None:
        """Removes blobs for good; those that are gone are gone."""
        for name in names:
            await asyncio.to_thread(self.path(group, name).unlink, missing_ok=True)
