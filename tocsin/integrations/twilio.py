"""Twilio: SMS and calls, their receipts, and what people answer. https://www.twilio.com/docs/usage/api

Forms with Basic authentication. Everything that Twilio sends us carries `X-Twilio-Signature`: the base64 of HMAC-SHA1,
with the account's token, over the address it was told and all form fields in order of their names.
"""

import base64
import hmac
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import parse_qsl, urlsplit, urlunsplit
from uuid import UUID

from tocsin.kernel.crypto import same
from tocsin.kernel.errors import Forbidden, NotFound
from tocsin.kernel.net import NetError, Outbound, Response
from tocsin.paging.exchange import TIMEOUT_S, hand_over, read
from tocsin.paging.inbound import Call, Heard, Pressed, Receipt, Reply, Spoken
from tocsin.paging.telephony import Script, acknowledges, markup, said
from tocsin.paging.transport import SendFailed, Sent
from tocsin.vendors import Account

#: What Twilio says of a number that will never work: no such, not mobile, landline, has written STOP, blocked.
_GONE = frozenset({21211, 21214, 21217, 21610, 21614})
_ENDS = {
    "busy": "The line was busy.",
    "no-answer": "Nobody answered the call.",
    "failed": "The call did not go through.",
    "canceled": "The call was cancelled.",
}
#: Seconds that a telephone rings; longer is the voice mail's turn.
RING_S = 30


class Twilio:
    """A vendor of SMS and calls, and the receiver below `/in/twilio`. `base` is our public address."""

    name = "twilio"
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
        return self._account is not None and not self._account.sender.startswith("MG")

    async def text(self, number: str, words: str, key: UUID) -> Sent:
        """One SMS. Its receipt comes to `/in/twilio/status/DELIVERY`."""
        account = self._needed()
        sender = "MessagingServiceSid" if account.sender.startswith("MG") else "From"
        fields = [
            ("To", number),
            (sender, account.sender),
            ("Body", words),
            # A page that waits for hours in a queue is worse than one that fails.
            ("ValidityPeriod", "600"),
            ("StatusCallback", self._here("status", key)),
        ]
        return await self._create(account, "Messages", fields, key)

    async def call(self, number: str, script: Script, key: UUID) -> Sent:
        """One call. Keys come to `/in/twilio/key/DELIVERY`, its end to `/in/twilio/status/DELIVERY`."""
        account = self._needed()
        action = self._here("key", key) + (f"?link={script.link}" if script.link else "")
        fields = [
            ("To", number),
            ("From", account.sender),
            ("Twiml", markup(script, action)),
            ("Timeout", str(RING_S)),
            ("StatusCallback", self._here("status", key)),
        ]
        return await self._create(account, "Calls", fields, key)

    async def _create(
        self, account: Account, what: str, fields: Sequence[tuple[str, str]], key: UUID
    ) -> Sent:
        answer = await hand_over(
            self._outbound,
            "POST",
            f"{account.root}/2010-04-01/Accounts/{account.user}/{what}.json",
            headers=_login(account),
            data=dict(fields),
            timeout=self._timeout,
            trusted=True,
            idempotency_key=str(key),
            explain=_refusal,
        )
        return Sent(vendor_id=str(read(answer, "sid")["sid"])[:100])

    async def check(self) -> None:
        """Fetches our own account: it answers, and knows us. Raises SendFailed."""
        account = self._needed()
        url = f"{account.root}/2010-04-01/Accounts/{account.user}.json"
        answer = await hand_over(
            self._outbound, "GET", url, headers=_login(account), timeout=self._timeout, trusted=True
        )
        read(answer, "sid")

    def _needed(self) -> Account:
        if self._account is None:
            raise SendFailed("Twilio is not set up (TOCSIN_TWILIO_URL).", retry=False)
        return self._account

    def _here(self, what: str, key: UUID) -> str:
        return f"{self._base}/in/twilio/{what}/{key}"

    def receive(self, call: Call) -> Heard:
        """`status/DELIVERY`, `key/DELIVERY` or `sms`. Raises Forbidden for what Twilio did not sign."""
        fields = parse_qsl(call.body.decode("utf-8", "replace"), keep_blank_values=True)
        self._check(call, fields)
        said_of = dict(fields)
        match call.path:
            case ("status", delivery):
                receipt = _receipt(_id(delivery), said_of)
                return Heard(receipts=(receipt,) if receipt else ())
            case ("key", delivery):
                link = dict(parse_qsl(urlsplit(call.url).query)).get("link", "")
                return Heard(pressed=Pressed(_id(delivery), said_of.get("Digits", ""), link))
            case ("sms",):
                mine, alert = acknowledges(said_of.get("Body", ""))
                reply = Reply(said_of.get("From", ""), alert, said_of.get("MessageSid", ""))
                return Heard(reply=reply if mine else None)
        raise NotFound("Twilio has nothing to say here.")

    def _check(self, call: Call, fields: Sequence[tuple[str, str]]) -> None:
        signature = call.headers.get("x-twilio-signature", "")
        token = self._account.secret if self._account else ""
        if not token or not any(
            same(signature, sign(token, url, fields)) for url in _with_and_without_port(call.url)
        ):
            raise Forbidden("This request is not signed by our account at Twilio.")

    def answer(self, call: Call, spoken: Spoken | None) -> tuple[str, bytes]:
        """What Twilio does next, as TwiML."""
        if spoken is None:
            return "text/xml", b"<Response/>"
        return "text/xml", said(spoken.words, call.url if spoken.ask_again else "").encode()


