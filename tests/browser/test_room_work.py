"""Work in a room: two people do not do the same without knowing, and what is asked of somebody has its button."""

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.browser.conftest import House
from tests.browser.support import Watch, new_context, sign_in
from tests.product import setting

pytestmark = pytest.mark.browser


@dataclass
class Two:
    """Ada and Ben look at one incident."""

    house: House
    key: str
    ada: Page
    ben: Page
    watch: Watch


@pytest.fixture
def two(house: House, browser: Browser) -> Iterator[Two]:
    body = {"summary": "Search is slow", "severity": 1}
    key = str(house.server.api("POST", "/incidents", body, house.token)["key"])
    watch, pages, contexts = Watch(), list[Page](), list[BrowserContext]()
    for email in (house.email, "ben@lantern.example"):
        context = new_context(browser, house.server, watch)
        page = context.new_page()
        sign_in(page, email, house.password)
        page.goto(f"/incidents/{key}")
        pages.append(page)
        contexts.append(context)
    yield Two(house, key, *pages, watch)
    for context in contexts:
        context.close()
    assert watch.wrong == []


def add(page: Page, what: str, text: str) -> None:
    page.get_by_label("What it is").select_option(what)
    page.get_by_label("In a few words").fill(text)
    page.locator("#items .add-item button").first.click()


def test_a_second_claim_asks_whether_to_join(two: Two) -> None:
    two.watch.expected.add(409)
    add(two.ada, "claim", "redis memory")
    item = two.ben.locator("#items .item", has_text="redis memory")
    expect(item).to_contain_text("Ada Byrne")
    add(two.ben, "claim", "memory of redis")
    asked = two.ben.get_by_role("dialog", name="Somebody looks at that already")
    asked.get_by_role("button", name="Join Ada").click()
    expect(asked).to_have_count(0)
    expect(two.ben.get_by_label("In a few words")).to_have_value("")
    expect(two.ben.locator("#items .item", has_text="redis memory")).to_contain_text("Ben Okafor")
    expect(two.ada.locator("#items .item", has_text="redis memory")).to_contain_text("Ben Okafor")
    expect(two.ada.get_by_role("log")).to_contain_text("joined with Ada Byrne")


def test_what_is_typed_elsewhere_outlives_the_answer_of_somebody_else(two: Two) -> None:
    two.ben.get_by_label("What it is").select_option("decision")
    two.ben.get_by_label("In a few words").fill("Roll back")
    two.ben.locator("#f-item-why").fill("errors rose")
    add(two.ada, "unknown", "How many customers?")
    expect(two.ben.get_by_role("log")).to_contain_text("How many customers?")
    expect(two.ben.get_by_label("In a few words")).to_have_value("Roll back")
    two.ben.get_by_label("How to undo it").fill("deploy 142")
    two.ben.get_by_label("How to undo it").press("Enter")
    expect(two.ada.locator("#items")).to_contain_text("To undo: deploy 142")
    two.ada.locator("#items .item", has_text="How many customers?").get_by_text("Answer").first.click()
    two.ada.get_by_label("What is known now?").fill("about 400")
    two.ada.get_by_label("What is known now?").press("Enter")
    expect(two.ben.locator("#items")).to_contain_text("about 400")
    two.ada.goto(f"/incidents/{two.key}/update")
    expect(two.ada.get_by_label("Not known yet")).to_have_value("")


def test_a_hypothesis_gets_its_verdict_by_keyboard(two: Two) -> None:
    add(two.ada, "hypothesis", "the new certificate")
    item = two.ada.locator("#items .item", has_text="the new certificate")
    more = item.locator("summary")
    more.focus()
    more.press("Enter")
    two.ada.keyboard.press("Tab")
    two.ada.keyboard.type("the old one was served")
    two.ada.keyboard.press("Tab")
    two.ada.keyboard.press("Tab")
    expect(item.get_by_role("button", name="Disproved")).to_be_focused()
    two.ada.keyboard.press("Enter")
    expect(two.ben.get_by_role("log")).to_contain_text("Disproved the new certificate")
    expect(two.ben.get_by_role("log")).to_contain_text("the old one was served")


def test_a_claim_that_went_quiet_is_asked_about_on_now_and_answered_there(two: Two) -> None:
    add(two.ada, "claim", "the load balancer")
    expect(two.ada.locator("#items .item", has_text="the load balancer")).to_be_visible()
    setting.later(two.house.server, 16 * 60)
    try:
        expect(two.ben.get_by_role("log")).to_contain_text("is anybody still on “the load balancer”")
        expect(two.ada.locator("#room-mine")).to_contain_text("Still looking at “the load balancer”?")
        two.ada.goto("/")
        asked = two.ada.locator(".hold", has_text="the load balancer")
        asked.get_by_role("button", name="Still on it").click()
        expect(two.ada.locator("#room-mine")).not_to_contain_text("Still looking at")
        expect(two.ben.get_by_role("log")).to_contain_text("is still on “the load balancer”")
    finally:
        setting.later(two.house.server, 0)
