"""Why was I paged, and why not: by the API and by pages; who may ask about whom; addresses keep their secrets."""

import pytest

from tests.contract.api import Api
from tests.contract.browsing import Browser
from tests.domain.paging_world import World, run
from tests.support import Company
from tocsin.alerts import commands
from tocsin.kernel.db import Database
from tocsin.paging.work import FOLLOWS


@pytest.fixture
async def number(db: Database, company: Company) -> int:
    """An alert that has paged Ana, by a webhook with a secret in its address, and by mail."""
    db.follows = lambda kind: FOLLOWS.get(kind, ())
    world = World(db, company)
    await world.add_webhook(company.ana, 0)
    await run(
        db, "update contact_methods set address = 'https://hook.example/SECRET' where transport = 'webhook'"
    )
    async with db.unit(company.as_ben(), "test") as u:
        await commands.report(u, "Checkout is failing", service="Checkout", priority=1)
    await world.settle()
    (row,) = await run(db, "select number from alerts")
    return int(row["number"])


async def test_the_api_answers_for_oneself_and_for_those_one_answers_for(
    api: Api, company: Company, number: int
) -> None:
    ana, ben = await api.as_(company.as_ana()), await api.as_(company.as_ben())
    told = await ana.good("GET", f"/alerts/{number}/why")
    assert (told["paged"], told["user"]) == (True, "Ana Silva")
    assert [d["state"] for d in told["pages"][0]["deliveries"]] == ["sent", "sent"]
    assert told["pages"][0]["deliveries"][0]["tries"][0]["vendor"] in ("email", "webhook/hook.example")
    not_paged = await ben.good("GET", f"/alerts/{number}/why")
    assert not_paged["reasons"][0]["text"] == "Step 2 names Ben Okafor; it is not due yet."
    assert (await ben.ask("GET", f"/alerts/{number}/why", user=company.ana)).status == 403
    assert (await api.good("GET", f"/alerts/{number}/why", user=company.ana))["paged"] is True
    assert (await ana.ask("GET", "/alerts/99999/why")).status == 404


async def test_pages_are_listed_by_person_alert_and_time(api: Api, company: Company, number: int) -> None:
    ana, ben = await api.as_(company.as_ana()), await api.as_(company.as_ben())
    assert len((await ana.good("GET", "/pages"))["pages"]) == 1
    mine = await ben.good("GET", "/pages")
    assert (mine["pages"], [a["number"] for a in mine["not_paged"]]) == ([], [number])
    assert len((await api.good("GET", "/pages", alert=number))["pages"]) == 1
    assert (await ben.ask("GET", "/pages", user=company.ana)).status == 403
    assert (await ana.ask("GET", "/pages", **{"from": "2999-01-01T00:00:00Z"})).status == 422
    past = await ana.good("GET", "/pages", **{"from": "2020-01-01T00:00:00Z", "to": "2020-02-01T00:00:00Z"})
    assert past["pages"] == []


async def test_no_door_shows_what_stands_behind_a_host(
    api: Api, browser: Browser, company: Company, number: int
) -> None:
    ana = await api.as_(company.as_ana())
    for path in (f"/alerts/{number}/ledger", f"/alerts/{number}/why", "/pages"):
        told = str(await ana.good("GET", path))
        assert "https://hook.example" in told
        assert "SECRET" not in told
    for path in (f"/alerts/{number}", f"/alerts/{number}/why", "/pages"):
        assert "SECRET" not in await browser.see(path)


async def test_pages_say_why_and_why_not(browser: Browser, company: Company, number: int) -> None:
    mine = await browser.see("/pages")
    assert "On call for Payments on-call" in mine
    assert "Tries and receipts" in mine or "Try and receipts" in mine
    assert "Why were you paged?" in await browser.see(f"/alerts/{number}/why")
    for path in (f"/people/{company.ben}/pages", f"/alerts/{number}/why?user={company.ben}"):
        assert (await browser.ask("GET", path))[0] == 403
    status, headers, _ = await browser.ask("GET", f"/pages?alert=%23{number}")
    assert (status, headers["location"]) == (303, f"/alerts/{number}/why?user={company.ana}")
    for path in ("/people/nobody/pages", "/alerts/99999/why"):
        assert (await browser.ask("GET", path))[0] == 404


async def test_the_page_of_vendors_asks_one(browser: Browser, db: Database, number: int) -> None:
    await run(
        db,
        "update vendors set resting_until = clock() + interval '5 minutes', failures = 3, last_error = 'It answered 500.'"
        " where vendor = 'webhook/hook.example'",
    )
    page = await browser.see("/settings/vendors")
    for words in ("hook.example", "rests", "It answered 500.", "Let one message through", "100 %"):
        assert words in page
    assert "1 of 2 rest after failures" in await browser.see("/settings")
    status, _, _ = await browser.press("/settings/vendors/probe", vendor="webhook/hook.example")
    assert status == 303
    assert "waits for a probe" in await browser.see("/settings/vendors")
    assert "tocsin_vendors_resting 1.0" in await browser.see("/metrics")


async def test_vendors_of_a_new_installation(browser: Browser) -> None:
    assert "No message yet" in await browser.see("/settings/vendors")
