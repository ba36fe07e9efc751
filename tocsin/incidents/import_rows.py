"""The rows that a record's entries make: the incident's state, items, updates. What does not fit is refused."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tocsin.incidents.field_model import with_fields
from tocsin.incidents.import_model import Imported
from tocsin.incidents.item_model import TEXT, WHY, ItemKind, ItemState
from tocsin.incidents.kinds import MessageSaid, UpdatePublished
from tocsin.incidents.model import Audience, Status
from tocsin.incidents.said_kinds import CaptionChanged, EntryEdited, ItemReworded
from tocsin.incidents.said_model import CAPTIONED, ITEMS
from tocsin.kernel.errors import Invalid

_EMPTY: dict[str, Any] = {
    "impact": "", "reporter_contact": "", "products": (), "private": False, "impact_started_at": None, "detected_at": None,
    "acknowledged_at": None, "first_update_at": None, "mitigated_at": None, "resolved_at": None, "sub_status": "",
    "type": None, "fields": {},
}  # fmt: skip
_NEW_ITEM: dict[str, Any] = {
    "owner_id": None, "owner": "", "why": "", "undo": "", "outcome": "", "evidence": (), "due_at": None,
}  # fmt: skip
_FITS: tuple[tuple[str, Callable[[Any], bool]], ...] = (
    ("summary", lambda v: isinstance(v, str) and 1 <= len(v) <= 300),
    ("severity", lambda v: v in (1, 2, 3)),
    ("status", lambda v: v in list(Status)),
    ("sub_status", lambda v: len(v) <= 120),
    ("impact", lambda v: len(v) <= 5000),
    ("reporter_contact", lambda v: len(v) <= 500),
)


@dataclass(frozen=True, slots=True)
class Rows:
    """`items` by their number; `updates` with their entries; `edits`: the line that an entry puts in other words; `replies`: the
    line that it answers."""

    state: dict[str, Any]
    items: dict[int, dict[str, Any]]
    updates: list[tuple[Imported, UpdatePublished]]
    edits: dict[int, int]
    replies: dict[int, int]


def rows_of(entries: Sequence[Imported]) -> Rows:
    """Folds the entries. Raises `Invalid` when what they say cannot be an incident's state."""
    state: dict[str, Any] = dict(_EMPTY)
    items: dict[int, dict[str, Any]] = {}
    updates: list[tuple[Imported, UpdatePublished]] = []
    for entry in entries:
        if entry.redacted:
            continue
        changes: dict[str, Any] = getattr(entry.payload, "changes", dict)()
        if "fields" in changes:
            changes["fields"] = with_fields(state["fields"], changes["fields"])
        state |= changes
        if hasattr(entry.payload, "item"):
            seq = getattr(entry.payload, "seq", entry.seq)
            items.setdefault(seq, {}).update(entry.payload.item())
        if isinstance(entry.payload, UpdatePublished) and _update_fits(entry.payload):
            updates.append((entry, entry.payload))
    for name, fits in _FITS:
        if not fits(state.get(name)):
            raise Invalid("record", f"The file says something impossible about the {name.replace('_', ' ')}.")
    whole = {seq: _NEW_ITEM | item for seq, item in items.items() if 1 < seq <= len(entries)}
    fitting = {seq: item for seq, item in whole.items() if _item_fits(item)}
    return Rows(state, fitting, updates, _edits(entries), _replies(entries))


def _edits(entries: Sequence[Imported]) -> dict[int, int]:
    """Which line each edit is of: an earlier one that somebody said, or what began an item or is a file. What says anything else is
    an entry like others."""
    lines: set[int] = set()
    found = _reworded(entries)
    for entry in entries:
        line = entry.payload.seq if isinstance(entry.payload, EntryEdited) else None
        if entry.redacted and entry.kind == "entry_edited":
            line = entry.amends
        if line is not None and line in lines:
            found[entry.seq] = line
        if entry.kind == "message" and (entry.redacted or isinstance(entry.payload, MessageSaid)):
            lines.add(entry.seq)
    return found


def _reworded(entries: Sequence[Imported]) -> dict[int, int]:
    """The same of what people work on, and of captions."""
    begun = {e.seq: e.kind for e in entries if not e.redacted}
    return {
        e.seq: e.payload.seq
        for e in entries
        if isinstance(e.payload, ItemReworded | CaptionChanged)
        and e.payload.seq < e.seq
        and begun.get(e.payload.seq) in (ITEMS if isinstance(e.payload, ItemReworded) else CAPTIONED)
    }


def _replies(entries: Sequence[Imported]) -> dict[int, int]:
    """Which earlier entry each reply answers."""
    asked = {e.seq: e.payload.reply_to for e in entries if isinstance(e.payload, MessageSaid)}
    return {seq: above for seq, above in asked.items() if 0 < above < seq}


def _item_fits(item: Mapping[str, Any]) -> bool:
    """Whether an item is whole: one whose beginning is not in the record, or that is larger than ours can be, is told by its
    entries only."""
    return (
        item.get("kind") in list(ItemKind)
        and item.get("state") in list(ItemState)
        and 1 <= len(item.get("text", "")) <= TEXT
        and all(len(item[name]) <= WHY for name in ("why", "undo", "outcome"))
        and item.get("fresh_at") is not None
    )


def _update_fits(update: UpdatePublished) -> bool:
    return update.audience in list(Audience) and 1 <= len(update.state) <= 2000