def sign(token: str, url: str, fields: Sequence[tuple[str, str]]) -> str:
    """As https://www.twilio.com/docs/usage/security#validating-requests says; a field that repeats counts once a value."""
    signed = url + "".join(name + value for name, value in sorted(set(fields)))
    return base64.b64encode(hmac.digest(token.encode(), signed.encode(), "sha1")).decode()


def _with_and_without_port(url: str) -> tuple[str, ...]:
    """Twilio signs some addresses with the port that they do not name, and some without one that they do."""
    parts = urlsplit(url)
    host = (
        parts.netloc.rpartition(":")[0]
        if parts.port
        else f"{parts.netloc}:{443 if parts.scheme == 'https' else 80}"
    )
    return url, urlunsplit(parts._replace(netloc=host))


def _login(account: Account) -> dict[str, str]:
    basic = base64.b64encode(f"{account.user}:{account.secret}".encode()).decode()
    return {"Authorization": f"Basic {basic}"}


def _id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise NotFound("There is no such delivery.") from None


def _receipt(delivery: UUID, fields: Mapping[str, str]) -> Receipt | None:
    """Of the ends of a message or a call; stages on the way there say nothing new."""
    if call := fields.get("CallSid"):
        status = fields.get("CallStatus", "")
        if status == "completed":
            return Receipt(delivery, f"twilio:{call}", "delivered", "The call was answered.")
        return Receipt(delivery, f"twilio:{call}", "failed", _ENDS[status]) if status in _ENDS else None
    vendor_id = f"twilio:{fields.get('MessageSid', '')}"
    match fields.get("MessageStatus", ""):
        case "delivered" | "read":
            return Receipt(delivery, vendor_id, "delivered")
        case "undelivered" | "failed":
            code = fields.get("ErrorCode", "")
            why = f" (error {code})" if code.isdigit() else ""
            return Receipt(delivery, vendor_id, "failed", f"The message did not reach the telephone{why}.")
    return None


def _refusal(answer: Response) -> SendFailed | None:
    """With Twilio's error number, which its pages explain; its words may repeat ours."""
    if answer.status >= 500 or answer.status < 400 or answer.status == 429:
        return None
    try:
        data: Any = answer.json()
    except NetError:
        return None
    code = data.get("code") if isinstance(data, Mapping) else None
    if not isinstance(code, int):
        return None
    sentence = f"Twilio refused it ({answer.status}, error {code}: twilio.com/docs/api/errors/{code})."
    return SendFailed(sentence, retry=False, gone=code in _GONE)
