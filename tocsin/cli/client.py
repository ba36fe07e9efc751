"""The command line's way to the API: one request, one answer, one sentence when it fails."""

import asyncio
import os
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any
from uuid import uuid4

import orjson
import typer

from tocsin.kernel.net import NetError, Outbound
from tocsin.kernel.outcome import Response
from tocsin.settings import load
from tocsin.variables import WrongSetting

#: Exit codes that scripts can rely on; documented in docs/cli.md.
REFUSED = 1
USAGE = 2
NOT_FOUND = 3
NOT_ALLOWED = 4
UNREACHABLE = 5
_CODES = {401: NOT_ALLOWED, 403: NOT_ALLOWED, 404: NOT_FOUND}


LARGEST, PIECE = 500_000_000, 256 * 1024


class Upload:
    """A form with a file: read in pieces, and from its beginning each time it is sent."""

    EDGE = "tocsin-edge-of-the-parts"

    def __init__(self, file: Path, fields: Mapping[str, str]) -> None:
        self.file = file
        name = file.name.translate({ord(c): "_" for c in '"\\\r\n'})
        parts = [f'content-disposition: form-data; name="{n}"\r\n\r\n{v}\r\n' for n, v in fields.items() if v]
        parts.append(f'content-disposition: form-data; name="file"; filename="{name}"\r\n\r\n')
        self._head = "".join(f"--{self.EDGE}\r\n{part}" for part in parts).encode()
        self._tail = f"\r\n--{self.EDGE}--\r\n".encode()
        self.kind = f"multipart/form-data; boundary={self.EDGE}"
        self.length = len(self._head) + file.stat().st_size + len(self._tail)

    async def __aiter__(self) -> AsyncIterator[bytes]:
        yield self._head
        with self.file.open("rb") as file:
            while piece := await asyncio.to_thread(file.read, PIECE):
                yield piece
        yield self._tail


def call(
    method: str,
    path: str,
    body: Mapping[str, Any] | None = None,
    *,
    token: str | None = None,
    form: "Upload | None" = None,
) -> Any:
    """Calls `TOCSIN_URL` with `TOCSIN_TOKEN` and answers the decoded JSON; exits with a sentence when it cannot. A `form` is
    sent with the file in it, and may take its time."""
    if form is not None:
        return _read(
            _ask(method, path, token=token, data=form, timeout=3600, kind=form.kind, length=form.length)
        )
    return _read(_ask(method, path, token=token, json=body))


def fetch(path: str) -> bytes:
    """The body of an answer that is a file; exits with a sentence when there is none."""
    response = _ask("GET", path, timeout=180, most=LARGEST)
    if response.status >= 400:
        _read(response)
    return response.body


def _ask(
    method: str,
    path: str,
    *,
    token: str | None = None,
    kind: str = "",
    length: int | None = None,
    **more: Any,
) -> Response:
    try:
        settings = load(os.environ)
    except WrongSetting as error:
        raise stop(str(error), USAGE) from error
    secret = token or settings.token
    if not secret:
        raise stop("Set TOCSIN_TOKEN to an API token (Settings, API tokens; or: tocsin token create).", USAGE)
    headers = {"authorization": f"Bearer {secret}", "accept": "application/json", "x-tocsin-door": "cli"}
    headers |= {"content-type": kind} if kind else {}
    headers |= {"content-length": str(length)} if length is not None else {}
    try:
        return asyncio.run(_send(method, settings.url + path, headers, more))
    except NetError as error:
        raise stop(f"{error} Is TOCSIN_URL right?", UNREACHABLE) from error


async def _send(method: str, url: str, headers: Mapping[str, str], more: Mapping[str, Any]) -> Response:
    """Sends twice at most: the key makes the second one harmless."""
    key = str(uuid4()) if method != "GET" else None
    async with Outbound() as outbound:
        for last in (False, True):
            try:
                return await outbound.request(
                    method, url, headers=headers, trusted=True, idempotency_key=key, **more
                )
            except NetError as error:
                if last or not error.retry:
                    raise
    raise AssertionError


def _read(response: Response) -> Any:
    if response.status == 204:
        return None
    try:
        data = orjson.loads(response.body)
    except orjson.JSONDecodeError:
        raise stop(f"{response.origin} answered {response.status} and no JSON.", UNREACHABLE) from None
    if response.status >= 400:
        sentence = data.get("error") if isinstance(data, dict) else None
        code = _CODES.get(response.status, UNREACHABLE if response.status >= 500 else REFUSED)
        raise stop(str(sentence or f"The server answered {response.status}."), code)
    return data


def stop(sentence: str, code: int) -> typer.Exit:
    """Says why on standard error; raise what it returns."""
    typer.echo(f"tocsin: {sentence}", err=True)
    return typer.Exit(code)
