"""Alerts: the list, one alert with its ledger, and what people do about it."""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from tocsin.alerts import commands, queries
from tocsin.alerts.model import Alert, state_of
from tocsin.catalog.queries import service_by_id, services
from tocsin.edge.door import Form, Who, act, page, read_form, read_query, redirect, render, site_of, viewer_of
from tocsin.incidents.queries import incidents_of_alert
from tocsin.kernel.db import Unit
from tocsin.kernel.errors import NotFound
from tocsin.paging import commands as paging_commands
from tocsin.paging import queries as paging
from tocsin.people.queries import users
from tocsin.record.queries import entries_after
from tocsin.web.live import shown

STATES = ("active", "open", "acknowledged", "snoozed", "closed", "all")
SNOOZES = {"30": "30 minutes", "60": "1 hour", "240": "4 hours", "720": "12 hours", "1440": "1 day"}
PAGE = 50


async def list_(request: Request) -> Response:
    """The list, filtered by the address."""
    db, query = site_of(request).database, read_query(request)
    state = query.choice("state", STATES, default="active")
    found = await queries.alerts(
        db, state=state, text=query.text("q", most=200) or None, service_id=query.id("service"),
        before=_cursor(query), limit=PAGE + 1,
    )  # fmt: skip
    now = await db.clock()
    names = {s.id: s.name for s in await services(db)}
    silent = await paging.quiet_among(db, [a.id for a in found])
    rows = [row_of(a, now, names) | {"quiet": a.id in silent} for a in found[:PAGE]]
    more = found[PAGE - 1].number if len(found) > PAGE else None
    context = {
        "nav": "alerts", "rows": rows, "state": state, "states": STATES, "q": query.text("q", most=200),
        "service": query.id("service"), "services": names, "counts": await queries.counts(db), "more": more,
        "quiet": await paging.quiet_now(db),
    }  # fmt: skip
    return await render(request, "alerts/list.html", context)


async def show(request: Request) -> Response:
    """One alert: what, how bad, since when, who is being paged next, and everything that was sent."""
    db, viewer = site_of(request).database, await viewer_of(request)
    alert = await _alert(request)
    now = await db.clock()
    service = await service_by_id(db, alert.service_id) if alert.service_id else None
    names = {service.id: service.name} if service else {}
    escalation = await paging.escalation_of(db, alert.id)
    quiet, beneath = await paging.quiet_around(db, alert.id)
    context = {
        "nav": "alerts",
        "alert": alert,
        "row": row_of(alert, now, names),
        "service": service,
        "entries": [shown(e) for e in await entries_after(db, alert.id)],
        "pages": await paging.ledger(db, alert.id),
        "escalation": escalation,
        "quiet": quiet,
        "beneath": beneath,
        "planned": await paging.next_steps(db, escalation),
        "why_quiet": "" if alert.acknowledged_at or alert.closed_at else paging.why_quiet(escalation),
        "empty_steps": await paging.empty_steps(db, alert.id),
        "similar": await queries.similar(db, alert, limit=5),
        "incidents": await incidents_of_alert(db, alert.id, viewer.id),
        "people": [u for u in await users(db) if u.disabled_at is None],
        "snoozes": SNOOZES,
    }
    return await render(request, "alerts/show.html", context)


Act = Callable[[Unit, Alert, Form], Awaitable[Any]]


def _does(what: Act, said: str) -> Callable[[Request], Awaitable[Response]]:
    """A button of the alert's page: one command, then back to the page."""

    async def endpoint(request: Request) -> Response:
        form, alert = await read_form(request), await _alert(request)
        async with act(request, form) as u:
            await what(u, alert, form)
        return redirect(request, f"/alerts/{alert.number}", said)

    return endpoint


async def _acknowledge(u: Unit, alert: Alert, form: Form) -> None:
    await commands.acknowledge(u, alert.id, note=form.text("note", most=2000))


async def _unacknowledge(u: Unit, alert: Alert, _: Form) -> None:
    await commands.unacknowledge(u, alert.id)


async def _close(u: Unit, alert: Alert, form: Form) -> None:
    await commands.close(u, alert.id, note=form.text("note", most=2000))


async def _snooze(u: Unit, alert: Alert, form: Form) -> None:
    minutes = form.whole("minutes", least=5, most=10080)
    await commands.snooze(u, alert.id, await u.clock() + timedelta(minutes=minutes))


async def _reassign(u: Unit, alert: Alert, form: Form) -> None:
    await commands.reassign(u, alert.id, form.needed_id("user_id"))


async def _note(u: Unit, alert: Alert, form: Form) -> None:
    await commands.note(u, alert.id, form.text("note", most=2000, needed=True))


async def _page_person(u: Unit, alert: Alert, form: Form) -> None:
    await paging_commands.page_person(u, alert.id, form.needed_id("user_id"))


async def many(request: Request) -> Response:
    """Acknowledges or closes the ticked ones."""
    form = await read_form(request)
    ids = [Form([("id", text)]).needed_id("id") for text in form.all("alert")][:200]
    if form.choice("what", ("acknowledge", "close")) == "close":
        async with act(request, form) as u:
            done = await commands.close_many(u, ids)
        return redirect(request, "/alerts", f"Closed: {done}.")
    async with act(request, form) as u:
        done = await commands.acknowledge_many(u, ids)
    return redirect(request, "/alerts", f"Acknowledged: {done}.")


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
        "href": f"/alerts/{alert.number}",
    }


async def _alert(request: Request) -> Alert:
    found = await queries.alert_named(site_of(request).database, request.path_params["alert"])
    if found is None:
        raise NotFound("There is no such alert.")
    return found


def _cursor(query: Form) -> int | None:
    text = query.text("before", most=18)
    return int(text) if text.isascii() and text.isdigit() else None


def routes() -> list[BaseRoute]:
    """Everything under /alerts."""
    one = "/alerts/{alert}"
    buttons = {
        "acknowledge": (_acknowledge, "It is yours. Nobody else is paged."),
        "unacknowledge": (_unacknowledge, "Nobody has it now. Escalation started again."),
        "close": (_close, "Closed."),
        "snooze": (_snooze, "Snoozed. Escalation starts again afterwards."),
        "reassign": (_reassign, "Reassigned, and paged."),
        "note": (_note, "Noted."),
        "page": (_page_person, "Paged."),
    }
    return [
        page("/alerts", list_, who=Who.VIEWER),
        page("/alerts/many", many, who=Who.MEMBER, methods=["POST"]),
        page(one, show, who=Who.VIEWER),
        *(
            page(f"{one}/{name}", _does(what, said), who=Who.MEMBER, methods=["POST"])
            for name, (what, said) in buttons.items()
        ),
    ]
