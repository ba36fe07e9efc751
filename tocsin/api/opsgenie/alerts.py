"""Opsgenie's alerts: create, acknowledge, close, and what became of a request.

The real service works later and answers 202 at once. Here the work is done before the answer, because some clients ask
for the result without a pause; only its outcome is told the asynchronous way.
"""

from typing import Any
from urllib.parse import parse_qs, quote, unquote_to_bytes

from starlette.requests import ClientDisconnect
from starlette.types import Receive, Scope, Send

from tocsin.alerts.format import Bad, Format
from tocsin.api.opsgenie.actions import ACTIONS, Actions
from tocsin.api.opsgenie.envelope import NOT_FOUND, Answer, Exchange, is_uuid
from tocsin.edge.intake import Intake
from tocsin.edge.raw import key_of, read_body
from tocsin.edge.senders import Sender
from tocsin.kernel.errors import Invalid, TocsinError

_ROOT = b"/v2/alerts"


class Alerts:
    """The endpoint of everything under `/v2/alerts`. An ASGI app: it needs the path as it was sent."""

    def __init__(self, intake: Intake, format_: Format) -> None:
        self._intake = intake
        self._format = format_
        self._actions = Actions(intake)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        exchange = Exchange()
        try:
            status, data = await self._answer(scope, receive, exchange)
        except TocsinError as error:
            await exchange.refuse(send, error)
        except ClientDisconnect:
            return
        else:
            await exchange.send(send, status, data)

    async def _answer(self, scope: Scope, receive: Receive, exchange: Exchange) -> tuple[int, dict[str, Any]]:
        sender = await self._sender(scope)
        path, method = _path(scope), scope["method"]
        if method == "GET" and path[:1] == ["requests"] and len(path) == 2:
            return 200, {"data": await self._actions.request(sender, path[1])}
        if method != "POST":
            raise Answer(404, NOT_FOUND)
        body = await read_body(scope, receive)
        if not path:
            await self._create(sender, body, exchange)
        elif len(path) > 1 and path[-1] in ACTIONS:
            # From the right: some clients send an alias with its slashes as they are.
            by = next(iter(_query(scope).get("identifierType", ["id"])))
            await self._actions.act(sender, ACTIONS[path[-1]], by, "/".join(path[:-1]), body, exchange.id)
        else:
            raise Answer(404, NOT_FOUND)
        return 202, {"result": "Request will be processed"}

    async def _sender(self, scope: Scope) -> Sender:
        key = key_of(scope) or next(iter(_query(scope).get("apiKey", [])), "")
        if key and not is_uuid(key):
            raise Answer(422, "Key format is not valid!")
        return await self._intake.sender(key)

    async def _create(self, sender: Sender, body: bytes, exchange: Exchange) -> None:
        try:
            items = await self._intake.parse(sender, self._format, body)
        except Invalid as error:
            raise Answer(400, str(error)) from error
        await self._intake.take(sender, items, exchange.id)
        bad = next((item for item in items if isinstance(item, Bad)), None)
        if bad is not None:
            raise Invalid(bad.field, bad.sentence)


def _path(scope: Scope) -> list[str]:
    """The parts after /v2/alerts, split before they are decoded: `%2F` belongs to an identifier."""
    raw: bytes = scope.get("raw_path") or quote(scope["path"]).encode()
    rest = raw.partition(_ROOT)[2].strip(b"/")
    return [unquote_to_bytes(part).decode("utf-8", "replace") for part in rest.split(b"/")] if rest else []


def _query(scope: Scope) -> dict[str, list[str]]:
    return parse_qs(scope["query_string"].decode("utf-8", "replace"))
