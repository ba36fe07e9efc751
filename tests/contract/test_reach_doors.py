"""How one is reached, promises and responders, at the API, on the pages, and by a page's link."""

import re
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest

from tests.contract.api import Api
from tests.contract.asgi import ask
from tests.contract.browsing import Browser
from tests.domain.paging_world import Later, World, unfolded, value
from tests.support import Company
from tocsin.alerts.commands import report
from tocsin.app import Running, compose
from tocsin.kernel.db import Database
from tocsin.paging.commands import acknowledge_by_link
from tocsin.paging.links import ack_token
from tocsin.settings import load


@pytest.fixture
async def db(dsn: str) -> AsyncIterator[Database]:
    async with unfolded(dsn) as database:
        yield database


async def an_alert(api: Api) -> int:
    made = await api.good(
        "POST", "/alerts", {"message": "Checkout is slow", "service": "Checkout", "priority": "P2"}
    )
    number: int = made["number"]
    return number


async def test_do_not_disturb_and_quiet_hours_by_api(api: Api) -> None:
    high, low = (await api.good("GET", "/me/reach", at="2027-01-09T03:12:00Z"))["reach"]
    assert high["sentence"] == "A high-urgency page at 03:12: mail at once."
    assert (
        low["sentence"] == "A low-urgency page at 03:12 waits for working hours, 09:00 Mon (UTC): mail then."
    )
    until = await api.db.clock() + timedelta(hours=2)
    told = await api.good("PUT", "/me/do-not-disturb", {"until": until.isoformat()})
    assert told["do_not_disturb_until"][:16] == until.isoformat()[:16]
    assert (await api.good("PUT", "/me/do-not-disturb", {"until": None}))["do_not_disturb_until"] is None
    told = await api.good("PUT", "/me/quiet-hours", {"quiet_from": "22:00", "quiet_to": "07:00"})
    assert (told["quiet_from"], told["quiet_to"], told["own_rules"]) == ("22:00:00", "07:00:00", False)
    refused = await api.ask("PUT", "/me/quiet-hours", {"quiet_from": "08:00", "quiet_to": "18:00"})
    assert refused.status == 422
    assert (await api.good("GET", "/me/reach"))["quiet_from"] == "22:00:00"


async def test_promises_by_api(api: Api, company: Company) -> None:
    number = await an_alert(api)
    taken = await api.good("POST", f"/alerts/{number}/acknowledge", {"note": "looking"})
    assert taken["promised_until"]
    until = (await api.db.clock() + timedelta(hours=3)).isoformat()
    renewed = await api.good("POST", f"/alerts/{number}/still-on-it", {"until": until})
    assert renewed["promised_until"][:16] == until[:16]
    found = await api.good("GET", "/promises")
    assert [(p["number"], p["priority"]) for p in found["own"]] == [(number, 2)]
    assert [d["minutes"] for d in found["defaults"]] == [30, 60, 240, None, None]
    changed = await api.good("PUT", "/promises/2", {"minutes": 45, "machines": True})
    assert changed["defaults"][1] == {"priority": 2, "minutes": 45, "machines": True}
    assert (await (await api.as_(company.as_ben())).ask("PUT", "/promises/2", {"minutes": 5})).status == 403
    added = await api.good("POST", f"/alerts/{number}/responders", {"schedule_id": str(company.schedule)})
    assert added["added"] == ["Ana Silva"]
    assert [r["via"] for r in added["responders"]] == ["on call for Payments on-call"]
    assert (await api.ask("POST", f"/alerts/{number}/responders", {})).status == 422


