"""Push to a device: what the push service is told (RFC 8030), what the device reads, what it tells us, and how it is added."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import orjson
import pytest

from tests.contract.asgi import Told, ask
from tests.contract.browsing import Browser
from tests.contract.push_device import PHONE, Device
from tests.contract.test_transports_email import page
from tests.contract.vendors import CASES, KEYS, Vendor, serving
from tests.domain.paging_world import Later, World, run, unfolded, value
from tests.domain.people_world import signed_in
from tests.support import Company
from tocsin.app import Running, compose
from tocsin.edge.session import form_token
from tocsin.edge.templates import WEB
from tocsin.integrations.webpush import INFO, WebPush
from tocsin.kernel.db import Database
from tocsin.kernel.net import Outbound
from tocsin.kernel.webpush import LARGEST
from tocsin.paging.devices import shown_token
from tocsin.paging.model import Purpose
from tocsin.paging.transport import SECRET_PURPOSE, BadAddress, Destination, SendFailed
from tocsin.people.queries import contact_methods
from tocsin.settings import PrivateTargets, load

PROFILE = "/settings/profile"


@pytest.fixture
async def vendor() -> AsyncIterator[Vendor]:
    async with serving() as found:
        found.says(201, b"")
        yield found


@pytest.fixture
async def transport(vendor: Vendor) -> AsyncIterator[WebPush]:
    async with Outbound(PrivateTargets(everything=True)) as outbound:
        yield CASES["webpush"].make(outbound, vendor.root, 5.0)  # type: ignore[misc] # the case's own


def to(vendor: Vendor, device: Device = PHONE) -> Destination:
    return Destination(f"{vendor.root}/wpush/v2/abc", device.keys)


async def test_a_page_says_what_a_glance_needs_and_can_be_answered(
    vendor: Vendor, transport: WebPush
) -> None:
    await transport.send(page(description="All regions."), to(vendor))
    (asked,) = vendor.asked
    assert (asked.method, asked.path) == ("POST", "/wpush/v2/abc")
    assert asked.headers["Content-Encoding"] == "aes128gcm"
    assert asked.headers["Authorization"].startswith("vapid t=")
    told = PHONE.read(asked.body)
    assert told["title"] == "[P1 #42] Checkout is failing"
    assert "All regions." in told["body"]
    assert "since" in told["body"]
    assert (told["open"], told["ack"]) == ("/ack/TOKEN", "/ack/TOKEN/now")
    assert told["shown"].startswith("/push/shown/")
    assert (told["urgent"], told["priority"]) == (True, 1)
    assert "tocsin.example" not in orjson.dumps(told).decode(), "the device knows our address"


async def test_the_push_service_is_told_how_urgent_it_is_and_what_it_replaces(
    vendor: Vendor, transport: WebPush
) -> None:
    urgent = page()
    assert urgent.alert
    calm = replace(urgent, alert=replace(urgent.alert, priority=4))
    notice = replace(urgent, purpose=Purpose.NOTICE, ack_url="", subject="Ana has it · [P1 #42] x")
    other = replace(
        urgent, purpose=Purpose.LINK, ack_url="", alert=None, thread="", url="https://elsewhere.example/x"
    )
    for message in (urgent, calm, notice, other):
        await transport.send(message, to(vendor))
    said = [asked.headers for asked in vendor.asked]
    assert [each["Urgency"] for each in said] == ["high", "normal", "normal", "normal"]
    assert [each["TTL"] for each in said] == ["3600", "3600", "3600", "86400"]
    assert said[0]["Topic"] == said[2]["Topic"]
    assert len(said[0]["Topic"]) == 32
    assert "Topic" not in said[3]
    told = [PHONE.read(asked.body) for asked in vendor.asked]
    assert told[0]["tag"] == told[2]["tag"], "who has it takes the page's place on the phone too"
    assert [each["urgent"] for each in told] == [True, False, False, False]
    assert ["ack" in each for each in told] == [True, True, False, False]
    assert told[3]["open"] == "https://elsewhere.example/x"


@pytest.mark.parametrize(
    ("status", "gone"), [(404, True), (410, True), (400, False), (401, False), (403, False)]
)
async def test_a_subscription_that_is_over_is_gone(
    vendor: Vendor, transport: WebPush, status: int, *, gone: bool
) -> None:
    vendor.says(status, {"errno": 106})
    with pytest.raises(SendFailed) as failed:
        await transport.send(page(), to(vendor))
    assert (failed.value.retry, failed.value.gone) == (False, gone)


async def test_what_is_too_long_for_a_push_service_goes_without_its_body(
    vendor: Vendor, transport: WebPush
) -> None:
    vendor.says(413, b"")
    with pytest.raises(SendFailed, match="413") as failed:
        await transport.send(page(description="x" * 5000), to(vendor))
    whole, bare = vendor.asked
    assert PHONE.read(whole.body)["body"]
    assert PHONE.read(bare.body)["body"] == ""
    assert PHONE.read(bare.body)["ack"]
    assert len(bare.body) < len(whole.body) <= LARGEST
    assert not failed.value.retry


async def test_words_that_grow_when_they_are_written_still_fit(vendor: Vendor, transport: WebPush) -> None:
    await transport.send(page("\x01" * 300, description="\x02" * 5000), to(vendor))
    assert len(vendor.asked[0].body) <= LARGEST
    assert PHONE.read(vendor.asked[0].body)["ack"]


async def test_keys_that_cannot_be_read_are_gone(transport: WebPush, vendor: Vendor) -> None:
    with pytest.raises(SendFailed, match="add it again") as failed:
        await transport.send(page(), Destination(vendor.root, None))
    assert failed.value.gone
    with pytest.raises(BadAddress):
        INFO.accept("https://push.example/x", "typed")
    with pytest.raises(BadAddress):
        INFO.accept("push.example", PHONE.keys)


# -- the whole way: a device is added, paged, and answers


@pytest.fixture
async def db(dsn: str) -> AsyncIterator[Database]:
    async with unfolded(dsn) as database:
        yield database


@pytest.fixture
async def running(db: Database, dsn: str, tmp_path: Path) -> AsyncIterator[Running]:
    settings = {
        "TOCSIN_DATA": str(tmp_path),
        "TOCSIN_URL": "http://test",
        "TOCSIN_ALLOW_PRIVATE_TARGETS": "1",
    }
    found = compose(load(settings), db, dsn)
    yield found
    await found.close()


@pytest.fixture
async def browser(db: Database, running: Running, company: Company) -> Browser:
    cookie = await signed_in(db, company.ana)
    return Browser(running.app, cookie, form_token(running.site, cookie))


class Paged(World):
    """The app's own sender, and Ana reached by this device alone."""

    def __init__(self, db: Database, company: Company, running: Running) -> None:
        self.running = running
        super().__init__(db, company)

    def new_sender(self) -> Any:
        return self.running.sender


