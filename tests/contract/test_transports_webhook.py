"""The webhook against a real HTTP server: its signature is checked by the published library of Standard Webhooks."""

import asyncio
import json
from collections.abc import AsyncIterator
from uuid import UUID

import pytest
from aiohttp import web
from standardwebhooks import Webhook as Verifier

from tests.contract.test_transports_email import page
from tests.contract.vendors import KEYS
from tocsin.integrations.registry import transports
from tocsin.integrations.webhook import Webhook
from tocsin.kernel.crypto import new_webhook_secret
from tocsin.kernel.net import Outbound
from tocsin.paging.transport import Destination, SendFailed, working
from tocsin.settings import PrivateTargets, load


class Hook:
    """A server on this machine that keeps what it got and answers as told."""

    def __init__(self) -> None:
        self.requests: list[tuple[dict[str, str], bytes]] = []
        self.status = 204
        self.headers: dict[str, str] = {}
        self.body = b""
        self.mode = "answer"
        self.port = 0

    async def answer(self, request: web.Request) -> web.StreamResponse:
        self.requests.append((dict(request.headers), await request.read()))
        if self.mode == "close" and request.transport:
            request.transport.close()
        if self.mode == "hang":
            await asyncio.Event().wait()
        return web.Response(status=self.status, headers=self.headers, body=self.body)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hook/SECRET-PATH?token=SECRET-QUERY"


@pytest.fixture
async def hook() -> AsyncIterator[Hook]:
    found = Hook()
    app = web.Application()
    app.router.add_route("*", "/{tail:.*}", found.answer)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    found.port = runner.addresses[0][1]
    yield found
    await runner.cleanup()


@pytest.fixture
async def outbound() -> AsyncIterator[Outbound]:
    async with Outbound(PrivateTargets(everything=True)) as client:
        yield client


@pytest.fixture
def transport(outbound: Outbound) -> Webhook:
    return Webhook(outbound)


async def test_the_body_is_signed_and_says_what_happened(transport: Webhook, hook: Hook) -> None:
    secret = new_webhook_secret()
    message = page()
    sent = await transport.send(message, Destination(hook.url, secret))
    assert sent.delivered
    ((headers, body),) = hook.requests
    verified = Verifier(secret).verify(body, {k.lower(): v for k, v in headers.items()})
    assert verified == json.loads(body)
    assert headers["webhook-id"] == str(message.key) == headers["Idempotency-Key"]
    assert verified["type"] == "tocsin.page"
    data = verified["data"]
    assert data["ack_url"] == "https://tocsin.example/ack/TOKEN"
    assert data["alert"]["number"] == 42
    assert data["alert"]["priority"] == "P1"
    assert data["alert"]["started_at"] == "2026-11-23T02:07:00+00:00"
    assert UUID(data["delivery"]) == message.key
    assert len(data["short"]) <= 160


async def test_a_repeat_has_the_same_id(transport: Webhook, hook: Hook) -> None:
    message = page()
    for _ in range(2):
        await transport.send(message, Destination(hook.url, new_webhook_secret()))
    assert len({headers["webhook-id"] for headers, _ in hook.requests}) == 1


async def test_without_a_secret_nothing_is_signed(transport: Webhook, hook: Hook) -> None:
    await transport.send(page(), Destination(hook.url))
    ((headers, _),) = hook.requests
    assert "webhook-signature" not in {name.lower() for name in headers}


async def test_a_broken_secret_sends_nothing(transport: Webhook, hook: Hook) -> None:
    with pytest.raises(SendFailed, match="make a new one") as failed:
        await transport.send(page(), Destination(hook.url, "whsec_%%%"))
    assert not failed.value.retry
    assert hook.requests == []


@pytest.mark.parametrize(
    ("status", "retry", "gone"),
    [(301, False, False), (400, False, False), (401, False, False), (404, False, False), (408, True, False),
     (410, False, True), (425, True, False), (500, True, False), (502, True, False), (503, True, False)],
)  # fmt: skip
async def test_every_status_has_its_meaning(
    transport: Webhook, hook: Hook, status: int, *, retry: bool, gone: bool
) -> None:
    hook.status = status
    with pytest.raises(SendFailed, match=str(status)) as failed:
        await transport.send(page(), Destination(hook.url, new_webhook_secret()))
    assert (failed.value.retry, failed.value.gone) == (retry, gone)


