"""Schedules by hand: built from sites, overridden by drag and by keys, taken and swapped on a phone, edited by two."""

from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import PHONE, People
from tests.browser.support import new_context, sign_in

pytestmark = pytest.mark.browser


SITES = (
    ("Sydney", "Australia/Sydney", "08:00", ("Ben Okafor", "Mei Tanaka")),
    ("Dublin", "Europe/Dublin", "08:00", ("Niamh Walsh",)),
    ("São Paulo", "America/Sao_Paulo", "11:00", ("Beatriz Souza",)),
)


def test_following_the_sun_is_built_from_its_sites(people: People) -> None:
    page = people.page
    page.goto("/on-call/new")
    page.get_by_role("link", name="follow the sun").click()
    for n, (name, zone, begins, who) in enumerate(SITES):
        site = page.get_by_role("group", name=f"Site {n + 1}", exact=True)
        site.get_by_label("Name").fill(name)
        site.get_by_label("Time zone").select_option(zone)
        site.get_by_label("The day begins at").fill(begins)
        for each in who:
            site.get_by_label(each).check()
    page.get_by_role("button", name="Make the layers").click()
    expect(page.get_by_role("heading", name="Layer 3")).to_be_visible()
    page.get_by_label("Name", exact=True).first.fill("Around the world")
    expect(page.locator("#preview .tl-result [data-who*='Beatriz Souza']").first).to_be_attached()
    expect(page.locator("#preview .tl-gap")).to_have_count(0)
    expect(page.locator("#preview")).to_contain_text("is on call here and for Payments on-call at once")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Around the world")
    expect(page.locator(".tl-gap")).to_have_count(0)
    layers = page.locator("section", has=page.get_by_role("heading", name="Layers"))
    expect(layers).to_contain_text("08:00 to 08:00 in Europe/Dublin")


def lane(page: Page) -> dict[str, float]:
    """Where the result row is on the screen."""
    expect(page.locator("time-range[tabindex]").first).to_be_visible()
    # In one step: what happened elsewhere may draw the timeline anew at any time.
    return dict(
        page.evaluate(
            """() => { const lane = document.querySelector("time-range svg.tl-lane"); lane.scrollIntoView({ block: "center" });
            const { x, y, width, height } = lane.getBoundingClientRect(); return { x, y, width, height } }"""
        )
    )


def test_dragging_over_the_timeline_overrides(people: People) -> None:
    page, schedule = people.page, people.schedule("Storefront on-call")
    page.goto(f"/on-call/{schedule}?view=month")
    box = lane(page)
    day = box["width"] / 35
    y = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + 10 * day + 2, y)
    page.mouse.down()
    page.mouse.move(box["x"] + 11 * day, y, steps=4)
    page.mouse.move(box["x"] + 12 * day, y, steps=4)
    page.mouse.up()
    sheet = page.get_by_role("dialog", name="Somebody else for a while")
    expect(sheet).to_be_visible()
    begins, ends = sheet.get_by_label("From").input_value(), sheet.get_by_label("Until").input_value()
    assert begins.endswith("T00:00"), begins
    assert ends.endswith("T00:00"), ends
    expect(sheet.locator("[data-covers]")).to_contain_text("Now: ")
    sheet.get_by_label("Who").select_option(label="Oisín Kelly")
    sheet.get_by_label("Why").fill("A wedding")
    sheet.get_by_role("button", name="Override").click()
    expect(page.get_by_role("status")).to_contain_text("Overridden")
    expect(page.locator(".tl-result .tl-over")).to_have_count(1)
    expect(
        page.locator("section", has=page.get_by_role("heading", name="Overrides to come"))
    ).to_contain_text("A wedding")
    page.get_by_role("link", name="History").click()
    expect(page.locator("#changes")).to_contain_text("put Oisín Kelly on call")
    page.get_by_role("button", name="Undo").first.click()
    page.goto(f"/on-call/{schedule}")
    expect(page.locator(".tl-result .tl-over")).to_have_count(0)


def test_a_range_is_picked_with_keys_alone(people: People) -> None:
    page, schedule = people.page, people.schedule("Storefront on-call")
    page.goto(f"/on-call/{schedule}?view=month&from=2027-02-01")
    page.locator("time-range").first.focus()
    for _ in range(3):
        page.keyboard.press("ArrowRight")
    for _ in range(4):
        page.keyboard.press("Shift+ArrowRight")
    expect(page.locator("time-range [aria-live]").first).to_contain_text("2027-02-0")
    page.keyboard.press("Enter")
    sheet = page.get_by_role("dialog", name="Somebody else for a while")
    expect(sheet.get_by_label("Who")).to_be_focused()
    assert sheet.get_by_label("From").input_value() < sheet.get_by_label("Until").input_value()
    page.keyboard.press("Escape")
    expect(sheet).to_be_hidden()
    assert page.locator("time-range .tl-selected").first.get_attribute("width") == "0"


