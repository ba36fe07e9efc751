"""Receipts that did not come: the message goes to its next vendor; when none is left, the person's next way goes at once."""

from collections.abc import Sequence

from tocsin.kernel.db import Database, Row
from tocsin.paging.onward import hurry, tell
from tocsin.paging.switchboard import Switchboard, sql
from tocsin.paging.vendor_model import left

BATCH = 200


class Overdue:
    """A pump over messages whose receipt is missed. Taken rows come back half a minute later if this process dies."""

    name = "overdue_receipts"

    def __init__(self, database: Database, switchboard: Switchboard) -> None:
        self._database = database
        self._switchboard = switchboard
        self.due_sql = sql.next_overdue.text

    async def turn(self) -> bool:
        """Takes what is overdue and moves it on; answers whether there may be more."""
        taken = await self._database.rows(sql.take_overdue, BATCH)
        if taken:
            await self._leave(taken)
        return len(taken) == BATCH

    async def _leave(self, taken: Sequence[Row]) -> None:
        again = [bool(self._left(row)) for row in taken]
        moved = await self._database.rows(
            sql.leave_overdue,
            [row["id"] for row in taken],
            [row["attempts"] for row in taken],
            again,
            [row["tried"][-1] if row["tried"] else "" for row in taken],
            [_why(more=more) for more in again],
        )
        if any(row["again"] for row in moved):
            await self._database.notify("work")
        await hurry(self._database, [row for row in moved if not row["again"]])
        await tell(self._database, moved)

    def _left(self, row: Row) -> list[str]:
        vendors = self._switchboard.vendors(row["transport"], row["address"])
        return left(vendors, row["tried"], row["hopeless"])


def _why(*, more: bool) -> str:
    then = "The next vendor is asked." if more else "The person's next way goes at once."
    return f"No receipt came in time. {then}"
