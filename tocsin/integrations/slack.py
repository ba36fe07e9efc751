"""Pages as a direct message in Slack, from the operator's app, with a button that acknowledges.

https://docs.slack.dev/reference/methods/chat.postMessage, https://docs.slack.dev/interactivity/handling-user-interaction.
Slack answers 200 also when it refuses; `ok` and `error` in the body count. It knows neither idempotency nor receipts.
"""

import hmac
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs
from uuid import UUID

import orjson

from tocsin.kernel.crypto import same
from tocsin.kernel.errors import Forbidden, Invalid
from tocsin.kernel.net import NetError, Outbound, Response
from tocsin.paging.chat import Outcome, Tapped
from tocsin.paging.exchange import TIMEOUT_S, clipped, hand_over, read
from tocsin.paging.inbound import Call
from tocsin.paging.transport import BadAddress, Destination, Field, Message, SendFailed, Sent, TransportInfo

#: Characters that Slack takes in a header and in a section; bytes are never fewer.
HEADER, SECTION = 150, 3000
ACKNOWLEDGE = "acknowledge"
#: How old a signed request may be: older ones are repeats by somebody who listened.
FRESH = timedelta(minutes=5)
#: What Slack says of a person who never gets a message from this app again.
_GONE = {
    "users_not_found": "Slack knows nobody with this e-mail address in this workspace.",
    "user_not_found": "Slack knows no such member in this workspace.",
    "user_not_visible": "Slack does not let the app see this member.",
    "user_disabled": "This member of the Slack workspace is deactivated.",
    "channel_not_found": "Slack knows no such member in this workspace.",
    "is_archived": "This conversation in Slack is archived.",
    "cannot_dm_bot": "This is a bot: it reads no pages.",
}
#: What Slack says of the app: the operator's to mend, and no fault of the person's address.
_OURS = {
    "invalid_auth": "Slack does not know the app's token (TOCSIN_SLACK_TOKEN).",
    "not_authed": "Slack does not know the app's token (TOCSIN_SLACK_TOKEN).",
    "token_revoked": "The app's token was revoked in Slack (TOCSIN_SLACK_TOKEN).",
    "token_expired": "The app's token has expired (TOCSIN_SLACK_TOKEN).",
    "account_inactive": "The app was removed from the Slack workspace, or the workspace is gone.",
    "missing_scope": "The Slack app lacks a scope: it needs chat:write, im:write and, for e-mail addresses, users:read.email.",
    "no_permission": "The Slack app may not do this.",
    "messages_tab_disabled": "The Slack app's Messages tab is off: turn it on under App Home.",
}
_LATER = frozenset({"ratelimited", "rate_limited", "internal_error", "fatal_error", "request_timeout", "service_unavailable",
                    "team_added_to_org"})  # fmt: skip


def _accept(address: str, _secret: str) -> Destination:
    if _is_member(address):
        return Destination(address)
    name, at, host = address.partition("@")
    if name and at and "." in host and "@" not in host and address.isprintable() and " " not in address:
        return Destination(address.lower())
    raise BadAddress(
        "That is neither a member id, as U0123ABCD, nor the e-mail address that you have in Slack."
    )


def _is_member(text: str) -> bool:
    return (
        text[:1] in ("U", "W")
        and 8 <= len(text) <= 20
        and text.isascii()
        and text.isalnum()
        and text.isupper()
    )


INFO = TransportInfo(
    name="slack",
    title="Slack",
    fields=(
        Field("address", "Member id", "Your profile in Slack, ⋮, Copy member ID; or your e-mail address there."),
    ),
    # Slack takes about one message a second in a conversation, and several hundred a minute in a workspace.
    at_once=10, accept=_accept, doc="slack.md",
    bundles=True,
)  # fmt: skip


