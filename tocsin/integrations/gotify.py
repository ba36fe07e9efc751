"""Pages by Gotify, a push server of one's own: https://gotify.net/api-docs, `POST /message`.

Gotify knows neither receipts nor idempotency; a repeat shows as a second message with the same title.
"""

from typing import Any

from tocsin.kernel.net import Outbound
from tocsin.paging.exchange import TIMEOUT_S, clipped, hand_over, read
from tocsin.paging.model import Purpose
from tocsin.paging.transport import (
    BadAddress,
    Destination,
    Field,
    Message,
    Sent,
    TransportInfo,
    web_target,
)

MOST = 10_000
TITLE = 250
#: The Android app: 8 and more rings and pops up, 4 to 7 sounds, 1 to 3 shows an icon.
PRIORITY = {1: 10, 2: 9, 3: 8, 4: 5, 5: 2}


def _accept(address: str, secret: str) -> Destination:
    if not secret:
        raise BadAddress("Gotify needs the token of an application.", "secret")
    if not (secret.isascii() and secret.isprintable()) or " " in secret:
        raise BadAddress("An application token is one word.", "secret")
    return web_target(address.rstrip("/"), secret)


INFO = TransportInfo(
    name="gotify",
    title="Gotify",
    fields=(
        Field("address", "Server URL", "https://… of your Gotify server."),
        Field("secret", "Application token", "Made under Apps in Gotify.", secret=True),
    ),
    at_once=20, accept=_accept, doc="gotify.md",
    bundles=True,
)  # fmt: skip


class Gotify:
    """The transport `gotify`. Its servers are given by users: private addresses only as the operator allows."""

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
        """One message; its number at Gotify is the vendor's id."""
        answer = await hand_over(
            self._outbound,
            "POST",
            f"{to.address.rstrip('/')}/message",
            headers={"X-Gotify-Key": to.secret or ""},
            json=body_of(message),
            timeout=self._timeout,
            idempotency_key=str(message.key),
        )
        return Sent(vendor_id=str(read(answer, "id")["id"])[:200])


def body_of(message: Message) -> dict[str, Any]:
    """What is posted. A tap on the notification opens the page with the button."""
    paged = message.purpose is Purpose.PAGE
    body: dict[str, Any] = {
        "title": clipped(message.subject, TITLE),
        "message": clipped(message.text, MOST),
        "priority": PRIORITY[message.alert.priority if message.alert else 1] if paged else 5,
    }
    extras: dict[str, Any] = {"client::display": {"contentType": "text/plain"}}
    if click := message.ack_url or message.url or message.alert_url:
        extras["client::notification"] = {"click": {"url": click}}
    return {**body, "extras": extras}
