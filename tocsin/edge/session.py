"""Who asks: the signed-in person behind a request's cookie, and the token that protects their forms."""

import hmac
from hashlib import sha256
from urllib.parse import urlsplit

from starlette.requests import HTTPConnection, Request
from starlette.responses import Response

from tocsin.edge.forms import LARGEST_FIELD
from tocsin.edge.site import Site, site_of
from tocsin.edge.viewer import PUBLIC, Viewer
from tocsin.kernel.db import Actor
from tocsin.kernel.errors import Forbidden
from tocsin.kernel.zones import exists
from tocsin.people.queries import actor_of_session
from tocsin.people.sessions import signed_in

COOKIE_DAYS = 30


def cookie_name(site: Site) -> str:
    """With https the name demands the host, the root path and `Secure` from the browser."""
    return "__Host-tocsin" if site.settings.secure else "tocsin"


async def viewer_of(request: HTTPConnection) -> Viewer:
    """The viewer, looked up once per request."""
    known: Viewer | None = getattr(request.state, "viewer", None)
    if known is None:
        known = await _look_up(request)
        request.state.viewer = known
    return known


async def _look_up(request: HTTPConnection) -> Viewer:
    site = site_of(request)
    value = request.cookies.get(cookie_name(site))
    found = await actor_of_session(site.database, value) if value else None
    if found is None or not value:
        return Viewer(PUBLIC, csrf=form_token(site, _visitor(request)))
    user, _ = found
    actor = Actor(user.id, user.name, "user", user.role)
    # One whose zone has left the time zone data reads UTC, and the profile says so.
    zone = user.time_zone if exists(user.time_zone) else "UTC"
    return Viewer(actor, user.email, zone, user.locale, form_token(site, value))


async def still_signed_in(request: HTTPConnection) -> bool:
    """Whether the session that a long request began with is in force still; asked anew each time."""
    site = site_of(request)
    value = request.cookies.get(cookie_name(site))
    return value is not None and await signed_in(site.database, value)


def form_token(site: Site, secret: str) -> str:
    """A token bound to the session's cookie: another site cannot know it, and it needs no storage."""
    return site.keys.sign("form", {"s": sha256(secret.encode()).hexdigest()}, None)


def _visitor(request: HTTPConnection) -> str:
    """Nobody's forms (sign-in, set-up) are protected by the origin checks; the token only names them."""
    return f"nobody:{request.url.hostname}"


async def check_csrf(request: Request, viewer: Viewer) -> None:
    """Raises `Forbidden` unless the request comes from our own pages and carries the session's form token."""
    site = site_of(request)
    if request.headers.get("sec-fetch-site") in ("cross-site", "same-site"):
        raise Forbidden("This form was sent from another site. Nothing was changed.")
    origin = request.headers.get("origin")
    if (
        origin
        and origin != "null"
        and urlsplit(origin).netloc not in (request.url.netloc, urlsplit(site.settings.url).netloc)
    ):
        raise Forbidden("This form was sent from another site. Nothing was changed.")
    sent = request.headers.get("x-csrf-token") or (
        await request.form(max_files=1, max_part_size=LARGEST_FIELD)
    ).get("csrf")
    if not isinstance(sent, str) or not hmac.compare_digest(sent.encode(), viewer.csrf.encode()):
        raise Forbidden(
            "This page was open for too long, or you signed in elsewhere. Reload it and try again."
        )


def set_session(response: Response, site: Site, value: str) -> None:
    """Gives the browser its session; scripts cannot read it, other sites do not send it."""
    response.set_cookie(
        cookie_name(site), value, max_age=COOKIE_DAYS * 86400, path="/", secure=site.settings.secure,
        httponly=True, samesite="lax",
    )  # fmt: skip


def end_session(response: Response, site: Site) -> None:
    """Takes the session's cookie back."""
    response.delete_cookie(
        cookie_name(site), path="/", secure=site.settings.secure, httponly=True, samesite="lax"
    )
