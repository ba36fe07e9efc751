"""The public status page, its machine-readable form, and its settings."""

from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute

from tocsin.catalog.queries import services
from tocsin.comms import commands, queries, statuspage_v2
from tocsin.edge.access import machine
from tocsin.edge.door import Form, Who, act, page, read_form, redirect, render, site_of
from tocsin.kernel.errors import Conflict, Invalid

STATUSES = {
    "operational": "Operational",
    "degraded_performance": "Degraded performance",
    "partial_outage": "Partial outage",
    "major_outage": "Major outage",
    "under_maintenance": "Under maintenance",
}
#: Anybody's browser may read the JSON, and a cache may keep it for a moment.
OPEN = {"access-control-allow-origin": "*", "cache-control": "public, max-age=5"}
#: Path to the function of `tocsin.comms.statuspage_v2` that builds its body.
JSON = {
    "summary": statuspage_v2.summary,
    "status": statuspage_v2.status,
    "components": statuspage_v2.components,
    "incidents": statuspage_v2.incidents,
    "incidents/unresolved": statuspage_v2.unresolved,
    "scheduled-maintenances": statuspage_v2.scheduled_maintenances,
    "scheduled-maintenances/upcoming": statuspage_v2.upcoming,
    "scheduled-maintenances/active": statuspage_v2.active,
}


async def public(request: Request) -> Response:
    """One sentence for the whole, components, what is going on with its next update time, what was."""
    view = await queries.public_view(site_of(request).database)
    response = await render(request, "status/public.html", {"view": view, "statuses": STATUSES, "nav": ""})
    response.headers["cache-control"] = "public, max-age=1"
    return response


async def publication(request: Request) -> Response:
    """One incident of the public history."""
    found = await queries.public_incident(site_of(request).database, request.path_params["publication_id"])
    if found is None:
        return await render(request, "error.html", _gone(), status=404)
    view = await queries.public_view(site_of(request).database)
    return await render(
        request,
        "status/publication.html",
        {"publication": found, "view": view, "statuses": STATUSES, "nav": ""},
    )


def _gone() -> dict[str, Any]:
    return {"status": 404, "heading": "Not found", "sentence": "There is nothing at this address."}


async def as_json(request: Request) -> Response:
    """The well-known shapes that widgets and other status pages read."""
    site = site_of(request)
    build = JSON[request.url.path.removeprefix("/api/v2/").removesuffix(".json")]
    view = await queries.public_view(site.database)
    return JSONResponse(build(view, site.settings.url), headers=OPEN)


async def settings(request: Request) -> Response:
    """Components and words of the page."""
    return await _settings_page(request, {}, {})


async def _settings_page(request: Request, values: dict[str, Any], errors: dict[str, str]) -> Response:
    db = site_of(request).database
    context = {
        "nav": "status", "page": await queries.status_page(db), "components": await queries.components(db),
        "services": await services(db), "statuses": STATUSES, "values": values, "errors": errors,
    }  # fmt: skip
    return await render(request, "status/settings.html", context, status=422 if errors else 200)


async def save(request: Request) -> Response:
    """The page's name and words."""
    form = await read_form(request)
    try:
        async with act(request, form) as u:
            await commands.change_status_page(
                u, name=form.text("name", most=100, needed=True), description=form.text("description", most=1000),
                time_zone=form.text("time_zone", most=60, needed=True),
            )  # fmt: skip
    except Invalid as error:
        return await _settings_page(request, dict(form), {error.field: str(error)})
    return redirect(request, "/status-page", "Saved.")


async def add_component(request: Request) -> Response:
    """One more component."""
    form = await read_form(request)
    try:
        async with act(request, form) as u:
            await commands.create_component(
                u, form.text("component_name", most=100, needed=True), description=form.text("component_description", most=1000),
                service_id=form.id("service_id"),
            )  # fmt: skip
    except (Invalid, Conflict) as error:
        return await _settings_page(request, dict(form), {"component_name": str(error)})
    return redirect(request, "/status-page", "Added.")


async def set_component(request: Request) -> Response:
    """Sets a component's state by hand, or archives it."""
    form: Form = await read_form(request)
    component_id = form.text("component_id", most=12, needed=True)
    async with act(request, form) as u:
        if form.flag("archive"):
            await commands.archive_component(u, component_id)
        else:
            await commands.set_component_status(u, component_id, form.choice("status", tuple(STATUSES)))
    return redirect(request, "/status-page", "Saved.")


def routes() -> list[BaseRoute]:
    """The public page at /status, its JSON at the well-known paths, its settings at /status-page."""
    return [
        page("/status", public, who=Who.ANYONE),
        page("/status/{publication_id}", publication, who=Who.ANYONE),
        *(machine(f"/api/v2/{name}.json", as_json, who=Who.ANYONE, methods=["GET"]) for name in JSON),
        page("/status-page", settings, who=Who.VIEWER),
        page("/status-page", save, who=Who.MEMBER, methods=["POST"]),
        page("/status-page/components", add_component, who=Who.MEMBER, methods=["POST"]),
        page("/status-page/components/set", set_component, who=Who.MEMBER, methods=["POST"]),
    ]
