"""Schedules by hand: built from sites, overridden by drag and by keys, taken and swapped on a phone, edited by two."""

import re
from contextlib import suppress
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Locator, Page, expect

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


def dragged(page: Page) -> Locator:
    """The sheet that a drag over two days opens. Before the press the timeline may be drawn anew, elsewhere on the screen:
    then the drag is done again, as a person would."""
    sheet = page.get_by_role("dialog", name="Somebody else for a while")
    for _ in range(5):
        box = lane(page)
        day, y = box["width"] / 35, box["y"] + box["height"] / 2
        page.mouse.move(box["x"] + 10 * day + 2, y)
        page.mouse.down()
        page.mouse.move(box["x"] + 11 * day, y, steps=4)
        page.mouse.move(box["x"] + 12 * day, y, steps=4)
        page.mouse.up()
        with suppress(AssertionError):
            expect(sheet).to_be_visible(timeout=4_000)
            break
    expect(sheet).to_be_visible()
    return sheet


def test_dragging_over_the_timeline_overrides(people: People) -> None:
    page, schedule = people.page, people.schedule("Storefront on-call")
    page.goto(f"/on-call/{schedule}?view=month")
    sheet = dragged(page)
    begins, ends = sheet.get_by_label("From").input_value(), sheet.get_by_label("Until").input_value()
    assert begins.endswith("T00:00"), begins
    assert ends.endswith("T00:00"), ends
    expect(sheet.locator("[data-covers]")).to_contain_text("Now: ")
    sheet.get_by_label("Who").select_option(value=people.id("oisín"))
    sheet.get_by_label("Why").fill("A wedding")
    sheet.get_by_role("button", name="Override").click()
    # An <output> is a status too, and the sheet stands open in the page until the script has come.
    expect(page.locator(".callout[role=status]")).to_contain_text("Overridden")
    expect(page.locator(".tl-result .tl-over")).to_have_count(1)
    expect(
        page.locator("section", has=page.get_by_role("heading", name="Overrides to come"))
    ).to_contain_text("A wedding")
    page.get_by_role("link", name="History").click()
    expect(page.locator("#changes")).to_contain_text("put Oisín Kelly on call")
    page.get_by_role("button", name="Undo").first.click()
    expect(page.locator(".callout[role=status]")).to_be_visible()
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
    expect(page.locator("time-range .tl-selected").first).to_have_attribute("width", "0")


def test_a_shift_is_taken_and_another_swapped_from_a_train(people: People) -> None:
    phone, schedule = people.of("niamh", **PHONE), people.schedule("Storefront on-call")
    phone.goto(f"/on-call/{schedule}")
    coming = phone.locator("#coming")
    theirs = coming.get_by_role("button", name="Take").last
    whose = theirs.inner_text()
    theirs.tap()
    said = phone.locator("#coming-said")
    expect(said).to_contain_text("The shift is yours: ")
    expect(said).to_be_in_viewport()
    expect(coming.locator(".mine").last).to_contain_text("Niamh Walsh")
    assert "Niamh" not in whose
    coming.get_by_role("link", name="Swap").last.tap()
    expect(phone.locator("#f-to_user_id option", has_text="Ben Okafor")).to_have_text(
        re.compile(r"Ben Okafor · [☾☀] \d\d:\d\d · (free|on call) then")
    )
    phone.get_by_label("Whom to ask").select_option(value=people.id("joao"))
    phone.get_by_role("button", name="Ask", exact=True).tap()
    expect(phone.get_by_role("main")).to_contain_text("João Pereira")
    other = people.of("joao", **PHONE)
    other.goto("/on-call")
    mine = other.get_by_label("What is expected of you")
    expect(mine).to_contain_text("Niamh Walsh asks you to take Storefront on-call")
    expect(mine).to_contain_text("7 days, 7 of your nights.")
    expect(mine).to_contain_text("Nothing is offered in return.")
    mine.get_by_role("button", name="Accept").first.tap()
    expect(other.locator("#expected-said")).to_contain_text("It is yours now")
    other.goto(f"/on-call/{schedule}")
    expect(other.locator("#coming .mine").last).to_contain_text("João Pereira")


