"""Servers on this machine that imitate what vendors publish, for the contract that all transports share."""

import asyncio
from base64 import b64encode
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl
from xml.etree import ElementTree as ET

import orjson
from aiohttp import web
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from tests.contract.push_device import PHONE as DEVICE
from tocsin.integrations.apprise import Apprise
from tocsin.integrations.gotify import Gotify
from tocsin.integrations.matrix import Matrix
from tocsin.integrations.matrix.rooms import alias_of
from tocsin.integrations.ntfy import Ntfy
from tocsin.integrations.slack import Slack
from tocsin.integrations.sms import Sms
from tocsin.integrations.sms_gateway import SmsGateway
from tocsin.integrations.telegram import Telegram
from tocsin.integrations.telnyx import Telnyx
from tocsin.integrations.twilio import Twilio
from tocsin.integrations.voice import Voice
from tocsin.integrations.webhook import Webhook
from tocsin.integrations.webpush import WebPush
from tocsin.kernel.crypto import Keys, new_webhook_secret
from tocsin.kernel.net import Outbound
from tocsin.paging.transport import Destination, Transport
from tocsin.settings import PrivateTargets
from tocsin.vendors import Account, Gateway

#: Stands in every secret that a case uses: nothing that is said or logged may hold it.
SECRET = "SECRETSECRET"


