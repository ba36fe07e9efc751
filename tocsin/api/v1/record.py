"""The record, read: in order, by kind, by words; over all incidents, and one entry with all that became of it."""

from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import AwareDatetime

from tocsin.api.v1.auth import Call, Caller
from tocsin.api.v1.shown import incident_of, shown_entry
from tocsin.incidents import said_read, search
from tocsin.incidents.kind_groups import kinds_in
from tocsin.incidents.model import Incident
from tocsin.record.kinds import decode
from tocsin.record.model import Entry

router = APIRouter(tags=["Entries"])
Seq = Annotated[int, Query(ge=0, le=2_000_000_000)]


@router.get("/incidents/{key}/entries")
async def list_entries(
    call: Call,
    key: str,
    after: Seq = 0,
    before: Seq = 0,
    kinds: Annotated[str, Query(max_length=1000, description="Groups or kinds, separated by commas.")] = "",
    q: Annotated[str, Query(max_length=300, description="Words that all occur.")] = "",
    limit: Annotated[int, Query(ge=1, le=1000)] = 500,
) -> dict[str, Any]:
    """The record after a number, in order; with `before`, the last entries before it. Groups: said, decisions, updates, people,
    alerts, marks, state."""
    incident = await incident_of(call, key)
    window = search.Window(kinds_in(kinds), q, after, before or search.LAST, limit)
    found = await (search.backward if before else search.forward)(call.db, incident.id, window)
    return {"entries": await _with_extras(call, incident, found)}


async def _with_extras(call: Caller, incident: Incident, found: list[Entry]) -> list[dict[str, Any]]:
    extras = await said_read.extras(call.db, incident.id, [e.seq for e in found])
    return [_shown(entry, extras[entry.seq]) for entry in found]


def _shown(entry: Entry, extra: said_read.Extra) -> dict[str, Any]:
    """As it was written, and what became of it: `edited` holds the newest words."""
    edited = extra.text is not None and entry.redacted_at is None
    return shown_entry(entry) | {
        "amends": entry.amends, "redacted_by": entry.redacted_by, "redaction_reason": entry.redaction_reason,
        "edited": {"text": extra.text, "revision": extra.revisions} if edited else None,
        "pinned": extra.pinned, "replies": extra.replies,
        "reactions": [{"emoji": e, "user_id": person, "name": name} for e, person, name in extra.reactions],
    }  # fmt: skip


@router.get("/search")
async def search_all(
    call: Call,
    q: Annotated[str, Query(min_length=1, max_length=300)],
    before: AwareDatetime | None = None,
    limit: Annotated[int, Query(ge=1, le=100)] = 30,
) -> dict[str, Any]:
    """Entries of all incidents that you may see, newest first: all words must occur, the last may go on; `"a phrase"` as it stands.
    `lines`: of the transcripts of calls, twenty at most."""
    found = await search.search(call.db, call.actor.id, q, before=before, limit=limit)
    lines = await search.lines(call.db, call.actor.id, q) if before is None else []
    return {
        "lines": [
            {
                "key": line.key, "transcript": line.seq, "n": line.n, "said_at": line.said_at, "speaker": line.speaker,
                "text": line.text, "url": f"{call.site.settings.url}/incidents/{line.key}/transcripts/{line.seq}/lines/{line.n}",
            }
            for line in lines
        ],
        "entries": [
            {
                "key": e.key, "summary": e.summary, "seq": e.seq, "kind": e.kind, "actor": e.actor,
                "happened_at": e.happened_at, "recorded_at": e.recorded_at, "text": decode(e.kind, e.payload).sentence(),
                "url": f"{call.site.settings.url}/incidents/{e.key}/entries/{e.seq}",
            }
            for e in found
        ]
    }  # fmt: skip


@router.get("/incidents/{key}/entries/{seq}")
async def one(call: Call, key: str, seq: int) -> dict[str, Any]:
    """One entry with all its words and its replies."""
    incident = await incident_of(call, key)
    entry = await said_read.one_entry(call.db, incident.id, seq)
    history = [] if entry.redacted_at else await said_read.versions(call.db, incident.id, seq)
    return {
        "entry": (await _with_extras(call, incident, [entry]))[0],
        "history": [{"text": v.text, "at": v.recorded_at, "actor": v.actor, "seq": v.seq} for v in history],
        "replies": await _with_extras(call, incident, await said_read.thread(call.db, incident.id, seq)),
    }
