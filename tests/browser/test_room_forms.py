"""Forms of the room: none leaves it, what was typed outlives a refusal, and what is pressed without a connection happens once."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.browser.conftest import PHONE, House
from tests.browser.support import Watch, new_context, overflow, sign_in
from tests.browser.test_room import kept
from tests.product.harness import until

pytestmark = pytest.mark.browser
SAME = "window.sameDocument"


@dataclass
class Street:
    """One incident, and whoever comes to look at it."""

    house: House
    browser: Browser
    watch: Watch
    key: str
    contexts: list[BrowserContext]

    def call(self, method: str, path: str, body: Any = None) -> Any:
        return self.house.server.api(method, f"/incidents/{self.key}{path}", body, self.house.token)

    def of(self, first: str, **options: Any) -> Page:
        """Somebody's page of the room; what is set on its window is gone once another page is loaded."""
        context = new_context(self.browser, self.house.server, self.watch, **options)
        self.contexts.append(context)
        page = context.new_page()
        sign_in(page, f"{first}@lantern.example", self.house.password)
        page.goto(f"/incidents/{self.key}")
        page.evaluate(f"{SAME} = true")
        return page

    def kinds(self, kind: str) -> int:
        return [e["kind"] for e in self.call("GET", "/entries?limit=500")["entries"]].count(kind)


@pytest.fixture
def street(house: House, browser: Browser) -> Iterator[Street]:
    body = {"summary": "Search is slow", "severity": 1}
    key = str(house.server.api("POST", "/incidents", body, house.token)["key"])
    found = Street(house, browser, Watch(), key, [])
    yield found
    for context in found.contexts:
        context.close()
    assert [line for line in found.watch.wrong if "ERR_INTERNET_DISCONNECTED" not in line] == []


def here(page: Page) -> bool:
    return bool(page.evaluate(SAME))


def resolving(page: Page, words: str) -> None:
    page.locator("#resolve > summary").click()
    page.get_by_label("What resolved it?").fill(words)


def test_two_resolve_at_once_and_the_second_keeps_their_text(street: Street) -> None:
    street.watch.expected.add(422)
    ada, ben = street.of("ada"), street.of("ben")
    for page, words in ((ada, "The index is back"), (ben, "Rolled back 4211 and rebuilt the index by hand")):
        resolving(page, words)
    ada.locator("#resolve").get_by_role("button", name="Resolve").click()
    expect(ada.locator("#act")).to_contain_text("Postmortem")
    expect(ben.get_by_role("log")).to_contain_text("The index is back")
    ben.locator("#resolve").get_by_role("button", name="Resolve").click()
    refused = ben.get_by_role("alert").filter(has_text=f"{street.key} is resolved already.")
    expect(refused).to_be_visible()
    ben.get_by_role("textbox", name="Message").focus()
    expect(ben.locator("#act")).to_contain_text("Postmortem")
    expect(refused).to_be_visible()
    expect(refused).to_contain_text("Rolled back 4211 and rebuilt the index by hand")
    refused.get_by_role("button", name="Close").click()
    expect(refused).to_have_count(0)
    assert here(ben)
    assert here(ada)


@pytest.mark.parametrize("again", ["reconnect", "reload"])
def test_what_is_pressed_without_a_connection_happens_once(street: Street, again: str) -> None:
    street.watch.expected |= {502, 503}
    ada = street.of("ada")
    ada.get_by_label("In a few words").fill("redis memory")
    ada.locator("#items .add-item button").first.click()
    item = ada.locator("#items .item", has_text="redis memory")
    expect(item).to_be_visible()
    expect(ada.get_by_label("In a few words")).to_have_value("")
    if again == "reload":
        until(lambda: kept(ada) and ada.evaluate("!!navigator.serviceWorker.controller"), "the room is kept")
        street.house.server.kill()
    else:
        ada.context.set_offline(True)
    still = item.get_by_role("button", name="Still on it")
    still.click()
    expect(item).to_contain_text("waiting to be sent")
    still.click()
    message = ada.get_by_role("textbox", name="Message")
    message.fill("Said after it")
    message.press("Enter")
    if again == "reload":
        ada.reload()
        expect(item).to_contain_text("waiting to be sent")
        street.house.server.start()
    else:
        ada.context.set_offline(False)
    expect(ada.get_by_role("log")).to_contain_text("Said after it")
    expect(item).not_to_contain_text("waiting to be sent")
    assert street.kinds("claim_renewed") == 1
    if again == "reload":
        street.watch.wrong.clear()
        return
    still.click()
    expect(ada.locator(".entry", has_text="is still on")).to_have_count(2)