def test_a_shift_is_taken_and_another_swapped_from_a_train(people: People) -> None:
    phone, schedule = people.of("niamh", **PHONE), people.schedule("Storefront on-call")
    phone.goto(f"/on-call/{schedule}")
    coming = phone.locator("#coming")
    theirs = coming.get_by_role("button", name="Take").last
    whose = theirs.inner_text()
    theirs.tap()
    expect(phone.get_by_role("status")).to_contain_text("The shift is yours")
    expect(coming.locator(".mine").last).to_contain_text("Niamh Walsh")
    assert "Niamh" not in whose
    coming.get_by_role("link", name="Swap").last.tap()
    phone.get_by_label("Whom to ask").select_option(label="João Pereira, America/Sao Paulo")
    phone.get_by_role("button", name="Ask", exact=True).tap()
    expect(phone.get_by_role("main")).to_contain_text("João Pereira")
    other = people.of("joao", **PHONE)
    other.goto("/on-call")
    other.get_by_role("link", name="Niamh Walsh asks you").tap()
    other.get_by_role("button", name="Accept").first.tap()
    expect(other.get_by_role("status")).to_contain_text("It is yours now")
    other.goto(f"/on-call/{schedule}")
    expect(other.locator("#coming .mine").last).to_contain_text("João Pereira")


def test_the_second_editor_sees_what_the_first_did(people: People) -> None:
    schedule = people.schedule("Platform on-call")
    other = people.of("mei")
    people.page.goto(f"/on-call/{schedule}/edit")
    other.goto(f"/on-call/{schedule}/edit")
    people.page.get_by_label("Name", exact=True).first.fill("Platform, renamed")
    people.page.get_by_role("button", name="Save", exact=True).click()
    expect(people.page.get_by_role("heading", level=1)).to_have_text("Platform, renamed")
    other.locator(".layer > details > summary").first.click()
    other.get_by_label("Hand-off at").first.fill("10:30")
    people.watch.expected.add(422)
    other.get_by_role("button", name="Save", exact=True).click()
    alert = other.get_by_role("alert")
    expect(alert).to_contain_text("Ada Byrne changed the name")
    expect(alert).to_contain_text("Saving yours over it changes the name, the hand-off in")
    expect(other.get_by_label("Hand-off at").first).to_have_value("10:30")
    # No plain way to save is left: Enter looks, and asks again.
    expect(other.get_by_role("button", name="Save", exact=True)).to_have_count(0)
    other.get_by_label("Hand-off at").first.press("Enter")
    expect(other.locator("#preview .tl")).to_be_visible()
    expect(other.get_by_role("button", name="Save", exact=True)).to_have_count(0)
    expect(other.get_by_label("Hand-off at").first).to_have_value("10:30")
    alert.get_by_role("button", name="Save mine over it").click()
    expect(other.get_by_role("heading", level=1)).to_have_text("Platform on-call")
    expect(other.get_by_role("main")).to_contain_text("hand-off at 10:30")


def test_layers_move_without_a_script(people: People) -> None:
    """Buttons of the form are buttons of a form."""
    context = new_context(people.browser, people.house.server, people.watch, java_script_enabled=False)
    people.contexts.append(context)
    page = context.new_page()
    sign_in(page, people.house.email, people.house.password)
    page.goto("/on-call/new?template=office")
    page.get_by_label("Name", exact=True).first.fill("By hand")
    page.get_by_label("Turn 1 of layer 2").select_option(label="Ada Byrne")
    page.get_by_role("button", name="Down layer 2").click()
    expect(page.get_by_label("Turn 1 of layer 1").locator("option:checked")).to_have_text("Ada Byrne")
    page.get_by_label("Turn 2 of layer 1").select_option(label="Ben Okafor")
    page.get_by_role("button", name="Preview").last.click()
    expect(page.locator("#preview")).to_contain_text("Nobody")
    page.get_by_role("button", name="Turn 2 of layer 1 one earlier").click()
    expect(page.get_by_label("Turn 1 of layer 1").locator("option:checked")).to_have_text("Ben Okafor")
    expect(page.get_by_label("Name", exact=True).first).to_have_value("By hand")


def test_a_handover_is_accepted(people: People) -> None:
    """The pager waits for the next person's yes; who has it now sees that."""
    now = datetime.now(UTC)
    body = {
        "name": "With acceptance", "time_zone": "UTC", "needs_acceptance": True,
        "rotations": [{
            "participants": [people.id("ben"), people.id("mei")], "kind": "hourly", "start_date": "2026-01-05",
            "handoff_time": f"{now + timedelta(minutes=30):%H:%M}",
        }],
    }  # fmt: skip
    made = people.house.server.api("POST", "/schedules", body, people.house.token)
    people.page.goto(f"/on-call/{made['id']}/handover")
    waiting = people.page.locator("#waiting section", has_text="is next")
    expect(waiting).to_be_visible(timeout=60_000)
    first = waiting.get_by_role("heading").inner_text().split()[0]
    phone = people.of(first.lower(), **PHONE)
    phone.goto(f"/on-call/{made['id']}")
    phone.get_by_role("link", name="Handover").first.tap()
    phone.get_by_role("button", name="Accept", exact=True).tap()
    expect(phone.get_by_role("status")).to_contain_text("The shift is yours")
    expect(waiting).to_have_count(0)


def test_it_prints_as_a_plan(people: People) -> None:
    page = people.page
    page.goto(f"/on-call/{people.schedule('Payments on-call')}")
    page.emulate_media(media="print")
    expect(page.get_by_role("navigation", name="Main")).to_be_hidden()
    expect(page.get_by_role("link", name="Edit")).to_be_hidden()
    expect(page.locator(".tl")).to_be_visible()
    expect(page.locator("#coming")).to_be_visible()
