"""What an incident is about, changed at every door: a service that nobody knew, words, times, a false alarm."""

import re
from datetime import timedelta

import pytest

from tests.contract.api import Api
from tests.contract.browsing import Browser
from tests.domain.street import again, declared
from tests.support import Company
from tocsin.alerts.commands import report
from tocsin.chatops.grammar import say_or_do
from tocsin.incidents import commands, queries
from tocsin.incidents.links import link_alert
from tocsin.incidents.model import Incident
from tocsin.kernel.db import Database
from tocsin.kernel.errors import Invalid
from tocsin.playbooks.queries import checklist_of
from tocsin.record.queries import newest_entries


async def step(db: Database, incident: Incident, name: str) -> str:
    return next(c.state for c in await checklist_of(db, await again(db, incident)) if c.step.id == name)


async def test_a_service_nobody_knew_is_named_in_the_room(
    browser: Browser, db: Database, company: Company
) -> None:
    """The playbook's step `name-service` can be done by whoever reads it, in the form beside it."""
    incident = await declared(db, company.as_ana())
    assert await step(db, incident, "name-service") == "open"
    page = f"/incidents/{incident.key}"
    form = (await browser.see(page)).partition(f'action="{page}/facts"')[2].partition("</form>")[0]
    assert f'<option value="{company.service}">' in form
    status, headers, _ = await browser.press(
        f"{page}/facts",
        summary=incident.summary,
        impact="",
        service_id=str(company.service),
        reporter_contact="Zoe, 555",
    )
    assert (status, headers["location"]) == (303, page)
    after = await again(db, incident)
    assert (after.service_id, after.reporter_contact, after.head) == (company.service, "Zoe, 555", 3)
    assert await step(db, incident, "name-service") == "done"
    form = (await browser.see(page)).partition(f'action="{page}/facts"')[2].partition("</form>")[0]
    assert f'<option value="{company.service}" selected>' in form
    await browser.press(
        f"{page}/facts", summary=incident.summary, impact="", service_id="", reporter_contact="Zoe, 555"
    )
    assert (await again(db, incident)).service_id is None


async def test_an_alert_is_taken_off_by_its_button(browser: Browser, db: Database, company: Company) -> None:
    incident = await declared(db, company.as_ana())
    async with db.unit(company.as_ana(), "web") as u:
        alert = await report(u, "Disk is full", alias="disk")
        await link_alert(u, incident.id, alert)
    page = f"/incidents/{incident.key}"
    form = (await browser.see(page)).partition(f'action="{page}/unlink-alert"')[2].partition("</form>")[0]
    fields = dict(re.findall(r'name="([a-z_]+)" value="([^"]*)"', form))
    assert fields["alert_id"] == str(alert)
    assert (await browser.press(f"{page}/unlink-alert", alert_id=fields["alert_id"]))[0] == 303
    assert await queries.alerts_of(db, incident.id) == []


async def test_the_room_names_services_and_takes_alerts_off(db: Database, company: Company) -> None:
    incident = await declared(db, company.as_ana())
    async with db.unit(company.as_ana(), "web") as u:
        await link_alert(u, incident.id, await report(u, "Disk is full", alias="disk"))
    for line, service in (
        ("/service checkout", company.service),
        ("/service unknown", None),
        ("/service check", company.service),
    ):
        async with db.unit(company.as_ana(), "web") as u:
            await say_or_do(u, incident, line)
        assert (await again(db, incident)).service_id == service, line
    number = (await queries.alerts_of(db, incident.id))[0].number
    async with db.unit(company.as_ana(), "web") as u:
        await say_or_do(u, incident, f"/unlink-alert #{number}")
    assert await queries.alerts_of(db, incident.id) == []
    for line in ("/service", "/service nothing like it", "/unlink-alert 99", "/unlink-alert"):
        with pytest.raises(Invalid):
            async with db.unit(company.as_ana(), "web") as u:
                await say_or_do(u, incident, line)


