"""Heartbeats at their doors: our API, the address of each, and what Opsgenie's clients ask (SEMANTICS 1.5)."""

from typing import Any

import pytest

from tests.contract.api import Api
from tests.contract.door import Door, key_of
from tests.support import Company
from tocsin.alerts.heartbeat_model import HeartbeatDraft
from tocsin.alerts.heartbeats import create_heartbeat
from tocsin.kernel.db import Database
from tocsin.kernel.sql import Statement

BODY: dict[str, Any] = {"name": "Nightly backup", "interval_s": 86_400, "grace_s": 3600, "priority": 2}


async def test_the_whole_life_of_one(api: Api, company: Company) -> None:
    made = await api.good("POST", "/heartbeats", BODY)
    one = f"/heartbeats/{made['id']}"
    assert (made["state"], made["due_at"]) == ("waiting", None)
    assert (await api.good("POST", f"{one}/ping"))["state"] == "healthy"
    changed = await api.good("PUT", one, BODY | {"name": "Backup", "description": "Ask the storage team."})
    assert (changed["name"], changed["url"]) == ("Backup", made["url"])
    assert (await api.good("POST", f"{one}/pause"))["state"] == "paused"
    assert (await api.good("POST", f"{one}/resume"))["state"] == "waiting"
    assert (await api.good("POST", f"{one}/renew"))["url"] != made["url"]
    assert [h["name"] for h in (await api.good("GET", "/heartbeats"))["heartbeats"]] == ["Backup"]
    vic = await api.as_(company.as_vic())
    assert "url" not in await vic.good("GET", one)
    assert (await vic.ask("POST", f"{one}/ping")).status == 403
    assert (await api.ask("DELETE", one)).status == 204
    assert (await api.ask("GET", one)).status == 404


@pytest.mark.parametrize(
    ("more", "field"),
    [({"interval_s": 5}, "interval_s"), ({"grace_s": -1}, "grace_s"), ({"colour": "red"}, "colour")],
)
async def test_bad_input_is_named(api: Api, more: dict[str, Any], field: str) -> None:
    answer = await api.ask("POST", "/heartbeats", BODY | more)
    assert (answer.status, answer.data["field"]) == (422, field)


async def made(db: Database, company: Company, name: str) -> None:
    async with db.unit(company.admin(), "web") as u:
        await create_heartbeat(u, HeartbeatDraft(name, 300))


async def heard(db: Database) -> list[str]:
    rows = await db.rows(
        Statement("test", "select last_ping_from from heartbeats where last_ping_at is not null")
    )
    return [row["last_ping_from"] for row in rows]


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH"])
async def test_an_opsgenie_ping(door: Door, db: Database, company: Company, method: str) -> None:
    await made(db, company, "db/1 backup")
    key = await key_of(db, company, "opsgenie")
    headers = {"authorization": f"GenieKey {key}", "user-agent": "opsgenie-go-sdk"}
    answer = await door.ask(method, "/v2/heartbeats/DB%2F1%20backup/ping", b"whatever", headers=headers)
    assert (answer.status, answer.data["result"]) == (202, "PONG - Heartbeat received")
    assert await heard(db) == ["opsgenie-go-sdk"]
    shown = await door.ask("GET", "/v2/heartbeats/db%2F1%20backup", headers=headers)
    data = shown.data["data"]
    assert (data["name"], data["interval"], data["intervalUnit"]) == ("db/1 backup", 5, "minutes")
    assert (data["enabled"], data["expired"], data["alertPriority"]) == (True, False, "P3")


async def test_an_unknown_name_pongs_and_is_told(door: Door, db: Database, company: Company) -> None:
    key = await key_of(db, company, "opsgenie")
    headers = {"authorization": f"GenieKey {key}"}
    answer = await door.ask("POST", "/v2/heartbeats/nobody/ping", headers=headers)
    assert answer.status == 202
    said = await db.value(
        Statement("test", "select last_error from integration_health where last_error is not null")
    )
    assert said == "There is no heartbeat called nobody."
    assert (await door.ask("GET", "/v2/heartbeats/nobody", headers=headers)).status == 404


async def test_a_wrong_key_pings_nothing(door: Door, db: Database, company: Company) -> None:
    await made(db, company, "backup")
    for key, status in (("x", 422), ("7b5e9d52-6f0c-4c39-9f2b-3f1f0f2d5a01", 401)):
        answer = await door.ask(
            "POST", "/v2/heartbeats/backup/ping", headers={"authorization": f"GenieKey {key}"}
        )
        assert answer.status == status
    assert await heard(db) == []
