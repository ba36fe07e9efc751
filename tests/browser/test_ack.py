"""03:12 on a telephone: the link of the mail, one tap, no signing in; and what that link cannot do."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import House
from tests.browser.support import Watch, new_context, overflow
from tests.browser.test_pages import serious
from tests.product.harness import link_in

pytestmark = pytest.mark.browser
PHONE = {"width": 390, "height": 844}


@pytest.fixture
def phone(house: House, browser: Browser) -> Iterator[tuple[Page, Watch]]:
    """Nobody is signed in on it."""
    watch = Watch()
    context = new_context(browser, house.server, watch, viewport=PHONE, has_touch=True)
    yield context.new_page(), watch
    context.close()


def paged(house: House, message: str) -> tuple[str, int]:
    """The link in the mail that pages Ada about a new alert, and the alert's number."""
    server, token = house.server, house.token
    ada = next(
        u["id"] for u in server.api("GET", "/users", token=token)["users"] if u["email"] == house.email
    )
    policy = {
        "name": message,
        "steps": [{"delay_s": 0, "users": [ada]}],
        "final": {"nobody": True},
    }
    policy_id = server.api("POST", "/escalation-policies", policy, token)["id"]
    server.api("POST", "/services", {"name": message, "escalation_policy_id": policy_id}, token)
    alert = server.api("POST", "/alerts", {"message": message, "service": message, "priority": "P1"}, token)
    return link_in(house.mailbox.wait(house.email, message), "/ack/"), int(alert["number"])


def state(house: House, number: int) -> str:
    return str(house.server.api("GET", f"/alerts/{number}", token=house.token)["state"])


def test_one_tap_acknowledges_and_another_says_still_on_it(house: House, phone: tuple[Page, Watch]) -> None:
    page, watch = phone
    link, number = paged(house, "Checkout is down")
    page.goto(link)
    expect(page.get_by_role("heading", level=1)).to_have_text("Checkout is down")
    assert state(house, number) == "open", "opening the link changes nothing"
    button = page.get_by_role("button", name="Acknowledge", exact=True)
    expect(button).to_be_in_viewport(ratio=1)
    assert overflow(page) + serious(page) == []
    button.tap()
    expect(page.get_by_role("status")).to_contain_text("It is yours, Ada Byrne.")
    expect(page.get_by_role("status")).to_contain_text(re.compile(r"You have it until .*\d\d:\d\d"))
    assert state(house, number) == "acknowledged"
    assert overflow(page) + serious(page) == []
    page.get_by_role("button", name="2 more hours").tap()
    expect(page.get_by_role("status")).to_contain_text("You have it until")
    page.get_by_role("button", name="Still on it").tap()
    expect(page.get_by_role("status")).to_contain_text("You have it until")
    assert watch.wrong == []


def test_the_link_does_one_thing(house: House, phone: tuple[Page, Watch]) -> None:
    """It signs nobody in, and with a letter changed it is no link."""
    page, watch = phone
    watch.expected |= {403, 404, 410}
    link, number = paged(house, "Search is slow")
    page.goto(link)
    page.goto(f"/alerts/{number}")
    expect(page).to_have_url(re.compile("/sign-in"))
    head, _, token = link.rpartition("/")
    answer = page.goto(f"{head}/{token[:-3]}{'abc' if token[-3:] != 'abc' else 'xyz'}")
    assert answer is not None
    assert answer.status in (403, 404, 410)
    assert state(house, number) == "open"
