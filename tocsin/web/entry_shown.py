"""What templates show of an entry, as it was written."""

from pathlib import Path
from typing import Any

from tocsin.record.kinds import decode
from tocsin.record.model import Entry

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
