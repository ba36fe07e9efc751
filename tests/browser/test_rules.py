"""Personal rules on a phone: what a page would do, do not disturb, rules of one's own."""

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.conftest import PHONE, House
from tests.browser.support import Watch, new_context, overflow, sign_in

pytestmark = pytest.mark.browser


def test_personal_rules(house: House, browser: Browser) -> None:
    watch = Watch()
    context = new_context(browser, house.server, watch, **PHONE)
    page = context.new_page()
    sign_in(page, house.email, house.password)
    page.goto("/settings")
    page.get_by_role("link", name="How I am reached").tap()
    told = page.get_by_role("region", name="What a page would do")
    told.get_by_label("At").fill("2027-01-09T03:12")
    told.get_by_role("button", name="Show").tap()
    expect(told).to_contain_text("A high-urgency page at 03:12 Sat: mail at once.")
    expect(told).to_contain_text("waits for working hours, 09:00 Mon (Europe/Dublin): mail then.")

    # From here on the hour of the day plays no part: at night working hours would begin later than do not disturb ends.
    house.server.rows(
        "update users set work_starts = '00:00', work_ends = '00:00', work_days = '{1,2,3,4,5,6,7}' where email = $1 returning 1",
        house.email,
    )
    quiet = page.get_by_role("region", name="Do not disturb")
    quiet.get_by_label("For").select_option("2 hours")
    quiet.get_by_role("button", name="Do not disturb").tap()
    expect(page.get_by_role("status").first).to_contain_text("What is urgent still reaches you.")
    expect(quiet).to_contain_text("On, until")
    expect(told).to_contain_text("waits for the end of do not disturb")
    quiet.get_by_role("button", name="End it now").tap()
    expect(quiet.get_by_role("button", name="Do not disturb")).to_be_visible()

    rules = page.get_by_role("region", name="Rules")
    expect(rules).to_contain_text("using the defaults")
    rules.get_by_text("Add a rule").tap()
    rules.get_by_label("After so many minutes").fill("10")
    rules.get_by_role("button", name="Add", exact=True).tap()
    expect(rules).to_contain_text("your own")
    expect(rules).to_contain_text("After 10 min")
    page.on("dialog", lambda dialog: dialog.accept())
    rules.get_by_role("button", name="Use the defaults").tap()
    expect(rules).to_contain_text("using the defaults")
    expect(rules).not_to_contain_text("After 10 min")
    assert overflow(page) + watch.wrong == []
    context.close()