def test_what_was_taken_is_given_back_at_once(people: People) -> None:
    """The answer stands where the button was, names the dates, and takes it back."""
    phone, schedule = people.of("luiza", **PHONE), people.schedule("Payments on-call")
    phone.goto(f"/on-call/{schedule}?view=month")
    coming, said = phone.locator("#coming"), phone.locator("#coming-said")
    row = coming.locator("li", has=phone.get_by_role("button", name="Take")).last
    when = row.locator(".soft.small").last.inner_text()
    row.get_by_role("button", name="Take").tap()
    expect(said).to_contain_text(f"The shift is yours: {when}.")
    expect(said).to_contain_text(" is told.")
    expect(said).to_be_in_viewport()
    expect(coming.locator(".mine")).to_have_count(1)
    said.get_by_role("button", name="Undo").tap()
    expect(said).to_contain_text("The override is gone")
    expect(coming.locator(".mine")).to_have_count(0)
    assert "view=month" in phone.url


def test_the_sheet_of_an_override_is_filled_but_for_the_person(people: People) -> None:
    page, schedule = people.page, people.schedule("Storefront on-call")
    page.goto(f"/on-call/{schedule}")
    page.get_by_role("link", name="Override", exact=True).click()
    sheet = page.get_by_role("dialog", name="Somebody else for a while")
    who, begins, ends = sheet.get_by_label("Who"), sheet.get_by_label("From"), sheet.get_by_label("Until")
    expect(who).to_have_value("")
    expect(who.locator("option", has_text="Mei Tanaka")).to_have_text(
        re.compile(r"Mei Tanaka · [☾☀] \d\d:\d\d")
    )
    assert begins.input_value() < ends.input_value()
    who.select_option(value=people.id("mei"))
    ends.fill(begins.input_value())
    people.watch.expected.add(422)
    sheet.get_by_role("button", name="Override").click()
    expect(sheet.get_by_label("Until")).to_be_focused()
    expect(sheet.get_by_label("Until")).to_have_attribute("aria-invalid", "true")


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


def handed_over(people: People, name: str, *, begun: bool) -> tuple[str, str, str]:
    """A schedule of Ben and Mei whose pager waits for one of them: its id, who has it, and who is to accept."""
    now = datetime.now(UTC)
    body = {
        "name": name, "time_zone": "UTC", "needs_acceptance": True,
        "rotations": [{
            "participants": [people.id("ben"), people.id("mei")], "kind": "hourly", "length": 4, "start_date": "2026-01-05",
            "handoff_time": f"{now + timedelta(minutes=30):%H:%M}",
        }],
    }  # fmt: skip
    server, token = people.house.server, people.house.token
    schedule = str(server.api("POST", "/schedules", body, token)["id"])
    people.page.goto(f"/on-call/{schedule}/handover")
    waiting = people.page.locator("#waiting section", has_text="is next")
    expect(waiting).to_have_count(1, timeout=60_000)
    names = {"Ben Okafor": "ben", "Mei Tanaka": "mei"}
    after = next(first for name, first in names.items() if name in waiting.inner_text().split("\n")[0])
    if begun:
        now = datetime.now(UTC)
        # By SQL: the shift begins now, and so does everything that waits for it; at once, lest the clock of handovers find
        # a shift that has none in between.
        server.rows(
            f"""do $$ begin
            update shifts set ends_at = '{now}' where schedule_id = '{schedule}' and starts_at < '{now}';
            update shifts s set starts_at = '{now}' from handovers h where s.schedule_id = '{schedule}'
                and h.schedule_id = s.schedule_id and h.starts_at > '{now}' and s.starts_at = h.starts_at;
            update handovers set starts_at = '{now}' where schedule_id = '{schedule}' and starts_at > '{now}';
            end $$"""
        )
    return schedule, next(first for first in names.values() if first != after), after


def test_a_handover_is_accepted(people: People) -> None:
    """The pager waits for the next person's yes; who has it now sees that."""
    schedule, _, after = handed_over(people, "With acceptance", begun=False)
    # A manager could, but is shown whose night it may be, and not led to it.
    card = people.page.locator("#waiting section", has_text="is next")
    expect(card.get_by_role("button", name="Accept for ")).not_to_have_class(re.compile("primary"))
    expect(card.locator("local-time")).to_have_text(re.compile(r"[☾☀] \d\d:\d\d"))
    phone = people.of(after, **PHONE)
    phone.goto(f"/on-call/{schedule}")
    phone.get_by_role("link", name="Handover").first.tap()
    expect(phone.get_by_role("heading", name="You are next")).to_be_visible()
    phone.get_by_role("button", name="Accept", exact=True).tap()
    expect(phone.get_by_role("status")).to_contain_text("the shift is yours from")
    expect(people.page.locator("#waiting section", has_text="is next")).to_have_count(0)


