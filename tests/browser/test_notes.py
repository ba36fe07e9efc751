"""The notes page in browsers: two write at once, one goes away and comes back, somebody is let out while they look."""

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, Route, expect

from tests.browser.conftest import House
from tests.browser.support import Watch, new_context, sign_in
from tests.product.harness import until

pytestmark = pytest.mark.browser


@dataclass
class Two:
    """Ada and Ben, each in a browser of their own, on one notes page."""

    house: House
    key: str
    ada: Page
    ben: Page
    contexts: list[BrowserContext]
    watch: Watch

    def papers(self) -> tuple[Locator, Locator]:
        return self.ada.locator("#f-body"), self.ben.locator("#f-body")

    def open(self, key: str) -> None:
        for page in (self.ada, self.ben):
            page.goto(f"/incidents/{key}/notes")
            expect(page.locator("#f-body")).to_be_editable()


@pytest.fixture
def two(house: House, browser: Browser) -> Iterator[Two]:
    watch, contexts, pages = Watch(), list[BrowserContext](), list[Page]()
    for email in (house.email, "ben@lantern.example"):
        context = new_context(browser, house.server, watch)
        page = context.new_page()
        sign_in(page, email, house.password)
        contexts.append(context)
        pages.append(page)
    key = str(
        house.server.api("POST", "/incidents", {"summary": "Search is slow", "severity": 2}, house.token)[
            "key"
        ]
    )
    until(lambda: house.server.get(f"/api/v1/incidents/{key}/notes", house.token)[0] == 200, "the notes page")
    found = Two(house, key, *pages, contexts, watch)
    found.open(key)
    yield found
    for context in contexts:
        context.close()


def test_two_write_at_once_and_see_each_other(two: Two) -> None:
    ada, ben = two.papers()
    ada.click()
    two.ada.keyboard.type("# Facts")
    expect(ben).to_have_value("# Facts")
    ben.click()
    two.ben.keyboard.press("Control+End")
    two.ben.keyboard.type("\n- [ ] call the vendor")
    two.ada.keyboard.press("Control+Home")
    two.ada.keyboard.type("Ada: ")
    for paper in (ada, ben):
        expect(paper).to_have_value("Ada: # Facts\n- [ ] call the vendor")
    expect(two.ada.locator("[data-notes-here]")).to_contain_text("Ben Okafor")
    expect(two.ada.locator(".caret")).to_have_attribute("data-name", "Ben Okafor")
    # Ben's caret stays with his words while Ada writes before them, and undo takes back only one's own.
    two.ben.keyboard.type("!")
    expect(ada).to_have_value("Ada: # Facts\n- [ ] call the vendor!")
    two.ada.keyboard.press("Control+z")
    expect(ben).to_have_value("# Facts\n- [ ] call the vendor!")
    preview = two.ben.locator("[data-notes-preview]")
    expect(preview.locator("h2")).to_have_text("Facts")
    preview.get_by_role("checkbox").click()
    expect(ada).to_have_value("# Facts\n- [x] call the vendor!")
    assert two.watch.wrong == []


def test_what_is_written_without_a_connection_is_put_together(two: Two) -> None:
    ada, ben = two.papers()
    ada.click()
    two.ada.keyboard.type("one two three")
    expect(ben).to_have_value("one two three")
    two.contexts[1].set_offline(True)
    ben.click()
    two.ben.keyboard.press("Control+End")
    two.ben.keyboard.type(" four \U0001f525")
    expect(two.ben.locator("[data-notes-state]")).to_contain_text("No connection")
    two.ada.keyboard.press("Control+Home")
    two.ada.keyboard.type("zero ")
    two.contexts[1].set_offline(False)
    for paper in (ada, ben):
        expect(paper).to_have_value("zero one two three four \U0001f525")
    two.watch.wrong.clear()


def test_what_could_not_be_sent_outlives_a_reload(two: Two) -> None:
    _, ben = two.papers()
    ben.click()
    two.watch.expected |= {502, 503}
    two.house.server.kill()
    two.ben.keyboard.type("written in the dark")
    expect(two.ben.locator("[data-notes-state]")).to_contain_text("No connection")
    two.house.server.start()
    two.ben.goto(f"/incidents/{two.key}/notes")
    expect(two.ben.locator("#f-body")).to_have_value("written in the dark")
    expect(two.ada.locator("#f-body")).to_have_value("written in the dark")
    two.watch.wrong.clear()


