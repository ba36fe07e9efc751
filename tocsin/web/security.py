"""One's own password, and where one is signed in."""

from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from tocsin.edge.door import Form, Who, act, page, read_form, redirect, render, site_of, viewer_of
from tocsin.edge.session import cookie_name
from tocsin.kernel.crypto import hash_token
from tocsin.kernel.errors import Forbidden, Invalid, Throttled
from tocsin.kernel.passwords import hash_password
from tocsin.people import queries, sign_in
from tocsin.people.model import Session, password_problem

HERE = "/settings/profile/security"
#: What a user agent is called, the more special name first: Edge and Opera also say Chrome, all of them say Safari.
BROWSERS = (
    ("Firefox/", "Firefox"), ("Edg", "Edge"), ("OPR/", "Opera"), ("Chrome/", "Chrome"), ("CriOS/", "Chrome"),
    ("Safari/", "Safari"),
)  # fmt: skip
SYSTEMS = (
    ("iPhone", "iPhone"), ("iPad", "iPad"), ("Android", "Android"), ("Windows", "Windows"), ("Mac OS X", "macOS"),
    ("CrOS", "ChromeOS"), ("Linux", "Linux"),
)  # fmt: skip


async def show(request: Request) -> Response:
    """The password form and the sessions."""
    return await _page(request, {})


async def _page(request: Request, errors: dict[str, str]) -> Response:
    site, viewer = site_of(request), await viewer_of(request)
    this = _cookie(request)
    current = hash_token(this) if this else b""
    context = {
        "nav": "settings", "section": "security", "errors": errors, "email": viewer.email,
        "sessions": [_shown(s, current) for s in await queries.sessions_of(site.database, viewer.id)],
    }  # fmt: skip
    return await render(request, "settings/security.html", context, status=422 if errors else 200)


def _shown(session: Session, current: bytes) -> dict[str, Any]:
    return {
        "device": device_of(session.user_agent), "user_agent": session.user_agent, "address": session.address,
        "created_at": session.created_at, "seen_at": session.seen_at, "current": session.hash == current,
    }  # fmt: skip


def device_of(user_agent: str) -> str:
    """`Firefox on Linux`, as far as the browser says."""
    browser = next((name for sign, name in BROWSERS if sign in user_agent), "")
    system = next((name for sign, name in SYSTEMS if sign in user_agent), "")
    return " on ".join(part for part in (browser or "Some browser", system) if part)


def _cookie(request: Request) -> str | None:
    return request.cookies.get(cookie_name(site_of(request)))


async def change_password(request: Request) -> Response:
    """A new password for somebody who knows the old one; other browsers are signed out."""
    form = await read_form(request)
    try:
        password = await _new_password(request, form)
    except Invalid as error:
        return await _page(request, {error.field: str(error)})
    password_hash = await hash_password(password)
    async with act(request, form) as u:
        await sign_in.change_password(u, password_hash, keep=_cookie(request))
    return redirect(request, HERE, "The password is changed. Other browsers are signed out.")


async def _new_password(request: Request, form: Form) -> str:
    new, viewer = form.get("new", ""), await viewer_of(request)
    problem = password_problem(new)
    if problem:
        raise Invalid("new", problem)
    if new != form.get("again", ""):
        raise Invalid("again", "The two new passwords differ.")
    address = request.client.host if request.client else ""
    try:
        await sign_in.check_password(
            site_of(request).database, viewer.email, form.get("current", ""), address
        )
    except Throttled as error:
        raise Invalid("current", str(error)) from error
    except Forbidden as error:
        raise Invalid("current", "That is not your current password.") from error
    return new


async def end_sessions(request: Request) -> Response:
    """Signs out everywhere but here."""
    form = await read_form(request)
    async with act(request, form) as u:
        await sign_in.sign_out_everywhere(u, but=_cookie(request))
    return redirect(request, HERE, "Signed out everywhere else.")


def routes() -> list[BaseRoute]:
    """Password and sessions."""
    return [
        page(HERE, show, who=Who.VIEWER),
        page(f"{HERE}/password", change_password, who=Who.VIEWER, methods=["POST"]),
        page(f"{HERE}/sign-out", end_sessions, who=Who.VIEWER, methods=["POST"]),
    ]
