"""Telnyx: SMS and calls, their receipts, and what people answer. https://developers.telnyx.com/api-reference

JSON with a bearer key. Telnyx signs what it sends us with Ed25519: header `telnyx-signature-ed25519` over
`telnyx-timestamp`, a bar, and the body; older than five minutes counts as a replay. Calls take Twilio's markup (TeXML) and
report in forms.
"""

import base64
import binascii
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl, urlsplit
from uuid import UUID

import orjson
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from tocsin.kernel.errors import Forbidden, NotFound
from tocsin.kernel.net import NetError, Outbound, Response
from tocsin.paging.exchange import TIMEOUT_S, hand_over, read
from tocsin.paging.inbound import Call, Heard, Pressed, Receipt, Reply, Spoken
from tocsin.paging.telephony import Script, acknowledges, markup, said
from tocsin.paging.transport import SendFailed, Sent
from tocsin.vendors import Account

#: Seconds that a signed request stays good.
TOLERANCE = 300
#: Errors of https://developers.telnyx.com/development/api-fundamentals/api-errors about the number itself: invalid, not in
#: E.164, blocked by a STOP message.
_GONE = frozenset({"10002", "10016", "40300", "40310"})
_ENDS = {
    "busy": "The line was busy.",
    "no-answer": "Nobody answered the call.",
    "failed": "The call did not go through.",
    "canceled": "The call was cancelled.",
}


class Telnyx:
    """A vendor of SMS and calls, and the receiver below `/in/telnyx`. `base` is our public address."""

    name = "telnyx"
    receipts = True
    replies = True

    def __init__(
        self, outbound: Outbound, account: Account | None, base: str, *, timeout: float = TIMEOUT_S
    ) -> None:
        self._outbound = outbound
        self._account = account
        self._base = base
        self._timeout = timeout

    @property
    def ready(self) -> bool:
        return self._account is not None

    @property
    def calls(self) -> bool:
        return self._account is not None and self._account.application != ""

    async def text(self, number: str, words: str, key: UUID) -> Sent:
        """One SMS. Its receipt comes to `/in/telnyx/status/DELIVERY`."""
        account = self._needed()
        body = {
            "from": account.sender,
            "to": number,
            "text": words,
            "type": "SMS",
            "webhook_url": self._here("status", key),
            "use_profile_webhooks": False,
        }
        answer = await self._ask(account, "messages", body, key)
        data = read(answer, "data")["data"]
        return Sent(vendor_id=str(data.get("id", "") if isinstance(data, Mapping) else "")[:100])

    async def call(self, number: str, script: Script, key: UUID) -> Sent:
        """One call by the operator's TeXML application."""
        account = self._needed()
        action = self._here("key", key) + (f"?link={script.link}" if script.link else "")
        body = {
            "From": account.sender,
            "To": number,
            "Texml": markup(script, action),
            "StatusCallback": self._here("call", key),
            "Timeout": 30,
        }
        answer = await self._ask(account, f"texml/calls/{account.application}", body, key)
        return Sent(vendor_id=str(read(answer, "call_sid")["call_sid"])[:100])

    async def _ask(self, account: Account, what: str, body: Mapping[str, Any], key: UUID) -> Response:
        return await hand_over(
            self._outbound,
            "POST",
            f"{account.root}/v2/{what}",
            headers={"Authorization": f"Bearer {account.secret}"},
            json=body,
            timeout=self._timeout,
            trusted=True,
            idempotency_key=str(key),
            explain=_refusal,
        )

    async def check(self) -> None:
        """Asks for our balance: it answers, and knows us. Raises SendFailed."""
        account = self._needed()
        headers = {"Authorization": f"Bearer {account.secret}"}
        answer = await hand_over(
            self._outbound, "GET", f"{account.root}/v2/balance", headers=headers, timeout=self._timeout, trusted=True,
        )  # fmt: skip
        read(answer, "data")

    def _needed(self) -> Account:
        if self._account is None:
            raise SendFailed("Telnyx is not set up (TOCSIN_TELNYX_URL).", retry=False)
        return self._account

    def _here(self, what: str, key: UUID) -> str:
        return f"{self._base}/in/telnyx/{what}/{key}"

    def receive(self, call: Call) -> Heard:
        """`status/DELIVERY`, `sms`, `call/DELIVERY` or `key/DELIVERY`. Raises Forbidden for what Telnyx did not sign."""
        self._check(call)
        match call.path:
            case ("status", delivery):
                return _status(_id(delivery), _event(call.body))
            case ("sms",):
                return _message(_event(call.body))
            case ("call", delivery):
                return _end_of_call(_id(delivery), _form(call.body))
            case ("key", delivery):
                link = dict(parse_qsl(urlsplit(call.url).query)).get("link", "")
                return Heard(pressed=Pressed(_id(delivery), _form(call.body).get("Digits", ""), link))
        raise NotFound("Telnyx has nothing to say here.")

    def _check(self, call: Call) -> None:
        at = call.headers.get("telnyx-timestamp", "")
        try:
            signature = base64.b64decode(call.headers.get("telnyx-signature-ed25519", ""), validate=True)
            public = base64.b64decode(self._account.public_key if self._account else "", validate=True)
            Ed25519PublicKey.from_public_bytes(public).verify(signature, at.encode() + b"|" + call.body)
            fresh = abs(call.now.timestamp() - int(at)) <= TOLERANCE
        except (InvalidSignature, ValueError, binascii.Error):
            fresh = False
        if not fresh:
            raise Forbidden("This request is not signed by our account at Telnyx, or is too old.")

    def answer(self, call: Call, spoken: Spoken | None) -> tuple[str, bytes]:
        """What Telnyx does next: markup within a call, nothing else."""
        if spoken is None:
            return "text/xml", b"<Response/>"
        return "text/xml", said(spoken.words, call.url if spoken.ask_again else "").encode()


