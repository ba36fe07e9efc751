"""Outbound HTTP. A target given by a user must be on the public internet; time-outs, no redirects, no secrets.

The address is checked where it is connected to, after the name was resolved, so that a name cannot change in
between. Nothing here retries: an error or an `Outcome` says whether trying again helps, and when.
"""

import asyncio
import socket
from collections.abc import AsyncIterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from types import TracebackType
from typing import Self

import aiohttp
import orjson
from aiohttp.abc import AbstractResolver, ResolveResult
from multidict import CIMultiDictProxy
from yarl import URL

from tocsin.kernel.addresses import is_public, parse
from tocsin.kernel.outcome import (
    BadTarget,
    NetError,
    Outcome,
    Refused,
    Rejected,
    Response,
    TimedOut,
    Unreachable,
    Untrusted,
    Verdict,
    outcome,
)
from tocsin.kernel.redact import redact
from tocsin.settings import PrivateTargets

__all__ = [
    "BadTarget",
    "NetError",
    "Outbound",
    "Outcome",
    "Refused",
    "Rejected",
    "Response",
    "TimedOut",
    "Unreachable",
    "Untrusted",
    "Verdict",
    "outcome",
    "redact",
]

BODY_LIMIT = 1_000_000  # bytes
Body = bytes | str | Mapping[str, str] | AsyncIterable[bytes] | None
TOTAL_SECONDS = 10.0
CONNECT_SECONDS = 3.0
#: To the operator's own vendors together; a transport says how many messages it takes at once.
VENDOR_CONNECTIONS = 400


class Outbound:
    """The one HTTP client of a process: make it at the start, close it at the end.

    Trusted and untrusted targets never share a connection. `resolver` is for tests of names.
    """

    def __init__(
        self, private: PrivateTargets | None = None, *, resolver: AbstractResolver | None = None
    ) -> None:
        self._private = private or PrivateTargets()
        self._resolver = resolver
        self._sessions: dict[bool, aiohttp.ClientSession] = {}
        self._resolvers: list[AbstractResolver] = []

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        while self._sessions:
            await self._sessions.popitem()[1].close()
        while self._resolvers:
            await self._resolvers.pop().close()

    async def request(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        json: object = None,
        data: Body = None,
        timeout: float = TOTAL_SECONDS,  # noqa: ASYNC109 - bounds the whole exchange, which aiohttp can do
        trusted: bool = False,
        idempotency_key: str | None = None,
        most: int = BODY_LIMIT,
    ) -> Response:
        """One exchange within `timeout` seconds. `trusted` is for targets that the operator configured.

        `json` and `data` (bytes, text, form fields, or pieces of bytes) exclude each other. Of the answer `most` bytes are read. A redirect is an answer like any
        other. Raises NetError: BadTarget, Refused, Unreachable, Untrusted, TimedOut. After the last three the
        other side may have acted, so repeat with the same idempotency key.
        """
        target = _target(url)
        session = self._session(trusted=trusted or self._private.allows_host(target.host or ""))
        body, extra = _body(json, data)
        if idempotency_key is not None:
            extra["Idempotency-Key"] = idempotency_key
        try:
            async with session.request(
                method,
                target,
                headers={**extra, **(headers or {})},
                data=body,
                timeout=aiohttp.ClientTimeout(total=timeout, sock_connect=min(CONNECT_SECONDS, timeout)),
                allow_redirects=False,
            ) as answer:
                return await _read(answer, most)
        except (aiohttp.ClientError, OSError, ValueError, RuntimeError) as error:
            failure = _failure(_origin(target), error)
        # Raised outside the handler: the original holds the whole URL and must not travel along.
        raise failure

    def _session(self, *, trusted: bool) -> aiohttp.ClientSession:
        """Made at first use, because it belongs to the running loop."""
        if trusted not in self._sessions:
            self._sessions[trusted] = aiohttp.ClientSession(
                connector=self._connector(trusted=trusted),
                cookie_jar=aiohttp.DummyCookieJar(),
                headers={"User-Agent": "Tocsin"},
            )
        return self._sessions[trusted]

    def _connector(self, *, trusted: bool) -> aiohttp.TCPConnector:
        resolver = self._resolver or _Resolver()
        self._resolvers.append(resolver)  # A connector closes only a resolver that it made.
        if trusted:
            return aiohttp.TCPConnector(resolver=resolver, limit=VENDOR_CONNECTIONS)
        guard = _Guard(self._private)
        return aiohttp.TCPConnector(
            resolver=_GuardedResolver(resolver, guard), socket_factory=guard.socket_for, limit_per_host=10
        )


