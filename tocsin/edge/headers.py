"""Around every request: security headers, believed proxies, and a shield over commands that are under way."""

import asyncio
from collections.abc import Mapping
from ipaddress import ip_address

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from tocsin.edge import first
from tocsin.settings import Network

CSP = (
    f"default-src 'none'; script-src 'self'; style-src 'self' '{first.HASH}'; img-src 'self' data:; media-src 'self'; font-src 'self';"
    " connect-src 'self'; manifest-src 'self'; worker-src 'self'; form-action 'self'; base-uri 'none';"
    " frame-ancestors 'none'"
)
#: Doors for machines have smaller limits of their own, and answer in their own shapes.
MACHINES = ("/v1/", "/v2/", "/in/", "/opsgenie/", "/jsm/")
FIXED = {
    "content-security-policy": CSP,
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
    "x-frame-options": "DENY",
    "cross-origin-opener-policy": "same-origin",
    "permissions-policy": "camera=(), microphone=(), geolocation=(), payment=()",
}

HSTS = "max-age=31536000"


class SecurityHeaders:
    """Adds the headers that keep a page to itself. Pages of people are never stored by caches in between."""

    def __init__(self, app: ASGIApp, *, https: bool) -> None:
        self.app = app
        self.https = https

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in FIXED.items():
                    headers.setdefault(name, value)
                headers.setdefault("cache-control", "no-store")
                if self.https:
                    headers.setdefault("strict-transport-security", HSTS)
            await send(message)

        await self.app(scope, receive, sending)


class BelievedProxies:
    """Takes the client's address and scheme from X-Forwarded-* when the peer is one that the operator named."""

    def __init__(self, app: ASGIApp, *, trusted: tuple[Network, ...]) -> None:
        self.app = app
        self.trusted = trusted

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self.trusted and scope["type"] == "http" and self._is_trusted((scope.get("client") or ("", 0))[0]):
            headers = Headers(scope=scope)
            client = self._first_stranger(headers.get("x-forwarded-for", ""))
            if client:
                scope["client"] = (client, 0)
            if headers.get("x-forwarded-proto") in ("http", "https"):
                scope["scheme"] = headers["x-forwarded-proto"]
        await self.app(scope, receive, send)

    def _first_stranger(self, chain: str) -> str | None:
        """The nearest address that is not one of ours: everything left of it could be made up."""
        for part in reversed([p.strip() for p in chain.split(",") if p.strip()]):
            if not self._is_trusted(part):
                return part
        return None

    def _is_trusted(self, address: str) -> bool:
        try:
            return any(ip_address(address) in network for network in self.trusted)
        except ValueError:
            return False


#: Intake commits in a task of its own, which `Intake.close` waits for: a
#: shield would cost it a fifth more time per alert.
UNSHIELDED = ("/v1/alerts", "/in/")


class Shield:
    """A request that has begun runs to its end when its client leaves or the server shuts down.

    A commit that is cancelled while it waits for a standby may be reported as done and lost (see
    docs/architecture.md); so nothing that may write is ever cancelled. Streams of events are exempt.
    """

    def __init__(self, app: ASGIApp, *, running: "set[asyncio.Task[None]]") -> None:
        self.app = app
        self.running = running

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if (
            scope["type"] != "http"
            or scope["method"] in ("GET", "HEAD")
            or scope["path"].startswith(UNSHIELDED)
        ):
            await self.app(scope, receive, send)
            return
        task = asyncio.create_task(_run(self.app, scope, receive, send))
        self.running.add(task)
        task.add_done_callback(self.running.discard)
        await asyncio.shield(task)


async def drain(running: "set[asyncio.Task[None]]", seconds: float) -> None:
    """Waits for the requests under way; called before the pool closes."""
    if running:
        await asyncio.wait(set(running), timeout=seconds)


async def _run(app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
    await app(scope, receive, send)


class BodyLimit:
    """Refuses bodies larger than anything people send, where they are read: so the answer has our words. `larger`: paths that take
    more; `uploads`: forms with files that are sent to an incident may have, by the last word of its address: those wait on the disk."""

    def __init__(
        self,
        app: ASGIApp,
        *,
        most: int,
        larger: Mapping[str, int] | None = None,
        uploads: Mapping[str, int] | None = None,
    ) -> None:
        self.app = app
        self.most = most
        self.larger = larger or {}
        self.uploads = uploads or {}

    def _most(self, path: str, kind: str) -> int:
        if kind.startswith("multipart/form-data") and path.startswith(("/incidents/", "/api/v1/incidents/")):
            return max(self.uploads.get(path.rpartition("/")[2], 0), self.larger.get(path, self.most))
        return self.larger.get(path, self.most)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"].startswith(MACHINES):
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        most = self._most(scope["path"], headers.get("content-type", ""))
        length = headers.get("content-length", "")
        announced = int(length[:20]) if length.isdecimal() else 0
        seen = 0

        async def counting() -> Message:
            nonlocal seen
            message = {"type": "http.request"} if announced > most else await receive()
            seen += len(message.get("body", b""))
            if max(seen, announced) > most:
                raise HTTPException(413, f"This is too large: {most // 1_000_000} MB fit.")
            return message

        await self.app(scope, counting, send)
