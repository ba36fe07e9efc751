"""The page of a schedule with many people, and with names that read from right to left."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from tests.browser.conftest import PHONE, People

pytestmark = pytest.mark.browser

NAMES = ("محمد الفارسي", "דוד כהן", "سارة")


def schedule_of(people: People, title: str, *names: str, **layer: object) -> str:
    """A schedule with new people who take turns in this order; its id."""
    server, token = people.house.server, people.house.token
    ids = [
        server.api("POST", "/users", {"email": f"{title[:3].lower()}{n}@lantern.example", "name": name}, token)["id"]
        for n, name in enumerate(names)
    ]  # fmt: skip
    body = {
        "name": title,
        "time_zone": "UTC",
        "rotations": [{"participants": ids, "start_date": "2026-01-05", **layer}],
    }
    return str(server.api("POST", "/schedules", body, token)["id"])


def test_the_order_of_turns_reads_as_it_is_whatever_the_names(people: People) -> None:
    page = people.page
    page.goto(f"/on-call/{schedule_of(people, 'From the right', *NAMES)}")
    names = page.get_by_role("region", name="Layers").locator("span > bdi")
    expect(names).to_have_text(list(NAMES))
    boxes = [each.bounding_box() for each in names.all()]
    assert [(b["y"], b["x"]) for b in boxes if b] == sorted((b["y"], b["x"]) for b in boxes if b)
    page.get_by_role("link", name="Edit").click()
    expect(page.locator("#f-l0-fields > summary bdi")).to_have_text(list(NAMES))


def test_many_people_take_little_room(people: People) -> None:
    page = people.page
    names = [f"Person {n:02}" for n in range(40)]
    page.goto(f"/on-call/{schedule_of(people, 'Many people', *names, kind='daily')}")
    card = page.get_by_role("region", name="Readiness")
    expect(card).to_contain_text("40 of 40 are not ready: the first contact method, email, is not verified.")
    expect(card.locator("li:visible")).to_have_count(5)
    # Whoever is on call this week comes first.
    expect(card.locator("li").first).to_contain_text("on call this week")
    card.get_by_text("and 35 more").click()
    expect(card.locator("li:visible")).to_have_count(40)
    layers = page.get_by_role("region", name="Layers")
    expect(layers.locator("bdi:visible", has_text="Person")).to_have_count(6)
    expect(page.locator(".people-key li:visible")).to_have_count(12)
    assert page.evaluate("document.documentElement.scrollHeight") < 5000
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()


def test_a_phone_shows_the_present(people: People) -> None:
    phone = people.of("ada", **PHONE)
    phone.goto(f"/on-call/{people.schedule('Payments on-call')}?view=week")
    phone.wait_for_function(
        """() => {
            const [box, line] = [".tl", ".tl-now"].map((x) => document.querySelector(x)?.getBoundingClientRect());
            return box && line && box.width > 0 && box.left <= line.left && line.left <= box.right;
        }"""
    )


def test_print_says_when_and_where(people: People) -> None:
    page, schedule = people.page, people.schedule("Payments on-call")
    page.goto(f"/on-call/{schedule}")
    said = page.get_by_text("Printed ")
    expect(said).to_be_hidden()
    page.emulate_media(media="print")
    expect(said).to_contain_text(f"/on-call/{schedule}")


def test_today_is_the_readers_today(people: People) -> None:
    """The profile's clock, not the browser's: 00:30 in Dublin is tomorrow at 23:30, though it is one day in Tokyo."""
    page = people.of("ada", timezone_id="Asia/Tokyo")
    page.goto("/on-call")
    said = page.evaluate(
        """async () => {
            // What the event stream has told counts more than the page: the page's own module is told another time.
            const { setClock } = await import("/static/js/time.js")
            setClock(Date.parse("2026-11-27T23:30:00Z"))
            const moments = ["2026-11-28T00:30:00Z", "2026-11-27T22:00:00Z"].map((at) => {
                const it = document.createElement("local-moment")
                it.innerHTML = `<time datetime="${at}"></time>`
                document.body.append(it)
                return it.textContent
            })
            return moments
        }"""
    )
    assert said == ["Sat 28 Nov 00:30", "22:00"]


#: Words of columns, buttons and summaries that stand on two lines, though they are no longer than a column.
BROKEN = """() => {
    const found = []
    for (const box of document.querySelectorAll("main :is(td, th, .button, summary, .labelled label)")) {
        const walk = document.createTreeWalker(box, NodeFilter.SHOW_TEXT)
        for (let node = walk.nextNode(); node; node = walk.nextNode())
            for (const word of node.data.matchAll(/[^\\s-]{2,24}(?=\\s|$)/g)) {
                const range = document.createRange()
                range.setStart(node, word.index)
                range.setEnd(node, word.index + word[0].length)
                const lines = new Set([...range.getClientRects()].map((line) => Math.round(line.top)))
                if (lines.size > 1) found.push(word[0])
            }
    }
    return found
}"""


@pytest.mark.parametrize("width", [390, 820, 1024, 1440])
def test_words_in_columns_stay_whole(people: People, width: int) -> None:
    page = people.page
    page.set_viewport_size({"width": width, "height": 1000})
    for path in (
        "/settings/people",
        "/on-call/fairness",
        f"/on-call/{people.schedule('Storefront on-call')}",
    ):
        page.goto(path)
        assert page.evaluate(BROKEN) == [], path
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path
        for cell in page.locator("main :is(td, th):visible").all()[-9:]:
            box = cell.bounding_box()
            assert not box or box["x"] + box["width"] <= width, path
