"""Pages by Telegram, from the operator's bot: https://core.telegram.org/bots/api#sendmessage.

Telegram knows no idempotency and tells no delivery. A person must have written to the bot first.
"""

from collections.abc import Mapping
from typing import Any

from tocsin.kernel.net import NetError, Outbound, Response
from tocsin.kernel.outcome import LONGEST_WAIT
from tocsin.paging.exchange import TIMEOUT_S, hand_over, read
from tocsin.paging.transport import BadAddress, Destination, Field, Message, SendFailed, Sent, TransportInfo

API = "https://api.telegram.org"
#: Characters of a message, counted as Telegram does: in UTF-16.
MOST = 4096
#: What Telegram says about a chat that will never take a message from this bot again.
_GONE = ("blocked", "deactivated", "kicked", "chat not found", "not a member", "group chat was deleted")


def _accept(address: str, _secret: str) -> Destination:
    number = address.removeprefix("-")
    name = address.removeprefix("@")
    if (number.isascii() and number.isdigit() and len(number) <= 20) or (
        address.startswith("@") and name.isascii() and name.replace("_", "").isalnum()
    ):
        return Destination(address)
    raise BadAddress("That is no chat id: it is a number, as 123456789, or the @name of a channel.")


INFO = TransportInfo(
    name="telegram",
    title="Telegram",
    fields=(
        Field("address", "Chat id", "A number: write to the bot first, then ask @userinfobot for yours."),
    ),
    # Telegram takes some 30 messages a second of a bot.
    at_once=20, accept=_accept, doc="telegram.md",
    bundles=True,
)  # fmt: skip


class Telegram:
    """The transport `telegram`. Not ready without a bot's token."""

    def __init__(
        self, outbound: Outbound, token: str | None, *, api: str = API, timeout: float = TIMEOUT_S
    ) -> None:
        self._outbound = outbound
        self._token = token
        self._api = api
        self._timeout = timeout

    @property
    def info(self) -> TransportInfo:
        return INFO

    @property
    def ready(self) -> bool:
        return self._token is not None

    async def send(self, message: Message, to: Destination) -> Sent:
        """One message with a button. 403 means that the person blocked the bot: gone."""
        if self._token is None:
            raise SendFailed("No Telegram bot is configured (TOCSIN_TELEGRAM_TOKEN).", retry=False)
        answer = await hand_over(
            self._outbound,
            "POST",
            f"{self._api}/bot{self._token}/sendMessage",
            json=body_of(message, to.address),
            timeout=self._timeout,
            trusted=True,
            idempotency_key=str(message.key),
            explain=_refusal,
        )
        sent = read(answer, "ok").get("result")
        return Sent(vendor_id=str(sent.get("message_id", "")) if isinstance(sent, dict) else "")

    def can_check(self, _vendor: str) -> bool:
        return self.ready

    async def check(self, _vendor: str) -> None:
        """Asks who the bot is. Raises SendFailed."""
        url = f"{self._api}/bot{self._token}/getMe"
        read(await hand_over(self._outbound, "GET", url, timeout=self._timeout, trusted=True), "ok")


def body_of(message: Message, chat: str) -> dict[str, Any]:
    """Plain text, so that nothing in an alert is read as markup; one button."""
    text = f"{message.subject}\n\n{message.text}".replace("\0", "").encode("utf-16-le", "replace")
    body: dict[str, Any] = {
        "chat_id": chat,
        "text": text[: 2 * MOST].decode("utf-16-le", "ignore"),
        "link_preview_options": {"is_disabled": True},
        "disable_notification": not message.urgent and message.ack_url != "",
    }
    url = message.ack_url or message.url
    # Telegram refuses a message whose button leads to a name without a dot, as localhost.
    if url and "." in url.split("/")[2]:
        label = "Open and acknowledge" if message.ack_url else "Open"
        body["reply_markup"] = {"inline_keyboard": [[{"text": label, "url": url}]]}
    return body


def _refusal(answer: Response) -> SendFailed | None:
    """What Telegram says in the body; None when the status alone says enough."""
    if 200 <= answer.status < 300:
        return None
    try:
        said = answer.json()
    except NetError:
        return None
    if not isinstance(said, Mapping):
        return None
    description = str(said.get("description", "")).lower()
    if answer.status in (400, 403) and any(words in description for words in _GONE):
        return SendFailed(
            f"Telegram says that this chat takes nothing from the bot ({answer.status}).",
            retry=False,
            gone=True,
        )
    parameters = said.get("parameters")
    after = parameters.get("retry_after") if isinstance(parameters, Mapping) else None
    if answer.status == 429 and isinstance(after, int | float):
        wait = min(max(float(after), 0.0), LONGEST_WAIT)
        return SendFailed("Telegram asks us to wait (429).", retry=True, after=wait)
    return None