def test_what_waited_too_long_is_not_done_by_itself(street: Street) -> None:
    ada = street.of("ada")
    ada.context.set_offline(True)
    line, form = ada.get_by_label("Words under the status"), ada.locator("form[action$='/sub-status']")
    line.fill("canary at 10 %")
    line.press("Enter")
    expect(form).to_contain_text("waiting to be sent")
    ada.evaluate(
        """() => Object.keys(localStorage).filter((name) => name.startsWith("tocsin-outbox")).forEach((name) => {
            const item = JSON.parse(localStorage.getItem(name));
            localStorage.setItem(name, JSON.stringify({ ...item, at: item.at - 2 * 3_600_000 }));
        })"""
    )
    ada.context.set_offline(False)
    expect(form.get_by_role("alert")).to_contain_text("more than an hour")
    expect(line).to_have_value("canary at 10 %")
    assert street.kinds("sub_status_set") == 0


def test_done_on_a_phone_leaves_the_tab_where_it_is(street: Street) -> None:
    ada = street.of("ada", **PHONE)
    ada.locator(".room-tabs a[data-tab=work]").tap()
    step = ada.locator("#checklist .steps > .step").first
    name = step.get_attribute("id")
    step.get_by_role("button", name="Done").tap()
    expect(ada.locator(f"#steps-done #{name}")).to_have_count(1)
    expect(ada.locator(".room-tabs a[data-tab=work]")).to_have_attribute("aria-current", "true")
    expect(ada.locator("#checklist")).to_be_in_viewport()
    assert here(ada)
    assert overflow(ada) == []


def test_a_wrong_name_keeps_the_brief_and_says_why(street: Street) -> None:
    street.watch.expected.add(422)
    ada = street.of("ada")
    ada.locator("#offer > summary").click()
    form = ada.locator("#offer form")
    form.get_by_label("To", exact=True).fill("Nobody At All")
    brief = "What I know.\n" + "The pool is full. " * 250
    form.get_by_label("What they have to know").fill(brief)
    form.get_by_role("button", name="Offer").click()
    why = "the name must fit exactly one person"
    expect(form.get_by_role("alert")).to_contain_text(why)
    expect(form.get_by_label("To", exact=True)).to_be_focused()
    expect(form.get_by_label("What they have to know")).to_have_value(brief)
    street.call("PUT", "/status", {"status": "identified"})
    expect(ada.locator("#room-glance")).to_contain_text("identified")
    ada.get_by_role("textbox", name="Message").focus()
    expect(ada.locator("#f-status")).to_have_value("identified")
    expect(form.get_by_role("alert")).to_contain_text(why)
    expect(form.get_by_label("What they have to know")).to_have_value(brief)
    form.get_by_label("To", exact=True).fill("Ben Okafor")
    form.get_by_role("button", name="Offer").click()
    expect(ada.locator("#room-state .offer").first).to_contain_text("Offered to Ben Okafor")
    expect(form).to_be_hidden()
    assert here(ada)


def test_a_pin_a_reply_and_a_reaction_leave_the_record_where_it_is(street: Street) -> None:
    for n in range(40):
        street.call("POST", "/entries", {"text": f"Line {n}"})
    ada = street.of("ada", viewport={"width": 1440, "height": 900})
    scroll = ada.locator("[data-scroll]")
    line = ada.locator(".entry", has_text="Line 7").first
    line.scroll_into_view_if_needed()
    before = scroll.evaluate("e => e.scrollTop")
    seq = line.get_attribute("data-seq")
    for what in ("Pin", "Reply", "React with 👀"):
        line.get_by_role("link", name=f"About entry {seq}").click()
        over = ada.get_by_role("dialog")
        if what == "Reply":
            over.get_by_label("Reply").fill("Since when?")
        over.get_by_role("button", name=what, exact=True).click()
        expect(over).to_have_count(0)
    expect(ada.get_by_role("region", name="Pinned")).to_contain_text("Line 7")
    expect(line.locator("[data-thread]")).to_have_text("1 reply")
    expect(line.locator("button.chip")).to_contain_text("👀")
    expect(line).to_be_in_viewport()
    assert abs(scroll.evaluate("e => e.scrollTop") - before) < 60, "not at the end"
    assert here(ada)


def test_a_follow_up_leads_to_its_room(street: Street) -> None:
    ada = street.of("ada")
    ada.locator("#declare-from > summary").click()
    ada.get_by_label("What is it?").fill("The index is too large")
    ada.get_by_role("button", name="Declare it").click()
    expect(ada.get_by_role("heading", level=1)).to_have_text("The index is too large")
