"""Catching up, at the API, on pages and in the room."""

from tests.contract.api import Api
from tests.contract.browsing import Browser
from tests.domain.street import declared
from tests.domain.test_catchup import Later, do
from tests.support import Company
from tocsin.incidents import entries, queries
from tocsin.kernel.db import Database
from tocsin.record.queries import entries_after


async def test_the_api_tells_the_brief_and_what_is_new(api: Api, db: Database, company: Company) -> None:
    incident = await declared(db, company.as_ana(), impact="Nobody can pay")
    await do(db, company.as_ana(), entries.say, incident.id, "look at the pool")
    found = await api.good("GET", f"/incidents/{incident.key}/brief", since=1)
    assert found["sections"][1] == {"title": "Impact", "lines": [{"text": "Nobody can pay", "seq": None}]}
    assert found["text"].startswith(f"{incident.key}: Checkout is failing\n")
    assert found["since"]["sentence"] == "1 message"
    assert found["since"]["points"] == [{"text": "1 message", "seq": 2}]
    assert (await api.good("GET", f"/incidents/{incident.key}/brief"))["since"] is None
    assert (await api.ask("GET", f"/incidents/{incident.key}/brief", since=-1)).status == 422


async def test_a_question_in_the_room_is_answered_to_whoever_asks(
    api: Api, browser: Browser, db: Database, company: Company
) -> None:
    incident = await declared(db, company.as_ana())
    answer = await api.good("POST", f"/incidents/{incident.key}/entries", {"text": "/brief"})
    assert answer["told"].startswith(f"{incident.key}: Checkout is failing")
    assert answer["seq"] == 1
    status, headers, _ = await browser.press(f"/incidents/{incident.key}/say", text="/brief")
    assert (status, headers["location"]) == (303, f"/incidents/{incident.key}")
    assert len(await entries_after(db, incident.id)) == 1, "a question makes no entry"


async def test_the_room_tells_what_is_new_above_the_record(
    browser: Browser, db: Database, company: Company, later: Later
) -> None:
    incident = await declared(db, company.as_ben(), severity=2)
    here = f"/incidents/{incident.key}"
    assert "New to you." not in await browser.see(here), "the state says all there is"
    await do(db, company.as_ben(), entries.say, incident.id, "anybody?")
    assert "New to you." in await browser.see(here)
    await queries.touch_presence(db, incident.id, company.ana)
    await later(minutes=30)
    seq = await do(db, company.as_ben(), entries.say, incident.id, "the pool is full")
    seen = await browser.see(here)
    assert "Since your visit" in seen
    assert f'<a href="{here}#entry-{seq}">1 message</a>' in seen
    assert f'data-new-from="{seq}"' in seen
    assert "Not described yet" in seen, "the brief stands there too"
    assert (await browser.press(f"{here}/caught-up", seq=str(seq)))[0] == 303
    seen = await browser.see(here)
    assert "Since your visit" not in seen
    assert f'href="{here}/brief"' in seen
    page = await browser.see(f"{here}/brief?since=2")
    assert "1 message." in page
    assert "Built by rule from the record up to entry 3" in page


async def test_outside_of_a_private_incident_nothing_is_told(
    api: Api, browser: Browser, db: Database, company: Company
) -> None:
    incident = await declared(db, company.as_ben(), private=True)
    for path in ("", "/brief"):
        assert (await browser.ask("GET", f"/incidents/{incident.key}{path}"))[0] == 404
    assert (await browser.press(f"/incidents/{incident.key}/caught-up", seq="1"))[0] == 404
    assert (await api.ask("GET", f"/incidents/{incident.key}/brief")).status == 404
