"""Reading a room: after hours of sleep, while others write on, on a phone; and what it shows of what happens elsewhere."""

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import PHONE, House, People
from tests.product import setting

pytestmark = pytest.mark.browser


@pytest.fixture
def key(people: People) -> str:
    body = {"summary": "Search is slow", "severity": 2, "impact": "Searches take ten seconds"}
    return str(people.house.server.api("POST", "/incidents", body, people.house.token)["key"])


def grow(house: House, key: str, first: int, last: int) -> None:
    """Ben says many lines at once."""
    house.server.rows(
        f"""do $$ declare i uuid := (select id from incidents where key = '{key}'); at integer; begin
        for n in {first}..{last} loop
            update incidents set head = head + 1 where id = i returning head into at;
            insert into entries (stream, stream_type, seq, kind, happened_at, actor, door, payload)
            values (i, 'incident', at, 'message', clock(), 'Ben Okafor', 'web', jsonb_build_object('text', 'Line ' || n));
        end loop; end $$"""
    )


def says(people: People, key: str, text: str) -> None:
    people.house.server.api("POST", f"/incidents/{key}/entries", {"text": text}, people.house.token)


def awake(people: People) -> None:
    """The connection is back; what could not be fetched without it is no fault."""
    people.page.context.set_offline(False)
    expect(people.page.get_by_text("No connection.")).to_be_hidden()
    people.watch.wrong.clear()


def line(page: Page, text: str) -> Locator:
    return page.locator(".entry .words").get_by_text(text, exact=True)


def entries(page: Page) -> Locator:
    return page.locator("[data-entries] > [data-seq]")


def new(page: Page) -> Locator:
    return page.locator("[data-new-below]")


def read_above(page: Page) -> None:
    """Scrolls a good way up, until the beginning of the record is in sight."""
    page.locator("[data-scroll]").evaluate("box => { box.scrollTop = 0; }")
    expect(entries(page).first).to_be_in_viewport()


def test_after_hours_of_sleep_the_room_says_how_much_was_missed(people: People, key: str) -> None:
    page = people.page
    page.goto(f"/incidents/{key}")
    grow(people.house, key, 1, 20)
    expect(line(page, "Line 20")).to_be_in_viewport()
    stood = entries(page).count()
    page.context.set_offline(True)
    grow(people.house, key, 21, 1520)
    awake(people)
    bar = page.get_by_role("link", name="To the newest entries (1,500 more)")
    expect(bar).to_be_in_viewport()
    expect(line(page, "Line 20")).to_be_in_viewport()
    assert entries(page).count() == stood
    page.get_by_role("button", name="Read on from here").click()
    expect(line(page, "Line 21")).to_be_attached()
    assert entries(page).count() <= stood + 100
    bar = page.locator("[data-newer] a")
    bar.click()
    expect(line(page, "Line 1520")).to_be_in_viewport()
    assert entries(page).count() <= 100
    says(people, key, "And on it goes")
    expect(line(page, "And on it goes")).to_be_in_viewport()


def test_who_reads_the_past_while_asleep_hears_how_many_came(people: People, key: str) -> None:
    page = people.page
    grow(people.house, key, 1, 300)
    page.goto(f"/incidents/{key}?before=150")
    expect(page.locator("[data-newer] a")).to_contain_text("more")
    page.context.set_offline(True)
    grow(people.house, key, 301, 900)
    awake(people)
    expect(new(page)).to_contain_text("600 new")


def test_a_reader_above_keeps_their_line_however_much_is_written(people: People, key: str) -> None:
    page = people.page
    grow(people.house, key, 1, 90)
    page.goto(f"/incidents/{key}")
    expect(line(page, "Line 90")).to_be_in_viewport()
    read_above(page)
    first = entries(page).first
    stands = first.bounding_box()
    for n in range(91, 500, 50):
        grow(people.house, key, n, n + 49)
        expect(new(page)).to_contain_text(f"{n + 49 - 90} new")
    assert first.bounding_box() == stands
    assert entries(page).count() <= 400


