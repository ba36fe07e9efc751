"""The whole record of an incident as data: `docs/export.md` describes it, `export.schema.json` beside this file is its schema.

What an export holds is what its reader may see: whether they may see the incident was asked before.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from importlib.resources import files
from typing import Any, Protocol
from uuid import UUID, uuid5

from tocsin.incidents import queries
from tocsin.incidents.bonds import took_in
from tocsin.incidents.export_entries import entries_of, utc
from tocsin.incidents.field_definitions import type_title
from tocsin.incidents.fields import fields_of
from tocsin.incidents.item_model import Item
from tocsin.incidents.item_queries import items_of
from tocsin.incidents.model import Incident
from tocsin.incidents.recording_read import Transcript, calls_of, cues_of
from tocsin.kernel.db import Reader
from tocsin.kernel.sql import Statements

__all__ = ["Attachment", "Attachments", "Extras", "entries_of", "head_of", "merged_data", "schema"]

sql = Statements("tocsin.incidents", "exporting.sql")
FORMAT = "tocsin-incident"
VERSION = 1
#: Names the exports: the same incident with the same newest entry is the same export.
SPACE = UUID("5a3c0b5e-6a0e-5b3e-9d0f-6f1f6c3f2a01")


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file of the incident; `path` is its place below `files/` in the archive."""

    id: str
    seq: int
    name: str
    type: str
    size: int
    path: str
    began_at: datetime | None = None


class Attachments(Protocol):
    """Who keeps the files; handed in."""

    async def of(self, db: Reader, incident_id: UUID, /) -> Sequence[Attachment]:
        """The incident's files, in order of their entries."""
        ...

    def read(self, attachment: Attachment) -> AsyncIterator[bytes]:
        """One file, in pieces."""
        ...


@dataclass(frozen=True, slots=True)
class Extras:
    """What other packages keep of an incident: the places, the notes page, the files."""

    places: Sequence[Mapping[str, Any]] = ()
    notes: str = ""
    attachments: Sequence[Attachment] = ()


def schema() -> bytes:
    """The JSON Schema of version 1."""
    return files("tocsin.incidents").joinpath("export.schema.json").read_bytes()


async def head_of(
    db: Reader, incident: Incident, extras: Extras, *, url: str, by: str, at: datetime
) -> dict[str, Any]:
    """Everything but the entries, which follow it. `url` is where this installation is."""
    origin = await db.row(sql.origin, incident.id)
    live = {
        "roles": [
            {"role": str(r.role), "name": r.name, "since": utc(r.since)}
            for r in await queries.roles(db, incident.id)
        ],
        "responders": [
            {"name": r.name, "joined_at": utc(r.joined_at)}
            for r in await queries.responders(db, incident.id)
        ],
        "alerts": [
            {"number": a.number, "message": a.message, "priority": f"P{a.priority}", "started_at": utc(a.started_at),
             "closed_at": utc(a.closed_at)}
            for a in await queries.alerts_of(db, incident.id)
        ],
        "places": list(extras.places),
    }  # fmt: skip
    carried = dict(origin["carried"]) if origin else {}
    service = await queries.service_of(db, incident)
    return {
        "format": FORMAT, "version": VERSION,
        "export_id": str(uuid5(SPACE, f"{incident.id}/{incident.head}")),
        "exported_at": utc(at), "exported_by": by,
        "confidential": incident.private,
        "origin": {"key": incident.key, "url": url},
        "imported_from": {"key": origin["origin_key"], "url": origin["origin_url"]} if origin else None,
        "incident": _state(incident, service.name if service else carried.get("service", "")) | await _own(db, incident, carried),
        **{name: found or carried.get(name, []) for name, found in live.items()},
        "items": [_item(i, carried.get("people", {})) for i in await items_of(db, incident.id)],
        "notes": extras.notes,
        "transcripts": [await _transcript(db, incident.id, t) for t in (await calls_of(db, incident.id)).transcripts],
        "attachments": [
            {"seq": a.seq, "name": a.name, "type": a.type, "size": a.size, "path": f"files/{a.path}",
             "began_at": utc(a.began_at)}
            for a in extras.attachments
        ],
    }  # fmt: skip


async def _transcript(db: Reader, incident_id: UUID, t: Transcript) -> dict[str, Any]:
    return {
        "seq": t.seq, "name": t.name, "began_at": utc(t.began_at),
        "cues": [
            {"starts_ms": c.starts_ms, "ends_ms": c.ends_ms, "at": utc(t.began_at + timedelta(milliseconds=c.starts_ms)),
             "speaker": c.speaker, "text": c.text, "entry": c.told_seq}
            for c in await cues_of(db, incident_id, t.seq, limit=t.cues)
        ],
    }  # fmt: skip


def _state(i: Incident, service: str) -> dict[str, Any]:
    return {
        "summary": i.summary, "severity": i.severity, "status": str(i.status), "sub_status": i.sub_status, "impact": i.impact,
        "reporter_contact": i.reporter_contact, "products": list(i.products), "service": service, "private": i.private,
        "impact_started_at": utc(i.impact_started_at), "detected_at": utc(i.detected_at),
        "declared_at": utc(i.declared_at), "acknowledged_at": utc(i.acknowledged_at),
        "first_update_at": utc(i.first_update_at), "mitigated_at": utc(i.mitigated_at),
        "resolved_at": utc(i.resolved_at), "update_due_at": utc(i.update_due_at), "entries": i.head,
    }  # fmt: skip


async def _own(db: Reader, incident: Incident, carried: Mapping[str, Any]) -> dict[str, Any]:
    """The type and the organisation's own fields, as words: another installation has others."""
    said = [{"title": f.definition.title, "words": f.words} for f in await fields_of(db, incident) if f.words]
    return {
        "type": await type_title(db, incident.type) or carried.get("type", ""),
        "fields": said or carried.get("fields", []),
    }


def _item(item: Item, people: Mapping[str, list[str]]) -> dict[str, Any]:
    return {
        "seq": item.seq, "kind": str(item.kind), "state": str(item.state), "text": item.text, "owner": item.owner,
        "people": list(item.people) or people.get(str(item.seq), []), "why": item.why, "undo": item.undo, "outcome": item.outcome,
        "evidence": list(item.evidence), "due_at": utc(item.due_at),
    }  # fmt: skip


async def merged_data(db: Reader, incident: Incident, viewer: UUID | None) -> list[dict[str, Any]]:
    """What was merged into it, as far as the viewer may see it, each with its own entries."""
    found = []
    for origin in await took_in(db, incident.id, viewer):
        one = await queries.incident_for_watchers(db, origin.id)
        batches = [batch async for batch in entries_of(db, one)] if one else []
        entries = [entry for batch in batches for entry in batch]
        found.append({"key": origin.key, "summary": origin.summary, "entries": entries})
    return found
