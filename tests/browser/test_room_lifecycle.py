"""Rooms that close: a duplicate that is merged, and a private incident that somebody is taken out of while they have it open."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.test_room_work import Two, two  # noqa: F401 - a fixture
from tests.product import setting

pytestmark = pytest.mark.browser


def opened(page: Page, name: str) -> None:
    if page.locator(f"#{name}").get_attribute("open") is None:
        page.locator(f"#{name} > summary").click()


def test_a_duplicate_is_merged_and_each_room_leads_to_the_other(two: Two) -> None:  # noqa: F811
    body = {"summary": "Search finds nothing", "severity": 2}
    other = str(two.house.server.api("POST", "/incidents", body, two.house.token)["key"])
    two.ben.goto(f"/incidents/{other}")
    opened(two.ada, "merge")
    two.ada.get_by_label("Key of the one that goes on").fill(other)
    two.ada.locator("#f-merge-why").fill("the same index")
    two.ada.get_by_role("button", name="Merge", exact=True).click()
    expect(two.ada.locator("#act")).to_contain_text(f"Merged into {other}")
    expect(two.ben.get_by_role("log")).to_contain_text(f"merged {two.key} into this incident")
    expect(two.ben.locator("#bonds")).to_contain_text("took in")
    two.ada.locator("#act").get_by_role("link", name=other).click()
    expect(two.ada.get_by_role("heading", level=1)).to_have_text("Search finds nothing")
    two.ada.goto(f"/incidents/{two.key}")
    two.ada.get_by_placeholder("Why").first.fill("another index after all")
    two.ada.get_by_role("button", name="Reopen").click()
    expect(two.ben.get_by_role("log")).to_contain_text(f"took {two.key} out again")


def test_whoever_is_taken_out_loses_the_open_room_at_once(two: Two) -> None:  # noqa: F811
    two.watch.expected |= {404}
    ben = setting.id_of(two.house.server, two.house.token, "ben@lantern.example")
    expect(two.ben.get_by_role("heading", level=1)).to_have_text("Search is slow")
    opened(two.ada, "make-private")
    two.ada.locator("#f-private-why").fill("somebody's data")
    two.ada.get_by_role("button", name="Make it private").click()
    expect(two.ada.locator("#room-glance")).to_contain_text("private")
    expect(two.ben.get_by_role("heading", level=1)).not_to_have_text("Search is slow")
    assert two.key not in two.ben.locator("main").inner_text()
    opened(two.ada, "members")
    two.ada.locator("#f-member").select_option(ben)
    two.ada.get_by_role("button", name="Let in", exact=True).click()
    expect(two.ada.get_by_role("log")).to_contain_text("let Ben Okafor see this incident")
    two.ben.goto(f"/incidents/{two.key}")
    expect(two.ben.get_by_role("heading", level=1)).to_have_text("Search is slow")
    expect(two.ada.locator("#members")).to_contain_text("Ben Okafor")
    opened(two.ada, "members")
    two.ada.locator("#members").get_by_role("button", name=re.compile("Remove Ben")).click()
    expect(two.ben.get_by_role("heading", level=1)).not_to_have_text("Search is slow")
    two.ben.wait_for_function(
        "key => caches.open('tocsin-rooms').then(r => r.keys()).then(k => !k.some(x => x.url.includes(key)))",
        arg=two.key,
    )