class _PrivateAddressError(OSError):
    """Raised inside the connector, which passes on nothing but OSError."""


class _Guard:
    """Decides about addresses, and opens the socket only for those that may be reached."""

    def __init__(self, private: PrivateTargets) -> None:
        self._private = private

    def allows(self, text: str) -> bool:
        address = parse(text)
        return address is not None and (is_public(address) or self._private.allows_address(address))

    def socket_for(self, info: tuple[int, int, int, str, tuple[object, ...]]) -> socket.socket:
        """Every connection passes here, literal addresses too, for which no resolver is asked."""
        family, kind, protocol, _, address = info
        if not self.allows(str(address[0])):
            raise _PrivateAddressError
        return socket.socket(family, kind, protocol)


class _Resolver(AbstractResolver):
    """The system's resolver in threads of its own: names that hang must hold up nobody else's."""

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(max_workers=8, thread_name_prefix="names")

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        ask = partial(socket.getaddrinfo, host, port, family, socket.SOCK_STREAM, flags=socket.AI_ADDRCONFIG)
        found = await asyncio.get_running_loop().run_in_executor(self._threads, ask)
        return [
            ResolveResult(
                hostname=host,
                host=str(address[0]),
                port=port,
                family=kind,
                proto=protocol,
                flags=socket.AI_NUMERICHOST | socket.AI_NUMERICSERV,
            )
            for kind, _, protocol, _, address in found
        ]

    async def close(self) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)


class _GuardedResolver(AbstractResolver):
    """Leaves out what may not be reached, so that the public address of a mixed name still works."""

    def __init__(self, inner: AbstractResolver, guard: _Guard) -> None:
        self._inner = inner
        self._guard = guard

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        found = await self._inner.resolve(host, port, family)
        allowed = [each for each in found if self._guard.allows(each["host"])]
        if found and not allowed:
            raise _PrivateAddressError
        return allowed

    async def close(self) -> None:
        await self._inner.close()


def _target(url: str) -> URL:
    # A host that no name can be made of (`xn--`) is found out only when it is read.
    with suppress(ValueError):
        target = URL(url)
        if target.scheme in {"http", "https"} and target.host:
            _origin(target)
            return target
    raise BadTarget("The address", "must start with https:// or http:// and name a host")


def _origin(target: URL) -> str:
    return str(target.origin())


def _body(json: object, data: Body) -> tuple[object, dict[str, str]]:
    if json is not None:
        return orjson.dumps(json), {"Content-Type": "application/json"}
    return (dict(data) if isinstance(data, Mapping) else data), {}


async def _read(answer: aiohttp.ClientResponse, most: int) -> Response:
    parts: list[bytes] = []
    size = 0
    async for part in answer.content.iter_chunked(65_536):
        parts.append(part)
        size += len(part)
        if size > most:
            answer.close()
            break
    return Response(
        status=answer.status,
        headers=_headers(answer.headers),
        body=b"".join(parts)[:most],
        origin=_origin(answer.url),
        truncated=size > most,
    )


def _headers(headers: CIMultiDictProxy[str]) -> dict[str, str]:
    return {name.lower(): headers[name] for name in headers}


def _failure(origin: str, error: BaseException) -> NetError:
    if isinstance(getattr(error, "os_error", error), _PrivateAddressError):
        return Refused(origin, "is a private address, which the operator has not allowed")
    match error:
        case asyncio.TimeoutError():
            return TimedOut(origin, "did not answer in time")
        case aiohttp.ClientConnectorDNSError():
            return Unreachable(origin, "has no address: its name was not found")
        case aiohttp.ClientSSLError() | aiohttp.ClientConnectorCertificateError():
            return Untrusted(origin, "shows no valid certificate")
        case aiohttp.ClientConnectorError():
            return Unreachable(origin, "accepts no connection")
        case aiohttp.InvalidURL():
            return BadTarget(origin, "is no valid address")
        case aiohttp.ClientError() | OSError() | RuntimeError():  # the last is uvloop's
            return Unreachable(origin, "broke the connection")
        case _:
            return BadTarget(origin, "cannot be asked: the request holds characters that HTTP does not allow")