def test_what_comes_while_one_reads_above_is_counted_and_one_press_away(people: People, key: str) -> None:
    page = people.page
    grow(people.house, key, 1, 60)
    page.goto(f"/incidents/{key}")
    expect(line(page, "Line 60")).to_be_in_viewport()
    expect(new(page)).to_be_hidden()
    read_above(page)
    for n in range(3):
        says(people, key, f"Said below {n}")
    expect(page.get_by_role("button", name="3 new")).to_be_in_viewport()
    expect(page.get_by_role("status").filter(has=page.locator("[data-new-below]"))).to_have_count(1)
    new(page).focus()
    page.keyboard.press("Enter")
    expect(line(page, "Said below 0")).to_be_in_viewport()
    expect(line(page, "Said below 2")).to_be_in_viewport()
    expect(new(page)).to_be_hidden()
    says(people, key, "Followed again")
    expect(line(page, "Followed again")).to_be_in_viewport()
    expect(new(page)).to_be_hidden()
    # Many more than fit: the first of them comes into sight, and the rest is still counted until the end is reached.
    read_above(page)
    grow(people.house, key, 61, 120)
    expect(new(page)).to_contain_text("60 new")
    new(page).click()
    expect(line(page, "Line 61")).to_be_in_viewport()
    expect(new(page)).to_be_visible()
    expect(new(page)).not_to_contain_text("60 new")
    page.locator("[data-scroll]").evaluate("box => { box.scrollTop = box.scrollHeight; }")
    expect(line(page, "Line 120")).to_be_in_viewport()
    expect(new(page)).to_be_hidden()


def test_on_a_phone_the_record_begins_at_its_end(people: People, key: str) -> None:
    grow(people.house, key, 1, 150)
    page = people.of("ben", **PHONE)
    page.goto(f"/incidents/{key}")
    # The state is read first: the page stands at its top.
    expect(page.get_by_role("heading", level=1)).to_be_in_viewport()
    composer = page.locator("[data-composer]")
    page.locator(".room-tabs").get_by_text("Record").tap()
    last = line(page, "Line 150")
    expect(last).to_be_in_viewport()
    shown, covered = last.bounding_box(), composer.bounding_box()
    assert shown
    assert covered
    assert shown["y"] + shown["height"] <= covered["y"]
    # What is written follows; who has gone above is told.
    says(people, key, "Said at the end")
    expect(line(page, "Said at the end")).to_be_in_viewport()
    read_above(page)
    says(people, key, "Said below")
    page.get_by_role("button", name="1 new").tap()
    expect(line(page, "Said below")).to_be_in_viewport()
    expect(new(page)).to_be_hidden()


def test_on_a_phone_who_scrolls_down_from_the_state_arrives_at_the_newest_entry(
    people: People, key: str
) -> None:
    grow(people.house, key, 1, 150)
    page = people.of("ben", **PHONE)
    page.goto(f"/incidents/{key}")
    expect(line(page, "Line 150")).to_be_attached()
    page.evaluate("window.scrollTo(0, document.documentElement.scrollHeight)")
    expect(line(page, "Line 150")).to_be_in_viewport()
    assert page.evaluate("document.documentElement.scrollHeight") < 3 * 844


def test_a_linked_alert_that_is_closed_is_closed_in_the_room(people: People) -> None:
    server, token, page = people.house.server, people.house.token, people.page
    alert = server.api("POST", "/alerts", {"message": "Disk is full"}, token)
    body = {"summary": "Disks are full", "severity": 2, "alert": str(alert["id"])}
    incident = server.api("POST", "/incidents", body, token)
    page.goto(f"/incidents/{incident['key']}")
    shown = page.locator("li").filter(has_text="Disk is full").filter(has_text="acknowledged by")
    expect(shown).to_have_count(1)
    server.api("POST", f"/alerts/{alert['id']}/close", {}, token)
    expect(page.locator("li").filter(has_text="Disk is full").filter(has_text="closed").first).to_be_visible()
    expect(shown).to_have_count(0)


def test_whoever_leaves_the_room_is_not_shown_there_any_more(people: People, key: str) -> None:
    page, ben = people.page, people.of("ben")
    page.goto(f"/incidents/{key}")
    ben.goto(f"/incidents/{key}")
    state = page.locator("#room-state")
    expect(state).to_contain_text("Ben Okafor")
    ben.context.close()
    setting.later(people.house.server, 70)
    try:
        expect(state).not_to_contain_text("Ben Okafor")
    finally:
        setting.later(people.house.server, 0)