class Slack:
    """The transport `slack`, and the chat whose taps come to `/in/slack/interactions`. Not ready without a token."""

    name = "slack"

    def __init__(
        self,
        outbound: Outbound,
        token: str | None,
        secret: str | None,
        api: str,
        *,
        timeout: float = TIMEOUT_S,
    ) -> None:
        self._outbound = outbound
        self._token = token
        self._secret = secret
        self._api = api
        self._timeout = timeout
        #: Conversations by address, as Slack allows few questions a minute. They never change.
        self._known: dict[str, tuple[str, str]] = {}

    @property
    def info(self) -> TransportInfo:
        return INFO

    @property
    def ready(self) -> bool:
        return self._token is not None

    async def send(self, message: Message, to: Destination) -> Sent:
        """One direct message; its conversation and time are the vendor's id."""
        if self._token is None:
            raise SendFailed("No Slack app is set up (TOCSIN_SLACK_TOKEN).", retry=False)
        member, channel = await self._conversation(to.address)
        body = body_of(message, member if self._secret else "")
        try:
            answer = await self._ask("chat.postMessage", key=message.key, json={"channel": channel, **body})
        except SendFailed as failed:
            if failed.gone:
                self._known.pop(to.address, None)
            raise
        return Sent(vendor_id=f"{channel}:{read(answer, 'ts')['ts']}"[:100])

    async def _conversation(self, address: str) -> tuple[str, str]:
        """The member's id and the conversation with them."""
        if address not in self._known:
            member = address if _is_member(address) else await self._member(address)
            answer = read(await self._ask("conversations.open", json={"users": member}), "channel")
            self._known[address] = member, str(_inner(answer, "channel"))
        return self._known[address]

    async def _member(self, email: str) -> str:
        # The one method here that reads no JSON.
        answer = await self._ask("users.lookupByEmail", data={"email": email})
        return str(_inner(read(answer, "user"), "user"))

    async def _ask(self, method: str, *, key: UUID | None = None, **body: Any) -> Response:
        return await hand_over(
            self._outbound,
            "POST",
            f"{self._api}/{method}",
            headers={"Authorization": f"Bearer {self._token}"},
            timeout=self._timeout,
            trusted=True,
            idempotency_key=str(key) if key else None,
            explain=_refusal,
            **body,
        )

    def tapped(self, call: Call) -> Tapped | None:
        """A tap on our button; None for other taps, as on a link. Raises Forbidden for what Slack did not sign."""
        self._check(call)
        try:
            payload = orjson.loads(parse_qs(call.body.decode())["payload"][0])
            action = payload["actions"][0]
            if payload["type"] != "block_actions" or action["action_id"] != ACKNOWLEDGE:
                return None
            delivery, _, meant = str(action["value"]).partition(" ")
            title = str(payload["message"]["text"])
            own = same(str(payload["user"]["id"]), meant)
            return Tapped(UUID(delivery), own, title, str(payload["response_url"]))
        except (KeyError, IndexError, TypeError, ValueError) as error:
            raise Invalid("payload", "This is no interaction of Slack's.") from error

    def _check(self, call: Call) -> None:
        at = call.headers.get("x-slack-request-timestamp", "")
        signature = call.headers.get("x-slack-signature", "")
        fresh = at.isascii() and at.isdigit() and len(at) <= 12 and abs(call.now - _moment(at)) <= FRESH
        if not self._secret or not fresh or not same(signature, sign(self._secret, at, call.body)):
            raise Forbidden("This request is not signed by our app at Slack.")

    async def settle(self, tapped: Tapped, outcome: Outcome) -> None:
        """Replaces the message by one without a button, or answers beside it, for the one who tapped alone."""
        words = f"{tapped.title}\n{outcome.words}" if outcome.done else outcome.words
        answer = {
            "text": words, "replace_original": outcome.done, "response_type": "in_channel" if outcome.done else "ephemeral",
        }  # fmt: skip
        try:
            await self._outbound.request("POST", tapped.back, json=answer, timeout=self._timeout)
        except NetError:
            return  # The button stays, and says who has it when it is tapped again.


def sign(secret: str, at: str, body: bytes) -> str:
    """As https://docs.slack.dev/authentication/verifying-requests-from-slack says, over the body as it came."""
    return f"v0={hmac.digest(secret.encode(), f'v0:{at}:'.encode() + body, 'sha256').hex()}"


def body_of(message: Message, member: str) -> dict[str, Any]:
    """Text for lists and screen readers, blocks for the conversation; plain, so that nothing in an alert is markup."""
    title = clipped(message.subject, HEADER)
    blocks: list[dict[str, Any]] = [{"type": "header", "text": _plain(title)}]
    if text := clipped(message.text, SECTION).strip():
        blocks.append({"type": "section", "text": _plain(text)})
    buttons = _buttons(message, member)
    if buttons:
        blocks.append({"type": "actions", "elements": buttons})
    return {"text": _escaped(title), "blocks": blocks, "unfurl_links": False, "unfurl_media": False}


def _buttons(message: Message, member: str) -> list[dict[str, Any]]:
    buttons: list[dict[str, Any]] = []
    if message.ack_url and member:
        value = f"{message.key} {member}"
        acknowledge = {"type": "button", "style": "primary", "action_id": ACKNOWLEDGE, "value": value}
        buttons.append({**acknowledge, "text": _plain("Acknowledge")})
    if url := message.ack_url or message.url or message.alert_url:
        buttons.append({"type": "button", "action_id": "open", "url": url, "text": _plain("Open")})
    return buttons


def _plain(text: str) -> dict[str, Any]:
    return {"type": "plain_text", "text": text, "emoji": False}


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _inner(answer: Mapping[str, Any], name: str) -> Any:
    """The id of an object in a good answer."""
    inner = answer[name]
    if isinstance(inner, Mapping) and inner.get("id"):
        return inner["id"]
    raise SendFailed("Slack answered, but not as it should.", retry=True)


def _moment(seconds: str) -> datetime:
    return datetime.fromtimestamp(int(seconds), UTC)


def _refusal(answer: Response) -> SendFailed | None:
    """What Slack says in a body; None when it took it, or when the status alone says enough."""
    if answer.status != 200:
        return None
    try:
        said = answer.json()
    except NetError:
        said = None
    if not isinstance(said, Mapping) or not isinstance(said.get("ok"), bool):
        return SendFailed(
            f"{answer.origin} answered 200, but not as Slack does.", retry=True, maybe_sent=True
        )
    if said["ok"]:
        return None
    error = str(said.get("error", ""))
    if error in _LATER:
        return SendFailed(
            "Slack asks us to try again later.",
            retry=True,
            maybe_sent=error in {"fatal_error", "request_timeout"},
        )
    if sentence := _GONE.get(error):
        return SendFailed(sentence, retry=False, gone=True)
    known = error if error.replace("_", "").isalpha() and error.isascii() and len(error) < 50 else "no reason"
    return SendFailed(_OURS.get(error, f"Slack refused it ({known})."), retry=False)