async def added(browser: Browser, db: Database, company: Company, vendor: Vendor) -> UUID:
    """Ana's telephone as her only contact method."""
    status, headers, text = await browser.press(
        f"{PROFILE}/devices", address=to(vendor).address, secret=PHONE.keys
    )
    assert (status, headers.get("location")) == (303, f"{PROFILE}#reach"), text
    for each in await contact_methods(db, company.ana):
        if each.transport != "webpush":
            await browser.press(f"{PROFILE}/methods/remove", method_id=str(each.id))
    (method,) = await contact_methods(db, company.ana)
    return method.id


async def state(db: Database, purpose: str = "page") -> str:
    return str(
        await value(db, "select state from deliveries where transport = 'webpush' and purpose = $1", purpose)
    )


async def test_the_button_adds_a_device_and_shows_only_whose_service_it_is(
    browser: Browser, db: Database, company: Company, running: Running, vendor: Vendor
) -> None:
    assert "<this-device" in await browser.see(PROFILE)
    before = orjson.loads(await browser.see("/push/device"))
    method = await added(browser, db, company, vendor)
    text = await browser.see(PROFILE)
    assert "http://127.0.0.1/…" in text
    assert "wpush" not in text
    assert PHONE.keys not in text
    after = orjson.loads(await browser.see("/push/device"))
    assert before["key"] == after["key"]
    assert (len(before["known"]), len(after["known"])) == (0, 1)
    sealed = await value(db, "select secret from contact_methods where id = $1", method)
    assert running.site.keys.open_sealed(SECRET_PURPOSE, sealed, about=str(method)).decode() == PHONE.keys
    assert await value(db, "select count(*) from work where kind = 'people.send_link'") == 1
    twice = await browser.press(f"{PROFILE}/devices", address=to(vendor).address, secret=PHONE.keys)
    assert twice[0] == 422
    assert "there already" in twice[2]


async def test_what_is_no_subscription_is_refused(browser: Browser, db: Database, company: Company) -> None:
    before = await contact_methods(db, company.ana)
    for address, secret in (("https://push.example/x", "typed"), ("javascript:alert(1)", PHONE.keys)):
        status, _, _ = await browser.press(f"{PROFILE}/devices", address=address, secret=secret)
        assert status == 422
    assert await contact_methods(db, company.ana) == before


