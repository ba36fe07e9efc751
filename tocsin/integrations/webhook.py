"""Pages by webhook: JSON to an address that a person gave, signed as Standard Webhooks says.

https://www.standardwebhooks.com: headers `webhook-id`, `webhook-timestamp`, `webhook-signature`; the id is the
delivery's and stays the same when a try is repeated.
"""

from datetime import UTC, datetime
from typing import Any

import orjson

from tocsin.kernel.crypto import webhook_headers
from tocsin.kernel.net import Outbound
from tocsin.paging.exchange import TIMEOUT_S, hand_over
from tocsin.paging.transport import (
    AlertFacts,
    Destination,
    Field,
    Message,
    SendFailed,
    Sent,
    TransportInfo,
    web_target,
)

INFO = TransportInfo(
    name="webhook",
    title="Webhook",
    fields=(
        Field("address", "URL", "https://… that answers with a 2xx status within ten seconds."),
        Field("secret", "Signing secret", "Made for you; check each request against it.", secret=True, required=False, made=True),
    ),
    at_once=100, accept=web_target, doc="webhook.md",
)  # fmt: skip


class Webhook:
    """The transport `webhook`. Its targets are given by users: private addresses only as the operator allows."""

    def __init__(self, outbound: Outbound, *, timeout: float = TIMEOUT_S) -> None:
        self._outbound = outbound
        self._timeout = timeout

    @property
    def info(self) -> TransportInfo:
        return INFO

    @property
    def ready(self) -> bool:
        return True

    async def send(self, message: Message, to: Destination) -> Sent:
        """One signed POST. A 2xx answer means that it arrived. 410 means never again."""
        now = datetime.now(UTC)
        body = orjson.dumps(_storable(body_of(message, now)), default=str)
        headers = {"Content-Type": "application/json", **_signature(to.secret, message, now, body)}
        await hand_over(
            self._outbound,
            "POST",
            to.address,
            headers=headers,
            data=body,
            timeout=self._timeout,
            idempotency_key=str(message.key),
        )
        return Sent(delivered=True)


def _signature(secret: str | None, message: Message, now: datetime, body: bytes) -> dict[str, str]:
    if not secret:
        return {"webhook-id": str(message.key), "webhook-timestamp": str(int(now.timestamp()))}
    try:
        return webhook_headers(secret, str(message.key), now, body)
    except ValueError:
        pass
    raise SendFailed("The signing secret of this webhook cannot be used: make a new one.", retry=False)


def _storable(value: Any) -> Any:
    """The same with what no JSON can hold replaced: half a character must not keep a page from going out."""
    match value:
        case str():
            return value.encode("utf-8", "replace").decode()
        case dict():
            return {_storable(name): _storable(each) for name, each in value.items()}
        case list() | tuple():
            return [_storable(each) for each in value]
        case _:
            return value


def body_of(message: Message, now: datetime) -> dict[str, Any]:
    """What is posted: `type` (tocsin.page, tocsin.notice, ...), `timestamp`, `data`."""
    data: dict[str, Any] = {
        "delivery": str(message.key),
        "subject": message.subject,
        "text": message.text,
        "short": message.short,
    }
    if message.alert:
        data["alert"] = _alert(message.alert, message.alert_url)
    if message.ack_url:
        data["ack_url"] = message.ack_url
    if message.url:
        data["url"] = message.url
    if message.maybe_repeated:
        data["maybe_repeated"] = True
    return {
        "type": f"tocsin.{message.purpose}",
        "timestamp": now.isoformat(timespec="milliseconds"),
        "data": data,
    }


def _alert(alert: AlertFacts, url: str) -> dict[str, Any]:
    return {
        "id": str(alert.id),
        "number": alert.number,
        "message": alert.message,
        "description": alert.description,
        "priority": f"P{alert.priority}",
        "service": alert.service,
        "source": alert.source,
        "entity": alert.entity,
        "tags": list(alert.tags),
        "details": dict(alert.details),
        "link": alert.link,
        "runbook_url": alert.runbook_url,
        "count": alert.count,
        "started_at": alert.started_at.isoformat(),
        "url": url,
    }
