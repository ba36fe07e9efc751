"""Why was I paged, and why not: answered from rows, for a person and an alert, or a person and a stretch of time."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from tocsin.alerts.model import Alert
from tocsin.kernel.db import Actor, Reader
from tocsin.kernel.errors import Forbidden, NotFound
from tocsin.kernel.sql import Statements
from tocsin.paging.ledger_model import PageWithDeliveries
from tocsin.paging.model import Page
from tocsin.paging.queries import with_deliveries
from tocsin.paging.why_model import (
    Explained,
    Facts,
    NotPaged,
    Place,
    Reason,
    Run,
    StepRun,
    Why,
    schedules_of,
    span,
    time_of,
    why_not,
)

sql = Statements("tocsin.paging", "why.sql")


async def may_read(db: Reader, actor: Actor, user_id: UUID) -> bool:
    """Whether the actor may read somebody's pages: their own, as an administrator, or as an admin of their team."""
    if actor.id == user_id or actor.role == "admin":
        return True
    return actor.id is not None and bool(await db.value(sql.answers_for, actor.id, user_id))


async def check_reader(db: Reader, actor: Actor, user_id: UUID) -> None:
    """Raises `Forbidden` for everybody else's."""
    if not await may_read(db, actor, user_id):
        raise Forbidden(
            "These are another person's pages: they, their team's admins and administrators read them."
        )


async def pages_found(
    db: Reader,
    start: datetime | None = None,
    end: datetime | None = None,
    *,
    user_id: UUID | None = None,
    alert_id: UUID | None = None,
    limit: int = 50,
) -> list[Explained]:
    """Pages from `start` to before `end`, newest first, each with what led to it."""
    pages = await db.all(Page, sql.pages_found, user_id, alert_id, start, end, limit)
    return await _explained(db, await with_deliveries(db, pages))


async def not_paged(db: Reader, user_id: UUID, start: datetime, end: datetime) -> list[NotPaged]:
    """Alerts of this stretch whose policies would have meant a person, who was not paged."""
    return await db.all(NotPaged, sql.not_paged, user_id, start, end)


async def _explained(db: Reader, items: Sequence[PageWithDeliveries]) -> list[Explained]:
    ids = [item.page.id for item in items]
    because: dict[UUID, list[Reason]] = defaultdict(list)
    for row in await db.rows(sql.shifts_of_pages, ids) if ids else ():
        shift = Reason(f"On call for {row['schedule']}", row["starts_at"], row["ends_at"])
        because[row["page_id"]].append(shift)
    rules: dict[UUID, dict[UUID, int | None]] = defaultdict(dict)
    for row in await db.rows(sql.rules_of_deliveries, ids) if ids else ():
        rules[row["page_id"]][row["delivery_id"]] = row["delay_s"]
    return [Explained(item, (*because[item.page.id], *_by_rule(item, rules[item.page.id]))) for item in items]


def _by_rule(item: PageWithDeliveries, delays: dict[UUID, int | None]) -> list[Reason]:
    ruled = [
        f"{d.label or d.transport} {span(delay)}"
        for d in item.deliveries
        if (delay := delays.get(d.id)) is not None
    ]
    if ruled:
        return [Reason(f"By the rules for {item.page.urgency} urgency: {', '.join(ruled)}.")]
    if delays:
        return [Reason(f"There is no rule for {item.page.urgency} urgency: every verified method is used.")]
    return []


async def why(db: Reader, alert: Alert, user_id: UUID) -> Why:
    """Why a person was paged for an alert, or why not. Raises `NotFound` for an account that is not there."""
    person = await db.row(sql.person, user_id)
    if person is None:
        raise NotFound("There is no such person.")
    explained = await pages_found(db, user_id=user_id, alert_id=alert.id)
    runs = await db.all(Run, sql.runs, alert.id)
    steps = await db.all(StepRun, sql.steps_run, alert.id)
    facts = Facts(
        **dict(person), runs=runs, steps=steps, places=await _places(db, user_id, runs, steps),
        acknowledged=f"{alert.acknowledged_by} acknowledged." if alert.acknowledged_by else "",
        closed=f"{alert.closed_by} closed the alert." if alert.closed_by else "",
    )  # fmt: skip
    reasons = () if explained else tuple(why_not(user_id, facts))
    return Why(alert.number, user_id, facts.name, tuple(explained), reasons)


async def _places(
    db: Reader, user_id: UUID, runs: Sequence[Run], steps: Sequence[StepRun]
) -> dict[tuple[UUID, int, int], Place]:
    """How the person stood in every schedule that a run means, at the time of its step."""
    wanted = [(run, *each) for run in runs for each in schedules_of(run)]
    if not wanted:
        return {}
    rows = await db.rows(
        sql.standing_in,
        list(range(len(wanted))),
        [schedule for _, _, _, schedule, _ in wanted],
        [time_of(run, step, steps) for run, step, _, _, _ in wanted],
        user_id,
    )
    found = {row["n"]: row for row in rows}
    return {
        (run.id, step, target): Place(name, n in found, n in found and found[n]["held"], found[n]["next_at"] if n in found else None)
        for n, (run, step, target, _, name) in enumerate(wanted)
    }  # fmt: skip
