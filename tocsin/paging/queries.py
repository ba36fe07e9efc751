"""Reading paging: policies, what runs for an alert, its ledger, and what comes next."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from tocsin.kernel.db import Reader, Row
from tocsin.kernel.sql import Statements
from tocsin.paging import silenced
from tocsin.paging.forecast import Facts, PlannedStep, Where, forecast
from tocsin.paging.ledger_model import Attempt, PageWithDeliveries
from tocsin.paging.model import (
    Delivery,
    EmptyStep,
    EndReason,
    Escalation,
    Page,
    Policy,
)
from tocsin.paging.plans import plan_of
from tocsin.paging.rosters import roster
from tocsin.paging.silenced import Around, QuietNow

sql = Statements("tocsin.paging")
bundles_sql = Statements("tocsin.paging", "bundles.sql")
policies_sql = Statements("tocsin.paging", "policies.sql")


async def policies(db: Reader) -> list[Policy]:
    """All policies in use, by name."""
    return await db.all(Policy, policies_sql.policies)


async def policy(db: Reader, policy_id: UUID) -> Policy | None:
    """One policy, archived or not."""
    return await db.first(Policy, policies_sql.policy, policy_id)


async def escalation_of(db: Reader, alert_id: UUID) -> Escalation | None:
    """The latest escalation of an alert, running or ended."""
    return await db.first(Escalation, sql.escalation_of, alert_id)


async def next_steps(db: Reader, escalation: Escalation | None, limit: int = 5) -> list[PlannedStep]:
    """Who will be paged and when, if nobody acknowledges: people by name, as the schedules stand now."""
    if escalation is None or escalation.next_at is None or not escalation.running:
        return []
    plan = plan_of(escalation.plan)
    row = await db.row(policies_sql.condition_facts, escalation.alert_id)
    facts = Facts(row["priority"], tuple(row["tags"])) if row else Facts()
    where = Where(
        escalation.round,
        escalation.step,
        escalation.round_started_at,
        escalation.next_at,
        escalation.only_skipped,
    )
    return forecast(plan, await roster(db, plan, escalation.next_at, escalation.urgency), where, facts, limit)


def why_quiet(escalation: Escalation | None) -> str:
    """Why nobody (more) is paged for an open alert, as a sentence; empty while somebody will be, or need not be."""
    if escalation is None:
        return "Paging has not begun yet."
    match escalation.end_reason:
        case EndReason.NOBODY | EndReason.FAILED:
            return escalation.error or "Nobody is paged."
        case EndReason.EXHAUSTED:
            return (
                escalation.error
                or f"Everybody in {escalation.policy_name} was paged as often as it says. Nobody answered."
            )
        case _:
            return ""


async def ledger(db: Reader, alert_id: UUID) -> list[PageWithDeliveries]:
    """Every page of an alert with its messages, oldest first."""
    return await with_deliveries(db, await db.all(Page, sql.pages_of_alert, alert_id))


async def quiet_around(db: Reader, alert_id: UUID) -> Around:
    """Why an alert pages nobody for now, if something keeps it quiet; what is quiet under it; and its group."""
    return await silenced.around(db, alert_id)


#: Per alert that is silenced, quiet under another one, or leads a group: what a list says of it.
lines_of = silenced.lines_of


async def quiet_now(db: Reader) -> QuietNow:
    """How many open alerts page nobody for now."""
    return await silenced.quiet_now(db)


async def empty_steps(db: Reader, alert_id: UUID) -> list[EmptyStep]:
    """Steps that found nobody or were skipped, oldest first."""
    return await db.all(EmptyStep, sql.empty_steps_of, alert_id)


async def pages_of(
    db: Reader, user_id: UUID, *, waiting: bool = False, limit: int = 50
) -> list[PageWithDeliveries]:
    """A person's newest pages, or only those that still wait for an answer, newest first."""
    return await with_deliveries(db, await db.all(Page, sql.pages_of_user, user_id, waiting, limit))


async def with_deliveries(db: Reader, pages: Sequence[Page]) -> list[PageWithDeliveries]:
    """Pages with their messages and every try, in the order of the pages."""
    by_page: dict[UUID | None, list[Delivery]] = defaultdict(list)
    tries: dict[UUID, list[Attempt]] = defaultdict(list)
    if pages:
        found = await db.all(Delivery, sql.deliveries_of_pages, [p.id for p in pages])
        for delivery in found:
            by_page[delivery.page_id].append(delivery)
        for attempt in await db.all(Attempt, sql.attempts, [d.id for d in found]):
            tries[attempt.delivery_id].append(attempt)
    return [
        PageWithDeliveries(
            page, tuple(by_page[page.id]), tuple(a for d in by_page[page.id] for a in tries[d.id])
        )
        for page in pages
    ]


async def delivery(db: Reader, delivery_id: UUID) -> Delivery | None:
    """One message: for example a test page that somebody waits for."""
    return await db.first(Delivery, sql.delivery, delivery_id)


async def last_test(db: Reader, user_id: UUID) -> Delivery | None:
    """The test page of the last day that somebody asked for last, if any."""
    found = await db.value(sql.last_test, user_id)
    return await delivery(db, found) if found else None


async def attempts(db: Reader, delivery_id: UUID) -> list[Attempt]:
    """Every try of a message, in order."""
    return await db.all(Attempt, sql.attempts, [delivery_id])


async def page_for_link(db: Reader, page_id: UUID) -> Row | None:
    """Whom a link speaks for and about which alert: alert_id, user_id, name, role, disabled_at, time_zone,
    closed_at, alert_acknowledged_at, acknowledged_by, acknowledged_at (this page's)."""
    return await db.row(sql.page_for_link, page_id)


async def pages_of_bundle(db: Reader, bundle_id: UUID) -> list[Row]:
    """The pages that one message listed, the worst first, with their alerts and whom they are for."""
    return await db.rows(bundles_sql.pages_of_bundle, bundle_id)


async def anybody_reachable(db: Reader, transports: Iterable[str]) -> bool:
    """Whether anybody could be paged now. `transports`: names of those that work (`transport.working`)."""
    return bool(await db.value(sql.anybody_reachable, list(transports)))


async def unusable_methods(db: Reader, user_id: UUID) -> dict[UUID, str]:
    """A person's contact methods whose far end said that it is gone, with the reason."""
    rows: list[Any] = await db.rows(sql.unusable_methods_of, user_id)
    return {row["contact_method_id"]: row["reason"] for row in rows}
