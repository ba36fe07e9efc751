"""Page somebody: one line for whom, one for what, and who would be woken before it is sent."""

from collections import Counter
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from tocsin.edge.door import Form, Who, act, page, read_form, read_query, redirect, render, site_of, viewer_of
from tocsin.incidents import paged
from tocsin.incidents.model import Incident
from tocsin.incidents.queries import incident_by_key
from tocsin.kernel.errors import Invalid, NotFound
from tocsin.paging import direct
from tocsin.paging.whom import Named

HERE = "/page"
PRIORITIES = {
    "1": "P1: drop everything",
    "2": "P2: soon, at any hour",
    "3": "P3: at any hour",
    "4": "P4: in their working hours",
}


async def form_page(request: Request) -> Response:
    """Empty, or filled by the address: ?target=, ?message=, ?incident=."""
    query = read_query(request)
    return await _page(
        request,
        Form([(k, query.text(k, most=500)) for k in ("target", "message", "incident", "priority")]),
        {},
    )


async def _page(request: Request, values: Form, errors: dict[str, str]) -> Response:
    incident = await _incident(request, values)
    context = {
        "nav": "page", "values": values, "errors": errors, "incident": incident, "priorities": PRIORITIES,
        "names": _offered(await direct.names(site_of(request).database)),
        "shown": await _whom(request, values) if values.get("target") else None,
    }  # fmt: skip
    return await render(request, "page.html", context, status=422 if errors else 200)


async def preview(request: Request) -> Response:
    """Who would be woken by what is typed so far."""
    form = await read_form(request)
    return await render(
        request, "page_whom.html", {"shown": await _whom(request, form) if form.get("target") else None}
    )


async def _whom(request: Request, form: Form) -> dict[str, Any]:
    db = site_of(request).database
    try:
        found = await direct.whom(
            db,
            form.text("target", most=200),
            form.whole("priority", least=1, most=5, default=direct.PRIORITY),
        )
    except Invalid as error:
        return {"problem": str(error)}
    return {"problem": "", "target": found.target, "people": found.people, "at": await db.clock()}


async def send(request: Request) -> Response:
    """Sends it and shows its alert, where everything that follows is seen live. `do=look` only looks."""
    form = await read_form(request)
    if form.get("do") == "look":
        return await _page(request, form, {})
    incident = await _incident(request, form)
    try:
        target = form.text("target", most=200, needed=True, label="Whom to page")
        message = form.text("message", most=500, needed=incident is None, label="What it is about")
        priority = form.whole("priority", least=1, most=5, default=direct.PRIORITY)
        async with act(request, form) as u:
            if incident:
                sent = await paged.page(u, incident.id, target, message, priority=priority)
            else:
                sent = await direct.send_page(u, target, message, priority=priority)
    except Invalid as error:
        return await _page(request, form, {error.field: str(error)})
    return redirect(
        request, f"/alerts/{sent['number']}", direct.sentence(sent), "ok" if sent["people"] else "danger"
    )


async def _incident(request: Request, values: Form) -> Incident | None:
    """The incident that a page is sent from, if any."""
    key = values.text("incident", most=40)
    if not key:
        return None
    found = await incident_by_key(site_of(request).database, key, (await viewer_of(request)).id)
    if found is None:
        raise NotFound("There is no such incident.")
    return found


def _offered(names: list[Named]) -> list[tuple[str, str]]:
    """To complete a name: what to type, and what it is. A name that several have is told apart."""
    times = Counter(each.name.casefold() for each in names)
    return [(each.name if times[each.name.casefold()] == 1 else each.typed, each.kind) for each in names]


def routes() -> list[BaseRoute]:
    """Everything under /page."""
    return [
        page(HERE, form_page, who=Who.MEMBER),
        page(HERE, send, who=Who.MEMBER, methods=["POST"]),
        page(f"{HERE}/preview", preview, who=Who.MEMBER, methods=["POST"]),
    ]
