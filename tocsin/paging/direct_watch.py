"""Whoever sent a page hears how it went: who has it, or that nobody answered."""

from collections.abc import Sequence
from uuid import UUID

from tocsin.kernel.db import ENGINE, Database, Unit
from tocsin.kernel.sql import Statements
from tocsin.paging.kinds import PageUnanswered
from tocsin.record.commands import Stream, append
from tocsin.record.model import StreamType

sql = Statements("tocsin.paging", "direct.sql")


class PageWatch:
    """A pump over the pages that were sent: looks after each step, and when time to answer is over."""

    name = "page_watch"

    def __init__(self, database: Database) -> None:
        self._database = database
        self.due_sql = sql.next_look.text

    async def turn(self) -> bool:
        """Each page that nobody answered is told once to its sender, and stands in the alert's record."""
        async with self._database.unit(ENGINE, "engine") as u:
            for row in await u.rows(sql.look):
                head = await u.row(sql.raise_head, row["alert_id"])
                assert head is not None  # noqa: S101 - the page belongs to it
                unanswered = PageUnanswered(row["target"], row["reached"])
                await append(u, Stream(StreamType.ALERT, row["alert_id"]), head["head"], unanswered)
                words = f"{unanswered.words}: [P{row['priority']} #{head['number']}] {row['message']}"
                await _tell(
                    u, [(row["sender_id"], words[0].upper() + words[1:], f"/alerts/{head['number']}")]
                )
                u.touch("alerts", f"alert:{row['alert_id']}")
        return False


async def tell_answered(u: Unit, streams: Sequence[UUID], seqs: Sequence[int]) -> None:
    """Alerts were acknowledged: the senders of those that somebody sent hear who has it."""
    rows = await u.rows(sql.answered, list(streams), list(seqs))
    notices = [
        (row["sender_id"], f"{row['by']} has it: [P{row['priority']} #{row['number']}] {row['message']}", f"/alerts/{row['number']}")
        for row in rows
    ]  # fmt: skip
    await _tell(u, notices)


async def _tell(u: Unit, notices: Sequence[tuple[UUID | None, str, str]]) -> None:
    """Whom, what, and the page about it."""
    known = [notice for notice in notices if notice[0] is not None]
    if known and await u.run(sql.tell, *(list(column) for column in zip(*known, strict=True))):
        u.touch("work")
