"""The policy editor with its preview, with a script and a keyboard, on a phone, and without a script."""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.browser.conftest import PHONE, People

pytestmark = pytest.mark.browser


def new_policy(page: Page, name: str) -> None:
    """Two steps: whoever is on call for Payments, then a team in turn; the second only for P1."""
    page.goto("/settings/policies/new")
    page.get_by_label("Name", exact=True).fill(name)
    page.get_by_label("Add to step 1").select_option(label="Payments on-call")
    page.get_by_role("button", name="Add to step 1").click()
    expect(page.get_by_role("button", name="Remove Payments on-call from step 1")).to_be_visible()
    page.get_by_label("Add to step 2").select_option(
        value=page.locator("#f-s1-add optgroup[label='One of a team, in turn'] option").first.get_attribute(
            "value"
        )
    )
    page.get_by_role("button", name="Add to step 2").click()
    page.locator("#f-s1-when > summary").click()
    page.locator("#f-s1-priorities").select_option(label="only P1")


def test_policy_editor_with_preview(people: People) -> None:
    page = people.page
    new_policy(page, "Nights")
    brings = page.get_by_role("region", name="Who would be paged")
    expect(brings.locator("#preview")).to_contain_text("First round")
    expect(brings).to_contain_text("not decided yet")
    page.get_by_label("After that, as the final step").select_option(label="Platform")
    expect(brings).to_contain_text("If nobody in the fallback team Platform answers either")
    brings.get_by_label("Priority").select_option(label="P4")
    expect(brings.locator("li.skipped").first).to_contain_text("Skipped: not for P4.")
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("status")).to_contain_text("Saved.")
    card = page.get_by_role("region", name="Nights")
    expect(card).to_contain_text("If nobody answers: team Platform.")
    expect(card).to_contain_text("only P1")
    card.get_by_role("link", name="Who would be paged by Nights").click()
    expect(page.get_by_role("region", name="Who would be paged")).to_contain_text("First round")


def test_a_phone_edits_a_policy_in_one_column(people: People) -> None:
    phone = people.of("ada", **PHONE)
    new_policy(phone, "By phone")
    phone.get_by_label("Add to step 2").select_option(label="A webhook…")
    phone.get_by_role("button", name="Add to step 2").click()
    expect(phone.get_by_label("Signing secret")).to_have_value(re.compile("^whsec_"))
    assert phone.evaluate("document.documentElement.scrollWidth") <= 390
    phone.get_by_role("button", name="Remove the new webhook of step 2").click()
    phone.get_by_role("button", name="Up step 2").click()
    expect(phone.get_by_role("button", name="Remove Payments on-call from step 2")).to_be_visible()
    phone.get_by_label("After that, as the final step").select_option(label="Nobody, on purpose")
    phone.get_by_role("button", name="Save").click()
    expect(phone.get_by_role("region", name="By phone")).to_contain_text("If nobody answers: nobody.")


def test_it_works_without_a_script(people: People) -> None:
    page = people.of("ada", java_script_enabled=False)
    new_policy(page, "No script")
    page.get_by_role("button", name="Preview", exact=True).last.click()
    expect(page.locator("#preview")).to_contain_text("First round")
    page.get_by_label("After that, as the final step").select_option(label="Nobody, on purpose")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("region", name="No script")).to_be_visible()


def test_somebody_is_paged_by_key_and_name(people: People) -> None:
    """From any page: one key, a name, who that would wake, and the alert that follows it live."""
    page = people.page
    page.goto("/services")
    page.locator("body").press("p")
    expect(page.get_by_role("heading", name="Page somebody")).to_be_visible()
    page.get_by_label("Whom").fill("payments")
    expect(page.locator("#preview")).to_contain_text("policy Payments or team Payments")
    page.get_by_label("Whom").fill("payments on-call")
    woken = page.get_by_role("region", name="Who would be woken")
    expect(woken).to_contain_text(re.compile(r"Niamh Walsh|[☾☀] \d\d:\d\d"))
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
    page.get_by_label("What is it about?").fill("Replica lag grows")
    page.get_by_role("button", name="Page now").click()
    expect(page.get_by_role("status")).to_contain_text("Paged Payments on-call:")
    expect(page.get_by_role("region", name="Ledger")).to_contain_text("on call for Payments on-call")
    expect(page.get_by_role("region", name="Ledger")).to_contain_text("handed over")
