"""ntfy, Gotify and Telegram: what is particular about each, against servers that imitate what they publish."""

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from tests.contract.test_transports_email import page
from tests.contract.vendors import CASES, Vendor, serving
from tocsin.integrations import gotify, ntfy, telegram
from tocsin.kernel.net import Outbound
from tocsin.paging.model import Purpose
from tocsin.paging.transport import BadAddress, Destination, Message, SendFailed, Sent
from tocsin.settings import PrivateTargets


@pytest.fixture
async def vendor() -> AsyncIterator[Vendor]:
    async with serving() as found:
        yield found


@pytest.fixture
async def outbound() -> AsyncIterator[Outbound]:
    async with Outbound(PrivateTargets(everything=True)) as client:
        yield client


async def sent(
    name: str, message: Message, vendor: Vendor, outbound: Outbound, to: Destination | None = None
) -> Sent:
    case = CASES[name]
    if vendor.body == b"{}":
        vendor.says(*case.good)
    return await case.make(outbound, vendor.root, 5.0).send(message, to or case.to(vendor.root))


def of_priority(priority: int) -> Message:
    message = page()
    assert message.alert
    return replace(message, alert=replace(message.alert, priority=priority))


def notice() -> Message:
    return replace(
        page(), purpose=Purpose.NOTICE, alert=None, ack_url="", alert_url="", url="https://tocsin.example/x"
    )


async def test_ntfy_gets_json_at_its_root_with_the_topic_inside(vendor: Vendor, outbound: Outbound) -> None:
    message = page()
    await sent("ntfy", message, vendor, outbound, Destination(f"{vendor.root}/push/ops-night", "tk_abc"))
    (asked,) = vendor.asked
    assert (asked.method, asked.path) == ("POST", "/push/")
    assert asked.headers["Authorization"] == "Bearer tk_abc"
    body = asked.json
    assert body["topic"] == "ops-night"
    assert body["title"] == "[P1 #42] Checkout is failing"
    assert (body["priority"], body["tags"]) == (5, ["rotating_light"])
    assert body["click"] == "https://tocsin.example/ack/TOKEN"
    assert body["sequence_id"] == message.key.hex
    one_tap, opens = body["actions"]
    assert one_tap == {
        "action": "http", "label": "Acknowledge", "url": "https://tocsin.example/ack/TOKEN/now", "method": "POST",
        "clear": True,
    }  # fmt: skip
    assert (opens["action"], opens["url"]) == ("view", "https://tocsin.example/ack/TOKEN")


async def test_ntfy_without_a_token_sends_none(vendor: Vendor, outbound: Outbound) -> None:
    await sent("ntfy", page(), vendor, outbound, Destination(f"{vendor.root}/ops"))
    assert "Authorization" not in vendor.asked[0].headers


async def test_priorities_of_push_follow_the_alerts(vendor: Vendor, outbound: Outbound) -> None:
    for priority in range(1, 6):
        await sent("ntfy", of_priority(priority), vendor, outbound)
    assert [asked.json["priority"] for asked in vendor.asked] == [5, 5, 4, 3, 2]
    vendor.asked.clear()
    vendor.says(*CASES["gotify"].good)
    for priority in range(1, 6):
        await sent("gotify", of_priority(priority), vendor, outbound)
    assert [asked.json["priority"] for asked in vendor.asked] == [10, 9, 8, 5, 2]


async def test_a_notice_rings_nobody_out_of_bed(vendor: Vendor, outbound: Outbound) -> None:
    await sent("ntfy", notice(), vendor, outbound)
    body = vendor.asked[0].json
    assert (body["priority"], body["click"]) == (3, "https://tocsin.example/x")
    assert "actions" not in body


async def test_gotify_gets_its_token_in_the_header_and_a_place_to_tap(
    vendor: Vendor, outbound: Outbound
) -> None:
    await sent("gotify", page(), vendor, outbound, Destination(f"{vendor.root}/base", "AppToken.1"))
    (asked,) = vendor.asked
    assert (asked.method, asked.path) == ("POST", "/base/message")
    assert asked.headers["X-Gotify-Key"] == "AppToken.1"
    assert asked.query == {}
    extras = asked.json["extras"]
    assert extras["client::notification"]["click"]["url"] == "https://tocsin.example/ack/TOKEN"
    assert extras["client::display"]["contentType"] == "text/plain"


