"""A page for a request: what every template is given, and flash messages."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from tocsin.edge.session import viewer_of
from tocsin.edge.site import site_of
from tocsin.kernel.crypto import CryptoError

FLASH = "tocsin-flash"


async def render(
    request: Request, template: str, context: Mapping[str, Any] | None = None, *, status: int = 200
) -> Response:
    """A page for the viewer. `context` may override what every page gets (see `page_context`)."""
    site = site_of(request)
    full = await page_context(request) | dict(context or {})
    response = HTMLResponse(site.templates.env.get_template(template).render(full), status)
    if full["flash"]:
        response.delete_cookie(FLASH, path="/")
    return response


async def page_context(request: Request) -> dict[str, Any]:
    """What every template gets: viewer, form token, request key, flash, warnings, the time."""
    site = site_of(request)
    viewer = await viewer_of(request)
    return {
        "request": request,
        "viewer": viewer if viewer.signed_in else None,
        "csrf": viewer.csrf,
        "request_key": str(uuid4()),
        "flash": _take_flash(request),
        "reader_zone": viewer.time_zone if viewer.signed_in else "",
        "warnings": await site.templates.warnings() if viewer.signed_in else [],
        "now": datetime.now(UTC),
        "dev": site.dev,
        "nav": "",
        "errors": {},
    }


def by_script(request: Request) -> bool:
    """Whether a script of ours asks, which shows the answer itself."""
    return "x-requested-with" in request.headers


def redirect(
    request: Request,
    to: str,
    flash: str | None = None,
    tone: str = "ok",
    *,
    place: str = "",
    undo: Mapping[str, str] | None = None,
) -> Response:
    """After a form: see other, with one message on the next page; at its top, or where a `place` of that name is. `undo`
    puts a button beside it: the fields that it posts, and where to as `action`."""
    response = RedirectResponse(f"{to}#{place}" if place else to, 303)
    if flash:
        site = site_of(request)
        said = {"t": flash, "tone": tone, "place": place, "undo": dict(undo or {})}
        value = site.keys.sign("flash", said, None)
        response.set_cookie(
            FLASH, value, max_age=60, path="/", httponly=True, samesite="lax", secure=site.settings.secure
        )
    return response


def _take_flash(request: Request) -> list[dict[str, object]]:
    value = request.cookies.get(FLASH)
    if not value:
        return []
    try:
        found = site_of(request).keys.verify("flash", value, datetime.now(UTC))
    except CryptoError:
        return []
    return [
        {
            "text": found["t"],
            "tone": found["tone"],
            "place": found.get("place", ""),
            "undo": found.get("undo"),
        }
    ]
