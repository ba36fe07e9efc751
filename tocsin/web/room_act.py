"""Buttons of the room: each is one command, then back to the room, where the record shows what happened.

A script of ours (`x-requested-with`) stays on the page: it gets JSON, and 422 for what was refused. 401 and 403 are left to say
that the session or the page is too old.
"""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute

from tocsin.edge.door import Form, Site, Who, act, by_script, page, read_form, redirect, site_of
from tocsin.incidents.model import Incident
from tocsin.kernel.db import Unit
from tocsin.kernel.errors import Conflict, Forbidden, Invalid, NotFound, TocsinError
from tocsin.web.lookup import incident_of

Act = Callable[[Unit, Incident, Form, Site], Awaitable[Any]]
#: How a command says no to whoever may be here.
REFUSALS = (Conflict, Forbidden, Invalid, NotFound)


def refused(request: Request, incident: Incident, error: TocsinError) -> Response:
    """Why a command did nothing: to the script that keeps what was typed, or on the room's page."""
    if by_script(request):
        return JSONResponse({"error": str(error), "field": field_of(error)}, 422)
    return redirect(request, f"/incidents/{incident.key}", str(error), "danger")


def field_of(error: TocsinError) -> str:
    """Which field was wrong; empty when it was none of them."""
    return error.field if isinstance(error, Invalid) else ""


def done(request: Request, to: str, *, leads: bool = False) -> Response:
    """What was asked is done. A script stays where it is, unless that leads elsewhere; else the browser goes there."""
    if by_script(request):
        return JSONResponse({"to": to} if leads else {})
    return redirect(request, to)


def buttons(named: Mapping[str, Act], who: Who = Who.MEMBER) -> list[BaseRoute]:
    """POST routes `/incidents/KEY/<name>`, for members unless it says otherwise; what is refused is said on the room's page."""
    return [
        page(f"/incidents/{{key}}/{name}", _does(what), who=who, methods=["POST"])
        for name, what in named.items()
    ]


def _does(what: Act) -> Callable[[Request], Awaitable[Response]]:
    """A button of the room: one command, then back to the room, where the record shows what happened."""

    async def endpoint(request: Request) -> Response:
        form, incident = await read_form(request), await incident_of(request)
        try:
            async with act(request, form) as u:
                await what(u, incident, form, site_of(request))
        except REFUSALS as error:
            return refused(request, incident, error)
        return done(request, f"/incidents/{incident.key}")

    return endpoint
