"""The page behind a page's link: what is wrong, and one button. Opening it changes nothing; scanners may look."""

from datetime import timedelta
from uuid import UUID

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute

from tocsin.alerts.queries import alert_by_id
from tocsin.catalog.queries import service_by_id
from tocsin.duty.words import known
from tocsin.edge.access import machine
from tocsin.edge.door import Who, page, read_form, render, site_of, viewer_of
from tocsin.kernel.crypto import CryptoError
from tocsin.kernel.errors import NotFound
from tocsin.paging import commands, queries
from tocsin.paging.links import page_of_token


async def show(request: Request) -> Response:
    """What, how bad, since when; acknowledge with one tap, without signing in."""
    page_id = await _page_id(request)
    db = site_of(request).database
    facts = await queries.page_for_link(db, page_id)
    alert = await alert_by_id(db, facts["alert_id"]) if facts else None
    if facts is None or alert is None:
        raise NotFound("This page does not exist any more.")
    if request.method == "GET":
        await _note_seen(request, page_id)
    service = await service_by_id(db, alert.service_id) if alert.service_id else None
    context = {
        "paged": facts, "alert": alert, "service": service, "token": request.path_params["token"],
        "reader_zone": known(facts["time_zone"]),
    }  # fmt: skip
    return await render(request, "ack.html", context)


async def acknowledge(request: Request) -> Response:
    """Acknowledges as the person who was paged."""
    page_id, form, viewer = await _page_id(request), await read_form(request), await viewer_of(request)
    async with site_of(request).database.unit(viewer.actor, "link", form.request_key) as u:
        await commands.acknowledge_by_link(u, page_id)
    return await show(request)


async def still(request: Request) -> Response:
    """Another sign of life, as the person who was paged: for as long again, or for so many minutes."""
    page_id, form, viewer = await _page_id(request), await read_form(request), await viewer_of(request)
    minutes = form.whole("minutes", least=0, most=1440, default=0)
    async with site_of(request).database.unit(viewer.actor, "link", form.request_key) as u:
        await commands.still_on_it_by_link(u, page_id, timedelta(minutes=minutes) if minutes else None)
    return await show(request)


async def now(request: Request) -> Response:
    """The button in a notification: acknowledges at once, without a page and a form. The address is the permission.

    A browser that shows notifications posts from another site; the answer holds nothing but the state.
    """
    page_id = await _page_id(request)
    async with site_of(request).database.unit((await viewer_of(request)).actor, "link") as u:
        answer = await commands.acknowledge_by_link(u, page_id)
    shown = {"state": answer["state"], "by": answer["by"]}
    return JSONResponse(shown, headers={"access-control-allow-origin": "*"})


async def _note_seen(request: Request, page_id: UUID) -> None:
    """A receipt: somebody, or a scanner, opened the link. Shown as seen, never taken for an acknowledgement."""
    async with site_of(request).database.unit((await viewer_of(request)).actor, "link") as u:
        await commands.mark_seen(u, page_id)


async def _page_id(request: Request) -> UUID:
    site = site_of(request)
    try:
        return page_of_token(site.keys, request.path_params["token"], await site.database.clock())
    except CryptoError as error:
        raise NotFound(f"{error} Sign in to see the alert.") from error


def routes() -> list[BaseRoute]:
    """Reached from mails and messages, on any phone, signed in or not."""
    return [
        page("/ack/{token}", show, who=Who.SIGNED_LINK),
        page("/ack/{token}", acknowledge, who=Who.SIGNED_LINK, methods=["POST"]),
        page("/ack/{token}/still", still, who=Who.SIGNED_LINK, methods=["POST"]),
        machine("/ack/{token}/now", now, who=Who.SIGNED_LINK),
    ]
