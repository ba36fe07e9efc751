"""What calendar programs get at a private address."""

from hashlib import sha256

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from tocsin.edge.access import Who, machine
from tocsin.edge.site import site_of
from tocsin.oncall import feeds


async def feed(request: Request) -> Response:
    """The calendar behind an address. Whatever is wrong with an address looks the same."""
    site = site_of(request)
    found = await feeds.feed_of_token(site.database, site.keys, request.path_params["token"])
    if found is None:
        return Response("There is no calendar here.\n", 404, media_type="text/plain")
    body = await feeds.feed_text(site.database, found, site.settings.url)
    tag = f'"{sha256(body).hexdigest()[:32]}"'
    headers = {"etag": tag, "cache-control": "private, max-age=300"}
    if _same(request.headers.get("if-none-match", ""), tag):
        return Response(status_code=304, headers=headers)
    return Response(body, media_type="text/calendar; charset=utf-8", headers=headers)


def _same(sent: str, tag: str) -> bool:
    return any(each.strip().removeprefix("W/") in (tag, "*") for each in sent.split(","))


def routes() -> list[BaseRoute]:
    """Nobody signs in here: the address itself is the permission."""
    return [machine("/calendar/{token}.ics", feed, who=Who.ANYONE, methods=["GET"])]
