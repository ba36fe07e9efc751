"""The pages of silences, asked as a browser asks them: made from an alert, previewed, extended, ended."""

import re

from tests.contract.browsing import Browser
from tests.support import Company
from tocsin.alerts.commands import report
from tocsin.catalog.commands import create_service
from tocsin.catalog.dependencies import set_dependencies
from tocsin.kernel.db import ENGINE, Database
from tocsin.kernel.sql import Statement
from tocsin.paging.escalate import begin_for


async def alert(db: Database, company: Company, alias: str = "disk") -> None:
    async with db.unit(company.as_ana(), "web") as u:
        await report(u, "Disk is full", alias=alias, service="Checkout")


def fields(text: str, names: str = r"field0|operator0|value0|alert_id|alert") -> dict[str, str]:
    """What stands in the inputs of a form."""
    return dict(re.findall(rf'name="({names})" value="([^"]*)"', text))


async def test_made_from_an_alert_it_is_filled_in(browser: Browser, db: Database, company: Company) -> None:
    await alert(db, company)
    page = await browser.see("/alerts/1")
    assert 'href="/silences/new?alert=1"' in page
    form = fields(await browser.see("/silences/new?alert=1"))
    assert (form["field0"], form["value0"]) == ("alias", "disk")
    typed = {
        **form,
        "operator0": "equals",
        "reason": "new disks",
        "length": "60",
        "with_alert": "on",
        "quieten": "on",
    }
    preview = (await browser.press("/silences/preview", **typed))[2]
    assert "1 of the 1 alert of the last 7 days" in preview
    assert "the 1 open alert that matches" in preview
    status, headers, _ = await browser.press("/silences/new", **typed)
    assert status == 303
    here = headers["location"]
    shown = await browser.see(here)
    assert "new disks" in shown
    assert "alias is disk" in shown
    assert "if that closes before" in shown
    assert "new disks" in await browser.see("/silences")
    edit = await browser.see(f"{here}/edit")
    assert fields(edit)["value0"] == "disk"
    until = re.findall(r'name="ends_at" type="datetime-local" value="([^"]+)"', edit)[0]
    assert (
        await browser.press(
            f"{here}/edit", **typed | {"reason": "old disks", "length": "own", "ends_at": until}
        )
    )[0] == 303
    assert "old disks" in await browser.see(here)
    for length in ("morning", "1440"):
        assert (await browser.press(f"{here}/extend", length=length))[1]["location"] == here
    assert (await browser.press(f"{here}/end"))[0] == 303
    assert "by Ana Silva" in await browser.see(here)
    assert (
        await db.value(Statement("test", "select count(*) from audit_entries where verb like 'silence.%'"))
        == 5
    )


async def test_maintenance_stands_on_the_service_and_on_now(browser: Browser, company: Company) -> None:
    form = await browser.see(f"/silences/new?service={company.service}")
    assert f'value="{company.service}" checked' in form
    typed: dict[str, str | list[str]] = {
        "reason": "moving house", "length": "240", "kind": "maintenance", "service_ids": [str(company.service)],
        "weekdays": ["1", "2", "3", "4", "5", "6", "7"], "from_time": "00:00", "to_time": "00:00",
    }  # fmt: skip
    status, _, text = await browser.press("/silences/new", **typed)
    assert status == 422
    assert "another time than it begins" in text
    assert 'value="6" checked' in text, "what was ticked stays ticked"
    del typed["weekdays"]
    assert (await browser.press("/silences/new", **typed))[0] == 303
    assert "moving house" in await browser.see(f"/services/{company.service}")
    now = await browser.see("/")
    assert "Maintenance of <bdi>Checkout</bdi>" in now


