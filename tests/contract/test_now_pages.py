"""The start page, asked as a browser asks it."""

import re
from datetime import timedelta

from tests.contract.browsing import Browser
from tests.domain.street import declared
from tests.domain.test_catchup import Later, do
from tests.support import Company
from tocsin.alerts.commands import acknowledge, report
from tocsin.incidents.commands import set_severity
from tocsin.incidents.entries import say
from tocsin.incidents.now import last_hour
from tocsin.incidents.role_definitions import RoleDraft, define
from tocsin.incidents.roles import take_role
from tocsin.incidents.updates import publish_update
from tocsin.kernel.db import Database


async def test_an_older_p1_stands_above_many_newer_alerts(
    browser: Browser, db: Database, company: Company
) -> None:
    """Most urgent first: by priority, then what nobody has, then the oldest; the others are counted."""
    async with db.unit(company.as_ana(), "web") as u:
        taken = await report(u, "Somebody has the database", alias="taken", priority=1)
        await acknowledge(u, taken)
        await report(u, "The database is down", alias="old", priority=1)
        for n in range(22):
            await report(u, f"Disk {n} is full", alias=f"disk{n}", priority=3)
    seen = (await browser.see("/")).partition('id="alerts-title"')[2]
    shown = re.findall(r"The database is down|Somebody has the database|Disk \d+ is full", seen)
    assert shown[:3] == ["The database is down", "Somebody has the database", "Disk 0 is full"]
    assert len(shown) == 20
    assert '<a class="small" href="/alerts">And 4 more</a>' in seen


async def test_open_incidents_say_ones_part_and_the_late_ones_come_first(
    browser: Browser, db: Database, company: Company, later: Later
) -> None:
    loud = await declared(db, company.as_ben(), "Checkout is down", severity=1)
    late = await declared(db, company.as_ana(), "Mail is slow", severity=2)
    await do(db, company.as_ana(), take_role, late.id, "scribe")
    async with db.unit(company.admin(), "web") as u:
        own = await define(u, RoleDraft("Security lead"))
    await do(db, company.as_ana(), take_role, late.id, own)
    await later(minutes=20)
    await do(
        db, company.as_ben(), publish_update, loud.id, audience="responders", state="We look into it.",
        status_now=("the pool is full",), next_steps=("restart",),
    )  # fmt: skip
    seen = (await browser.see("/")).partition('id="open-title"')[2]
    assert seen.index("Mail is slow") < seen.index("Checkout is down")
    assert "Update is late" in seen.partition("Checkout is down")[0]
    assert '<span class="badge mine">scribe, security lead</span>' in seen
    secret = await declared(db, company.as_ben(), "Somebody was hacked", private=True)
    seen = await browser.see("/")
    assert "hacked" not in seen
    assert secret.key not in seen


async def test_the_last_hour_is_no_flood(
    browser: Browser, db: Database, company: Company, later: Later
) -> None:
    busy = await declared(db, company.as_ana(), "Checkout is down", severity=1)
    for n in range(30):
        await do(db, company.as_ben(), say, busy.id, f"line {n}")
    for severity in (2, 1, 2, 1, 2, 1):
        await do(db, company.as_ana(), set_severity, busy.id, severity, "we know more")
    await declared(db, company.as_ana(), "Mail is slow", severity=2)
    groups = await last_hour(db, company.ana, await db.clock() - timedelta(hours=1))
    assert [g.summary for g in groups] == ["Mail is slow", "Checkout is down"]
    (hour,) = [g for g in groups if g.key == busy.key]
    assert [line.seq for line in hour.lines] == sorted((line.seq for line in hour.lines), reverse=True)
    assert (len(hour.lines), hour.more) == (5, 2)
    assert "line 3" not in await browser.see("/")
    await later(hours=2)
    await do(db, company.as_ben(), say, busy.id, "still here")
    await do(db, company.as_ana(), say, busy.id, "so am I")
    (hour,) = await last_hour(db, company.ana, await db.clock() - timedelta(hours=1))
    assert [(line.actor, line.text) for line in hour.lines] == [
        ("Ana Silva", "wrote the newest of 2 messages")
    ]
