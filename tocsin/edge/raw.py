"""HTTP at its barest, for doors that answer thousands of requests a second: no request or response objects."""

import asyncio
from base64 import b64decode
from collections.abc import Iterable
from typing import Any

import orjson
from starlette.requests import ClientDisconnect
from starlette.types import Receive, Scope, Send

from tocsin.kernel.errors import TocsinError

#: Bytes of a body. Alertmanager's largest groups stay far below.
MAX_BODY = 1 << 20
#: Seconds that a body may take once it has begun.
BODY_TIMEOUT = 30.0
Headers = Iterable[tuple[bytes, bytes]]


class Unreadable(TocsinError):
    """The body is refused before anybody looks into it: `status` is 413 (too large) or 408 (too slow)."""

    def __init__(self, status: int, sentence: str) -> None:
        super().__init__(sentence)
        self.status = status


def header(scope: Scope, name: bytes) -> str:
    """The first header of this name (lower case), or nothing."""
    for each, value in scope["headers"]:
        if each == name:
            return str(value, "latin-1")
    return ""


def key_of(scope: Scope) -> str:
    """The integration key in the request's headers: as Bearer, GenieKey or X-Tocsin-Key, or a Basic password."""
    scheme, _, value = header(scope, b"authorization").partition(" ")
    if scheme.lower() in ("bearer", "geniekey"):
        return value.strip()
    return _basic(value) if scheme.lower() == "basic" else header(scope, b"x-tocsin-key").strip()


def _basic(value: str) -> str:
    try:
        return b64decode(value, validate=True).decode().partition(":")[2]
    except ValueError:
        return ""


async def read_body(scope: Scope, receive: Receive, most: int = MAX_BODY) -> bytes:
    """The whole body, read piece by piece and never beyond `most`. Raises Unreadable, or ClientDisconnect."""
    length = header(scope, b"content-length")
    if length.isdecimal() and int(length[:20]) > most:
        raise _too_large(most)
    message = await receive()
    if message["type"] == "http.request" and not message.get("more_body"):
        body: bytes = message.get("body", b"")
        if len(body) > most:
            raise _too_large(most)
        return body
    try:
        async with asyncio.timeout(BODY_TIMEOUT):
            return await _read_on(message, receive, most)
    except TimeoutError as error:
        raise Unreadable(408, "The body took too long to arrive.") from error


async def _read_on(message: Any, receive: Receive, most: int) -> bytes:
    body = bytearray()
    while message["type"] == "http.request":
        body += message.get("body", b"")
        if len(body) > most:
            raise _too_large(most)
        if not message.get("more_body"):
            return bytes(body)
        message = await receive()
    raise ClientDisconnect


def _too_large(most: int) -> Unreadable:
    return Unreadable(413, f"The body is larger than {most // 1024} KiB. Send fewer alerts at once.")


async def send_json(send: Send, status: int, data: Any, headers: Headers = ()) -> None:
    """Answers with JSON."""
    body = orjson.dumps(data)
    head = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body)), *headers]
    await send({"type": "http.response.start", "status": status, "headers": head})
    await send({"type": "http.response.body", "body": body})