@dataclass(frozen=True)
class Asked:
    """One request as it came."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return orjson.loads(self.body)

    @property
    def form(self) -> list[tuple[str, str]]:
        return parse_qsl(self.body.decode(), keep_blank_values=True)


@dataclass
class Vendor:
    """Keeps what it got and answers as told."""

    status: int = 200
    body: bytes = b"{}"
    headers: dict[str, str] = field(default_factory=dict)
    mode: str = "answer"
    #: Fixed answers, by path, to what must be asked before anything can be sent; kept apart from `asked`.
    steps: Mapping[str, Any] = field(default_factory=dict)
    #: Statuses of paths that fail, whatever the others do.
    faults: Mapping[str, int] = field(default_factory=dict)
    steps_asked: list[Asked] = field(default_factory=list)
    asked: list[Asked] = field(default_factory=list)
    port: int = 0

    @property
    def root(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def says(self, status: int, body: Any = None, **headers: str) -> None:
        self.status = status
        self.body = body if isinstance(body, bytes) else orjson.dumps(body if body is not None else {})
        self.headers = {name.replace("_", "-"): value for name, value in headers.items()}

    async def answer(self, request: web.Request) -> web.StreamResponse:
        step = self.steps.get(request.path)
        (self.asked if step is None else self.steps_asked).append(
            Asked(
                request.method, request.path, dict(request.query), dict(request.headers), await request.read()
            )
        )
        if self.mode == "close" and request.transport:
            request.transport.close()
        if self.mode == "hang":
            await asyncio.Event().wait()
        if request.path in self.faults:
            return web.json_response({"errcode": "M_UNKNOWN"}, status=self.faults[request.path])
        if step is not None:
            return web.json_response(step)
        return web.Response(status=self.status, headers=self.headers, body=self.body)


@asynccontextmanager
async def serving() -> AsyncIterator[Vendor]:
    """A vendor that listens."""
    found = Vendor()
    app = web.Application()
    app.router.add_route("*", "/{tail:.*}", found.answer)
    runner = web.AppRunner(app, shutdown_timeout=0.1, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    found.port = runner.addresses[0][1]
    try:
        yield found
    finally:
        await runner.cleanup()


@dataclass(frozen=True)
class Case:
    """How one transport is held to the shared contract.

    `good`: status and body that the vendor publishes for success. `vendor_id`: what the ledger keeps of it.
    `words`: the text in a request. `garbage_is_good`: the vendor promises nothing but a status.
    """

    transport: str
    make: Callable[[Outbound, str, float], Transport]
    to: Callable[[str], Destination]
    good: tuple[int, Any]
    vendor_id: str
    words: Callable[[Asked], str]
    garbage_is_good: bool = False
    most: int = 10_000
    operated: bool = False
    steps: Mapping[str, Any] = field(default_factory=dict)
    #: The library tells only that it failed, and a status: no time to wait, no key, no word on how far it came.
    coarse: bool = False


BASE = "https://tocsin.example"
PHONE = "+4915123456789"
MATRIX, BOT, ANA = "/_matrix/client/v3", "@tocsin:chat.test", "@ana:chat.test"
KEYS = Keys(b"a master secret that only tests know")
#: The public half of the key that a test signs with as Telnyx does.
TELNYX = Ed25519PrivateKey.generate()
TELNYX_PUBLIC = b64encode(TELNYX.public_key().public_bytes_raw()).decode()


def twilio(outbound: Outbound, root: str, timeout: float = 5.0) -> Twilio:
    return Twilio(outbound, Account(root, "AC0123", "+15551234567", SECRET), BASE, timeout=timeout)


def telnyx(outbound: Outbound, root: str, timeout: float = 5.0) -> Telnyx:
    account = Account(root, "", "+15551234567", SECRET, TELNYX_PUBLIC, "1293384261075731499")
    return Telnyx(outbound, account, BASE, timeout=timeout)


def gateway(outbound: Outbound, root: str, timeout: float = 5.0) -> SmsGateway:
    found = Gateway("POST", f"{root.replace('//', f'//user:{SECRET}@')}/send")
    return SmsGateway(
        outbound, found, '{"to": "{to}", "message": "{text}"}', f"X-Api-Key: {SECRET}", timeout=timeout
    )


def heard(markup: str) -> str:
    """What somebody hears who answers a call with this markup and presses nothing."""
    return " ".join(said.text or "" for said in ET.fromstring(markup).iter("Say"))  # noqa: S314 - our own


def to_phone(_root: str) -> Destination:
    return Destination(PHONE)


CASES = {
    # The published OpenAPI document of Twilio, and an exchange of its own library.
    "sms by Twilio": Case(
        "sms",
        lambda outbound, root, timeout: Sms({"twilio": twilio(outbound, root, timeout)}),
        to_phone,
        (201, {"sid": "SM00000000000000000000000000000000", "status": "queued", "num_segments": "1"}),
        "twilio:SM00000000000000000000000000000000",
        lambda asked: dict(asked.form)["Body"],
        most=160,
        operated=True,
    ),
    # https://developers.telnyx.com/api-reference/messages/send-a-message
    "sms by Telnyx": Case(
        "sms",
        lambda outbound, root, timeout: Sms({"telnyx": telnyx(outbound, root, timeout)}),
        to_phone,
        (200, {"data": {"record_type": "message", "id": "40385f64-5717-4562-b3fc-2c963f66afa6", "parts": 1}}),
        "telnyx:40385f64-5717-4562-b3fc-2c963f66afa6",
        lambda asked: asked.json["text"],
        most=160,
        operated=True,
    ),
    "sms by a gateway": Case(
        "sms",
        lambda outbound, root, timeout: Sms({"gateway": gateway(outbound, root, timeout)}),
        to_phone,
        (200, b"OK"),
        "",
        lambda asked: asked.json["message"],
        garbage_is_good=True,
        most=400,
        operated=True,
    ),
    "call by Twilio": Case(
        "voice",
        lambda outbound, root, timeout: Voice({"twilio": twilio(outbound, root, timeout)}, BASE),
        to_phone,
        (201, {"sid": "CA00000000000000000000000000000000", "status": "queued"}),
        "twilio:CA00000000000000000000000000000000",
        lambda asked: heard(dict(asked.form)["Twiml"]),
        most=4000,
        operated=True,
    ),
    # https://developers.telnyx.com/api-reference/texml-rest-commands/create-a-connection-scoped-texml-call
    "call by Telnyx": Case(
        "voice",
        lambda outbound, root, timeout: Voice({"telnyx": telnyx(outbound, root, timeout)}, BASE),
        to_phone,
        (200, {"from": "+15551234567", "to": PHONE, "status": "initiated", "call_sid": "v3:9X2v"}),
        "telnyx:v3:9X2v",
        lambda asked: heard(asked.json["Texml"]),
        most=4000,
        operated=True,
    ),
    # The JSON service of Apprise: https://github.com/caronc/apprise/wiki/Notify_Custom_JSON
    "apprise": Case(
        "apprise",
        lambda _outbound, _root, timeout: Apprise(PrivateTargets(everything=True), timeout=timeout),
        lambda root: Destination("json (0123abcd)", f"{root.replace('http', 'json')}/{SECRET}"),
        (200, b"anything"),
        "",
        lambda asked: asked.json["message"],
        garbage_is_good=True,
        coarse=True,
    ),
    "webhook": Case(
        "webhook",
        lambda outbound, _root, timeout: Webhook(outbound, timeout=timeout),
        lambda root: Destination(f"{root}/{SECRET}?token={SECRET}", new_webhook_secret()),
        (204, b""),
        "",
        lambda asked: asked.json["data"]["text"],
        garbage_is_good=True,
    ),
    # RFC 8030, 8291 and 8292: a push service answers 201 and promises no body.
    "webpush": Case(
        "webpush",
        lambda outbound, _root, timeout: WebPush(outbound, KEYS, BASE, "mailto:ops@tocsin.example", timeout=timeout),
        lambda root: Destination(f"{root}/wpush/{SECRET}", DEVICE.keys),
        (201, b""),
        "",
        lambda asked: "\n".join((DEVICE.read(asked.body)["title"], DEVICE.read(asked.body)["body"])),
        garbage_is_good=True,
        most=4096,
    ),
    # https://docs.ntfy.sh/publish/#publish-as-json
    "ntfy": Case(
        "ntfy",
        lambda outbound, _root, timeout: Ntfy(outbound, timeout=timeout),
        lambda root: Destination(f"{root}/{SECRET}", f"tk_{SECRET}"),
        (200, {"id": "hwQ2YpKdmg", "time": 1735528741, "event": "message", "topic": "mytopic"}),
        "hwQ2YpKdmg",
        lambda asked: asked.json["message"],
        most=4096,
    ),
    # https://gotify.net/api-docs#/message/createMessage
    "gotify": Case(
        "gotify",
        lambda outbound, _root, timeout: Gotify(outbound, timeout=timeout),
        lambda root: Destination(f"{root}/{SECRET}", SECRET),
        (200, {"id": 25, "appid": 5, "message": "x", "title": "y", "priority": 2, "date": "2026-02-27T19:36:10Z"}),
        "25",
        lambda asked: asked.json["message"],
    ),
    # https://docs.slack.dev/reference/methods/chat.postMessage: the examples of the published description
    "slack": Case(
        "slack",
        lambda outbound, root, timeout: Slack(outbound, f"xoxb-{SECRET}", SECRET, root, timeout=timeout),
        lambda _root: Destination("U0123ABCD"),
        (200, {"ok": True, "channel": "D069C7QFK", "ts": "1503435956.000247", "message": {"type": "message"}}),
        "D069C7QFK:1503435956.000247",
        lambda asked: "\n".join(block["text"]["text"] for block in asked.json["blocks"] if "text" in block),
        most=4096,
        operated=True,
        steps={"/conversations.open": {"ok": True, "channel": {"id": "D069C7QFK"}}},
    ),
    # https://spec.matrix.org/v1.11/client-server-api/#put_matrixclientv3roomsroomidsendeventtypetxnid
    "matrix": Case(
        "matrix",
        lambda outbound, root, timeout: Matrix(outbound, root, f"syt_{SECRET}", timeout=timeout),
        lambda _root: Destination(ANA),
        (200, {"event_id": "$YUwRidLecu:example.com"}),
        "$YUwRidLecu:example.com",
        lambda asked: asked.json["body"],
        most=10_600,
        operated=True,
        steps={
            f"{MATRIX}/account/whoami": {"user_id": BOT},
            f"{MATRIX}/directory/room/{alias_of(BOT, ANA)}": {"room_id": "!room:chat.test", "servers": ["chat.test"]},
            f"{MATRIX}/rooms/!room:chat.test/state/m.room.member/{ANA}": {"membership": "join"},
        },
    ),
    # https://core.telegram.org/bots/api#making-requests
    "telegram": Case(
        "telegram",
        lambda outbound, root, timeout: Telegram(outbound, f"123:{SECRET}", api=root, timeout=timeout),
        lambda _root: Destination("987654321"),
        (200, {"ok": True, "result": {"message_id": 77, "date": 1, "chat": {"id": 987654321, "type": "private"}}}),
        "77",
        lambda asked: asked.json["text"],
        most=4096,
        operated=True,
    ),
}  # fmt: skip
