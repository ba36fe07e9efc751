"""What a device does without its person: it says that it has shown a message, and it renews its address."""

from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from tocsin.edge.access import machine
from tocsin.edge.door import Who, site_of
from tocsin.edge.viewer import PUBLIC
from tocsin.kernel.errors import Invalid
from tocsin.paging.devices import TRANSPORT, renew_device, take_shown
from tocsin.paging.transport import BadAddress, Destination


async def shown(request: Request) -> Response:
    """The receipt: a message was shown on the device."""
    site = site_of(request)
    await take_shown(site.database, site.keys, request.path_params["token"])
    return Response(status_code=204)


async def renew(request: Request) -> Response:
    """`{"old": {"address", "keys"}, "new": {…}}`: the browser has renewed its subscription."""
    site, told = site_of(request), _read(await request.body())
    accept = site.transports[TRANSPORT].info.accept
    try:
        new = accept(_text(told, "new", "address"), _text(told, "new", "keys"))
    except BadAddress as bad:
        raise Invalid("new", str(bad)) from bad
    old = Destination(_text(told, "old", "address"), _text(told, "old", "keys"))
    async with site.database.unit(PUBLIC, "web") as u:
        await renew_device(u, site.keys, old, new)
    return Response(status_code=204)


def _read(body: bytes) -> dict[str, Any]:
    try:
        told = orjson.loads(body)
    except orjson.JSONDecodeError:
        told = None
    if not isinstance(told, dict):
        raise Invalid("body", "That is no JSON object.")
    return told


def _text(told: dict[str, Any], part: str, name: str) -> str:
    inner = told.get(part)
    found = inner.get(name) if isinstance(inner, dict) else None
    if not isinstance(found, str) or not 1 <= len(found) <= 2000 or "\0" in found:
        raise Invalid(part, f"{part}.{name} must be a text of 1 to 2000 characters.")
    return found


def routes() -> list[BaseRoute]:
    """Nobody is signed in here: a service worker has the address it was sent, or its keys."""
    return [
        machine("/push/shown/{token}", shown, who=Who.SIGNED_LINK),
        machine("/push/renew", renew, who=Who.DEVICE),
    ]