async def test_the_page_says_what_a_page_would_do_and_whose_the_rules_are(browser: Browser) -> None:
    here = "/settings/reached"
    text = await browser.see(f"{here}?at=2027-01-09T03:12")
    assert (
        "A low-urgency page at 03:12 Sat waits for working hours, 09:00 Mon (Europe/Berlin): mail then."
        in text
    )
    assert "Nothing urgent can reach you." in text, "no mail server is set here"
    assert "using the defaults" in text
    assert "Not used:" not in text
    assert (await browser.press("/settings/profile/rules/own"))[0] == 303
    assert "your own" in await browser.see(here)
    more = await browser.press("/settings/profile/methods", transport="email", address="ana@home.example")
    assert more[0] == 303
    assert "E-mail: ana@home.example (not verified)" in await browser.see(here), "no rule of hers uses it"
    assert (await browser.press(f"{here}/undisturbed", minutes="120"))[0] == 303
    assert "On, until" in await browser.see(here)
    assert "Do not disturb until" in await browser.see("/settings/people")
    assert (await browser.press(f"{here}/disturbed"))[0] == 303
    assert (await browser.press(f"{here}/quiet-hours", quiet_from="08:00", quiet_to="19:00"))[0] == 422
    assert (await browser.press(f"{here}/quiet-hours", quiet_from="22:00", quiet_to="07:00"))[0] == 303
    assert 'value="22:00"' in await browser.see(here)
    assert (await browser.press("/settings/profile/rules/defaults"))[0] == 303
    assert "using the defaults" in await browser.see(here)


async def test_promises_are_set_by_administrators(browser: Browser) -> None:
    assert "30 minutes" in await browser.see("/settings/promises")
    fields = {f"length_{n}": "60" for n in range(1, 6)}
    assert (await browser.press("/settings/promises", **fields))[0] == 403, "Ana is no administrator"


async def test_responders_and_promises_on_the_alert(browser: Browser, company: Company, db: Database) -> None:
    async with db.unit(company.as_ben(), "web") as u:
        alert = await report(u, "Checkout is failing", service="Checkout", priority=1)
    number = await value(db, "select number from alerts where id = $1", alert)
    here = f"/alerts/{number}"
    assert (await browser.press(f"{here}/acknowledge", promise="240"))[0] == 303
    left = (
        "select round(extract(epoch from promised_until - clock()) / 60)::integer from alerts where id = $1"
    )
    assert await value(db, left, alert) == 240
    assert (await browser.press(f"{here}/still", promise="60"))[0] == 303
    assert await value(db, left, alert) == 60
    assert (await browser.press(f"{here}/responders", responder=f"user:{company.ben}"))[0] == 303
    text = await browser.see(here)
    assert "Next sign of life" in text
    assert "<bdi>Ben Okafor</bdi>" in text
    assert "You promised a sign of life about" in await browser.see("/")
    assert "next sign of life" in await browser.see("/alerts")


@pytest.fixture
async def app(db: Database, dsn: str, tmp_path: Path) -> AsyncIterator[Running]:
    running = compose(load({"TOCSIN_DATA": str(tmp_path), "TOCSIN_URL": "http://test"}), db, dsn)
    yield running
    await running.close()


async def press(app: Running, path: str, body: str) -> tuple[int, str]:
    looked = await ask(app.front, "GET", path.removesuffix("/still"))
    csrf = re.search(r'name="csrf" value="([^"]*)"', looked.text)
    fields = f"csrf={csrf[1] if csrf else ''}&{body}".encode()
    told = await ask(app.front, "POST", path, fields, {"content-type": "application/x-www-form-urlencoded"})
    return told.status, told.text


async def test_one_tap_on_the_link_is_a_sign_of_life(
    db: Database, company: Company, app: Running, later: Later
) -> None:
    world = World(db, company)
    alert = await world.open()
    await world.settle()
    page: UUID = await value(db, "select id from pages where alert_id = $1", alert)
    token = ack_token(app.site.keys, page, await db.clock())
    async with db.unit(company.admin(), "link") as u:
        await acknowledge_by_link(u, page)
    await later(minutes=20)
    shown = await ask(app.front, "GET", f"/ack/{token}")
    assert "You have it until" in shown.text
    status, text = await press(app, f"/ack/{token}/still", "minutes=0")
    assert status == 200
    assert "Still on it" in text
    left = (
        "select round(extract(epoch from promised_until - clock()) / 60)::integer from alerts where id = $1"
    )
    assert await value(db, left, alert) == 30
    await press(app, f"/ack/{token}/still", "minutes=120")
    assert await value(db, left, alert) == 120
