"""The page behind the link of a message that stands for several pages: all of them, and one button for all.

Opening it changes nothing; scanners may look.
"""

from uuid import UUID

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute

from tocsin.duty.words import known
from tocsin.edge.access import machine
from tocsin.edge.door import Who, page, read_form, render, site_of, viewer_of
from tocsin.kernel.crypto import CryptoError
from tocsin.kernel.errors import NotFound
from tocsin.paging import commands, queries
from tocsin.paging.links import bundle_of_token


async def show(request: Request) -> Response:
    """Every alert that the message listed, how each stands, and one tap for all, without signing in."""
    bundle_id, site = await _bundle_id(request), site_of(request)
    pages = await queries.pages_of_bundle(site.database, bundle_id)
    if not pages:
        raise NotFound("These pages do not exist any more.")
    if request.method == "GET":
        async with site.database.unit((await viewer_of(request)).actor, "link") as u:
            await commands.mark_bundle_seen(u, bundle_id)
    waiting = [row for row in pages if row["closed_at"] is None and row["acknowledged_at"] is None]
    mine = sum(row["owner_id"] == row["user_id"] and row["acknowledged_at"] is not None for row in pages)
    context = {
        "paged": pages[0], "pages": pages, "waiting": len(waiting), "mine": mine, "token": request.path_params["token"],
        "reader_zone": known(pages[0]["time_zone"]),
    }  # fmt: skip
    return await render(request, "ack_all.html", context)


async def acknowledge(request: Request) -> Response:
    """Acknowledges all of them as the person who was paged."""
    bundle_id, form, viewer = await _bundle_id(request), await read_form(request), await viewer_of(request)
    async with site_of(request).database.unit(viewer.actor, "link", form.request_key) as u:
        await commands.acknowledge_bundle(u, bundle_id)
    return await show(request)


async def now(request: Request) -> Response:
    """The button in a notification: acknowledges all at once, without a page and a form. The address is the permission."""
    bundle_id = await _bundle_id(request)
    async with site_of(request).database.unit((await viewer_of(request)).actor, "link") as u:
        answer = await commands.acknowledge_bundle(u, bundle_id)
    shown = {"state": answer["state"], "by": answer["by"], "count": int(answer["count"])}
    return JSONResponse(shown, headers={"access-control-allow-origin": "*"})


async def _bundle_id(request: Request) -> UUID:
    site = site_of(request)
    try:
        return bundle_of_token(site.keys, request.path_params["token"], await site.database.clock())
    except CryptoError as error:
        raise NotFound(f"{error} Sign in to see your pages.") from error


def routes() -> list[BaseRoute]:
    """Reached from messages, on any phone, signed in or not."""
    return [
        page("/ack-all/{token}", show, who=Who.SIGNED_LINK),
        page("/ack-all/{token}", acknowledge, who=Who.SIGNED_LINK, methods=["POST"]),
        machine("/ack-all/{token}/now", now, who=Who.SIGNED_LINK),
    ]
