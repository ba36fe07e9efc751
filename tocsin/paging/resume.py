"""Paging goes on where it stood: after an acknowledgement lapsed, and behind somebody who was given an alert."""

from collections.abc import Sequence
from uuid import UUID

from tocsin.kernel.db import Unit
from tocsin.kernel.ids import new_id
from tocsin.kernel.sql import Statements
from tocsin.kernel.work import Work
from tocsin.paging.escalate import begin_for, streams
from tocsin.paging.escalate import sql as engine

sql = Statements("tocsin.paging", "resume.sql")


async def lapsed(u: Unit, works: list[Work]) -> None:
    """Batch: promises were not kept. The page returns to whoever made them, and the next step is due now."""
    rows = await u.rows(sql.lapsed, streams(works), [w.payload["seq"] for w in works])
    if not rows:
        return
    await u.rows(engine.lock_alerts, [row["alert_id"] for row in rows])
    active = {
        row["id"] for row in await u.rows(sql.active, [row["owner_id"] for row in rows if row["owner_id"]])
    }
    await page_named(
        u,
        [
            (r["alert_id"], r["owner_id"], f"your acknowledgement lapsed at {r['at']}")
            for r in rows
            if r["owner_id"] in active
        ],
    )
    why = [f"{row['by']}'s acknowledgement lapsed at {row['at']}" for row in rows]
    await go_on(u, [row["alert_id"] for row in rows], why, wait=False)


async def hand_over(u: Unit, works: list[Work]) -> None:
    """Batch: alerts were given to somebody, who is paged at once; the next step comes when they do not answer."""
    given = await u.rows(engine.handed_over, streams(works), [w.payload["seq"] for w in works])
    if not given:
        return
    await page_named(u, [(row["alert_id"], row["user_id"], f"handed over by {row['by']}") for row in given])
    why = [f"{row['owner']}, to whom {row['by']} gave it, did not answer" for row in given]
    await go_on(u, [row["alert_id"] for row in given], why, wait=True)


async def go_on(u: Unit, alerts: Sequence[UUID], because: Sequence[str], *, wait: bool) -> None:
    """Their escalations go on with the next step, now or at its distance. What never ran, or is quiet, begins anew, unless somebody
    was just given it: they have it in hand."""
    going = {row["alert_id"] for row in await u.rows(sql.go_on, list(alerts), list(because), wait)}
    rest = [alert for alert in alerts if alert not in going]
    if rest and not wait:
        await begin_for(u, rest, again=True)
    u.touch("work", "alerts", "pages")


async def page_named(u: Unit, wanted: Sequence[tuple[UUID, UUID, str]]) -> None:
    """Pages people by name: alert, person, and why."""
    if not wanted:
        return
    alerts, people, reasons = (list(column) for column in zip(*wanted, strict=True))
    await u.run(engine.page_directly, [new_id() for _ in wanted], alerts, people, reasons)
    u.touch("work", "alerts", "pages", *(f"alert:{alert}" for alert in alerts[:20]))
