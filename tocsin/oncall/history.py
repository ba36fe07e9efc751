"""A schedule's history: what changed, by whom, and whether it can be undone (see `undo`)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from tocsin.kernel.db import Reader
from tocsin.kernel.sql import Statements
from tocsin.oncall.differences import Difference, ids_in, in_words
from tocsin.oncall.kinds import UNDOABLE, ScheduleChanged
from tocsin.record.kinds import Kind, decode
from tocsin.record.model import Entry
from tocsin.record.queries import newest_entries

sql = Statements("tocsin.oncall")
cover_sql = Statements("tocsin.oncall", "swaps.sql")


@dataclass(frozen=True, slots=True)
class Change:
    """One line of a schedule's history. `undoable`: it was not undone, nothing builds on it, and it is not over."""

    entry: Entry
    kind: Kind
    undone: bool
    undoable: bool


async def history(db: Reader, schedule_id: UUID, before: int | None = None, limit: int = 50) -> list[Change]:
    """The newest changes first."""
    entries = await newest_entries(db, schedule_id, before, limit)
    undone = {row["seq"] for row in await db.rows(sql.undone, schedule_id)}
    edited, now = await db.value(cover_sql.newest_edit, schedule_id) or 0, await db.clock()
    changes = []
    for each in reversed(entries):
        what = decode(each.kind, each.payload)
        can = each.seq not in undone and _can_be_undone(what, each.seq, edited, now)
        changes.append(Change(each, what, each.seq in undone, can))
    return changes


def _can_be_undone(what: Kind, seq: int, edited: int, now: datetime) -> bool:
    """What `undo_change` refuses for sure is not offered."""
    if not isinstance(what, UNDOABLE):
        return False
    if isinstance(what, ScheduleChanged):
        return seq >= edited
    return any(o.ends_at > now for o in what.overrides)


async def differences_of(db: Reader, changes: Sequence[Change]) -> dict[int, list[Difference]]:
    """Per number of an edit what it changed, before and after, with today's names of people."""
    edits = {c.entry.seq: c.kind for c in changes if isinstance(c.kind, ScheduleChanged)}
    ids = ids_in(*(each for e in edits.values() for each in (e.before, e.after)))
    names = {row["id"]: row["name"] for row in await db.rows(cover_sql.called, list(ids))} if ids else {}
    return {seq: in_words(e.before, e.after, names) for seq, e in edits.items()}
