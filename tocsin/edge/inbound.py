"""Where machines send alerts: `POST /v1/alerts` (generic) and `POST /in/FORMAT/KEY`. Answered after the commit."""

from collections.abc import Mapping, Sequence
from typing import Any

from starlette.requests import ClientDisconnect
from starlette.routing import BaseRoute
from starlette.types import Receive, Scope, Send

from tocsin.alerts.format import Bad, Format
from tocsin.alerts.model import Outcome, Signal
from tocsin.edge.access import Who, machine
from tocsin.edge.errors import status_of
from tocsin.edge.intake import Intake
from tocsin.edge.raw import Unreadable, key_of, read_body, send_json
from tocsin.kernel.errors import Invalid, NotFound, NotSignedIn, Throttled, TocsinError, Unavailable


class Inbound:
    """The endpoint; an ASGI app, because this is the busiest path of all."""

    def __init__(self, intake: Intake, formats: Mapping[str, Format], default: str = "generic") -> None:
        self._intake = intake
        self._formats = formats
        self._default = default

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            answer = await self._take(scope, receive)
        except TocsinError as error:
            await _refuse(send, error)
        except ClientDisconnect:
            return
        else:
            await send_json(send, 202, answer)

    async def _take(self, scope: Scope, receive: Receive) -> Any:
        parameters: Mapping[str, str] = scope["path_params"]
        format_ = self._formats.get(parameters.get("format", self._default))
        if format_ is None:
            raise NotFound("There is no such format. There are: " + ", ".join(self._formats) + ".")
        sender = await self._intake.sender(parameters.get("key") or key_of(scope))
        body = await read_body(scope, receive)
        items = await self._intake.parse(sender, format_, body)
        outcomes = await self._intake.take(sender, items)
        if len(items) == 1 and body.lstrip()[:1] != b"[":
            return _lone(items[0], outcomes[0])
        return _many(items, outcomes)


def _lone(item: Signal | Bad, outcome: Outcome) -> dict[str, Any]:
    if isinstance(item, Bad):
        raise Invalid(item.field, item.sentence)
    return _shown(outcome)


def _many(items: Sequence[Signal | Bad], outcomes: Sequence[Outcome]) -> list[dict[str, Any]]:
    """Per alert what became of it; a bad one has `error` and `field` beside the alert about it."""
    return [
        _shown(outcome) | ({"error": item.sentence, "field": item.field} if isinstance(item, Bad) else {})
        for item, outcome in zip(items, outcomes, strict=True)
    ]


def _shown(outcome: Outcome) -> dict[str, Any]:
    return {
        "id": str(outcome.id) if outcome.id else None, "number": outcome.number, "alias": outcome.alias,
        "status": outcome.status, "created": outcome.created,
    }  # fmt: skip


async def _refuse(send: Send, error: TocsinError) -> None:
    body = {"error": str(error)}
    headers: list[tuple[bytes, bytes]] = []
    status = error.status if isinstance(error, Unreadable) else status_of(error)
    if isinstance(error, Invalid):
        body["field"] = error.field
    elif isinstance(error, NotSignedIn):
        headers = [(b"www-authenticate", b"Bearer")]
    elif isinstance(error, (Throttled, Unavailable)):
        # Old Alertmanagers drop an alert that got a 429, and send it again after a 503.
        status = 503
        headers = [(b"retry-after", b"%d" % error.after)]
    await send_json(send, status, body, headers)


def routes(intake: Intake, formats: Mapping[str, Format]) -> list[BaseRoute]:
    """The plain routes of intake; imitated APIs have their own."""
    endpoint = Inbound(intake, formats)
    return [
        machine(path, endpoint, who=Who.INTEGRATION_KEY, name=name)
        for path, name in (
            ("/v1/alerts", "intake"),
            ("/in/{format}/{key}", "inbound"),
            ("/in/{format}", "inbound_by_header"),
        )
    ]
