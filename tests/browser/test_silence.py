"""A silence made from an alert, on a phone, with a thumb."""

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.conftest import PHONE, House
from tests.browser.support import Watch, new_context, overflow, sign_in
from tests.product.harness import until

pytestmark = pytest.mark.browser


def test_an_alert_is_silenced_on_a_phone(house: House, browser: Browser) -> None:
    server, key = house.server, house.key("Disks", "Checkout")
    server.send("POST", "/v1/alerts", {"message": "Disk is full", "alias": "disk-1", "priority": "P3"}, key)
    alert = until(
        lambda: server.rows("select a.number from alerts a join escalations e on e.alert_id = a.id where a.alias = 'disk-1'"),
        "the alert pages",
    )[0]["number"]  # fmt: skip
    watch = Watch()
    context = new_context(browser, server, watch, **PHONE)
    page = context.new_page()
    sign_in(page, house.email, house.password)
    page.goto(f"/alerts/{alert}")
    page.get_by_role("link", name="Silence", exact=True).tap()
    expect(page.locator("#preview")).to_contain_text("would have been silenced")
    expect(page.locator("#preview")).to_contain_text("Also quieten the 1 open alert that matches")
    page.get_by_label("Reason").fill("New disks come tomorrow")
    page.get_by_label("How long", exact=True).select_option("4 hours")
    button = page.get_by_role("button", name="Silence", exact=True)
    box = button.bounding_box()
    assert box is not None
    assert box["y"] < 844, "without scrolling: the reason, how long, and the button"
    button.tap()
    expect(page.get_by_role("heading", level=1)).to_have_text("New disks come tomorrow")
    expect(page.get_by_role("status")).to_contain_text("1 open alert stopped paging.")
    expect(page.locator("#silenced")).to_contain_text("Disk is full")
    page.get_by_role("link", name="Disk is full").tap()
    expect(page.get_by_role("main")).to_contain_text("Silenced by Ada Byrne: New disks come tomorrow")
    assert overflow(page) + watch.wrong == []
    context.close()
