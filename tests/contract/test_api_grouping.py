"""Grouping rules and groups at our API."""

from typing import Any
from uuid import UUID

from tests.contract.api import Api
from tests.support import Company
from tocsin.kernel.db import ENGINE
from tocsin.paging.escalate import begin_for

BY_SERVICE: dict[str, Any] = {"name": "One page per service", "fields": ["service"]}


async def reported(api: Api, count: int) -> list[int]:
    alerts = [
        await api.good("POST", "/alerts", {"message": "Disk full", "service": "Checkout"})
        for _ in range(count)
    ]
    async with api.db.unit(ENGINE, "engine") as u:
        await begin_for(u, [UUID(a["id"]) for a in alerts])
    return [a["number"] for a in alerts]


async def test_the_whole_life_of_a_rule(api: Api, company: Company) -> None:
    matchers = [{"field": "message", "operator": "contains", "value": "disk"}]
    made = await api.good("POST", "/grouping", BY_SERVICE | {"matchers": matchers})
    assert (made["position"], made["window_s"], made["about"], made["by"]) == (
        1, 1800, "All alerts, where message contains disk", "service",
    )  # fmt: skip
    one = f"/grouping/{made['id']}"
    changed = await api.good(
        "PUT",
        one,
        {"name": "By cluster", "fields": ["tag:cluster:"], "team_id": str(company.team), "most": 5},
    )
    assert (changed["about"], changed["by"], changed["position"]) == (
        "Alerts of services of Payments", "tag cluster:…", 1,
    )  # fmt: skip
    assert [r["id"] for r in (await api.good("GET", "/grouping"))["rules"]] == [made["id"]]
    assert (await api.good("DELETE", one))["archived_at"]
    assert (await api.good("GET", one))["name"] == "By cluster"
    assert (await api.good("GET", "/grouping"))["rules"] == []
    assert (await api.ask("PUT", one, BY_SERVICE)).status == 409


async def test_a_group_is_seen_and_answered_whole(api: Api) -> None:
    await api.good("POST", "/grouping", BY_SERVICE)
    first, second, third = await reported(api, 3)
    shown = await api.good("GET", f"/alerts/{second}")
    assert (shown["quiet"]["under_number"], shown["group"]["group"]["leader_number"]) == (first, first)
    assert [m["number"] for m in shown["group"]["members"]] == [first, second, third]
    assert [a["number"] for a in (await api.good("GET", "/alerts", leaders="true"))["alerts"]] == [first]
    for _ in range(2):
        answer = await api.ask("POST", f"/alerts/{first}/acknowledge-group", {"note": "mine"}, key="k1")
        assert answer.data == {"acknowledged": 3}
    assert (await api.good("GET", f"/alerts/{third}"))["acknowledged_by"] == "Ada Admin"
    assert await api.good("POST", f"/alerts/{second}/close-group") == {"closed": 3}
    assert (await api.ask("POST", "/alerts/999/close-group")).status == 404


async def test_a_preview_keeps_nothing(api: Api) -> None:
    await reported(api, 3)
    seen = await api.good("POST", "/grouping/preview", BY_SERVICE)
    assert seen == {"looked_at": 3, "matched": 3, "groups": 1, "quiet": 2}
    assert (await api.good("GET", "/grouping"))["rules"] == []


async def test_what_is_refused(api: Api, company: Company) -> None:
    for body in (
        {"name": "x", "fields": ["host"]},
        {"name": "x", "fields": []},
        BY_SERVICE | {"most": 1},
        BY_SERVICE | {"service_id": str(company.team)},
        BY_SERVICE | {"matchers": [{"field": "message", "operator": "matches", "value": "a("}]},
    ):
        assert (await api.ask("POST", "/grouping", body)).status == 422
    ben = await api.as_(company.as_ben())
    assert (await ben.ask("POST", "/grouping", BY_SERVICE)).status == 403
    assert (await ben.ask("GET", "/grouping")).status == 200
