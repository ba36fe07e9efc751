"""Whoever claimed something that went quiet, or has a task that is late, is asked by message too: they may not look at the room."""

from uuid import UUID

from tocsin.duty.tell import tell
from tocsin.duty.words import at_time
from tocsin.incidents.item_kinds import ClaimStale, TaskLate
from tocsin.incidents.kinds import UpdateReminded
from tocsin.kernel.db import Row, Unit
from tocsin.kernel.sql import Statements
from tocsin.kernel.work import Batch, Work
from tocsin.record.kinds import decode
from tocsin.record.queries import entry

sql = Statements("tocsin.duty", "nudges.sql")
NUDGE, REMIND = "duty.nudge", "duty.remind_update"
FOLLOWS = {"claim_stale": [NUDGE], "task_late": [NUDGE], "update_reminded": [REMIND]}


async def nudge(u: Unit, works: list[Work]) -> None:
    """Batch: one message each, to whoever has it now."""
    asked: list[tuple[UUID, int]] = []
    for work in works:
        stream = UUID(work.payload["stream"])
        found = await entry(u, stream, work.payload["seq"])
        payload = decode(found.kind, found.payload) if found else None
        if isinstance(payload, ClaimStale | TaskLate):
            asked.append((stream, payload.seq))
    for row in await u.rows(sql.whom_to_nudge, [i for i, _ in asked], [seq for _, seq in asked]):
        subject, text = _words(row)
        await tell(u, [row["owner_id"]], subject, text, f"/incidents/{row['key']}#item-{row['seq']}")


def _words(row: Row) -> tuple[str, str]:
    """A private incident's words stay in its room."""
    late = row["kind"] == "task"
    if row["private"]:
        return "A private incident asks for a sign of life from you", "Open it to see what."
    if late:
        return (
            f"{row['key']}: a task of yours is late",
            f"{row['text']}\n\nSay that it is done, or hand it to somebody.",
        )
    return (
        f"{row['key']}: are you still on it?",
        f"{row['text']}\n\nSay that you are, or let it go, so that others know.",
    )


async def remind(u: Unit, works: list[Work]) -> None:
    """Batch: whoever owes an update soon; nobody when it came meanwhile."""
    for work in works:
        found = await entry(u, UUID(work.payload["stream"]), work.payload["seq"])
        payload = decode(found.kind, found.payload) if found else None
        if not isinstance(payload, UpdateReminded):
            continue
        row = await u.row(sql.owed, work.payload["stream"], payload.to_id, payload.due_at)
        if row is not None:
            what = "a private incident" if row["private"] else row["key"]
            due = at_time(payload.due_at, row["time_zone"])
            text = "Write it, or say that the last one still holds."
            await tell(
                u,
                [payload.to_id],
                f"An update of {what} is due at {due}",
                text,
                f"/incidents/{row['key']}/update",
            )


BATCHES: dict[str, Batch] = {NUDGE: nudge, REMIND: remind}
