"""Pages on the device itself: web push to the browser or to Tocsin installed on a phone (RFC 8030, 8291, 8292).

What is sent is read by `web/static/js/worker.js`, which shows it and tells `/push/shown/TOKEN` that it did. The push
service in between, the browser vendor's, sees who is sent something and when, not what. A later message of one thread
takes the place of an earlier one: with `Topic` while it waits at the push service, with the notification's tag on the phone.
"""

import hashlib
from datetime import UTC, datetime
from typing import Any

import orjson

from tocsin.kernel.crypto import Keys
from tocsin.kernel.net import Outbound, Response
from tocsin.kernel.webpush import ROOM, BadSubscription, Subscription, Vapid, encrypt, padless
from tocsin.paging.devices import shown_token
from tocsin.paging.exchange import TIMEOUT_S, clipped, hand_over
from tocsin.paging.model import Purpose
from tocsin.paging.transport import (
    BadAddress,
    Destination,
    Field,
    Message,
    SendFailed,
    Sent,
    TransportInfo,
    web_target,
)

TITLE, BODY = 250, 1200
#: Statuses after which a subscription never works again (RFC 8030, section 7.3, and what Mozilla and Google answer).
GONE = frozenset({404, 410})
#: Seconds that a message may wait for a phone that is off: an alarm an hour, what is no alarm a day.
ALARM_S, OTHER_S = 3600, 86_400


def _accept(address: str, secret: str) -> Destination:
    try:
        Subscription.read(secret)
    except BadSubscription as error:
        raise BadAddress("A device is added on the device itself, with the button on the profile.") from error
    return web_target(address, secret)


INFO = TransportInfo(
    name="webpush",
    title="Push to a device",
    fields=(
        Field("address", "Push address", "The device gives it."),
        Field("secret", "Keys", "The device gives them.", secret=True),
    ),
    receipts=True, at_once=50, accept=_accept, doc="webpush.md", by_device=True,
    bundles=True,
)  # fmt: skip


class _TooLargeError(SendFailed):
    """The push service takes less at once."""


class WebPush:
    """The transport `webpush`. Addresses are given by browsers: private ones only as the operator allows."""

    def __init__(
        self, outbound: Outbound, keys: Keys | None, base: str, contact: str, *, timeout: float = TIMEOUT_S
    ) -> None:
        self._outbound = outbound
        self._keys = keys
        self._base = base
        self._vapid = Vapid(keys, contact) if keys else None
        self._timeout = timeout

    @property
    def info(self) -> TransportInfo:
        return INFO

    @property
    def ready(self) -> bool:
        return self._vapid is not None

    async def send(self, message: Message, to: Destination) -> Sent:
        """One message, shorter where the push service asks for that. That it was shown, the device tells later."""
        try:
            subscription = Subscription.read(to.secret or "")
        except BadSubscription:
            raise SendFailed(
                "The keys of this device cannot be read: add it again.", retry=False, gone=True
            ) from None
        words = self._words(message)
        try:
            await self._hand_over(message, to, subscription, words)
        except _TooLargeError:
            await self._hand_over(message, to, subscription, words | {"body": ""})
        return Sent()

    async def _hand_over(
        self, message: Message, to: Destination, subscription: Subscription, words: dict[str, Any]
    ) -> None:
        if self._vapid is None:
            raise SendFailed("Push is not set up here.", retry=False)
        await hand_over(
            self._outbound,
            "POST",
            to.address,
            headers={
                "Authorization": self._vapid.header(to.address, datetime.now(UTC)),
                "Content-Encoding": "aes128gcm",
                "Content-Type": "application/octet-stream",
                **ways_of(message),
            },
            data=encrypt(_packed(words), subscription),
            timeout=self._timeout,
            idempotency_key=str(message.key),
            gone=GONE,
            explain=_refusal,
        )

    def _words(self, message: Message) -> dict[str, Any]:
        """What the device is told; addresses of ours without their host, as the device came in by one of its own."""
        words: dict[str, Any] = {
            "title": clipped(message.subject, TITLE),
            "body": clipped(body_of(message), BODY),
            "tag": message.thread or str(message.key),
            "urgent": message.urgent,
            "priority": message.alert.priority if message.alert else None,
            "open": self._local(message.ack_url or message.url or message.alert_url),
        }
        if message.ack_url:
            words["ack"] = self._local(message.ack_post_url)
        if self._keys:
            words["shown"] = f"/push/shown/{shown_token(self._keys, message.key, datetime.now(UTC))}"
        return words

    def _local(self, url: str) -> str:
        return url.removeprefix(self._base) if url.startswith(f"{self._base}/") else url


def ways_of(message: Message) -> dict[str, str]:
    """How the push service treats it: how long it keeps it, whether it wakes the phone, what it takes the place of."""
    headers = {
        "TTL": str(ALARM_S if message.alert else OTHER_S),
        "Urgency": "high" if message.urgent else "normal",
    }
    if message.thread:
        # At most 32 letters of base64url; the thread's own name is nobody's business on the way.
        headers["Topic"] = padless(hashlib.sha256(message.thread.encode()).digest()[:24])
    return headers


def body_of(message: Message) -> str:
    """The lines below the title: what a glance at a lock screen needs."""
    if message.purpose is not Purpose.PAGE or not message.alert:
        lines = (line.strip() for line in message.text.splitlines())
        # The link is what a tap opens: nobody reads it.
        return "\n".join(line for line in lines if line and not line.startswith(("http://", "https://")))
    alert = message.alert
    _, _, since = message.short.split(" · ack: ")[0].rpartition(" · ")
    first = " · ".join(part for part in (alert.service, since if since.startswith("since ") else "") if part)
    return "\n".join(part for part in (first, alert.description.strip()) if part)


def _packed(words: dict[str, Any]) -> bytes:
    """As JSON that fits; what is too long, escaped as it is, loses the end of its body first."""
    packed = orjson.dumps(words)
    while len(packed) > ROOM and words["body"]:
        words = words | {"body": words["body"][: len(words["body"]) // 2]}
        packed = orjson.dumps(words)
    return packed


def _refusal(answer: Response) -> SendFailed | None:
    if answer.status == 413:
        return _TooLargeError("The push service takes no message of this length (413).", retry=False)
    if answer.status in (401, 403):
        return SendFailed(
            f"{answer.origin} does not take messages of this installation for this device ({answer.status}): add it again.",
            retry=False,
        )
    return None
