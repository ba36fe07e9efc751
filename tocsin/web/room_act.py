"""Buttons of the room: each is one command, then back to the room, where the record shows what happened."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from tocsin.edge.door import Form, Site, Who, act, page, read_form, redirect, site_of
from tocsin.incidents.model import Incident
from tocsin.kernel.db import Unit
from tocsin.kernel.errors import Conflict, Invalid
from tocsin.web.lookup import incident_of

Act = Callable[[Unit, Incident, Form, Site], Awaitable[Any]]


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
        except (Conflict, Invalid) as error:
            return redirect(request, f"/incidents/{incident.key}", str(error), "danger")
        return redirect(request, f"/incidents/{incident.key}")

    return endpoint