async def test_telegram_gets_plain_text_and_a_button(vendor: Vendor, outbound: Outbound) -> None:
    await sent("telegram", page("*not* <b>markup</b>"), vendor, outbound)
    (asked,) = vendor.asked
    assert asked.path == "/bot123:SECRETSECRET/sendMessage"
    body = asked.json
    assert body["chat_id"] == "987654321"
    assert "*not* <b>markup</b>" in body["text"]
    assert "parse_mode" not in body
    assert body["disable_notification"] is False
    assert body["reply_markup"]["inline_keyboard"] == [
        [{"text": "Open and acknowledge", "url": "https://tocsin.example/ack/TOKEN"}]
    ]


async def test_telegram_counts_as_telegram_does(vendor: Vendor, outbound: Outbound) -> None:
    await sent("telegram", page("x", description="😀" * 3000), vendor, outbound)
    text = vendor.asked[0].json["text"]
    assert 4000 < len(text.encode("utf-16-le")) // 2 <= 4096


async def test_telegram_takes_no_button_to_a_name_without_a_dot(vendor: Vendor, outbound: Outbound) -> None:
    local = replace(page(), ack_url="http://localhost:8080/ack/TOKEN")
    await sent("telegram", local, vendor, outbound)
    assert "reply_markup" not in vendor.asked[0].json


async def test_telegram_says_in_the_body_how_long_to_wait(vendor: Vendor, outbound: Outbound) -> None:
    vendor.says(
        429,
        {"ok": False, "error_code": 429, "description": "Too Many Requests: retry after 34", "parameters": {"retry_after": 34}},
    )  # fmt: skip
    with pytest.raises(SendFailed) as failed:
        await sent("telegram", page(), vendor, outbound)
    assert (failed.value.retry, failed.value.after) == (True, 34)


@pytest.mark.parametrize(
    ("status", "description", "gone"),
    [
        (403, "Forbidden: bot was blocked by the user", True),
        (403, "Forbidden: user is deactivated", True),
        (400, "Bad Request: chat not found", True),
        (400, "Bad Request: message text is empty", False),
        (401, "Unauthorized", False),
    ],
)
async def test_whoever_blocked_the_bot_is_gone(
    vendor: Vendor, outbound: Outbound, status: int, description: str, *, gone: bool
) -> None:
    vendor.says(status, {"ok": False, "error_code": status, "description": description})
    with pytest.raises(SendFailed) as failed:
        await sent("telegram", page(), vendor, outbound)
    assert (failed.value.retry, failed.value.gone) == (False, gone)


@pytest.mark.parametrize(
    ("accept", "address", "secret", "field"),
    [
        (ntfy.INFO.accept, "ops", "", "address"),
        (ntfy.INFO.accept, "https://ntfy.sh", "", "address"),
        (ntfy.INFO.accept, "https://ntfy.sh/", "", "address"),
        (ntfy.INFO.accept, "https://ntfy.sh/a?b=c", "", "address"),
        (ntfy.INFO.accept, "ftp://ntfy.sh/ops", "", "address"),
        (ntfy.INFO.accept, "https://ntfy.sh/ops", "two words", "secret"),
        (ntfy.INFO.accept, "https://ntfy.sh/ops", "line\nbreak", "secret"),
        (gotify.INFO.accept, "https://push.example", "", "secret"),
        (gotify.INFO.accept, "push.example", "token", "address"),
        (telegram.INFO.accept, "Ana", "", "address"),
        (telegram.INFO.accept, "12 34", "", "address"),
        (telegram.INFO.accept, "@", "", "address"),
    ],
)
def test_what_cannot_work_is_refused_by_its_field(accept, address: str, secret: str, field: str) -> None:
    with pytest.raises(BadAddress) as bad:
        accept(address, secret)
    assert bad.value.field == field
    assert not secret or secret not in str(bad.value)


def test_what_works_is_taken() -> None:
    assert ntfy.INFO.accept("https://ntfy.sh/ops", "tk_1") == Destination("https://ntfy.sh/ops", "tk_1")
    assert ntfy.INFO.accept("https://ntfy.sh/ops", "").secret is None
    assert gotify.INFO.accept("https://push.example/", "A.b") == Destination("https://push.example", "A.b")
    assert telegram.INFO.accept("-1001234", "").address == "-1001234"
    assert telegram.INFO.accept("@ops_night", "").address == "@ops_night"


async def test_no_bot_is_a_sentence(outbound: Outbound) -> None:
    transport = telegram.Telegram(outbound, None)
    assert not transport.ready
    with pytest.raises(SendFailed, match="TOCSIN_TELEGRAM_TOKEN") as failed:
        await transport.send(page(), Destination("1"))
    assert not failed.value.retry
