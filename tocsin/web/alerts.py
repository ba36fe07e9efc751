"""Alerts: the list, and one alert with its ledger. What people do about it stands in `alert_acts`."""

from datetime import datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from tocsin.alerts import queries
from tocsin.alerts.model import Alert, state_of
from tocsin.catalog.queries import service_by_id, services
from tocsin.edge.door import Form, Who, page, read_query, render, site_of, viewer_of
from tocsin.incidents.queries import incidents_of_alert
from tocsin.paging import queries as paging
from tocsin.people.queries import users
from tocsin.record.queries import entries_after
from tocsin.web import alert_acts
from tocsin.web.alert_acts import alert_of
from tocsin.web.entry_shown import shown

STATES = ("active", "open", "acknowledged", "snoozed", "closed", "all")
PAGE = 50


async def list_(request: Request) -> Response:
    """The list, filtered by the address."""
    db, query = site_of(request).database, read_query(request)
    state = query.choice("state", STATES, default="active")
    found = await queries.alerts(
        db, state=state, text=query.text("q", most=200) or None, service_id=query.id("service"),
        leaders=query.flag("leaders"), before=_cursor(query), limit=PAGE + 1,
    )  # fmt: skip
    now = await db.clock()
    names = {s.id: s.name for s in await services(db)}
    lines = await paging.lines_of(db, [a.id for a in found])
    rows = [row_of(a, now, names) | {"line": lines.get(a.id)} for a in found[:PAGE]]
    more = found[PAGE - 1].number if len(found) > PAGE else None
    context = {
        "nav": "alerts", "rows": rows, "state": state, "states": STATES, "q": query.text("q", most=200),
        "service": query.id("service"), "services": names, "counts": await queries.counts(db), "more": more,
        "quiet": await paging.quiet_now(db), "leaders": query.flag("leaders"),
    }  # fmt: skip
    return await render(request, "alerts/list.html", context)


async def show(request: Request) -> Response:
    """One alert: what, how bad, since when, who is being paged next, and everything that was sent."""
    db, viewer = site_of(request).database, await viewer_of(request)
    alert = await alert_of(request)
    now = await db.clock()
    service = await service_by_id(db, alert.service_id) if alert.service_id else None
    names = {service.id: service.name} if service else {}
    escalation = await paging.escalation_of(db, alert.id)
    around = await paging.quiet_around(db, alert.id)
    context = {
        "nav": "alerts",
        "alert": alert,
        "row": row_of(alert, now, names),
        "service": service,
        "entries": [shown(e) for e in await entries_after(db, alert.id)],
        "pages": await paging.ledger(db, alert.id),
        "escalation": escalation,
        "quiet": around.quiet,
        "beneath": around.beneath,
        "gathering": around.gathering,
        "rating": await queries.rating_of(db, alert.id, viewer.id),
        "planned": await paging.next_steps(db, escalation),
        "why_quiet": "" if alert.acknowledged_at or alert.closed_at else paging.why_quiet(escalation),
        "empty_steps": await paging.empty_steps(db, alert.id),
        "similar": await queries.similar(db, alert, limit=5),
        "incidents": await incidents_of_alert(db, alert.id, viewer.id),
        "people": [u for u in await users(db) if u.disabled_at is None],
        "snoozes": alert_acts.SNOOZES,
        "promises": alert_acts.PROMISES,
        **await alert_acts.responders_around(db, alert),
    }
    return await render(request, "alerts/show.html", context)


def row_of(alert: Alert, now: datetime, services_by_id: dict[Any, str]) -> dict[str, Any]:
    """What lists and cards show of an alert."""
    return {
        "id": alert.id,
        "number": alert.number,
        "message": alert.message,
        "priority": alert.priority,
        "state": str(state_of(alert, now)),
        "count": alert.count,
        "service": services_by_id.get(alert.service_id, ""),
        "service_id": alert.service_id,
        "source": alert.source,
        "since": alert.started_at,
        "last_at": alert.last_at,
        "created_at": alert.created_at,
        "by": alert.closed_by or alert.acknowledged_by or "",
        "snoozed_until": alert.snoozed_until,
        "promised_until": alert.promised_until,
        "href": f"/alerts/{alert.number}",
    }


def _cursor(query: Form) -> int | None:
    text = query.text("before", most=18)
    return int(text) if text.isascii() and text.isdigit() else None


def routes() -> list[BaseRoute]:
    """Everything under /alerts."""
    return [
        page("/alerts", list_, who=Who.VIEWER),
        *alert_acts.routes(),
        page("/alerts/{alert}", show, who=Who.VIEWER),
    ]
