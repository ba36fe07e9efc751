"""Silences and dependencies at our API."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from tests.contract.api import Api
from tests.support import Company
from tocsin.kernel.db import ENGINE
from tocsin.paging.escalate import begin_for


async def body(api: Api, minutes: int = 60, **more: Any) -> dict[str, Any]:
    matchers = [{"field": "message", "operator": "contains", "value": "disk"}]
    ends = await api.db.clock() + timedelta(minutes=minutes)
    return {"reason": "new disks", "ends_at": ends.isoformat(), "matchers": matchers} | more


async def test_the_whole_life_of_one(api: Api, company: Company) -> None:
    given = await body(api)
    made = await api.good("POST", "/silences", given)
    assert (made["state"], made["owner_name"], made["about"]) == (
        "active",
        "Ada Admin",
        "message contains disk",
    )
    assert (made["alerts"], made["silenced"], made["weekly"]) == (0, [], None)
    one = f"/silences/{made['id']}"
    weekly = {
        "days": [1, 2, 3, 4, 5, 6, 7],
        "from_time": "00:00",
        "to_time": "23:59",
        "time_zone": "Europe/Berlin",
    }
    changed = await api.good(
        "PUT",
        one,
        await body(api, 90, reason="older disks", weekly=weekly, service_ids=[str(company.service)]),
    )
    assert (changed["reason"], changed["about"]) == ("older disks", "Checkout, where message contains disk")
    assert changed["weekly"]["days"] == [1, 2, 3, 4, 5, 6, 7]
    until = (await api.db.clock() + timedelta(days=2)).isoformat()
    assert (await api.good("POST", f"{one}/extend", {"until": until}))["ends_at"].startswith(until[:16])
    assert [s["id"] for s in (await api.good("GET", "/silences"))["silences"]] == [made["id"]]
    assert (await api.good("GET", "/silences", state="past"))["silences"] == []
    assert (await api.good("POST", f"{one}/end"))["ended_by"] == "Ada Admin"
    assert (await api.good("GET", one))["state"] == "past"
    assert (await api.ask("PUT", one, given)).status == 409
    assert [s["id"] for s in (await api.good("GET", "/silences", state="past"))["silences"]] == [made["id"]]


async def test_a_preview_keeps_nothing(api: Api, company: Company) -> None:
    await api.good("POST", "/alerts", {"message": "disk full"})
    seen = await api.good("POST", "/silences/preview", await body(api))
    assert seen == {"matched": 1, "looked_at": 1, "open_now": 1}
    assert (await api.good("GET", "/silences"))["silences"] == []


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"reason": ""}, "reason"), ({"colour": "red"}, "colour"), ({"ends_at": "2026-01-01T00:00:00"}, "ends_at"),
        ({"matchers": []}, "matchers"), ({"matchers": [{"field": "alias", "operator": "matches", "value": "("}]}, "matchers"),
        ({"matchers": [{"field": "alias", "operator": "matches", "value": ".*"}]}, "confirmed"),
        ({"kind": "maintenance"}, "service_ids"),
    ],
)  # fmt: skip
async def test_bad_input_is_named(api: Api, more: dict[str, Any], field: str) -> None:
    answer = await api.ask("POST", "/silences", await body(api) | more)
    assert (answer.status, answer.data["field"].split(".")[0]) == (422, field), answer.data


async def test_responders_make_them_and_everybody_reads(api: Api, company: Company) -> None:
    ana, vic = await api.as_(company.as_ana()), await api.as_(company.as_vic())
    made = await ana.good("POST", "/silences", await body(api))
    assert (await vic.good("GET", f"/silences/{made['id']}"))["created_by"] == "Ana Silva"
    for method, path, sent in (
        ("POST", "/silences", await body(api)), ("POST", f"/silences/{made['id']}/end", None),
        ("PUT", f"/services/{company.service}/dependencies", {"depends_on": []}),
    ):  # fmt: skip
        assert (await vic.ask(method, path, sent)).status == 403


async def test_asked_twice_there_is_one(api: Api) -> None:
    given = await body(api)
    first = await api.ask("POST", "/silences", given, key="once")
    again = await api.ask("POST", "/silences", given, key="once")
    assert first.data["id"] == again.data["id"]
    assert len((await api.good("GET", "/silences"))["silences"]) == 1


async def test_dependencies(api: Api, company: Company) -> None:
    other = (await api.good("POST", "/services", {"name": "Database"}))["id"]
    here = f"/services/{company.service}/dependencies"
    assert await api.good("GET", here) == {"on": [], "of": [], "quiet": False}
    put = await api.good("PUT", here, {"depends_on": [other], "quiet": True})
    assert put == {"on": [{"id": other, "name": "Database"}], "of": [], "quiet": True}
    found = await api.good("GET", f"/services/{other}/dependencies")
    assert [s["name"] for s in found["of"]] == ["Checkout"]


async def test_an_alert_says_what_keeps_it_quiet(api: Api, company: Company) -> None:
    made = await api.good("POST", "/silences", await body(api))
    sent = await api.good("POST", "/alerts", {"message": "disk full", "service": "Checkout"})
    async with api.db.unit(ENGINE, "engine") as u:
        await begin_for(u, [UUID(sent["id"])])
    found = await api.good("GET", f"/alerts/{sent['number']}")
    assert (found["state"], found["quiet"]["silence_id"], found["quiet_under_it"]) == ("open", made["id"], [])
    kept = await api.good("GET", f"/silences/{made['id']}")
    assert (kept["alerts"], kept["alerts_now"], kept["silenced"][0]["message"]) == (1, 1, "disk full")
