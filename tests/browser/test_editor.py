"""The editor of schedules by keys and by sight: nothing that has the focus is covered, and long ones are folded."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.browser.conftest import People

pytestmark = pytest.mark.browser

#: What has the focus, and what lies over its middle when it is something else.
COVERED = """() => {
    const it = document.activeElement
    if (it === document.body) return null
    const shown = it.matches(".day-check input") ? it.parentElement : it
    const { x, y, width, height } = shown.getBoundingClientRect()
    const above = document.elementFromPoint(x + width / 2, Math.min(y + height / 2, y + 20))
    const clear = above && (shown.contains(above) || above.contains(shown) && !above.closest(".savebar, .tabs-bar"))
    const bar = document.querySelector(".savebar").getBoundingClientRect()
    const over = !it.closest(".savebar") && y + height > bar.top + 1 && y < bar.bottom && height < 300
    return [it.name || it.textContent.trim().slice(0, 40), clear && !over ? "" : `covered by ${above?.className || above?.tagName}`]
}"""


@pytest.mark.parametrize(("width", "height"), [(390, 844), (1440, 900)])
def test_the_focus_is_never_under_the_bar(people: People, width: int, height: int) -> None:
    page = people.page
    page.set_viewport_size({"width": width, "height": height})
    page.goto("/on-call/new?template=office")
    expect(page.locator("#preview")).not_to_be_empty()
    page.get_by_label("Name", exact=True).first.focus()
    stops, covered = 0, []
    for _ in range(200):
        found = page.evaluate(COVERED)
        if found is None or found[0] == "Cancel":
            break
        stops += 1
        if found[1]:
            covered.append(found)
        page.keyboard.press("Tab")
    assert stops > 40
    assert covered == []


def many_layers(people: People, count: int) -> str:
    """A schedule with so many layers; its id."""
    layers = [
        {"name": f"Part {n + 1}", "participants": [people.id("ben")], "start_date": "2026-01-05",
         "restrictions": [{"start": f"{n:02}:00", "end": f"{n + 1:02}:00"}]}
        for n in range(count)
    ]  # fmt: skip
    body = {"name": f"In {count} parts", "time_zone": "UTC", "rotations": layers}
    return str(people.house.server.api("POST", "/schedules", body, people.house.token)["id"])


def headings(page: Page) -> list[str]:
    return [each.split(":")[0] for each in page.locator("#f-layers h3").all_inner_texts()]


def test_many_layers_are_folded_and_run_as_the_timeline_does(people: People) -> None:
    page, schedule = people.page, many_layers(people, 20)
    page.goto(f"/on-call/{schedule}/edit")
    assert headings(page)[:2] == ["Layer 20", "Layer 19"]
    assert page.locator("#f-layers").evaluate("e => e.offsetHeight") < 3500
    expect(page.locator("#f-l19-fields > summary")).to_have_text("Ben Okafor, a week each, hand-off at 09:00, from 19:00 to 20:00")  # fmt: skip
    lanes = page.locator("#preview .tl-layer .tl-name")
    expect(lanes.first).to_contain_text("Part 20", timeout=30_000)
    # Up is up: in the editor and on the timeline. What was unfolded stays so.
    page.locator("#f-l4-fields > summary").click()
    page.get_by_role("button", name="Up layer 19").click()
    expect(page.get_by_role("heading", name="Layer 20: Part 19")).to_be_visible()
    expect(lanes.first).to_contain_text("Part 19", timeout=30_000)
    expect(page.locator("#f-l4-fields")).to_have_attribute("open", "")
    expect(page.locator("#f-l3-fields")).not_to_have_attribute("open", "")
    # What is wrong within a folded one unfolds it.
    page.locator("#f-l4-name").fill("x")
    page.locator("#f-l2-fields > summary").click()
    page.locator("[name=layer2_handoff_time]").fill("")
    page.locator("#f-l2-fields > summary").click()
    people.watch.expected.add(422)
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator("#f-l2-fields")).to_have_attribute("open", "")
    expect(page.locator("#f-l2-card > .problem")).to_contain_text("is not a time of day")
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()


def test_people_of_the_zone_stand_first_and_can_be_found(people: People) -> None:
    page = people.page
    page.goto("/on-call/new?template=sun")
    site = page.get_by_role("group", name="Site 1", exact=True)
    site.get_by_label("Time zone").select_option("America/Sao_Paulo")
    expect(site.locator(".many label").first).to_contain_text("Beatriz Souza")
    site.get_by_label("Ben Okafor").check()
    site.get_by_role("searchbox").fill("niamh")
    expect(site.locator(".many label:visible")).to_have_count(2)
    expect(site.get_by_label("Ben Okafor")).to_be_visible()
    expect(site.locator(".many local-time").first).to_contain_text(":")
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
