"""The API of cover: asking and answering, a leave all at once, the history and undoing."""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from tests.contract.api import Api
from tests.support import Company
from tocsin.kernel.db import Database
from tocsin.kernel.sql import Statement

Later = Callable[..., Awaitable[None]]


@pytest.fixture
async def schedule(api: Api, company: Company) -> str:
    """Ana and Ben in turn, a day each from midnight in UTC."""
    layer = {
        "participants": [{"user": str(company.ana)}, {"user": str(company.ben)}], "kind": "daily",
        "handoff_time": "00:00", "start_date": "2025-01-06", "name": "Days",
    }  # fmt: skip
    body = {"name": "Search", "time_zone": "UTC", "rotations": [layer]}
    return str((await api.good("POST", "/schedules", body))["id"])


async def turns(api: Api, db: Database, schedule: str, who: str, count: int) -> list[tuple[str, str]]:
    """Turns of somebody that begin in the future."""
    now = await db.clock()
    asked = {"start": now.isoformat(), "end": (now + timedelta(days=30)).isoformat()}
    found = (await api.good("GET", f"/schedules/{schedule}/shifts", **asked))["shifts"]
    ahead = [s for s in found if s["user_id"] == who and datetime.fromisoformat(s["starts_at"]) > now]
    return [(s["starts_at"], s["ends_at"]) for s in ahead[:count]]


async def holder(db: Database, schedule: str, at: str) -> Any:
    text = "select user_id from shifts where schedule_id = $1 and starts_at <= $2 and ends_at > $2"
    return await db.value(Statement("test", text), schedule, datetime.fromisoformat(at))


async def test_asked_and_accepted(api: Api, db: Database, company: Company, schedule: str) -> None:
    ana, ben = await api.as_(company.as_ana()), await api.as_(company.as_ben())
    ((starts, ends),) = await turns(api, db, schedule, str(company.ana), 1)
    ((back, until),) = await turns(api, db, schedule, str(company.ben), 1)
    body = {
        "starts_at": starts, "ends_at": ends, "to_user_id": str(company.ben), "note": "The dentist.",
        "return_starts_at": back, "return_ends_at": until,
    }  # fmt: skip
    asked = await ana.good("POST", f"/schedules/{schedule}/swaps", body)
    assert (asked["state"], asked["from"], asked["to"], asked["waits_for"]) == (
        "open", "Ana Silva", "Ben Okafor", ["Ben Okafor"],
    )  # fmt: skip
    for caller, count in ((ben, 1), (ana, 0)):
        assert len((await caller.good("GET", "/swaps", waiting="true"))["swaps"]) == count
    assert (await ben.good("GET", "/swaps", schedule_id=company.schedule))["swaps"] == []
    done = await ben.good("POST", f"/swaps/{asked['id']}/accept")
    assert (done["state"], done["taken_by"]) == ("accepted", "Ben Okafor")
    assert (await api.good("GET", f"/swaps/{asked['id']}")) == done
    assert await holder(db, schedule, starts) == company.ben
    assert await holder(db, schedule, back) == company.ana


async def test_a_repeated_request_acts_once(api: Api, db: Database, company: Company, schedule: str) -> None:
    ana, ben = await api.as_(company.as_ana()), await api.as_(company.as_ben())
    ((starts, ends),) = await turns(api, db, schedule, str(company.ana), 1)
    body = {"starts_at": starts, "ends_at": ends}
    first = await ana.ask("POST", f"/schedules/{schedule}/swaps", body, key="one")
    again = await ana.ask("POST", f"/schedules/{schedule}/swaps", body, key="one")
    assert (first.status, again.status) == (201, 201)
    assert first.data["id"] == again.data["id"]
    for _ in range(2):
        answer = await ben.ask("POST", f"/swaps/{first.data['id']}/decline", key="two")
        assert (answer.status, answer.data["state"]) == (200, "declined")
    late = await ben.ask("POST", f"/swaps/{first.data['id']}/accept")
    assert (late.status, late.data["error"]) == (409, "It was declined.")


async def test_a_manager_acts_for_who_is_away(
    api: Api, db: Database, company: Company, schedule: str
) -> None:
    ((starts, ends),) = await turns(api, db, schedule, str(company.ana), 1)
    body = {"starts_at": starts, "ends_at": ends, "from_user_id": str(company.ana)}
    ben = await api.as_(company.as_ben())
    assert (await ben.ask("POST", f"/schedules/{schedule}/swaps", body)).status == 403
    asked = await api.good("POST", f"/schedules/{schedule}/swaps", body)
    assert asked["created_by"] == "Ada Admin"
    assert (await ben.ask("POST", f"/swaps/{asked['id']}/withdraw")).status == 403
    done = await api.good("POST", f"/swaps/{asked['id']}/accept", {"as_user": str(company.ben)})
    assert (done["taken_by"], done["answered_by"]) == ("Ben Okafor", "Ada Admin")


