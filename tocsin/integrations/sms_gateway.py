"""SMS through any HTTP service: the operator writes its URL and, if it wants one, its body. No receipts, no replies."""

from base64 import b64encode
from urllib.parse import quote, urlsplit, urlunsplit
from uuid import UUID

import orjson

from tocsin.kernel.net import Outbound
from tocsin.paging.exchange import TIMEOUT_S, hand_over
from tocsin.paging.transport import SendFailed, Sent
from tocsin.vendors import Gateway


class SmsGateway:
    """A vendor of SMS that is named `gateway` in the order. Its target is the operator's, so it may be local."""

    name = "gateway"
    receipts = False
    replies = False

    def __init__(
        self, outbound: Outbound, gateway: Gateway | None, body: str = "", header: str = "", *, timeout: float = TIMEOUT_S
    ) -> None:  # fmt: skip
        self._outbound = outbound
        self._gateway = gateway
        self._body = body
        self._header = header
        self._timeout = timeout

    @property
    def ready(self) -> bool:
        return self._gateway is not None

    async def text(self, number: str, words: str, key: UUID) -> Sent:
        """One request; any 2xx means that the gateway took it."""
        if self._gateway is None:
            raise SendFailed("No SMS gateway is set up (TOCSIN_SMS_GATEWAY).", retry=False)
        words = words.encode("utf-8", "replace").decode().replace("\0", "")
        values = {"to": number, "text": words, "id": str(key)}
        url, login = _without_login(self._gateway.url)
        is_json = self._body.lstrip()[:1] in ("{", "[")
        kind = "application/json" if is_json else "application/x-www-form-urlencoded"
        name, _, value = self._header.partition(":")
        await hand_over(
            self._outbound,
            self._gateway.method,
            filled(url, {each: quote(text, safe="") for each, text in values.items()}),
            headers=login
            | ({"Content-Type": kind} if self._body else {})
            | ({name: value.strip()} if name else {}),
            data=filled(self._body, {n: _inside(t, is_json) for n, t in values.items()}).encode() or None,
            timeout=self._timeout,
            trusted=True,
            idempotency_key=str(key),
        )
        return Sent(vendor_id=str(key))


def filled(template: str, values: dict[str, str]) -> str:
    """The template with its places filled, each once: what is filled in is not read again."""
    for name in values:
        template = template.replace(f"{{{name}}}", f"\0{name}\0")
    for name, value in values.items():
        template = template.replace(f"\0{name}\0", value)
    return template


def _inside(text: str, is_json: bool) -> str:
    """Escaped for where it will stand: within a JSON string, or in a form."""
    return orjson.dumps(text).decode()[1:-1] if is_json else quote(text, safe="")


def _without_login(url: str) -> tuple[str, dict[str, str]]:
    """A user and a password in the URL become a header: addresses end up in logs."""
    parts = urlsplit(url)
    login, at, host = parts.netloc.rpartition("@")
    if not at:
        return url, {}
    basic = b64encode(login.encode()).decode()
    return urlunsplit(parts._replace(netloc=host)), {"Authorization": f"Basic {basic}"}
