"""An alert's group: acknowledged or closed as a whole, from the page of any of them."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from tocsin.alerts.groups import acknowledge_group, close_group
from tocsin.alerts.model import Alert
from tocsin.alerts.queries import alert_named
from tocsin.edge.door import Who, act, page, read_form, redirect, site_of
from tocsin.kernel.errors import NotFound


async def acknowledge(request: Request) -> Response:
    """All of the group that nobody has are the viewer's."""
    form, alert = await read_form(request), await alert_of(request)
    async with act(request, form) as u:
        done = await acknowledge_group(u, alert.id)
    return redirect(
        request, f"/alerts/{alert.number}", "It is yours." if done == 1 else f"All {done} are yours."
    )


async def close(request: Request) -> Response:
    """All of the group that are open are over."""
    form, alert = await read_form(request), await alert_of(request)
    async with act(request, form) as u:
        done = await close_group(u, alert.id)
    return redirect(request, f"/alerts/{alert.number}", f"Closed: {done}.")


async def alert_of(request: Request) -> Alert:
    """The alert in the address. Raises `NotFound`."""
    found = await alert_named(site_of(request).database, request.path_params["alert"])
    if found is None:
        raise NotFound("There is no such alert.")
    return found


def routes() -> list[BaseRoute]:
    """Two buttons of an alert's page."""
    return [
        page("/alerts/{alert}/acknowledge-group", acknowledge, who=Who.MEMBER, methods=["POST"]),
        page("/alerts/{alert}/close-group", close, who=Who.MEMBER, methods=["POST"]),
    ]