async def test_only_what_is_given_changes(api: Api, db: Database, company: Company) -> None:
    incident = await declared(db, company.as_ana())
    key, began = incident.key, incident.declared_at - timedelta(hours=1)
    shown = await api.good("PATCH", f"/incidents/{key}", {"service": "checkout", "impact": "Nobody can pay"})
    assert (shown["service_id"], shown["impact"], shown["summary"]) == (
        str(company.service), "Nobody can pay", incident.summary,
    )  # fmt: skip
    times = {"impact_started_at": began.isoformat(), "mitigated_at": began.isoformat()}
    shown = await api.good("PATCH", f"/incidents/{key}", times)
    shown = await api.good(
        "PATCH", f"/incidents/{key}", {"mitigated_at": None, "reporter_contact": "Zoe, 555"}
    )
    after = await again(db, incident)
    assert (after.impact_started_at, after.mitigated_at, after.reporter_contact) == (began, None, "Zoe, 555")
    assert shown["head"] == after.head == 6
    same = {"impact": "Nobody can pay", "service_id": str(company.service), "reporter_contact": "Zoe, 555"}
    assert (await api.good("PATCH", f"/incidents/{key}", same | {"mitigated_at": None}))["head"] == 6
    assert (await api.good("PATCH", f"/incidents/{key}", {}))["head"] == 6
    assert (await api.good("PATCH", f"/incidents/{key}", {"service": ""}))["service_id"] is None


@pytest.mark.parametrize(
    "body",
    [
        {"summary": ""}, {"summary": " "}, {"summary": None}, {"impact": "x" * 5001}, {"service": "no such"},
        {"service_id": "00000000-0000-4000-8000-000000000000"}, {"detected_at": "2999-01-01T00:00:00Z"},
        {"detected_at": "2020-01-01T00:00:00"}, {"detected_at": "soon"},
    ],
)  # fmt: skip
async def test_what_makes_no_sense_changes_nothing(
    api: Api, db: Database, company: Company, body: dict[str, object]
) -> None:
    incident = await declared(db, company.as_ana())
    answer = await api.ask("PATCH", f"/incidents/{incident.key}", {"reporter_contact": "Zoe", **body})
    assert (answer.status, answer.data["field"]) == (422, next(iter(body)))
    assert (await again(db, incident)).head == 1


async def test_a_false_alarm_is_cancelled_once(api: Api, db: Database, company: Company) -> None:
    incident = await declared(db, company.as_ana())
    shown = await api.good("POST", f"/incidents/{incident.key}/cancel", {"why": "a drill of theirs"})
    assert shown["status"] == "resolved"
    assert (await api.ask("POST", f"/incidents/{incident.key}/cancel")).status == 409


async def test_outsiders_and_onlookers_change_nothing(api: Api, db: Database, company: Company) -> None:
    secret = await declared(db, company.as_ana(), private=True)
    open_ = await declared(db, company.as_ana())
    ada, vic = api, await api.as_(company.as_vic())
    for caller, incident, status in ((ada, secret, 404), (vic, open_, 403)):
        for method, path, body in (("PATCH", "", {"impact": "x"}), ("POST", "/cancel", {})):
            assert (await caller.ask(method, f"/incidents/{incident.key}{path}", body)).status == status


async def test_the_reporters_contact_is_forgotten_when_it_was_changed(db: Database, company: Company) -> None:
    incident = await declared(db, company.as_ana())
    async with db.unit(company.as_ana(), "web") as u:
        for contact in ("Zoe, 555", "Zoe, 555", ""):
            await commands.set_reporter(u, incident.id, contact)
    assert (await again(db, incident)).head == 3


@pytest.mark.parametrize(
    ("said", "door"),
    [
        ("", "api"),
        ("api", "api"),
        ("cli", "cli"),
        ("chat", "chat"),
        ("engine", "api"),
        ("CLI", "api"),
        ("x" * 3000, "api"),
    ],
)
async def test_the_record_says_through_which_door(
    api: Api, db: Database, company: Company, said: str, door: str
) -> None:
    incident = await declared(db, company.as_ana())
    answer = await api.ask("POST", f"/incidents/{incident.key}/entries", {"text": "hello"}, door=said)
    assert answer.status == 201, answer.data
    assert (await newest_entries(db, incident.id))[-1].door == door