async def test_what_silences_everything_asks_first(browser: Browser, company: Company) -> None:
    typed = {
        "reason": "quiet please",
        "length": "60",
        "field0": "alias",
        "operator0": "matches",
        "value0": ".*",
    }
    preview = (await browser.press("/silences/preview", **typed))[2]
    assert "This silences everything." in preview
    status, _, text = await browser.press("/silences/new", **typed)
    assert status == 422
    assert "This would silence everything: 0 of the 0 alerts of the last 7 days." in text
    assert 'id="f-confirmed"' in text
    assert (await browser.press("/silences/new", **typed, confirmed="on"))[0] == 303


async def test_what_is_not_finished_is_said_in_the_preview(browser: Browser, company: Company) -> None:
    preview = (await browser.press("/silences/preview", length="60", quieten="on"))[2]
    assert "at least one condition, or a service" in preview
    assert 'id="f-quieten" checked' in preview


async def test_dependencies_are_set_on_the_service(browser: Browser, db: Database, company: Company) -> None:
    status, headers, _ = await browser.press("/services/new", name="Database", tier="1")
    assert status == 303
    other = headers["location"].rpartition("/")[2]
    assert "Database" in await browser.see(f"/services/{company.service}/edit")
    await browser.press(f"/services/{company.service}/dependencies", depends_on=[other], quiet="on")
    assert "Stays quiet while one of them has an urgent alert" in await browser.see(
        f"/services/{company.service}"
    )
    assert "Needed by" in await browser.see(f"/services/{other}")


async def test_an_alert_and_the_one_above_it_lead_to_each_other(
    browser: Browser, db: Database, company: Company
) -> None:
    async with db.unit(company.admin(), "web") as u:
        other = await create_service(u, "Database", escalation_policy_id=company.policy)
        await set_dependencies(u, company.service, [other], quiet=True)
        ids = [
            await report(u, "Database is down", service="Database"),
            await report(u, "Checkout is slow", service="Checkout"),
        ]
    async with db.unit(ENGINE, "engine") as u:
        await begin_for(u, ids)
    below = await browser.see("/alerts/2")
    assert "Nobody, while #1 is open." in below
    assert 'href="/alerts/1"' in below
    above = await browser.see("/alerts/1")
    assert "Quiet under this one" in above
    assert 'href="/alerts/2"' in above
    assert "1 quiet under another alert" in await browser.see("/alerts")
    assert "1 silenced" in await browser.see("/")
    assert "Quiet under another alert" in await browser.see("/silences")


async def test_a_silenced_alert_says_until_when(browser: Browser, db: Database, company: Company) -> None:
    typed = {
        "reason": "new disks",
        "length": "60",
        "field0": "alias",
        "operator0": "equals",
        "value0": "disk",
    }
    _, headers, _ = await browser.press("/silences/new", **typed)
    await alert(db, company)
    number = await db.value(Statement("test", "select id from alerts"))
    async with db.unit(ENGINE, "engine") as u:
        await begin_for(u, [number])
    page = await browser.see("/alerts/1")
    assert "Silenced by Ana Silva" in page
    assert f'href="{headers["location"]}"' in page
    assert "Nobody is being paged." not in page
    assert "Disk is full" in await browser.see(headers["location"])
    assert "1 silenced" in await browser.see("/alerts")


async def test_what_is_quiet_already_is_named(browser: Browser, db: Database, company: Company) -> None:
    """A second silence over an alert that another one keeps quiet does not say that it matched nothing."""
    typed = {"reason": "moving", "length": "240", "service_ids": [str(company.service)]}
    _, first, _ = await browser.press("/silences/new", **typed | {"kind": "maintenance"})
    async with db.unit(company.as_ana(), "web") as u:
        await begin_for(u, [await report(u, "Disk is full", alias="disk", service="Checkout")])
    _, second, _ = await browser.press("/silences/new", **typed | {"reason": "new disks"})
    shown = await browser.see(second["location"])
    assert "No alert so far" not in shown
    assert "quiet already for another reason" in shown
    assert f'href="{first["location"]}"' in shown
    assert "Disk is full" in await browser.see(first["location"])
