"""The ledger on a telephone: every stage of a page, every try, and why somebody was paged or not."""

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import House
from tests.browser.support import Watch, new_context, overflow, sign_in
from tests.browser.test_pages import serious
from tests.product.harness import until

pytestmark = pytest.mark.browser


def paged(house: House) -> tuple[str, str]:
    """An alert that has paged Ada and will page somebody else; its number and the other's id."""
    server, token = house.server, house.token
    users = server.api("GET", "/users", token=token)["users"]
    ada = next(u["id"] for u in users if u["email"] == house.email)
    other = next(u["id"] for u in users if u["id"] != ada)
    steps = [{"delay_s": 0, "users": [ada]}, {"delay_s": 3600, "users": [other]}]
    body = {"name": "Ledger", "steps": steps, "final": {"nobody": True}}
    policy = server.api("POST", "/escalation-policies", body, token)
    service = {"name": "Ledger", "escalation_policy_id": policy["id"]}
    server.api("POST", "/services", service, token)
    alert = server.api(
        "POST", "/alerts", {"message": "Checkout fails", "service": "Ledger", "priority": "P1"}, token
    )
    number = str(alert["number"])

    def sent() -> bool:
        pages = server.api("GET", f"/alerts/{number}/ledger", token=token)["pages"]
        return any(d["state"] == "sent" for page in pages for d in page["deliveries"])

    until(sent, "the page")
    return number, other


def test_a_page_can_be_followed_on_a_telephone(house: House, browser: Browser) -> None:
    number, other = paged(house)
    watch = Watch()
    context = new_context(browser, house.server, watch)
    page = context.new_page()
    page.set_viewport_size({"width": 390, "height": 844})
    sign_in(page, house.email, house.password)
    page.goto(f"/alerts/{number}")
    ledger = page.get_by_role("region", name="Ledger")
    expect(ledger).to_contain_text("Accepted")
    expect(ledger).to_contain_text("handed over")
    ledger.get_by_text("Try and receipts").click()
    expect(ledger).to_contain_text("Its id there")
    sound(page)
    ledger.get_by_role("link", name="Why was I paged, or not?").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Why were you paged?")
    page.goto(f"/alerts/{number}/why?user={other}")
    expect(page.get_by_label("Reasons")).to_contain_text("it is not due yet")
    sound(page)
    page.goto("/pages")
    expect(page.get_by_role("region", name="Paged", exact=True)).to_contain_text("Checkout fails")
    sound(page)
    assert watch.wrong == []
    context.close()


def sound(page: Page) -> None:
    assert overflow(page) == []
    assert serious(page) == []
