"""The record on its way out: JSON, Markdown, PDF, or an archive of all three with the files. In pieces, however long it is."""

import zipfile
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from io import RawIOBase
from typing import Any, Protocol
from uuid import UUID

import orjson

from tocsin.edge.pdf import pdf_of
from tocsin.edge.sending import KeptFiles
from tocsin.edge.site import Site
from tocsin.incidents import export_markdown as markdown
from tocsin.incidents import exporting
from tocsin.incidents.model import Incident
from tocsin.kernel.errors import Invalid
from tocsin.places.queries import notes_of, places_of

#: What can be asked for, with its media type.
TYPES = {
    "json": "application/json", "md": "text/markdown; charset=utf-8", "pdf": "application/pdf", "zip": "application/zip",
}  # fmt: skip


class Reading(Protocol):
    """Who reads it: a viewer of the pages, an actor of the API."""

    @property
    def id(self) -> UUID | None: ...
    @property
    def name(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Export:
    """What a door answers with."""

    name: str
    type: str
    body: AsyncIterator[bytes]


async def export(
    site: Site,
    incident: Incident,
    format_: str,
    reader: Reading,
    attachments: exporting.Attachments | None = None,
) -> Export:
    """One incident in a format. Whether its reader may see it was asked before; of what was merged into it they get what they may
    see. Raises `Invalid` for an unknown format."""
    if format_ not in TYPES:
        raise Invalid("format", f"The format is one of: {', '.join(TYPES)}.")
    db, attachments = site.database, attachments or KeptFiles(site.blobs)
    places = [
        {"kind": str(p.kind), "provider": p.provider, "url": p.url}
        for p in await places_of(db, incident.id)
        if p.url
    ]
    notes, files = await notes_of(db, incident.id), await attachments.of(db, incident.id)
    extras = exporting.Extras(places, notes.body if notes else "", files)
    head = await exporting.head_of(
        db, incident, extras, url=site.settings.url, by=reader.name, at=await db.clock()
    ) | {"merged": await exporting.merged_data(db, incident, reader.id)}
    entries: Entries = lambda: exporting.entries_of(db, incident)  # noqa: E731 - read anew for each file
    ways = {
        "json": lambda: _json(head, entries()),
        "md": lambda: _markdown(head, entries()),
        "pdf": lambda: _pdf(head, entries()),
        "zip": lambda: _zip(head, entries, extras, attachments),
    }
    return Export(f"{incident.key}.{format_}", TYPES[format_], ways[format_]())


Batches = AsyncIterator[list[dict[str, Any]]]
Entries = Callable[[], Batches]


async def _json(head: dict[str, Any], entries: Batches) -> AsyncIterator[bytes]:
    yield orjson.dumps(head)[:-1] + b',"entries":['
    first = True
    async for batch in entries:
        yield (b"" if first else b",") + orjson.dumps(batch)[1:-1]
        first = False
    yield b"]}\n"


async def _markdown(head: dict[str, Any], entries: Batches) -> AsyncIterator[bytes]:
    yield _lines(list(markdown.head(head)))
    async for batch in entries:
        yield _lines(list(markdown.entries(batch)))
    for origin in head["merged"]:
        yield _lines(list(markdown.origin(origin)))
        yield _lines(list(markdown.entries(origin["entries"])))
    yield _lines(list(markdown.transcripts(head)))
    yield _lines(list(markdown.notes(head)))


def _lines(lines: list[str]) -> bytes:
    return "".join(f"{line}\n" for line in lines).encode("utf-8", "replace")


async def _pdf(head: dict[str, Any], entries: Batches) -> AsyncIterator[bytes]:
    yield await pdf_of(head | {"entries": [entry async for batch in entries for entry in batch]})


async def _zip(
    head: dict[str, Any], entries: Entries, extras: exporting.Extras, attachments: exporting.Attachments
) -> AsyncIterator[bytes]:
    sink = _Sink()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, body, kind in (
            ("record.json", _json(head, entries()), ""),
            ("record.md", _markdown(head, entries()), ""),
            ("record.pdf", _pdf(head, entries()), ""),
            *((f"files/{a.path}", attachments.read(a), a.type) for a in extras.attachments),
        ):
            with archive.open(_member(name, kind), "w", force_zip64=True) as member:
                async for piece in body:
                    member.write(piece)
                    yield sink.taken()
            yield sink.taken()
    yield sink.taken()


def _member(name: str, kind: str) -> zipfile.ZipInfo:
    """A file of the archive; what is pressed already is not pressed again, which would only take time."""
    member = zipfile.ZipInfo(name)
    pressed = kind.startswith(("audio/", "video/", "image/"))
    member.compress_type = zipfile.ZIP_STORED if pressed else zipfile.ZIP_DEFLATED
    return member


class _Sink(RawIOBase):
    """Where an archive is written to, and taken from piece by piece."""

    def __init__(self) -> None:
        super().__init__()
        self._pieces: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self._pieces.append(bytes(data))
        return len(data)

    def taken(self) -> bytes:
        """What was written since it was asked last."""
        found = b"".join(self._pieces)
        self._pieces.clear()
        return found