async def test_it_waits_as_long_as_a_429_says(transport: Webhook, hook: Hook) -> None:
    hook.status, hook.headers = 429, {"Retry-After": "17"}
    with pytest.raises(SendFailed) as failed:
        await transport.send(page(), Destination(hook.url))
    assert (failed.value.retry, failed.value.after) == (True, 17)


async def test_garbage_with_a_good_status_is_good(transport: Webhook, hook: Hook) -> None:
    hook.status, hook.body = 200, b"\xff\x00" * 2_000_000
    assert (await transport.send(page(), Destination(hook.url))).delivered


async def test_a_closed_connection_may_mean_that_it_was_taken(transport: Webhook, hook: Hook) -> None:
    hook.mode = "close"
    with pytest.raises(SendFailed) as failed:
        await transport.send(page(), Destination(hook.url))
    assert failed.value.retry
    assert failed.value.maybe_sent


async def test_a_server_that_hangs_is_left(hook: Hook) -> None:
    hook.mode = "hang"
    async with Outbound(PrivateTargets(everything=True)) as outbound:
        with pytest.raises(SendFailed, match="in time") as failed:
            await Webhook(outbound, timeout=0.3).send(page(), Destination(hook.url))
    assert failed.value.retry
    assert failed.value.maybe_sent


async def test_nobody_there_is_tried_again_and_was_not_taken(transport: Webhook) -> None:
    with pytest.raises(SendFailed) as failed:
        await transport.send(page(), Destination("http://127.0.0.1:9/"))
    assert failed.value.retry
    assert not failed.value.maybe_sent


async def test_private_addresses_are_refused_unless_the_operator_allows_them(hook: Hook) -> None:
    async with Outbound() as outbound:
        with pytest.raises(SendFailed, match="private address") as failed:
            await Webhook(outbound).send(page(), Destination(hook.url))
    assert not failed.value.retry
    assert hook.requests == []


@pytest.mark.parametrize("mode", ["status", "close", "refused", "target"])
async def test_no_error_holds_a_secret(transport: Webhook, hook: Hook, mode: str) -> None:
    secret = new_webhook_secret()
    hook.mode, hook.status = ("close", 204) if mode == "close" else ("answer", 403)
    hook.body = b"SECRET-ANSWER"
    url = {"refused": "http://user:SECRET@127.0.0.1:9/SECRET", "target": "gopher://SECRET/SECRET"}.get(
        mode, hook.url
    )
    with pytest.raises(SendFailed) as failed:
        await transport.send(page(), Destination(url, secret))
    said = f"{failed.value} {failed.value!r} {failed.value.__context__} {failed.value.__cause__}"
    assert "SECRET" not in said
    assert secret not in said


@pytest.mark.parametrize("words", ["<script>alert(1)</script>", "x" * 10_000, "nul \0", "ü😀"])
async def test_hostile_words_arrive_as_words(transport: Webhook, hook: Hook, words: str) -> None:
    secret = new_webhook_secret()
    await transport.send(page(words), Destination(hook.url, secret))
    ((headers, body),) = hook.requests
    assert Verifier(secret).verify(body, {k.lower(): v for k, v in headers.items()})


async def test_the_registry_lists_each_transport_once_under_its_name(outbound: Outbound) -> None:
    without = transports(load({}), outbound)
    assert list(without) == [
        "email",
        "sms",
        "voice",
        "webpush",
        "ntfy",
        "gotify",
        "slack",
        "matrix",
        "telegram",
        "webhook",
        "apprise",
    ]
    assert working(without) == ["ntfy", "gotify", "webhook", "apprise"]
    settings = {
        "TOCSIN_SMTP_URL": "smtp://mail.example",
        "TOCSIN_TELEGRAM_TOKEN": "123:abc",
        "TOCSIN_SLACK_TOKEN": "xoxb-0123456789",
        "TOCSIN_MATRIX_URL": "https://matrix.example",
        "TOCSIN_MATRIX_TOKEN": "syt_0123456789",
        "TOCSIN_TWILIO_URL": "https://AC1:token@api.twilio.com?from=+15551234567",
    }
    everything = transports(load(settings), outbound, keys=KEYS)
    assert working(everything) == list(everything)
    assert all(t.info.name == name and t.info.title and t.info.fields for name, t in everything.items())