async def test_what_is_wrong_is_named(api: Api, db: Database, company: Company, schedule: str) -> None:
    ((starts, ends),) = await turns(api, db, schedule, str(company.ana), 1)
    ana = await api.as_(company.as_ana())
    path = f"/schedules/{schedule}/swaps"
    for body, field in [
        ({"starts_at": ends, "ends_at": starts}, "ends_at"),
        ({"starts_at": starts, "ends_at": ends, "to_user_id": str(uuid4())}, "to_user_id"),
        ({"starts_at": starts[:19], "ends_at": ends}, "starts_at"),
        ({"starts_at": starts, "ends_at": ends, "colour": "red"}, "colour"),
    ]:
        answer = await ana.ask("POST", path, body)
        assert (answer.status, answer.data["field"]) == (422, field), answer
    for request in [
        ("GET", f"/swaps/{uuid4()}"), ("POST", f"/swaps/{uuid4()}/accept"), ("POST", f"/swaps/{uuid4()}/withdraw"),
        ("POST", f"/schedules/{uuid4()}/swaps", {"starts_at": starts, "ends_at": ends}),
        ("GET", f"/schedules/{uuid4()}/history"), ("POST", f"/schedules/{schedule}/history/99/undo"),
        ("POST", f"/schedules/{schedule}/history/99999999999/undo"),
    ]:  # fmt: skip
        assert (await ana.ask(*request)).status == 404, request
    vic = await api.as_(company.as_vic())
    assert (await vic.ask("POST", path, {"starts_at": starts, "ends_at": ends})).status == 422, (
        "not his shift"
    )
    assert (await vic.ask("POST", f"/schedules/{schedule}/history/1/undo")).status == 403


async def test_a_leave_as_suggested(api: Api, db: Database, company: Company, schedule: str) -> None:
    ana = await api.as_(company.as_ana())
    first, second = await turns(api, db, schedule, str(company.ana), 2)
    preview = (await ana.good("GET", "/leave", start=first[0], end=second[1]))["shifts"]
    mine = [s for s in preview if s["schedule_id"] == schedule]
    assert [(s["starts_at"], s["ends_at"]) for s in mine] == [first, second]
    assert [s["choice"] for s in mine] == [str(company.ben)] * 2
    assert mine[0]["candidates"][0]["in_schedule"] is True
    assert mine[0]["candidates"][0]["busy"] is False
    covers = [{"user_id": s["choice"], "starts_at": s["starts_at"], "ends_at": s["ends_at"]} for s in mine]
    body = {"covers": {schedule: covers}, "reason": "Holiday"}
    assert (await (await api.as_(company.as_ben())).ask(
        "POST", "/leave", body | {"user_id": str(company.ana)}
    )).status == 403  # fmt: skip
    assert (await ana.good("POST", "/leave", body))["batch"]
    assert await holder(db, schedule, first[0]) == company.ben
    assert (await ana.ask("POST", "/leave", {"covers": {}})).status == 422
    assert (await ana.ask("GET", "/leave", start=second[1], end=first[0])).status == 422
    assert (
        await ana.ask("GET", "/leave", start="9999-01-01T00:00:00Z", end="9999-12-31T00:00:00Z")
    ).status == 422


async def test_the_history_tells_before_and_after_and_undoes(
    api: Api, db: Database, company: Company, schedule: str
) -> None:
    whole = await api.good("GET", f"/schedules/{schedule}")
    whole["rotations"][0]["participants"] = [{"user": str(company.ben)}]
    await api.good("PUT", f"/schedules/{schedule}", whole)
    tomorrow = await db.clock() + timedelta(days=1)
    starts, ends = tomorrow.isoformat(), (tomorrow + timedelta(hours=8)).isoformat()
    ana = await api.as_(company.as_ana())
    await ana.good(
        "POST", f"/schedules/{schedule}/take", {"holder_id": str(company.ben), "starts_at": starts, "ends_at": ends}
    )  # fmt: skip
    changes = (await api.good("GET", f"/schedules/{schedule}/history"))["changes"]
    assert [c["seq"] for c in changes] == list(range(len(changes), 0, -1))
    edit = next(c for c in changes if c["kind"] == "schedule_changed")
    assert edit["differences"] == [
        {"what": "Days: Turns", "before": "Ana Silva → Ben Okafor", "after": "Ben Okafor"}
    ]
    assert {c["kind"] for c in changes if c["undoable"]} == {"schedule_changed", "overrides_added"}
    added = next(c for c in changes if c["kind"] == "overrides_added")
    path = f"/schedules/{schedule}/history/{added['seq']}/undo"
    await ana.good("POST", path)
    again = await ana.ask("POST", path)
    assert (again.status, again.data["error"]) == (409, "This was undone already.")
    assert await holder(db, schedule, starts) == company.ben
    older = (await api.good("GET", f"/schedules/{schedule}/history", before=edit["seq"], limit=1))["changes"]
    assert len(older) == 1
    assert older[0]["seq"] == edit["seq"] - 1
