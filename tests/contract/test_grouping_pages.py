"""The pages of grouping rules and of groups, asked as a browser asks them."""

import re

from tests.contract.browsing import Browser
from tests.support import Company
from tocsin.alerts.commands import acknowledge, report
from tocsin.alerts.grouping import create_rule
from tocsin.alerts.grouping_model import GroupingDraft
from tocsin.kernel.db import ENGINE, Database
from tocsin.kernel.sql import Statement
from tocsin.paging.escalate import begin_for


async def decides(db: Database, company: Company) -> None:
    await db.run(Statement("test", "update team_members set role = 'admin' where user_id = $1"), company.ana)


async def group(db: Database, company: Company) -> None:
    async with db.unit(company.admin(), "web") as u:
        await create_rule(u, GroupingDraft("By service", ("service",)))
        alerts = [await report(u, f"Disk {n} is full", service="Checkout") for n in range(3)]
    async with db.unit(ENGINE, "engine") as u:
        await begin_for(u, alerts)


async def test_making_changing_and_removing_one(browser: Browser, db: Database, company: Company) -> None:
    assert "Every alert pages by itself" in await browser.see("/grouping")
    assert 'href="/grouping/new"' not in await browser.see("/grouping"), "Ana decides for nobody"
    assert (await browser.ask("GET", "/grouping/new"))[0] == 403
    await decides(db, company)
    assert 'href="/grouping/new"' in await browser.see("/grouping")
    form = await browser.see("/grouping/new")
    assert "All alerts</option>" not in form, "of all: administrators"
    typed = {
        "name": "By cluster", "scope": f"team:{company.team}", "fields": "source", "tags": "cluster:", "details": "host",
        "minutes": "20", "most": "50", "field0": "message", "operator0": "contains", "value0": "disk",
    }  # fmt: skip
    assert "None of the 0 alerts" in (await browser.press("/grouping/preview", **typed | {"name": ""}))[2]
    status, _, text = await browser.press(
        "/grouping/new", **typed | {"fields": "", "tags": "", "details": ""}
    )
    assert (status, "Say what alerts of one group have in common" in text) == (422, True)
    assert (await browser.press("/grouping/new", **typed | {"scope": ""}))[0] == 422
    assert (await browser.press("/grouping/new", **typed))[0] == 303
    shown = await browser.see("/grouping")
    assert "source and tag cluster:… and details.host" in shown
    assert "Alerts of services of Payments, where message contains disk" in shown
    edit = re.findall(r'href="(/grouping/[^"]+/edit)"', shown)[0]
    assert 'value="cluster:"' in await browser.see(edit)
    assert (await browser.press(edit, **typed | {"name": "Other"}))[0] == 303
    assert "Other" in await browser.see("/grouping")
    assert (await browser.press(edit.replace("edit", "remove")))[0] == 303
    assert "Every alert pages by itself" in await browser.see("/grouping")


async def test_the_preview_counts(browser: Browser, db: Database, company: Company) -> None:
    await group(db, company)
    text = (await browser.press("/grouping/preview", scope="", fields="service", minutes="20", most="50"))[2]
    assert "Of the 3 alerts of the last 7 days this rule would have made <strong>1 group</strong>" in text
    assert "2 alerts would have paged nobody" in text


async def test_a_group_on_the_pages_of_alerts(browser: Browser, db: Database, company: Company) -> None:
    await group(db, company)
    every = await browser.see("/alerts")
    assert "+2</strong>" in every
    assert every.count("grouped under #1") == 2
    assert "Hide 2 grouped under others" in every
    leaders = await browser.see("/alerts?leaders=on")
    assert "Disk 1 is full" not in leaders
    assert "Show grouped alerts too" in leaders
    member = await browser.see("/alerts/2")
    assert 'Whoever is paged for <a href="/alerts/1">#1</a>' in member
    assert "Acknowledge all 3 of the group" in await browser.see("/alerts/1")
    async with db.unit(company.as_ben(), "web") as u:
        row = await db.row(Statement("test", "select id from alerts where number = 1"))
        assert row is not None
        await acknowledge(u, row["id"])
    assert 'Covered by <a href="/alerts/1">#1</a>' in await browser.see("/alerts/2")
    assert "covered by #1" in await browser.see("/alerts")
    assert "Acknowledge all 2 of the group" in await browser.see("/alerts/1")
    assert (await browser.press("/alerts/2/acknowledge-group"))[0] == 303
    assert "Ana Silva" in await browser.see("/alerts/3")
    assert (await browser.press("/alerts/1/close-group"))[1]["location"].endswith("/alerts/1")
    assert "No active alerts" in await browser.see("/alerts")
