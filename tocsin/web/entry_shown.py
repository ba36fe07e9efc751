"""What templates show of an entry, as it was written."""

from pathlib import Path
from typing import Any

from tocsin.incidents.recording_read import Calls, calls_of
from tocsin.record.kinds import decode
from tocsin.record.model import Entry

__all__ = ["DRAWN", "called", "calls_of", "shown"]
#: Kinds that are drawn in a way of their own; the others are their sentence.
DRAWN = frozenset(p.stem for p in (Path(__file__).parent / "templates/incidents/entries").glob("*.html"))


def shown(entry: Entry) -> dict[str, Any]:
    """What templates show of an entry."""
    payload = None if entry.redacted_at else decode(entry.kind, entry.payload)
    return {
        "seq": entry.seq,
        "kind": entry.kind,
        "template": f"incidents/entries/{entry.kind if entry.kind in DRAWN else 'default'}.html",
        "actor": entry.actor,
        "actor_id": entry.actor_id,
        "door": entry.door,
        "happened_at": entry.happened_at,
        "recorded_at": entry.recorded_at,
        "text": payload.sentence()
        if payload
        else f"redacted by {entry.redacted_by}: {entry.redaction_reason}",
        "payload": payload,
        "redacted": entry.redacted_at is not None,
        "backfilled": (entry.recorded_at - entry.happened_at).total_seconds() > 60,
    }


def called(entry: Entry, calls: Calls) -> dict[str, Any]:
    """The recording or transcript that an entry is, and else the transcript that has what was said then."""
    is_call = entry.kind in ("recording_attached", "transcript_attached")
    return {
        "recording": calls.recording(entry.seq) if is_call else None,
        "transcript": calls.transcript(entry.seq) if is_call else None,
        "said_then": None if is_call else calls.said_at(entry.happened_at),
    }
