"""Paging somebody by name, at the API and in a browser without a script."""

import re
from uuid import UUID

from tests.contract.api import Api
from tests.contract.browsing import Browser
from tests.domain.street import declared
from tests.support import Company
from tocsin.kernel.db import Database
from tocsin.kernel.sql import Statement


async def alerts(db: Database) -> int:
    return int(await db.value(Statement("test", "select count(*) from alerts")))


async def test_one_call_pages_whoever_is_on_call(api: Api, db: Database) -> None:
    body = {"target": "payments on-call", "message": "Replica lag grows", "priority": "P1"}
    sent = await api.good("POST", "/pages", body, key="once")
    assert (sent["target"], sent["people"]) == ("Payments on-call", ["Ana Silva"])
    assert sent["sentence"] == "Paged Payments on-call: Ana Silva."
    assert (await api.good("POST", "/pages", body, key="once"))["alert"] == sent["alert"]
    ledger = await api.good("GET", f"/alerts/{sent['number']}/ledger")
    assert [p["page"]["user_name"] for p in ledger["pages"]] == ["Ana Silva"]
    assert await alerts(db) == 1


async def test_what_is_unclear_is_answered_with_the_candidates(
    api: Api, company: Company, db: Database
) -> None:
    answer = await api.ask("POST", "/pages", {"target": "payments", "message": "Lag"})
    assert (answer.status, answer.data["field"]) == (422, "target")
    assert "policy Payments or team Payments" in answer.data["error"]
    assert (await api.ask("GET", "/pages/preview", target="payments")).status == 422
    vic = await api.as_(company.as_vic())
    assert (await vic.ask("POST", "/pages", {"target": "ben", "message": "Lag"})).status == 403
    assert await alerts(db) == 0


async def test_before_it_is_sent_one_sees_who_would_wake(api: Api) -> None:
    found = await api.good("GET", "/pages/preview", target="ben")
    assert found["target"]["kind"] == "person"
    assert [p["time_zone"] for p in found["people"]] == ["Australia/Sydney"]
    assert re.fullmatch(r"[☾☀] \d\d:\d\d", found["people"][0]["local_time"])


async def test_from_an_incident_it_is_linked(api: Api, db: Database, company: Company) -> None:
    incident = await declared(db, company.as_ana())
    sent = await api.good("POST", "/pages", {"target": "ben", "incident": incident.key.lower()})
    entries = (await api.good("GET", f"/incidents/{incident.key}/entries"))["entries"]
    assert entries[-1]["text"] == f"paged Ben Okafor (#{sent['number']})"
    assert (await api.ask("POST", "/pages", {"target": "ben", "incident": "INC-99"})).status == 404


async def test_the_form_looks_first_and_pages_once(browser: Browser, db: Database) -> None:
    form = await browser.see("/page?target=ben")
    assert '<option value="Payments on-call">schedule</option>' in form
    assert '<option value="team Payments">team</option>' in form
    assert "Ben Okafor" in form
    assert "☾" in form or "☀" in form
    _, _, text = await browser.press("/page/preview", target="payments")
    assert "policy Payments or team Payments" in text
    _, _, text = await browser.press("/page", target="ben", do="look")
    assert "Who would be woken" in text
    assert await alerts(db) == 0
    fields = {"target": "ben", "message": "Replica lag grows", "priority": "2", "request_key": "click"}
    answers = [await browser.press("/page", **fields) for _ in range(2)]
    assert [(status, headers["location"]) for status, headers, _ in answers] == [
        (303, answers[0][1]["location"])
    ] * 2
    assert await alerts(db) == 1
    seen = await browser.see(answers[0][1]["location"])
    assert "Ben Okafor" in seen
    assert "paged Ben Okafor" in seen


async def test_the_form_says_what_is_wrong(browser: Browser, db: Database, company: Company) -> None:
    for fields, expected in (
        ({"target": "zoe", "message": "Lag"}, "nobody and nothing named zoe"),
        ({"target": "ben", "message": ""}, "What it is about is needed"),
        ({"target": "", "message": "Lag"}, "Whom to page is needed"),
        ({"target": "ben", "message": "x", "priority": "9"}, "from 1 to 5"),
    ):
        status, _, text = await browser.press("/page", **fields)
        assert (status, expected in text, "Not sent." in text) == (422, True, True)
    incident = await declared(db, company.as_ana())
    assert f"/page?incident={incident.key}" in await browser.see(f"/incidents/{incident.key}")
    status, _, _ = await browser.press("/page", target="ben", incident=incident.key)
    assert status == 303
    assert UUID(str(await db.value(Statement("test", "select alert_id from incident_pages"))))


async def test_one_line_in_the_room_may_hold_a_link(browser: Browser, db: Database, company: Company) -> None:
    incident = await declared(db, company.as_ana())
    line = f"/incidents/{incident.key}/page-by-line"
    for words in (
        "payments on-call https://grafana.example/d",
        "ben: see https://grafana.example/d",
        "ben@example.org:",
    ):
        assert await browser.script(line, text=words) == (200, {})
    status, said = await browser.script(line, text="payments https://grafana.example/d")
    assert (status, "may be" in said["error"]) == (422, True)
    asked = await db.rows(Statement("test", "select message from alerts order by number"))
    assert [row["message"] for row in asked] == [
        "https://grafana.example/d",
        "see https://grafana.example/d",
        f"You are needed in {incident.key}: {incident.summary}",
    ]
