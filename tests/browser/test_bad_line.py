"""A room over a line that is bad: the state can be read before the sheet and the scripts are there, and nothing moves when they come."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from tests.browser.conftest import PHONE, House
from tests.browser.support import Watch, new_context, sign_in

pytestmark = pytest.mark.browser
DESK: dict[str, Any] = {"viewport": {"width": 1440, "height": 1000}}
PAINTED = """() => new Promise((done) => new PerformanceObserver(done).observe({ type: "paint", buffered: true }))"""
SHEETS = "() => [...document.styleSheets].filter((sheet) => sheet.href).length"
#: Where everything above and in the glance stands, and how it looks.
LOOKS = """() => [...document.querySelectorAll(".skip, .nav, .nav *, #main, #main > .callout, #room-glance, #room-glance *")].map((one) => {
    const box = one.getBoundingClientRect(), look = getComputedStyle(one);
    const shown = ["color", "backgroundColor", "fontSize", "fontWeight", "display", "position", "borderTopColor", "textDecorationLine", "stroke"];
    const size = one.id === "main" ? [box.x, box.y, box.width] : [box.x, box.y, box.width, box.height];
    return [one.tagName + "." + (one.className.baseVal ?? one.className), ...size.map(Math.round), ...shown.map((name) => look[name])].join(" ");
})"""


@dataclass
class Held:
    """Files that the line has not brought yet."""

    styles: list[Route] = field(default_factory=list)
    scripts: list[Route] = field(default_factory=list)

    def over(self, page: Page) -> None:
        page.route("**/static/*/*", self.hold)

    def hold(self, route: Route) -> None:
        (self.styles if route.request.resource_type == "stylesheet" else self.scripts).append(route)


@pytest.fixture(params=[PHONE, DESK], ids=["phone", "desk"])
def slow(request: pytest.FixtureRequest, house: House, browser: Browser) -> Iterator[tuple[Page, Held, str]]:
    """Somebody's browser, what is held back from it, and an incident with its roles held and its places open."""
    body = {
        "summary": "Checkout fails for everybody who pays by card",
        "severity": 1,
        "impact": "Nobody can pay",
    }
    key = str(house.server.api("POST", "/incidents", body, house.token)["key"])
    house.server.api("PUT", f"/incidents/{key}/roles/incident_manager", {}, house.token)
    watch, held = Watch(), Held()
    context = new_context(browser, house.server, watch, **request.param)
    page = context.new_page()
    sign_in(page, house.email, house.password)
    held.over(page)
    yield page, held, key
    context.close()
    assert watch.wrong == []


def opened(page: Page, key: str) -> None:
    """Opens the room until something is painted and the sheet is asked for."""
    with page.expect_request("**/app.css*"):
        page.goto(f"/incidents/{key}", wait_until="commit")
    page.locator("#room-mini").wait_for(state="attached")
    page.evaluate(PAINTED)


def test_the_state_is_painted_before_the_sheet_and_the_scripts(slow: tuple[Page, Held, str]) -> None:
    page, held, key = slow
    opened(page, key)
    glance = page.locator("#room-glance")
    expect(glance.get_by_role("heading", name="Checkout fails for everybody")).to_be_in_viewport()
    for words in ("SEV1", key, "Nobody can pay", "Incident manager", "Next update"):
        expect(glance.get_by_text(words, exact=True).first).to_be_in_viewport()
    assert page.evaluate(SHEETS) == 0, "it was painted without the sheet"
    assert held.scripts, "and without the scripts"


def test_nothing_moves_when_the_sheet_comes(slow: tuple[Page, Held, str]) -> None:
    page, held, key = slow
    opened(page, key)
    before = page.evaluate(LOOKS)
    held.styles.pop().continue_()
    page.locator("#keys").wait_for(state="attached")
    assert page.evaluate(SHEETS) == 1
    assert page.evaluate(LOOKS) == before
