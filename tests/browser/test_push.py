"""The service worker in a real browser. Its push service is out of reach here, so DevTools hands the worker what the push
service would have; that what we send can be read is proven in tests/contract/test_webpush.py."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from playwright.sync_api import Browser, CDPSession, Page, expect

from tests.browser.conftest import House
from tests.browser.support import Watch, new_context, sign_in
from tests.contract.push_device import PHONE as DEVICE
from tests.product.harness import until
from tocsin.kernel.crypto import Keys, load_master
from tocsin.paging.links import ack_token

pytestmark = pytest.mark.browser
SHOWN = """navigator.serviceWorker.ready.then(r => r.getNotifications())
    .then(all => all.map(n => ({title: n.title, body: n.body, tag: n.tag, stays: n.requireInteraction, actions: n.actions.map(a => a.action)})))"""


class Phone:
    """A browser with the worker installed, and the wire to it."""

    def __init__(self, page: Page, cdp: CDPSession, url: str) -> None:
        self.page, self.cdp, self.url = page, cdp, url
        self.registrations: list[dict[str, Any]] = []
        cdp.on(
            "ServiceWorker.workerRegistrationUpdated", lambda e: self.registrations.extend(e["registrations"])
        )
        cdp.send("ServiceWorker.enable")
        page.evaluate(
            "navigator.serviceWorker.register('/sw.js', {scope: '/'}).then(() => navigator.serviceWorker.ready).then(() => 1)"
        )

    def push(self, data: str) -> None:
        self.cdp.send(
            "ServiceWorker.deliverPushMessage",
            {
                "origin": f"{self.url}/",
                "registrationId": self.registrations[-1]["registrationId"],
                "data": data,
            },
        )

    def notifications(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.page.evaluate(SHOWN)
        return found

    def only(self, title: str) -> dict[str, Any]:
        found = until(
            lambda: [n for n in self.notifications() if n["title"] == title], f"the notification {title}"
        )
        assert len(self.notifications()) == 1, "a later one takes the earlier one's place"
        return found[0]

    def tap(self, action: str) -> None:
        """A tap on the one notification, as its worker hears of it."""
        self.page.context.service_workers[0].evaluate(
            """async action => {
                const [notification] = await self.registration.getNotifications()
                const event = new NotificationEvent("notificationclick", {notification, action})
                event.waitUntil = () => {}
                self.dispatchEvent(event)
            }""",
            action,
        )


@pytest.fixture
def phone(house: House, browser: Browser) -> Iterator[Phone]:
    watch = Watch()
    context = new_context(
        browser, house.server, watch, viewport={"width": 390, "height": 844}, permissions=["notifications"]
    )
    page = context.new_page()
    sign_in(page, house.email, house.password)
    yield Phone(page, context.new_cdp_session(page), house.server.url)
    context.close()
    # A browser without a push service says so on its console; nothing of ours does.
    assert [each for each in watch.wrong if "Push API" not in each] == []


@pytest.fixture(scope="module")
def link(house: House) -> str:
    """The signed address of a page."""
    alert = house.server.api(
        "POST", "/alerts", {"message": "Pushed", "service": "Checkout", "priority": "P1"}, house.token
    )
    ledger = f"/alerts/{alert['number']}/ledger"
    pages = until(lambda: house.server.api("GET", ledger, token=house.token)["pages"], "a page of the alert")
    keys = Keys(load_master(house.server.data, None))
    return f"/ack/{ack_token(keys, UUID(pages[0]['page']['id']), datetime.now(UTC))}"


def told(**more: Any) -> str:
    return json.dumps({"title": "[P1 #42] Checkout is failing", "body": "Checkout · since 03:07", "tag": "alert-1", "urgent": True,
                       "open": "/alerts", "ack": "/ack/TOKEN/now"} | more)  # fmt: skip


def test_a_push_becomes_a_notification_and_the_next_of_its_thread_takes_its_place(phone: Phone) -> None:
    phone.push(told())
    found = phone.only("[P1 #42] Checkout is failing")
    assert found == {
        "title": "[P1 #42] Checkout is failing", "body": "Checkout · since 03:07", "tag": "alert-1", "stays": True,
        "actions": ["ack", "open"],
    }  # fmt: skip
    phone.push(told(title="Ana has it", urgent=False, ack=None))
    assert phone.only("Ana has it")["actions"] == ["open"]


def test_a_push_that_nobody_can_read_still_shows_something(phone: Phone) -> None:
    phone.push("no json")
    assert phone.only("Tocsin has something for you")["actions"] == ["open"]


def test_a_tap_acknowledges_and_the_notification_says_so(phone: Phone, link: str) -> None:
    phone.push(told(ack=f"{link}/now", open=link))
    phone.only("[P1 #42] Checkout is failing")
    phone.tap("ack")
    found = phone.only("Acknowledged. It is yours.")
    assert (found["stays"], found["actions"], found["body"]) == (
        False,
        ["open"],
        "[P1 #42] Checkout is failing",
    )
    phone.push(told(ack=f"{link}/now", open=link))
    phone.only("[P1 #42] Checkout is failing")
    phone.tap("ack")
    until(lambda: [n for n in phone.notifications() if "has it already." in n["title"]], "who has it")


def test_what_did_not_work_is_said_and_can_be_tried_again(phone: Phone) -> None:
    phone.push(told(ack="/ack/forged/now"))
    phone.only("[P1 #42] Checkout is failing")
    phone.tap("ack")
    found = phone.only("NOT acknowledged. Open it, or try again.")
    assert (found["stays"], found["actions"]) == (True, ["ack", "open"])


def test_without_a_push_service_the_button_says_what_is_wrong(phone: Phone) -> None:
    phone.page.goto("/settings/profile")
    phone.page.get_by_role("button", name="Use this device").click()
    expect(phone.page.locator("this-device [role=status]")).to_contain_text("could not be subscribed")


#: What the browser's own push service would give; this machine has none.
SUBSCRIBED = """
PushManager.prototype.subscribe = async function () { return window.subscription }
PushManager.prototype.getSubscription = async function () { return window.subscription }
window.subscription = {
    endpoint: "https://push.example/wpush/1", unsubscribe: async () => true,
    toJSON() { return { endpoint: this.endpoint, keys: KEYS } },
}
"""


def test_one_button_makes_this_device_a_contact_method(phone: Phone) -> None:
    public, auth = DEVICE.keys.split(".")
    phone.page.add_init_script(SUBSCRIBED.replace("KEYS", json.dumps({"p256dh": public, "auth": auth})))
    phone.page.goto("/settings/profile")
    phone.page.get_by_role("button", name="Use this device").click()
    expect(phone.page.get_by_text("Added. A notification comes in a moment")).to_be_visible()
    expect(phone.page.locator("#reach")).to_contain_text("https://push.example/…")
    expect(phone.page.locator("this-device [role=status]")).to_have_text(
        "This device is one of your contact methods."
    )
    expect(phone.page.get_by_role("button", name="Use this device")).to_be_hidden()
