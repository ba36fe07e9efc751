"""Where heartbeats are pinged: an address of their own, by any method that programs have at hand."""

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute

from tocsin.alerts.heartbeats import PINGER, ping, pinged_at
from tocsin.edge.access import Who, machine
from tocsin.edge.errors import status_of
from tocsin.edge.site import site_of
from tocsin.kernel.errors import TocsinError, Unavailable

METHODS = ("GET", "POST", "PUT")


async def pinged(request: Request) -> Response:
    """Notes a ping. A body is not read. Whatever is wrong with an address looks the same."""
    site = site_of(request)
    try:
        heartbeat_id, number = pinged_at(site.keys, request.path_params["token"], await site.database.clock())
        async with site.database.unit(PINGER, "heartbeat") as u:
            await ping(u, heartbeat_id, came_from=request.headers.get("user-agent", ""), number=number)
    except TocsinError as error:
        after = {"retry-after": str(error.after)} if isinstance(error, Unavailable) else {}
        return PlainTextResponse(f"{error}\n", status_of(error), headers=after)
    return PlainTextResponse("OK\n")


def routes() -> list[BaseRoute]:
    """Nobody signs in here: the address is the permission, and all that it permits is a ping."""
    return [machine("/in/heartbeat/{token}", pinged, who=Who.SIGNED_LINK, methods=METHODS, name="heartbeat")]
