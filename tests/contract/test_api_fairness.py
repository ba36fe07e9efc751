"""The API of fairness and fatigue."""

from datetime import timedelta

from tests.contract.api import Api
from tests.support import Company
from tocsin.duty.fairness import quarter_of
from tocsin.kernel.db import Database


async def test_a_quarter_of_everybody(api: Api, db: Database, company: Company) -> None:
    now = await db.clock()
    data = await api.good("GET", "/on-call/fairness")
    assert data["quarter"] == str(quarter_of(now.date()))
    after = quarter_of((now + timedelta(days=6)).date())
    quarters = {data["quarter"], str(after)}
    found = [
        await api.good("GET", "/on-call/fairness", quarter=q, schedule=company.schedule) for q in quarters
    ]
    people = [person for each in found for person in each["people"]]
    assert {p["user"] for p in people} == {"Ana Silva"}
    hours = sum(p[part]["hours"] for p in people for part in ("done", "planned"))
    assert abs(hours - 168) < 2.1, "a week, less or more an hour at a clock change"
    assert set(people[0]["done"]) == {
        "hours", "nights", "weekend_hours", "holidays", "pages", "night_pages", "woken_hours",
    }  # fmt: skip


async def test_what_is_no_quarter_is_refused(api: Api) -> None:
    for quarter in ("2026", "2026Q9", "soon"):
        answer = await api.ask("GET", "/on-call/fairness", quarter=quarter)
        assert (answer.status, answer.data["field"]) == (422, "quarter")


async def test_nobody_is_tired(api: Api, company: Company) -> None:
    assert await api.good("GET", "/on-call/fatigue") == {"tired": []}
    body = {"schedule_id": str(company.schedule), "user_id": str(company.ana)}
    answer = await api.ask("POST", "/on-call/relief", body)
    assert (answer.status, "passed" in answer.data["error"]) == (409, True)
