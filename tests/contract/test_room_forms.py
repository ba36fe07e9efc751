"""The room's forms as its script sends them: JSON instead of a page, and the field that was wrong."""

import pytest

from tests.contract.browsing import Browser
from tests.domain.street import declared
from tests.support import Company
from tocsin.incidents import claims, entries
from tocsin.incidents.model import Incident
from tocsin.kernel.db import Database
from tocsin.record.queries import entries_after


@pytest.fixture
async def incident(db: Database, company: Company) -> Incident:
    return await declared(db, company.as_ana())


async def test_what_is_done_answers_nothing_and_what_leads_elsewhere_says_where(
    browser: Browser, db: Database, incident: Incident
) -> None:
    room = f"/incidents/{incident.key}"
    assert await browser.script(f"{room}/work", what="task", text="tell the bank") == (200, {})
    assert await browser.script(f"{room}/ticket", url="https://tickets.example.org/1") == (200, {})
    status, said = await browser.script(
        f"{room}/declare-from", summary="The index is too large", severity="2"
    )
    assert (status, set(said)) == (200, {"to"})
    assert "The index is too large" in await browser.see(said["to"])


async def test_what_is_refused_says_why_and_which_field(browser: Browser, incident: Incident) -> None:
    room = f"/incidents/{incident.key}"
    for path, fields, field in (
        ("work", {"what": "task", "text": " "}, "text"),
        ("ticket", {"url": ""}, "url"),
        ("declare-from", {"summary": "", "severity": "2"}, "summary"),
        ("link-alert", {"alert": "#999"}, "alert"),
    ):
        status, said = await browser.script(f"{room}/{path}", **fields)
        assert (status, said["field"]) == (422, field), path
        assert said["error"]


async def test_the_same_press_sent_twice_happens_once(
    browser: Browser, db: Database, incident: Incident
) -> None:
    path, fields = f"/incidents/{incident.key}/work", {"what": "task", "text": "tell the bank"}
    for _ in range(2):
        assert await browser.script(path, request_key="k1", **fields) == (200, {})
    kinds = [e.kind for e in await entries_after(db, incident.id)]
    assert kinds.count("task_made") == 1


async def test_a_question_comes_as_the_page_that_asks(
    browser: Browser, db: Database, company: Company, incident: Incident
) -> None:
    asked = {"x-requested-with": "tocsin", "accept": "application/json"}
    async with db.unit(company.as_ben(), "web") as u:
        await claims.claim(u, incident.id, "redis memory")
    body = f"csrf={browser.csrf}&what=claim&text=memory+of+redis".encode()
    form = "application/x-www-form-urlencoded"
    status, _, text = await browser.ask("POST", f"/incidents/{incident.key}/work", body, form, **asked)
    assert status == 409
    assert "data-asks" in text
    async with db.unit(company.as_ana(), "web") as u:
        seq = await entries.say(u, incident.id, "First words")
    edit = f"/incidents/{incident.key}/entries/{seq}/edit"
    assert await browser.script(edit, text="Second words", revision="0") == (200, {})
    body = f"csrf={browser.csrf}&text=Third+words&revision=0".encode()
    status, _, text = await browser.ask("POST", edit, body, form, **asked)
    assert status == 409
    assert "data-asks" in text
    assert "Second words" in text
    assert "Third words" in text
