"""The first screen of a room on a phone: everything that somebody asks first, without scrolling, at the worst moment."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import House
from tests.browser.support import Watch, new_context, sign_in
from tests.product import setting
from tests.product.harness import until

pytestmark = pytest.mark.browser
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
#: Where something ends; and where the bar at the foot of the screen begins.
FOOT = """one => {
  const box = one.getBoundingClientRect(), bar = document.querySelector(".nav").getBoundingClientRect();
  return [box.top >= 0 && box.height > 0 && box.left >= 0 && box.right <= innerWidth, box.bottom, bar.top > 400 ? bar.top : innerHeight];
}"""
WORDS = {
    "summary": "Checkout fails for every customer in Europe since the release of 14:00",
    "impact": "Nobody can pay: about four hundred orders a minute are lost, and the app shows an empty basket to all who try again",
}


@pytest.fixture
def room(house: House, browser: Browser) -> Iterator[tuple[Page, Watch, str]]:
    """An incident with everybody in their roles, in which everything is late; Ada manages it on her phone."""
    watch, api = Watch(), house.server.api
    key = str(api("POST", "/incidents", {**WORDS, "severity": 1}, house.token)["key"])
    people = {
        "incident_manager": house.email,
        "tech_lead": "ben@lantern.example",
        "communications_manager": "niamh@lantern.example",
    }
    for role, email in people.items():
        body = {"user_id": setting.id_of(house.server, house.token, email)}
        api("PUT", f"/incidents/{key}/roles/{role}", body, house.token)
    task = {"text": "Call the vendor", "due_at": (datetime.now(UTC) + timedelta(minutes=10)).isoformat()}
    api("POST", f"/incidents/{key}/tasks", task, house.token)
    context = new_context(browser, house.server, watch, **PHONE)
    page = context.new_page()
    sign_in(page, house.email, house.password)
    setting.later(house.server, 25 * 60)
    yield page, watch, key
    setting.later(house.server, 0)
    context.close()


def outside(facts: dict[str, Any]) -> dict[str, Any]:
    """What does not stand on the first screen, and where it is."""
    seen = {name: place.evaluate(FOOT) for name, place in facts.items()}
    return {name: at for name, at in seen.items() if not at[0] or at[1] > at[2]}


def test_all_that_is_asked_first_stands_on_the_first_screen(room: tuple[Page, Watch, str]) -> None:
    page, watch, key = room
    page.goto(f"/incidents/{key}")
    page.locator("#keys").wait_for(state="attached")
    expect(page.locator(".glance-places a").nth(1)).to_be_visible()
    late = page.locator("#overdue")
    expect(late).to_contain_text("Overdue: update ")
    expect(late).to_contain_text("1 task")
    expect(late).to_contain_text("steps")
    glance = page.locator("#room-glance")
    facts: dict[str, Any] = {
        "key": glance.get_by_text(key, exact=True), "severity": glance.get_by_text("SEV1", exact=True),
        "status": glance.get_by_text("investigating", exact=True), "since": glance.locator(".row > .soft.small").last,
        "summary": glance.locator("h1"), "impact": glance.locator(".impact"), "overdue": late,
        "next update": glance.locator(".glance-roles count-down"), "expected": page.locator("#room-mine .expected").first,
        "places": glance.locator(".glance-places a").last,
    }  # fmt: skip
    for nth, who in enumerate(("Ada", "Ben", "Niamh")):
        facts[who] = glance.locator(".glance-roles dd").nth(nth)
        facts[f"{who}'s time"] = facts[who].locator("local-time")
        expect(facts[f"{who}'s time"]).to_contain_text(":")
    # What everybody sees is drawn again meanwhile.
    until(lambda: not outside(facts), f"outside the first screen: {outside(facts)}")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    late.get_by_role("link", name="steps").tap()
    expect(page.locator("#room-work .step.late").first).to_be_in_viewport()
    assert watch.wrong == []