def _id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise NotFound("There is no such delivery.") from None


def _form(body: bytes) -> dict[str, str]:
    return dict(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True))


def _event(body: bytes) -> tuple[str, Mapping[str, Any]]:
    """Its type and payload."""
    try:
        data = orjson.loads(body)["data"]
        return str(data["event_type"]), dict(data["payload"])
    except (ValueError, KeyError, TypeError):
        raise NotFound("This is no event of Telnyx.") from None


def _status(delivery: UUID, event: tuple[str, Mapping[str, Any]]) -> Heard:
    kind, payload = event
    to = payload.get("to")
    status = str(to[0].get("status", "")) if isinstance(to, list) and to and isinstance(to[0], dict) else ""
    vendor_id = f"telnyx:{payload.get('id', '')}"
    if kind != "message.finalized":
        return Heard()
    if status == "delivered":
        return Heard(receipts=(Receipt(delivery, vendor_id, "delivered"),))
    if status in ("sending_failed", "delivery_failed"):
        why = f"The message did not reach the telephone{_code(payload)}."
        return Heard(receipts=(Receipt(delivery, vendor_id, "failed", why),))
    return Heard()


def _code(payload: Mapping[str, Any]) -> str:
    errors = payload.get("errors")
    first = errors[0] if isinstance(errors, list) and errors and isinstance(errors[0], dict) else {}
    code = str(first.get("code", ""))
    return f" (error {code})" if code.isascii() and code.isdigit() else ""


def _message(event: tuple[str, Mapping[str, Any]]) -> Heard:
    kind, payload = event
    sender = payload.get("from")
    mine, alert = acknowledges(str(payload.get("text", "")))
    if kind != "message.received" or not mine or not isinstance(sender, dict):
        return Heard()
    return Heard(reply=Reply(str(sender.get("phone_number", "")), alert, str(payload.get("id", ""))))


def _end_of_call(delivery: UUID, fields: Mapping[str, str]) -> Heard:
    vendor_id, status = f"telnyx:{fields.get('CallSid', '')}", fields.get("CallStatus", "")
    if status == "completed":
        return Heard(receipts=(Receipt(delivery, vendor_id, "delivered", "The call was answered."),))
    if status in _ENDS:
        return Heard(receipts=(Receipt(delivery, vendor_id, "failed", _ENDS[status]),))
    return Heard()


def _refusal(answer: Response) -> SendFailed | None:
    """With Telnyx's error number; its words may repeat ours."""
    if answer.status >= 500 or answer.status < 400 or answer.status == 429:
        return None
    try:
        data: Any = answer.json()
    except NetError:
        return None
    code = _code(data)[len(" (error ") : -1] if isinstance(data, Mapping) else ""
    if not code:
        return None
    return SendFailed(f"Telnyx refused it ({answer.status}, error {code}).", retry=False, gone=code in _GONE)
