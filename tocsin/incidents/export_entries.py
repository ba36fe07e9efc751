"""The entries of an export, in order and in batches: what each says, in the words that hold now."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from tocsin.incidents.model import Incident
from tocsin.incidents.said_model import words_in
from tocsin.incidents.said_read import newest_words
from tocsin.kernel.db import Reader
from tocsin.record.kinds import KINDS, decode
from tocsin.record.model import Entry
from tocsin.record.queries import entries_after

#: So many entries are read at once.
BATCH = 500
REWORDS = ("item_reworded", "caption_changed")


@dataclass(slots=True)
class Wording:
    """How entries that come in order are put. `newest`: the words of lines that were edited; `until_now`: what they said so far."""

    newest: Mapping[int, str]
    until_now: dict[int, str] = field(default_factory=dict)

    def of(self, entry: Entry) -> str:
        """What happened, without the actor: a line in its newest words, and with each edit what was said before it."""
        field_ = words_in(entry.kind)
        text, line = str(entry.payload.get(field_ or "text", "")), _line_of(entry)
        if field_ and entry.seq in self.newest:
            self.until_now[entry.seq] = text
            return decode(entry.kind, entry.payload | {field_: self.newest[entry.seq]}).sentence()
        said = decode(entry.kind, entry.payload).sentence() if entry.kind in KINDS else entry.kind
        if line in self.until_now:
            before, self.until_now[line] = self.until_now[line], text
            return f"{said}, which said: {before}"
        return said


def _line_of(entry: Entry) -> int | None:
    """The entry whose words this one puts in another way."""
    return entry.payload.get("seq") if entry.kind in REWORDS else entry.amends


async def entries_of(db: Reader, incident: Incident) -> AsyncIterator[list[dict[str, Any]]]:
    """The entries in order, in batches; what is written meanwhile is left to the next export."""
    last, wording = 0, Wording(await newest_words(db, incident.id, incident.head))
    while last < incident.head:
        found = await entries_after(db, incident.id, last, min(BATCH, incident.head - last))
        if not found:
            return
        last = found[-1].seq
        yield [_data(entry, wording) for entry in found]


def _data(entry: Entry, wording: Wording) -> dict[str, Any]:
    """One entry. `text` is its sentence; the words of a redacted one are gone, that it was there stays."""
    redacted = entry.redacted_at is not None
    return {
        "seq": entry.seq, "kind": entry.kind, "text": "" if redacted else wording.of(entry),
        "happened_at": utc(entry.happened_at), "recorded_at": utc(entry.recorded_at), "actor": entry.actor,
        "actor_id": str(entry.actor_id) if entry.actor_id else None, "door": entry.door, "amends": entry.amends,
        "payload": entry.payload,
        "redacted": {"at": utc(entry.redacted_at), "by": entry.redacted_by, "reason": entry.redaction_reason}
        if redacted else None,
    }  # fmt: skip


def utc(moment: datetime | None) -> str | None:
    """As an export writes a time."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z") if moment else None
