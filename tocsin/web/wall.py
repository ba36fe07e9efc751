"""The display on a wall: what is open, who is on call, readable from across a room. It shows nothing private, and does nothing.

Whoever is signed in may open it. A screen of its own is let in by a display's link: the token stands behind `#`, so it is in no
log; the page trades it for a cookie that opens nothing but this, and that an administrator can revoke.
"""

import asyncio
import time
from collections.abc import AsyncIterator
from typing import Any

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response, StreamingResponse
from starlette.routing import BaseRoute

from tocsin.alerts.urgent import by_priority
from tocsin.edge.door import Viewer, Who, page, read_form, render, site_of, still_signed_in, viewer_of
from tocsin.edge.events import Client, event
from tocsin.incidents.now import open_incidents
from tocsin.kernel.db import Actor
from tocsin.oncall.queries import on_call_now
from tocsin.people.displays import display_of
from tocsin.version import VERSION

COOKIE, COOKIE_S = "tocsin-wall", 400 * 86400
HEARTBEAT_S = 15
TOPICS = ["alerts", "incidents", "oncall"]
#: More than fits on a wall is counted.
SHOWN = 8
#: It may watch the topics that only say "look again".
DISPLAY = Viewer(Actor(None, "A display", "public", "display"))


async def wall(request: Request) -> Response:
    """The page; without a session or a display's cookie it only waits for a link."""
    open_ = await _let_in(request)
    context = {"version": VERSION, "let_in": open_, **(await _state(request) if open_ else {})}
    return await render(request, "wall/wall.html", context)


async def state(request: Request) -> Response:
    """What the page shows, again."""
    if not await _let_in(request):
        return JSONResponse({"error": "This display is not known, or was revoked."}, 401)
    site = site_of(request)
    html = site.templates.text("wall/state.html", await _state(request))
    return HTMLResponse(html, headers={"x-tocsin-version": VERSION})


async def open_display(request: Request) -> Response:
    """Trades the token of a display's link for its cookie."""
    form, site = await read_form(request), site_of(request)
    token = form.text("token", most=100)
    if await display_of(site.database, token) is None:
        return JSONResponse({"error": "This link is not known, or was revoked."}, 401)
    response = JSONResponse({"ok": True})
    response.set_cookie(
        COOKIE, token, max_age=COOKIE_S, path="/wall", secure=site.settings.secure, httponly=True, samesite="strict"
    )  # fmt: skip
    return response


async def events(request: Request) -> Response:
    """Says "look again" whenever something changed; each time it is asked anew whether it may."""
    if not await _let_in(request):
        return JSONResponse({"error": "This display is not known, or was revoked."}, 401)
    client = await site_of(request).hub.join(DISPLAY, TOPICS, lambda: _goes_on(request))
    return StreamingResponse(
        _lines(request, client), media_type="text/event-stream", headers={"x-accel-buffering": "no"}
    )


async def _lines(request: Request, client: Client) -> AsyncIterator[bytes]:
    try:
        yield b"retry: 2000\n\n" + _clock()
        while True:
            try:
                line = await asyncio.wait_for(client.queue.get(), HEARTBEAT_S)
            except TimeoutError:
                line = b""
            if line is None or not await _goes_on(request):
                return
            yield (event("look", {}) if line else b"") + _clock()
    finally:
        site_of(request).hub.part(client)


async def _let_in(request: Request) -> bool:
    return (await viewer_of(request)).signed_in or await _is_display(request)


async def _goes_on(request: Request) -> bool:
    """The same, asked anew: the session may be over, the display revoked."""
    return await still_signed_in(request) or await _is_display(request)


async def _is_display(request: Request) -> bool:
    token = request.cookies.get(COOKIE, "")
    return bool(token) and await display_of(site_of(request).database, token) is not None


async def _state(request: Request) -> dict[str, Any]:
    """For everybody: as nobody in particular sees it."""
    db = site_of(request).database
    found = await open_incidents(db, None, 50)
    return {
        "incidents": found[:SHOWN],
        "more": len(found[SHOWN:]),
        "alerts": await by_priority(db),
        "on_call": await on_call_now(db),
        "at": await db.clock(),
    }


def _clock() -> bytes:
    return event("clock", {"ms": int(time.time() * 1000)})


def routes() -> list[BaseRoute]:
    """Under /wall. The page is open to everybody, and empty without a session or a display's cookie."""
    return [
        page("/wall", wall, who=Who.ANYONE),
        page("/wall/state", state, who=Who.SIGNED_LINK),
        page("/wall/events", events, who=Who.SIGNED_LINK),
        page("/wall/open", open_display, who=Who.SIGNED_LINK, methods=["POST"]),
    ]