def stall(page: Page) -> list[Route]:
    """What the page sends is on its way for good: nobody answers unless the test does."""
    stalled = list[Route]()

    def hold(route: Route) -> None:
        stalled.append(route)

    page.route("**/notes/updates", hold)
    return stalled


@pytest.mark.parametrize("answered", [True, False])
def test_what_was_typed_while_an_older_part_was_on_its_way_outlives_the_tab(two: Two, answered: bool) -> None:
    _, ben = two.papers()
    stalled = stall(two.ben)
    ben.click()
    with two.ben.expect_request("**/notes/updates"):
        two.ben.keyboard.type("first ")
    two.ben.keyboard.type("second")
    if answered:
        stalled[0].fulfill(status=502, body="")
        expect(two.ben.locator("[data-notes-state]")).to_contain_text("Not saved yet")
    two.ben.goto("/alerts")
    two.ben.unroute("**/notes/updates")
    two.ben.goto(f"/incidents/{two.key}/notes")
    expect(two.ben.locator("#f-body")).to_have_value("first second")
    expect(two.ada.locator("#f-body")).to_have_value("first second")


def test_what_is_saved_is_kept_here_no_longer(two: Two) -> None:
    _, ben = two.papers()
    stalled = stall(two.ben)
    ben.click()
    with two.ben.expect_request("**/notes/updates"):
        two.ben.keyboard.type("first ")
    two.ben.keyboard.type("second")
    stalled[0].continue_()
    two.ben.unroute("**/notes/updates")
    expect(two.ada.locator("#f-body")).to_have_value("first second")
    expect(two.ben.locator("[data-notes-state]")).to_have_text("Saved.")
    assert (
        two.ben.evaluate("Object.keys(localStorage).filter((name) => name.startsWith('tocsin-notes:'))") == []
    )


def test_a_text_saved_elsewhere_comes_at_once_and_a_version_comes_back(two: Two) -> None:
    ada, _ = two.papers()
    two.house.server.api("PUT", f"/incidents/{two.key}/notes", {"body": "from the shell"}, two.house.token)
    expect(ada).to_have_value("from the shell")
    two.house.server.api("PUT", f"/incidents/{two.key}/notes", {"body": "and again"}, two.house.token)
    two.ada.reload()
    two.ada.get_by_text("Earlier versions").click()
    two.ada.locator("#versions a").last.click()
    expect(two.ada.locator(".markdown")).to_contain_text("from the shell")
    two.ada.get_by_role("button", name="Make it the text again").click()
    expect(two.ada.locator("#f-body")).to_have_value("from the shell")
    expect(two.papers()[1]).to_have_value("from the shell")


def test_whoever_is_let_out_of_a_private_incident_loses_its_notes_at_once(two: Two) -> None:
    server, token = two.house.server, two.house.token
    body = {"summary": "Somebody reads our mail", "severity": 1, "private": True}
    key = str(server.api("POST", "/incidents", body, token)["key"])
    until(lambda: server.get(f"/api/v1/incidents/{key}/notes", token)[0] == 200, "the notes page")
    two.ada.goto(f"/incidents/{key}#members")
    two.ada.locator("#f-member").select_option(label="Ben Okafor")
    two.ada.get_by_role("button", name="Let in", exact=True).click()
    two.open(key)
    ada, ben = two.papers()
    ada.click()
    two.ada.keyboard.type("the attacker came by")
    expect(ben).to_have_value("the attacker came by")
    two.watch.expected.add(404)
    two.contexts[0].new_page().goto(f"/incidents/{key}#members")
    other = two.contexts[0].pages[-1]
    other.locator("#members li", has_text="Ben Okafor").get_by_role("button").click()
    two.ada.bring_to_front()
    ada.click()
    two.ada.keyboard.type(" the back door")
    expect(two.ben.get_by_text("There is no such incident")).to_be_visible()
    expect(two.ben.locator("#f-body")).to_have_count(0)
