"""What follows when a message fails for good: the person's next method, or the escalation's next step, does not wait."""

from collections.abc import Collection, Sequence
from uuid import UUID

from tocsin.kernel.db import Database, Row
from tocsin.kernel.sql import Statements

sql = Statements("tocsin.paging")
bundles = Statements("tocsin.paging", "bundles.sql")
#: After so many failed tries the person's next method does not wait any longer.
PATIENCE = 3


async def go_on_after(database: Database, rows: Sequence[Row], resting: Collection[str] = ()) -> None:
    """What failed for good, or three times, or whose vendor rests, lets the person's next method go; when all have
    failed, the next step."""
    await hurry(database, [row for row in rows if row["page_id"] and _let_go(row, resting)])


async def hurry(database: Database, rows: Sequence[Row]) -> None:
    """Of the pages in these messages (`id`, `page_id`) the next method does not wait for its delay; when all have failed,
    nor does the next step."""
    if not rows:
        return
    carried = await database.rows(bundles.pages_carried, [row["id"] for row in rows])
    pages: list[UUID] = [row["page_id"] for row in (*rows, *carried)]
    hurried = await database.run(sql.next_method_now, pages)
    hurried += await database.run(sql.next_step_now, pages)
    if hurried:
        await database.notify("work")


async def hurry_carried(database: Database, messages: Sequence[UUID]) -> None:
    """The next method of the pages that these messages carried does not wait; their own pages are seen to already."""
    carried = await database.rows(bundles.pages_carried, messages)
    if carried:
        await database.run(sql.next_method_now, [row["page_id"] for row in carried])


async def tell(database: Database, rows: Sequence[Row]) -> None:
    """Pages that show these messages look again."""
    alerts = {f"alert:{row['alert_id']}" for row in rows if row["alert_id"]}
    await database.notify("pages", *(alerts if len(alerts) <= 20 else ()))


def _let_go(row: Row, resting: Collection[str]) -> bool:
    """A try that goes to the next vendor at once (`after` is 0) holds nobody up."""
    if row["outcome"] != "retry":
        return bool(row["outcome"] == "failed")
    return row["after"] > 0 and (row["attempts"] >= PATIENCE or row["vendor"] in resting)
