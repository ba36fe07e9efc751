"""Forty minutes of an incident, told in a minute: Niamh in Dublin, Ben in Sydney by keyboard alone, Ada on a phone that loses its line."""

from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.browser.conftest import House
from tests.browser.support import Watch, new_context, overflow, sign_in
from tests.product import setting

pytestmark = pytest.mark.browser


@dataclass
class Street:
    """Three people and one clock."""

    house: House
    niamh: Page
    ben: Page
    ada: Page
    contexts: dict[str, BrowserContext]
    watch: Watch
    passed: int = 0
    key: str = ""
    all: list[Page] = field(default_factory=list)

    def minute(self, number: int) -> None:
        """The server's clock goes on; the browsers hear of it with the stream."""
        setting.later(self.house.server, number * 60)

    def record(self, page: Page) -> list[tuple[str, str]]:
        """What stands in somebody's record: number and words. Moments in it are shown on each reader's own clock."""
        script = """all => all.map(e => {
            const words = e.querySelector('.words')?.cloneNode(true);
            words?.querySelectorAll('time').forEach(t => { t.textContent = t.dateTime; });
            return [e.dataset.seq, (words?.textContent ?? '').trim()];
        })"""
        return [
            (seq, words) for seq, words in page.locator("[data-entries] > [data-seq]").evaluate_all(script)
        ]

    def everybody_hears(self, words: str) -> None:
        for page in self.all:
            expect(page.locator("[role=log]")).to_contain_text(words)


@pytest.fixture
def street(house: House, browser: Browser) -> Iterator[Street]:
    watch, contexts, pages = Watch(), dict[str, BrowserContext](), dict[str, Page]()
    for name, options in (
        ("niamh", {"viewport": {"width": 1440, "height": 900}, "timezone_id": "Europe/Dublin"}),
        (
            "ben",
            {
                "viewport": {"width": 1440, "height": 900},
                "timezone_id": "Australia/Sydney",
                "color_scheme": "dark",
            },
        ),
        ("ada", {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}),
    ):
        contexts[name] = new_context(browser, house.server, watch, **options)
        pages[name] = contexts[name].new_page()
        sign_in(pages[name], f"{name}@lantern.example", house.password)
    yield Street(house, pages["niamh"], pages["ben"], pages["ada"], contexts, watch, all=list(pages.values()))
    setting.later(house.server, 0)
    for context in contexts.values():
        context.close()


def say(page: Page, words: str) -> None:
    field = page.get_by_role("textbox", name="Message")
    field.fill(words)
    # On a phone Enter begins a line.
    page.get_by_role("button", name="Send").click()


def tap_tab(page: Page, name: str) -> None:
    page.get_by_role("navigation", name="Parts of the room").get_by_role("link", name=name).tap()