async def test_a_page_is_pushed_shown_and_acknowledged_from_the_notification(
    browser: Browser, db: Database, company: Company, running: Running, vendor: Vendor
) -> None:
    await added(browser, db, company, vendor)
    world = Paged(db, company, running)
    alert = await world.open()
    await world.settle()
    told = PHONE.read(vendor.asked[-1].body)
    assert await state(db) == "sent"
    assert (await ask(running.front, "POST", told["shown"])).status == 204
    assert await state(db) == "delivered"
    assert (await ask(running.front, "POST", told["shown"])).status == 204, "told twice, it counts once"
    answered = await ask(running.front, "POST", told["ack"])
    assert answered.json == {"state": "acknowledged", "by": "Ana Silva"}
    assert await value(db, "select acknowledged_by from alerts where id = $1", alert) == "Ana Silva"


async def test_a_receipt_counts_for_its_own_message_and_for_a_week(
    browser: Browser, db: Database, company: Company, running: Running, vendor: Vendor, later: Later
) -> None:
    await added(browser, db, company, vendor)
    world = Paged(db, company, running)
    await world.open()
    await world.settle()
    shown = PHONE.read(vendor.asked[-1].body)["shown"]
    assert (await ask(running.front, "POST", f"{shown[:-2]}xx")).status == 404
    assert (await ask(running.front, "GET", shown)).status == 405
    await later(days=8)
    assert (await ask(running.front, "POST", shown)).status == 404
    assert await state(db) == "sent"


async def test_a_token_of_another_installation_says_nothing(db: Database, running: Running) -> None:
    token = shown_token(KEYS, UUID(int=1), await db.clock() + timedelta(days=1))
    assert (await ask(running.front, "POST", f"/push/shown/{token}")).status == 404


async def renewed(running: Running, old: dict[str, Any], new: dict[str, Any]) -> Told:
    return await ask(running.front, "POST", "/push/renew", orjson.dumps({"old": old, "new": new}))


def named(address: str, device: Device) -> dict[str, Any]:
    return {"address": address, "keys": device.keys}


async def test_a_browser_that_renews_its_subscription_stays_reachable(
    browser: Browser, db: Database, company: Company, running: Running, vendor: Vendor
) -> None:
    method = await added(browser, db, company, vendor)
    await run(db, "insert into unusable_methods (contact_method_id, reason) values ($1, 'gone')", method)
    old, device = to(vendor).address, Device()
    new = f"{vendor.root}/wpush/v2/new"
    await browser.press(f"{PROFILE}/methods/test", method_id=str(method))
    assert (await renewed(running, named(old, PHONE), named(new, device))).status == 204
    world = Paged(db, company, running)
    await world.settle()
    assert vendor.asked[-1].path == "/wpush/v2/new", "what was queued follows"
    assert "test page" in device.read(vendor.asked[-1].body)["body"]
    await world.open()
    await world.settle()
    assert device.read(vendor.asked[-1].body)["ack"]


@pytest.mark.parametrize("wrong", ["keys", "address", "new", "shape", "json"])
async def test_nobody_else_renews_it(
    browser: Browser, db: Database, company: Company, running: Running, vendor: Vendor, wrong: str
) -> None:
    await added(browser, db, company, vendor)
    before = await contact_methods(db, company.ana)
    old, new = named(to(vendor).address, PHONE), named("https://evil.example/x", Device())
    match wrong:
        case "keys":
            told = await renewed(running, old | {"keys": Device().keys}, new)
        case "address":
            told = await renewed(running, old | {"address": "https://other.example/"}, new)
        case "new":
            told = await renewed(running, old, new | {"keys": "typed"})
        case "shape":
            told = await renewed(running, old, {"address": 1})
        case _:
            told = await ask(running.front, "POST", "/push/renew", b"[")
    assert told.status in (404, 422)
    assert await contact_methods(db, company.ana) == before


async def test_the_worker_stands_at_the_root_and_may_be_run(running: Running) -> None:
    told = await ask(running.front, "GET", "/sw.js")
    assert told.status == 200
    assert told.headers["content-type"].startswith("text/javascript")
    assert told.headers["cache-control"] == "no-cache"
    assert "worker-src 'self'" in told.headers["content-security-policy"]


def test_the_app_can_be_installed() -> None:
    """What browsers ask of a page before they put it on a home screen; a PNG says its size in its bytes 16 to 24."""
    manifest = orjson.loads((WEB / "static/manifest.webmanifest").read_bytes())
    assert (manifest["display"], manifest["start_url"], manifest["scope"]) == ("standalone", "/", "/")
    pictures = [icon for icon in manifest["icons"] if icon["type"] == "image/png"]
    assert {"192x192", "512x512"} <= {icon["sizes"] for icon in pictures}
    for icon in pictures:
        data = (WEB / icon["src"].removeprefix("/")).read_bytes()
        width, height = int.from_bytes(data[16:20], "big"), int.from_bytes(data[20:24], "big")
        assert f"{width}x{height}" == icon["sizes"]