def test_what_waits_for_somebody_stands_first(people: People) -> None:
    """Whoever is planned is not on call before they accept, and is not told so; whoever is paged reads why."""
    _, before, after = handed_over(people, "Waits for a yes", begun=True)
    old, new = people.of(before, **PHONE), people.of(after, **PHONE)
    for path in ("/", "/on-call"):
        new.goto(path)
        mine = new.get_by_label("What is expected of you")
        expect(mine).to_contain_text("Accept Waits for a yes, since")
        expect(mine).not_to_contain_text("Nothing is expected of you")
        expect(mine).not_to_contain_text("You are on call for Waits for a yes")
        old.goto(path)
        expect(old.get_by_label("What is expected of you")).to_contain_text(
            "You keep the pager for Waits for a yes until"
        )
    new.goto("/")
    new.get_by_role("button", name="Accept Waits for a yes").tap()
    expect(new.locator("#expected-said")).to_contain_text("the shift is yours until")
    expect(new.get_by_label("What is expected of you")).to_contain_text(
        "You are on call for Waits for a yes until"
    )
    old.goto("/on-call")
    expect(old.get_by_label("What is expected of you")).not_to_contain_text("You keep the pager")


def test_somebody_without_a_shift_reads_so(people: People) -> None:
    people.page.goto("/on-call")
    mine = people.page.get_by_label("What is expected of you")
    expect(mine).to_contain_text("Nothing is expected of you.")
    expect(mine).to_contain_text("Your next shift: none.")


def test_targets_are_of_a_finger_s_size_on_a_narrow_screen(people: People) -> None:
    """Also where no finger is expected: a narrow window, or a screen reader's cursor."""
    page = people.of("beatriz", viewport={"width": 390, "height": 844})
    for path, name in (
        ("/on-call", "Swap"),
        (f"/on-call/{people.schedule('Payments on-call')}/swap", "Ask for cover"),
        ("/settings/profile", "Page me now"),
    ):
        page.goto(path)
        # In one step: what happened elsewhere may draw a list anew at any time.
        page.wait_for_function(
            """name => { const found = [...document.querySelectorAll(".button")].filter(b => b.checkVisibility() && b.textContent.includes(name));
            return found.length && found.every(b => b.getBoundingClientRect().height >= 44) }""",
            arg=name,
        )
    page.goto("/on-call")
    rows = page.locator("#mine .shift-list").first.locator("li")
    expect(rows).to_have_count(3)
    expect(rows.first).to_contain_text(re.compile(r"[A-Z][a-z]{2} \d+ [A-Z][a-z]{2} \d\d:\d\d to "))
    page.get_by_text(" more", exact=False).first.click()
    expect(page.locator("#more-shifts li").first).to_be_visible()


def test_a_test_page_is_answered_and_still_stands_there_later(people: People) -> None:
    page = people.of("joao")
    page.goto("/settings/profile")
    page.get_by_role("link", name="Add a second contact method").click()
    expect(page.get_by_role("textbox", name="Address")).to_be_visible()
    page.get_by_role("button", name="Page me now").click()
    test = page.locator("#test")
    expect(test).to_contain_text("Did it arrive?", timeout=30_000)
    page.goto("/settings/profile")
    expect(test).to_contain_text("Did it arrive?")
    test.get_by_role("button", name="Yes, it arrived").click()
    expect(test).to_contain_text("The test page arrived.")
    expect(test.get_by_role("button")).to_have_count(0)


def test_it_prints_as_a_plan(people: People) -> None:
    page = people.page
    page.goto(f"/on-call/{people.schedule('Payments on-call')}")
    page.emulate_media(media="print")
    expect(page.get_by_role("navigation", name="Main")).to_be_hidden()
    expect(page.get_by_role("link", name="Edit")).to_be_hidden()
    expect(page.locator(".tl")).to_be_visible()
    expect(page.locator("#coming")).to_be_visible()
