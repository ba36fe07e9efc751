"""Noise: what pages for nothing and what would help; and the answer to "was this page useful?"."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from tocsin.alerts.ratings import rate
from tocsin.edge.door import Who, act, page, read_form, redirect, render, site_of
from tocsin.paging.noise import noise
from tocsin.web.grouped import alert_of
from tocsin.web.grouping_scopes import scopes_of


async def show(request: Request) -> Response:
    """Per service and source, the last 28 days."""
    rows = await noise(site_of(request).database)
    context = {
        "nav": "alerts",
        "rows": rows,
        "hints": [row for row in rows if row.suggestions],
        "scopes": await scopes_of(request),
    }
    return await render(request, "alerts/noise.html", context)


async def answer(request: Request) -> Response:
    """The viewer's answer; the last one counts."""
    form, alert = await read_form(request), await alert_of(request)
    useful = form.choice("answer", ("useful", "noise")) == "useful"
    async with act(request, form) as u:
        await rate(u, alert.id, useful=useful)
    return redirect(request, f"/alerts/{alert.number}", "Noted: useful." if useful else "Noted: noise.")


def routes() -> list[BaseRoute]:
    """The page, and the buttons on an alert. Viewers may be on call, so they may answer."""
    return [
        page("/noise", show, who=Who.VIEWER),
        page("/alerts/{alert}/rate", answer, who=Who.VIEWER, methods=["POST"]),
    ]
