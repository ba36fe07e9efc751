"""Catching up in a browser: the line in the record, what is new above it; and a wall that goes on by itself."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import House
from tests.browser.support import Watch, new_context, overflow, sign_in

pytestmark = pytest.mark.browser


@pytest.fixture
def ben(house: House, browser: Browser) -> Iterator[Page]:
    watch = Watch()
    context = new_context(browser, house.server, watch, viewport={"width": 1440, "height": 900})
    page = context.new_page()
    sign_in(page, "ben@lantern.example", house.password)
    yield page
    context.close()
    assert watch.wrong == []


def declared(house: House, summary: str) -> str:
    body = {"summary": summary, "severity": 1}
    return str(house.server.api("POST", "/incidents", body, house.token)["key"])


def test_a_newcomer_reads_what_happened_and_is_caught_up(house: House, ben: Page) -> None:
    key = declared(house, "Search is slow")
    for line in ("look at the index", "it is being rebuilt"):
        house.server.api("POST", f"/incidents/{key}/entries", {"text": line}, house.token)
    ben.goto(f"/incidents/{key}")
    since = ben.locator("#since")
    expect(since).to_contain_text("New to you.")
    expect(since).to_be_in_viewport()
    since.get_by_role("link", name="2 messages").click()
    expect(ben.locator(".entry.linked .words")).to_contain_text("look at the index")
    since.get_by_text("Where it stands").click()
    expect(since).to_contain_text("Incident manager: nobody")
    # Seen now: from here on it is a visit.
    since.get_by_role("button", name="I am caught up").click()
    expect(ben.locator("#since")).to_have_count(0)
    ben.get_by_label("Message").fill("/brief")
    ben.get_by_label("Message").press("Enter")
    expect(ben.locator("[data-problem]").first).to_contain_text("Incident manager: nobody")


def test_a_wall_follows_and_says_when_it_cannot(house: House, ben: Page) -> None:
    ben.goto("/wall")
    key = declared(house, "Payments fail")
    expect(ben.locator("#wall")).to_contain_text(key)
    for width in (1440, 390):
        ben.set_viewport_size({"width": width, "height": 900})
        assert overflow(ben) == []
    ben.context.set_offline(True)
    expect(ben.locator("[data-lost]")).to_contain_text("connection lost")
    ben.context.set_offline(False)
    expect(ben.locator("[data-lost]")).to_be_hidden()
