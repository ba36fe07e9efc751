"""Every route says who may call it, where it is declared; a test walks all routes and fails on one that does not.

`page` is for people with a session (or nobody), `machine` for requests that bring their own key or token and are
checked by their endpoint. The permission table of `people` is asked again by each command.
"""

import functools
from collections.abc import Awaitable, Callable, Sequence
from enum import StrEnum
from typing import TypeVar
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from tocsin.edge.session import check_csrf, viewer_of
from tocsin.edge.uploads import Spooled
from tocsin.edge.viewer import Viewer
from tocsin.kernel.errors import Forbidden, NotSignedIn
from tocsin.people.permissions import RANK

R = TypeVar("R", bound=BaseRoute)
Endpoint = Callable[[Request], Awaitable[Response]]
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


class Who(StrEnum):
    """Who may call a route."""

    ANYONE = "anyone"
    VIEWER = "viewer"
    MEMBER = "member"
    ADMIN = "admin"
    #: The request carries an integration key; the endpoint checks it.
    INTEGRATION_KEY = "integration key"
    #: The request is signed by a vendor that the operator has an account with; the endpoint checks it.
    VENDOR_SIGNATURE = "vendor signature"
    #: The request carries an API token or a session; the endpoint checks it.
    TOKEN = "token"  # noqa: S105 - a word, not a secret
    #: The address itself is the permission: signed, single-purpose, expiring.
    SIGNED_LINK = "signed link"
    #: The request names the keys of a device that pages are pushed to; the endpoint checks them.
    DEVICE = "device's keys"
    #: Only with `--dev`.
    DEVELOPER = "developer"


def page(
    path: str,
    endpoint: Endpoint,
    *,
    who: Who,
    methods: Sequence[str] = ("GET",),
    name: str | None = None,
    large: bool = False,
) -> Route:
    """A route for people: the viewer is known, allowed, and unsafe methods carry the form token. `large`: its form holds a file that
    memory should not."""

    @functools.wraps(endpoint)
    async def guarded(request: Request) -> Response:
        if large:
            request = Spooled(request.scope, request.receive)
        viewer = await viewer_of(request)
        refusal = _refusal(request, viewer, who)
        if refusal is not None:
            return refusal
        if request.method not in SAFE:
            await check_csrf(request, viewer)
        return await endpoint(request)

    route = Route(path, guarded, methods=list(methods), name=name)
    return declare(route, who)


def machine(
    path: str, endpoint: object, *, who: Who, methods: Sequence[str] = ("POST",), name: str | None = None
) -> Route:
    """A route for programs: no session, no form token; the endpoint checks the key itself."""
    return declare(Route(path, endpoint, methods=list(methods), name=name), who)  # type: ignore[arg-type] # ASGI apps too


def declare(route: R, who: Who) -> R:
    """Notes who may call a route, for the test that enumerates them and for `docs/routes.md`."""
    route.who = who  # type: ignore[attr-defined] # an attribute of ours on Starlette's route
    return route


def _refusal(request: Request, viewer: Viewer, who: Who) -> Response | None:
    if who in (Who.ANYONE, Who.SIGNED_LINK, Who.DEVELOPER):
        return None
    if not viewer.signed_in:
        if request.method in SAFE and "text/html" in request.headers.get("accept", "text/html"):
            target = request.url.path + (f"?{request.url.query}" if request.url.query else "")
            return RedirectResponse(f"/sign-in?next={quote(target, safe='')}", 303)
        raise NotSignedIn("Sign in first.")
    if RANK[viewer.role] < RANK[who]:
        raise Forbidden(f"Your role is {viewer.role}; this needs the role {who}.")
    return None
