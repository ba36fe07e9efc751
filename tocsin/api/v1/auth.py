"""Who calls the API: a token in `Authorization: Bearer`, and the idempotency key of the request."""

from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from hashlib import sha256
from typing import Annotated, Any

from fastapi import Depends, Header, Request
from fastapi.routing import APIRoute
from starlette.responses import Response

from tocsin.edge.session import check_csrf, viewer_of
from tocsin.edge.site import Site, site_of
from tocsin.edge.uploads import Spooled, digest
from tocsin.edge.viewer import Viewer
from tocsin.kernel.db import Actor, Database, Unit
from tocsin.kernel.errors import Forbidden, NotSignedIn
from tocsin.people.permissions import Scope
from tocsin.people.queries import actor_of_token

#: The doors that a program may say it is, in `X-Tocsin-Door`; what says anything else, or nothing, is the API's.
API, DOORS = "api", ("api", "cli", "chat")


class Caller:
    """The authenticated caller of one request: reads through `db`, acts through `unit`. `door` is what the record says of how."""

    def __init__(self, site: Site, actor: Actor, key: str | None, about: str | None, door: str = API) -> None:
        self.site = site
        self.actor = actor
        self._key = key
        self._about = about
        self._door = door if door in DOORS else API

    @property
    def db(self) -> Database:
        return self.site.database

    @asynccontextmanager
    async def unit(self) -> AsyncIterator[Unit]:
        """One transaction as this caller; repeated requests with the same Idempotency-Key act once, and another request
        with it is refused."""
        async with self.db.unit(self.actor, self._door, self._key, self._about) as u:
            yield u


async def _caller(
    request: Request,
    authorization: Annotated[str, Header(description="`Bearer <API token>`")] = "",
    idempotency_key: Annotated[str | None, Header(max_length=200)] = None,
    x_tocsin_door: Annotated[
        str, Header(description="`cli` or `chat`, if it comes from there; the record says so.")
    ] = API,
) -> Caller:
    site = site_of(request)
    actor = await _bearer(request, authorization) or await _signed_in(request)
    if actor.scopes and Scope.READ not in actor.scopes and request.method == "GET":
        raise Forbidden("This token lacks the scope “read”.")
    about = await _digest(request) if idempotency_key else None
    return Caller(site, actor, idempotency_key, about, x_tocsin_door)


async def _bearer(request: Request, authorization: str) -> Actor | None:
    """Whose token it is; None when none was sent."""
    scheme, _, secret = authorization.partition(" ")
    if scheme.lower() != "bearer" or not secret.strip():
        return None
    actor = await actor_of_token(site_of(request).database, secret.strip())
    if actor is None:
        raise NotSignedIn("This token is not known, expired or revoked.")
    return actor


class LargeRoute(APIRoute):
    """A route that takes large files: of strangers nothing is read, and of others nothing into memory."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """FastAPI's handler of a request whose files wait on the disk."""
        handle = super().get_route_handler()

        async def spooled(request: Request) -> Response:
            if not await _bearer(request, request.headers.get("authorization", "")):
                await _session(request)
            return await handle(Spooled(request.scope, request.receive))

        return spooled


async def _digest(request: Request) -> str:
    """What a request asks for: method, path and body."""
    asked = f"{request.method} {request.url.path}?{request.url.query}\n".encode()
    if request.headers.get("content-type", "").startswith("multipart/form-data"):
        # The body was read as a form before.
        return sha256(asked + (await digest(request)).encode()).hexdigest()
    return sha256(asked + await request.body()).hexdigest()


async def _signed_in(request: Request) -> Actor:
    """Our own pages may call the API with their session; what changes something needs the form token then."""
    viewer = await _session(request)
    if request.method not in ("GET", "HEAD"):
        await check_csrf(request, viewer)
    return viewer.actor


async def _session(request: Request) -> Viewer:
    viewer = await viewer_of(request)
    if not viewer.signed_in:
        raise NotSignedIn("Send an API token: Authorization: Bearer <token>.")
    return viewer


Call = Annotated[Caller, Depends(_caller)]
