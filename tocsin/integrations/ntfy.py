"""Pages by ntfy: a push to every phone that follows a topic, on ntfy.sh or a server of one's own.

https://docs.ntfy.sh/publish/#publish-as-json: the message is JSON, posted to the server's root. ntfy knows no
idempotency; since 2.16 a message with the `sequence_id` of an earlier one takes its place on the phone.
"""

from typing import Any
from urllib.parse import urlsplit, urlunsplit

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

#: ntfy turns a longer message into an attachment, which no lock screen shows. Bytes.
MOST = 4096
TITLE = 250
#: By the alert's priority: 5 rings until somebody looks, 4 rings, 3 buzzes, 2 is silent.
PRIORITY = {1: 5, 2: 5, 3: 4, 4: 3, 5: 2}
TAGS = {
    1: "rotating_light",
    2: "rotating_light",
    3: "warning",
    4: "information_source",
    5: "information_source",
}


def _accept(address: str, secret: str) -> Destination:
    found = web_target(address, secret)
    if _split(address) is None:
        raise BadAddress("The address ends with a topic, as https://ntfy.sh/my-topic.")
    if not (secret.isascii() and secret.isprintable()) or " " in secret:
        raise BadAddress("An access token is one word, as tk_….", "secret")
    return found


def _split(address: str) -> tuple[str, str] | None:
    """The server's root and the topic."""
    parts = urlsplit(address)
    root, _, topic = parts.path.rstrip("/").rpartition("/")
    if not topic or parts.query or parts.fragment:
        return None
    return urlunsplit((parts.scheme, parts.netloc, f"{root}/", "", "")), topic


INFO = TransportInfo(
    name="ntfy",
    title="ntfy",
    fields=(
        Field("address", "Topic URL", "https://ntfy.sh/ and a topic that nobody guesses, or your own server's."),
        Field("secret", "Access token", "Only for a topic that asks for one.", secret=True, required=False),
    ),
    at_once=50, accept=_accept, doc="ntfy.md",
    bundles=True,
)  # fmt: skip


class Ntfy:
    """The transport `ntfy`. Its servers are given by users: private addresses only as the operator allows."""

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
        """One message; its id at ntfy is the vendor's id. Whether a phone got it, ntfy does not say."""
        root, topic = _split(to.address) or (to.address, "")
        answer = await hand_over(
            self._outbound,
            "POST",
            root,
            headers={"Authorization": f"Bearer {to.secret}"} if to.secret else {},
            json=body_of(message, topic),
            timeout=self._timeout,
            idempotency_key=str(message.key),
        )
        return Sent(vendor_id=str(read(answer, "id")["id"])[:200])


def body_of(message: Message, topic: str) -> dict[str, Any]:
    """What is published."""
    priority = message.alert.priority if message.alert else 1
    paged = message.purpose is Purpose.PAGE
    body: dict[str, Any] = {
        "topic": topic,
        "title": clipped(message.subject, TITLE),
        "message": clipped(message.text, MOST),
        "priority": PRIORITY[priority] if paged else 3,
        "tags": [TAGS[priority] if paged else "speech_balloon"],
        "sequence_id": message.key.hex,
    }
    if click := message.ack_url or message.url or message.alert_url:
        body["click"] = click
    if message.ack_url:
        body["actions"] = [
            {"action": "http", "label": "Acknowledge", "url": message.ack_post_url, "method": "POST", "clear": True},
            {"action": "view", "label": "Open", "url": message.ack_url},
        ]  # fmt: skip
    return body