def test_forty_minutes(street: Street) -> None:
    niamh, ben, ada = street.niamh, street.ben, street.ada
    # 03:07: Niamh declares with two fields.
    niamh.goto("/incidents/declare")
    niamh.get_by_label("What is the emergency?").fill("Checkout fails for every customer in Europe")
    niamh.get_by_role("radio", name="SEV1").check()
    niamh.get_by_role("button", name="Declare", exact=True).click()
    if niamh.get_by_role("button", name="It is another one: declare").is_visible():
        niamh.get_by_role("button", name="It is another one: declare").click()
    niamh.wait_for_url(lambda url: "/incidents/INC-" in url)
    street.key = niamh.url.rsplit("/", 1)[1].partition("#")[0]
    for page in (ben, ada):
        page.goto(f"/incidents/{street.key}")
        expect(page.locator("#room-glance h1")).to_have_text("Checkout fails for every customer in Europe")
    niamh.locator("#room-mine").get_by_role("button", name="Take it").click()
    street.everybody_hears("took the role incident manager")
    expect(ada.locator("#room-glance")).to_contain_text("Niamh Walsh")
    expect(ada.locator("#room-glance h1")).to_be_in_viewport()
    # Ben never touches a mouse.
    ben.keyboard.press("/")
    ben.keyboard.type("/claim connections of the database pool")
    ben.keyboard.press("Enter")
    street.everybody_hears("connections of the database pool")
    tap_tab(ada, "Work")
    expect(ada.locator("#items .item", has_text="connections of the database pool")).to_contain_text(
        "Ben Okafor"
    )
    tap_tab(ada, "Record")
    # Minute 7: the first update; the checklist sees it.
    street.minute(7)
    niamh.goto(f"/incidents/{street.key}/update")
    niamh.get_by_label("State and impact").fill("Nobody in Europe can pay. We are on it.")
    niamh.get_by_label("Current status").fill("rolling back\nthe pool is being looked at")
    niamh.get_by_role("button", name="Publish").click()
    street.everybody_hears("Nobody in Europe can pay.")
    expect(ben.locator("#steps-done")).to_contain_text("Done")
    ben.locator("#steps-done > summary").press("Enter")
    expect(ben.locator("#step-first-update")).to_contain_text("after 7 min")
    # Minute 12: a theory, and what it was worth.
    street.minute(12)
    ben.keyboard.press("/")
    ben.keyboard.type("/hypothesis the deploy of 03:02 halved the pool")
    ben.keyboard.press("Enter")
    street.everybody_hears("the deploy of 03:02 halved the pool")
    # Ada's train enters a tunnel; what she writes waits, what the others do does not.
    street.contexts["ada"].set_offline(True)
    say(ada, "Support has 41 cases, all from Europe")
    expect(ada.locator("[data-problem]")).to_contain_text("kept here")
    seq = ben.locator("#items .item", has_text="halved the pool").get_attribute("id")
    assert seq
    ben.get_by_role("textbox", name="Message").focus()
    ben.keyboard.type(f"/disproved {seq.removeprefix('item-')} the pool has its size")
    ben.keyboard.press("Enter")
    niamh.get_by_role("textbox", name="Message").fill(
        "/decide roll back 4211 because errors began with it; undo: deploy 4211"
    )
    niamh.get_by_role("textbox", name="Message").press("Enter")
    for page in (niamh, ben):
        expect(page.locator("[role=log]")).to_contain_text("roll back 4211")
    street.contexts["ada"].set_offline(False)
    street.everybody_hears("Support has 41 cases, all from Europe")
    street.everybody_hears("roll back 4211")
    assert sum("41 cases" in words for _, words in street.record(ben)) == 1
    # Minute 20: worse than thought, then a task on the phone.
    street.minute(20)
    say(niamh, "/impact Nobody in Europe can pay; 400 orders a minute are lost")
    expect(ada.locator("#room-glance .impact")).to_contain_text("400 orders a minute")
    tap_tab(ada, "Work")
    ada.get_by_label("What it is").select_option("task")
    ada.get_by_label("In a few words").fill("tell the bank")
    ada.locator("#f-item-due").select_option("20")
    ada.locator("#items .add-item button").first.tap()
    street.everybody_hears("tell the bank")
    # Minute 34: nothing is new, and one tap says so.
    street.minute(34)
    expect(niamh.locator("#room-mine")).to_contain_text("Next update due")
    niamh.locator("#room-mine").get_by_role("button", name="Still true").click()
    street.everybody_hears("says that nothing has changed")
    # Minute 40: over.
    street.minute(40)
    niamh.locator("#resolve > summary").click()
    expect(niamh.locator("#resolve")).to_contain_text("1 task")
    niamh.get_by_label("What resolved it?").fill("4211 is rolled back; payments are normal")
    niamh.locator("#resolve").get_by_role("button", name="Resolve").click()
    street.everybody_hears("payments are normal")
    expect(ada.locator("#room-glance")).to_contain_text("resolved")
    # One record, the same for three.
    expect(niamh.locator("[role=log]")).to_contain_text("drafted the postmortem")
    for page in (ben, ada):
        expect(page.locator("[role=log]")).to_contain_text("drafted the postmortem")
        assert street.record(page) == street.record(niamh)
    numbers = [int(seq) for seq, _ in street.record(niamh)]
    assert numbers == list(range(1, len(numbers) + 1))
    for page in street.all:
        assert not overflow(page)
        found = [v for v in Axe().run(page).response["violations"] if v["impact"] in ("serious", "critical")]
        assert [f"{v['id']}: {[n['target'] for n in v['nodes']][:3]}" for v in found] == []
    assert [line for line in street.watch.wrong if "ERR_INTERNET_DISCONNECTED" not in line] == []
