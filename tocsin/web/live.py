"""What the event hub asks of the pages: who may watch a topic, and the rendered entries of a room."""

import time
from typing import Protocol
from uuid import UUID

from tocsin.edge.events import Fragment
from tocsin.edge.templates import Templates
from tocsin.edge.viewer import Viewer
from tocsin.incidents import queries
from tocsin.kernel.db import Database
from tocsin.record.queries import entries_after
from tocsin.web.dressed import dressed
from tocsin.web.room_glance import glance_for_watchers

#: Topics that any signed-in person may watch; they say only "look again".
COMMON = frozenset({"alerts", "incidents", "oncall", "pages", "work"})
CACHE_S = 2.0
#: Kinds that nothing but the record shows: after them no panel is fetched again.
SAID = frozenset({"message"})


class Document(Protocol):
    """Something else of an incident that people watch as it changes; handed in by `app`."""

    async def heads(self, incident_ids: list[UUID]) -> dict[UUID, int]: ...

    async def after(self, incident_id: UUID, seq: int) -> list[Fragment]: ...

    async def glance(self, incident_id: UUID) -> str: ...


class Live:
    """The hub's `Source` (see `tocsin.edge.events`). `notes`: the topics `notes:<incident>`."""

    def __init__(self, database: Database, templates: Templates, notes: Document) -> None:
        self._database = database
        self._templates = templates
        self._notes = notes
        self._public: dict[UUID, float] = {}
        self._turned = 0

    async def allowed(self, viewer: Viewer, topic: str) -> bool:
        """Signed-in people; a private incident's room only its members, asked anew each time."""
        if topic == "status":
            return True
        if not viewer.signed_in:
            return viewer.role == "display" and topic in COMMON
        kind, _, text = topic.partition(":")
        stream = _uuid(text)
        if kind == "alert" and stream:
            return True
        if kind not in ("incident", "notes", "marks") or stream is None:
            return topic in COMMON
        # Only for rooms, where the entry that makes one private comes past: see `after`.
        if kind != "notes" and self._public.get(stream, 0) > time.monotonic():
            return True
        turned = self._turned
        incident = await queries.incident_by_id(self._database, stream, viewer.id)
        if incident is not None and not incident.private and turned == self._turned:
            self._public = {k: v for k, v in self._public.items() if v > time.monotonic()}
            self._public[stream] = time.monotonic() + CACHE_S
        return incident is not None

    async def head(self, topic: str) -> int:
        """The newest entry's number of a room, or of a notes page's update."""
        if notes := _notes(topic):
            return (await self._notes.heads([notes])).get(notes, 0)
        stream = _room(topic)
        return await queries.head(self._database, stream) if stream else 0

    async def after(self, topic: str, seq: int) -> list[Fragment]:
        """The entries of a room after a number, rendered once for all who watch; the updates of a notes page."""
        if notes := _notes(topic):
            return await self._notes.after(notes, seq)
        stream = _room(topic)
        if stream is None:
            return []
        entries = await entries_after(self._database, stream, seq, 200)
        if any(e.kind == "made_private" for e in entries):
            # Nobody gets these, nor what comes after them, because they might watch a moment ago.
            self._turned += 1
            self._public.pop(stream, None)
        drawn = await dressed(self._database, self._templates, stream, entries)
        return [Fragment(e.seq, html, e.kind in SAID) for e, html in zip(entries, drawn, strict=True)]

    async def glance(self, topic: str) -> str:
        """The first lines of a room, rendered once for all who watch; who is where in a notes page."""
        if notes := _notes(topic):
            return await self._notes.glance(notes)
        stream = _room(topic)
        if stream is None:
            return ""
        context = await glance_for_watchers(self._database, stream)
        return self._templates.text("incidents/glance.html", context) if context else ""

    async def heads(self, topics: list[str]) -> dict[str, int]:
        """The newest numbers of the rooms and notes pages among these topics."""
        rooms = [stream for topic in topics if (stream := _room(topic))]
        pages = [stream for topic in topics if (stream := _notes(topic))]
        found = await queries.heads(self._database, rooms) if rooms else {}
        edited = await self._notes.heads(pages) if pages else {}
        return {f"incident:{i}": seq for i, seq in found.items()} | {
            f"notes:{i}": seq for i, seq in edited.items()
        }

    async def looking(self, viewer: Viewer, topic: str) -> None:
        """Notes who has a room open."""
        stream = _room(topic)
        if stream and viewer.signed_in:
            await queries.touch_presence(self._database, stream, viewer.id)


def _room(topic: str) -> UUID | None:
    kind, _, text = topic.partition(":")
    return _uuid(text) if kind == "incident" else None


def _notes(topic: str) -> UUID | None:
    kind, _, text = topic.partition(":")
    return _uuid(text) if kind == "notes" else None


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
