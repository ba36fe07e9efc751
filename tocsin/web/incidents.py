"""Incidents: the list, and declaring one."""

from datetime import datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from tocsin.alerts.queries import alert_named
from tocsin.catalog.queries import services
from tocsin.edge.door import Form, Who, act, page, read_form, read_query, redirect, render, site_of, viewer_of
from tocsin.incidents import commands, queries
from tocsin.kernel.errors import Invalid

PAGE = 50
SEVERITIES = {
    1: ("SEV1", "Critical", "Down for all customers, data loss, or a breach. Pages at any hour."),
    2: ("SEV2", "Major", "Down for some customers, or a critical function is broken. Pages at any hour."),
    3: ("SEV3", "Minor", "Something is wrong and there is a way around it. Waits for working hours."),
}


async def list_(request: Request) -> Response:
    """Open ones as cards, then a table with filters in the address."""
    db, viewer, query = site_of(request).database, await viewer_of(request), read_query(request)
    text = query.text("q", most=200)
    severity = query.whole("severity", least=0, most=3, default=0)
    found = await queries.incident_cards(
        db, viewer.id, resolved=True, text=text or None, severity=severity or None,
        before=_cursor(query), limit=PAGE + 1,
    )  # fmt: skip
    context = {
        "nav": "incidents",
        "open": sorted(
            await queries.incident_cards(db, viewer.id, resolved=False, limit=100), key=lambda c: c.severity
        ),
        "past": found[:PAGE],
        "more": found[PAGE - 1].declared_at if len(found) > PAGE else None,
        "q": text,
        "severity": severity,
    }
    return await render(request, "incidents/list.html", context)


async def declare_form(request: Request) -> Response:
    """Two fields and a severity scale in words; from an alert, most of it is known already."""
    query, db = read_query(request), site_of(request).database
    values: dict[str, Any] = {
        k: query.text(k, most=5000) for k in ("summary", "impact", "severity", "service_id", "alert")
    }
    if values["alert"]:
        alert = await alert_named(db, values["alert"])
        if alert is not None:
            values["summary"] = values["summary"] or alert.message[:300]
            values["service_id"] = values["service_id"] or str(alert.service_id or "")
            values["severity"] = values["severity"] or (
                "1" if alert.priority == 1 else "2" if alert.priority <= 3 else "3"
            )
    return await _declare_page(request, values, {})


async def declare(request: Request) -> Response:
    """Declares; first shows open incidents that look alike, unless the person has seen them."""
    form, db, viewer = await read_form(request), site_of(request).database, await viewer_of(request)
    try:
        summary = form.text("summary", most=300, needed=True)
        severity = _severity(form)
        service_id = form.id("service_id")
        if not form.flag("seen_look_alikes"):
            alike = await queries.look_alikes(db, summary, service_id, viewer.id)
            if alike:
                return await _declare_page(request, dict(form), {}, alike)
        alert = await alert_named(db, form["alert"]) if form.get("alert") else None
        async with act(request, form) as u:
            key = await commands.declare(
                u, summary, severity, impact=form.text("impact", most=5000),
                reporter_contact=form.text("reporter_contact", most=500), service_id=service_id,
                products=form.lines("products"), alert_id=alert.id if alert else None, private=form.flag("private"),
            )  # fmt: skip
    except Invalid as error:
        return await _declare_page(request, dict(form), {error.field: str(error)})
    return redirect(request, f"/incidents/{key}")


def _severity(form: Form) -> int:
    if not form.get("severity"):
        raise Invalid("severity", "Choose how bad it is. It can be changed at any time.")
    return form.whole("severity", least=1, most=3)


async def _declare_page(
    request: Request, values: dict[str, Any], errors: dict[str, str], alike: list[Any] | None = None
) -> Response:
    context = {
        "nav": "incidents", "values": values, "errors": errors, "alike": alike or [],
        "services": await services(site_of(request).database), "severities": SEVERITIES,
    }  # fmt: skip
    return await render(request, "incidents/declare.html", context, status=422 if errors else 200)


async def look_alikes(request: Request) -> Response:
    """A fragment under the summary field while somebody types."""
    db, viewer, query = site_of(request).database, await viewer_of(request), read_query(request)
    summary = query.text("summary", most=300)
    alike = (
        await queries.look_alikes(db, summary, query.id("service_id"), viewer.id) if len(summary) > 5 else []
    )
    return await render(request, "incidents/look_alikes.html", {"alike": alike})


def _cursor(query: Form) -> datetime | None:
    text = query.text("before", most=40)
    try:
        return datetime.fromisoformat(text) if text else None
    except ValueError:
        return None


def routes() -> list[BaseRoute]:
    """The list and the declaration; the room's own are in `tocsin.web.room`."""
    return [
        page("/incidents", list_, who=Who.VIEWER),
        page("/incidents/declare", declare_form, who=Who.MEMBER),
        page("/incidents/declare", declare, who=Who.MEMBER, methods=["POST"]),
        page("/incidents/look-alikes", look_alikes, who=Who.MEMBER),
    ]
