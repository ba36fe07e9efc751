"""Declaring an incident: two fields and a severity; who will be paged and what looks alike is shown before it saves."""

from typing import Any
from uuid import UUID

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from tocsin.alerts.queries import alert_named
from tocsin.catalog.queries import services
from tocsin.edge.door import Form, Who, act, page, read_form, read_query, redirect, render, site_of, viewer_of
from tocsin.incidents import commands, field_definitions, queries
from tocsin.incidents.field_model import Asked, FieldKind
from tocsin.incidents.model import Card
from tocsin.kernel.db import Reader
from tocsin.kernel.errors import Invalid
from tocsin.web.declare_paging import page_for, will_page
from tocsin.web.field_form import values_in

SEVERITIES = {
    1: ("SEV1", "Critical", "Down for all customers, data loss, or a breach. Pages at any hour."),
    2: ("SEV2", "Major", "Down for some customers, or a critical function is broken. Pages at any hour."),
    3: ("SEV3", "Minor", "Something is wrong and there is a way around it. Waits for working hours."),
}
KNOWN = ("summary", "impact", "severity", "service_id", "alert", "type", "page")


async def form_page(request: Request) -> Response:
    """Two fields and a severity scale in words; from an alert, most of it is known already."""
    query, db = read_query(request), site_of(request).database
    values: dict[str, Any] = {k: query.text(k, most=5000) for k in KNOWN}
    # An alert pages by its own policy already; without one, the service's on-call is paged unless somebody decides otherwise.
    values["page_service"] = "" if values["alert"] else "1"
    if values["alert"]:
        alert = await alert_named(db, values["alert"])
        if alert is not None:
            values["summary"] = values["summary"] or alert.message[:300]
            values["service_id"] = values["service_id"] or str(alert.service_id or "")
            values["severity"] = values["severity"] or (
                "1" if alert.priority == 1 else "2" if alert.priority <= 3 else "3"
            )
    return await _page(request, Form(list(values.items())), {})


async def declare(request: Request) -> Response:
    """Declares; first shows incidents that look alike, unless they stood in the form already."""
    form, db, viewer = await read_form(request), site_of(request).database, await viewer_of(request)
    try:
        summary = form.text("summary", most=300, needed=True)
        severity = _severity(form)
        service_id = form.id("service_id")
        alike = await _look_alikes(db, form, viewer.id)
        if not {card.key for card in alike} <= set(form.all("seen")):
            return await _page(request, form, {})
        alert = await alert_named(db, form["alert"]) if form.get("alert") else None
        async with act(request, form) as u:
            key = await commands.declare(
                u, summary, severity, impact=form.text("impact", most=5000),
                reporter_contact=form.text("reporter_contact", most=500), service_id=service_id,
                products=form.lines("products"), alert_id=alert.id if alert else None, private=form.flag("private"),
                type_=form.text("type", most=60), fields=await _fields(u, form),
            )  # fmt: skip
            await page_for(u, key, form)
    except Invalid as error:
        return await _page(request, form, {error.field: str(error)})
    return redirect(request, f"/incidents/{key}")


async def _fields(u: Any, form: Form) -> dict[str, Any]:
    type_ = form.get("type") or None
    return values_in(form, [d for d in await field_definitions.fields(u) if d.applies(type_)])


def _severity(form: Form) -> int:
    if not form.get("severity"):
        raise Invalid("severity", "Choose how bad it is. It can be changed at any time.")
    return form.whole("severity", least=1, most=3)


async def _look_alikes(db: Reader, form: Form, viewer: UUID) -> list[Card]:
    """What may be the same as that of which somebody has written more than a word."""
    summary = form.text("summary", most=5000)[:300]
    return await queries.look_alikes(db, summary, form.id("service_id"), viewer) if len(summary) > 5 else []


async def _page(request: Request, values: Form, errors: dict[str, str]) -> Response:
    db, viewer = site_of(request).database, await viewer_of(request)
    asked = [d for d in await field_definitions.fields(db) if d.asked is Asked.DECLARE]
    context = {
        "nav": "incidents", "values": values, "errors": errors,
        "alike": [] if {"summary", "service_id"} & errors.keys() else await _look_alikes(db, values, viewer.id),
        "services": await services(db), "severities": SEVERITIES, "types": await field_definitions.types(db),
        "asked": asked, "typed": {d.name: _typed(values, d.name, d.kind) for d in asked},
        "pages": [] if errors else await will_page(db, values, viewer.id), "moment": await db.clock(),
    }  # fmt: skip
    return await render(request, "incidents/declare.html", context, status=422 if errors else 200)


def _typed(values: Form, name: str, kind: FieldKind) -> Any:
    return values.all(f"field-{name}") if kind is FieldKind.CHOICES else values.get(f"field-{name}", "")


async def preview(request: Request) -> Response:
    """A fragment while somebody types: what looks alike, and who would be paged."""
    form, db, viewer = await read_form(request), site_of(request).database, await viewer_of(request)
    context = {
        "alike": await _look_alikes(db, form, viewer.id), "pages": await will_page(db, form, viewer.id), "moment": await db.clock(), "values": form,
    }  # fmt: skip
    return await render(request, "incidents/declare_preview.html", context)


def routes() -> list[BaseRoute]:
    """Whoever can be on call may declare."""
    return [
        page("/incidents/declare", form_page, who=Who.MEMBER),
        page("/incidents/declare", declare, who=Who.MEMBER, methods=["POST"]),
        page("/incidents/declare/preview", preview, who=Who.MEMBER, methods=["POST"]),
    ]
