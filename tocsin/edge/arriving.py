"""A record of another installation as it comes in, by any door: JSON, or an archive with its files."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from tempfile import TemporaryFile
from typing import BinaryIO
from uuid import UUID

from tocsin.edge.archive import Archive, is_archive, record_of
from tocsin.edge.attachments import expect, keep, let_go
from tocsin.edge.site import Site
from tocsin.edge.uploads import waiting_room
from tocsin.incidents.import_files import Files
from tocsin.incidents.import_model import Record
from tocsin.incidents.importing import was_imported
from tocsin.kernel.errors import Invalid, TocsinError
from tocsin.kernel.ids import new_id


@asynccontextmanager
async def arriving(site: Site, file: BinaryIO) -> AsyncIterator[tuple[Record, Files]]:
    """The record in a file, and its files, which are kept already: for the incident to be made inside. What is refused there leaves
    none of them.

    Raises `Invalid` for the field `record`, and `StorageFailed`.
    """
    files = Files(new_id(), {})
    if not await asyncio.to_thread(is_archive, file):
        yield await asyncio.to_thread(record_of, file), files
        return
    archive = await asyncio.to_thread(Archive, file)
    if archive.files and not await was_imported(site.database, archive.record):
        files = await _kept(site, archive, files.incident_id)
    try:
        yield archive.record, files
    except TocsinError:
        await let_go(site, files.incident_id, [kept.id for kept in files.kept.values()])
        raise


async def _kept(site: Site, archive: Archive, incident_id: UUID) -> Files:
    """All its files, kept one after the other, or none."""
    ids = {file.seq: new_id() for file in archive.files}
    folder = await asyncio.to_thread(waiting_room, site.settings.data / "files", archive.unpacked)
    await expect(site, incident_id, list(ids.values()))
    kept = {}
    try:
        for each in archive.files:
            with TemporaryFile(dir=folder) as room:
                await asyncio.to_thread(archive.unpack, each, room.write)
                kept[each.seq] = await keep(site, incident_id, ids[each.seq], each.kind, room)
    except TocsinError as error:
        await let_go(site, incident_id, ids.values())
        if isinstance(error, Invalid):
            raise Invalid("record", f"{each.path}: {error}") from None
        raise
    return Files(incident_id, kept)
