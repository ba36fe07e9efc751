"""Intake from request to database by the plain routes, with recorded requests of a real Alertmanager."""

import asyncio
import base64
from uuid import uuid4

import pytest

from tests.contract.captures import captured
from tests.contract.door import Door, key_of, stored
from tests.support import Company
from tocsin.catalog import commands
from tocsin.catalog.queries import integration_by_key, integrations_with_health
from tocsin.edge.intake import MAX_ALERTS, Intake
from tocsin.edge.raw import MAX_BODY
from tocsin.edge.senders import Traffic
from tocsin.kernel.bus import Bus
from tocsin.kernel.db import Database
from tocsin.kernel.errors import Throttled


async def test_one_alert_is_answered_with_what_became_of_it(
    door: Door, db: Database, company: Company, key: str
) -> None:
    first = await door.post("/v1/alerts", {"message": "Disk is full", "alias": "disk", "priority": "P4"}, key)
    assert (first.status, first.data["created"], first.data["status"]) == (202, True, "Created alert")
    again = await door.post("/v1/alerts", {"message": "Disk is full", "alias": "disk"}, key)
    assert (again.data["id"], again.data["created"]) == (first.data["id"], False)
    alert = (await stored(db))["disk"]
    assert (str(alert["id"]), alert["number"]) == (first.data["id"], first.data["number"])
    assert (alert["count"], alert["priority"], alert["urgency"], alert["service_id"]) == (
        2,
        4,
        "low",
        company.service,
    )


async def test_an_alert_is_opened_acknowledged_and_closed(door: Door, db: Database, key: str) -> None:
    await door.post("/v1/alerts", {"message": "m", "alias": "a"}, key)
    await door.post("/v1/alerts", {"action": "acknowledge", "alias": "a", "user": "ana", "note": "mine"}, key)
    assert "ana" in (await stored(db))["a"]["acknowledged_by"]
    closed = await door.post("/v1/alerts", {"action": "close", "alias": "a"}, key)
    assert closed.data["status"] == "Closed alert"
    assert (await stored(db))["a"]["closed_at"]
    nobody = await door.post("/v1/alerts", {"action": "close", "alias": "a"}, key)
    assert (nobody.status, nobody.data["id"]) == (202, None)
    assert nobody.data["status"] == "There is no open alert with alias [a]."


async def test_alerts_without_an_alias_are_each_their_own(door: Door, db: Database, key: str) -> None:
    answers = [await door.post("/v1/alerts", {"message": "m"}, key) for _ in range(2)]
    assert answers[0].data["id"] != answers[1].data["id"]
    assert len(await stored(db)) == 2


async def test_a_list_gets_a_list_and_a_bad_one_is_visible(door: Door, db: Database, key: str) -> None:
    answer = await door.post(
        "/v1/alerts", [{"message": "a", "alias": "a"}, {"mesage": "b"}, {"message": "c"}], key
    )
    assert answer.status == 202
    assert [each.get("field") for each in answer.data] == [None, "message", None]
    (bad,) = [row for row in (await stored(db)).values() if row["message"].startswith("Bad input from")]
    assert str(bad["id"]) == answer.data[1]["id"]
    assert "mesage" in bad["description"]
    assert (await door.post("/v1/alerts", [{"message": "m"}], key)).data[0]["created"]
    assert (await door.post("/v1/alerts", [], key)).data == []


async def test_a_single_bad_alert_is_refused_and_visible(door: Door, db: Database, key: str) -> None:
    answer = await door.post("/v1/alerts", {"alias": "x"}, key)
    assert (answer.status, answer.data) == (422, {"error": "A message is needed.", "field": "message"})
    (alert,) = (await stored(db)).values()
    assert alert["message"].startswith("Bad input from generic")
    assert "A message is needed." in [found.last_error for found in await integrations_with_health(db)]


@pytest.mark.parametrize("garbage", [b"", b"hello", b"{", b"\xff", b"[" * 5000, b"17"])
async def test_garbage_is_refused_and_kept_as_the_last_error(
    door: Door, db: Database, key: str, garbage: bytes
) -> None:
    answer = await door.post("/v1/alerts", garbage, key)
    assert (answer.status, answer.data["field"]) == (422, "body")
    assert answer.data["error"] in [found.last_error for found in await integrations_with_health(db)]
    assert await stored(db) == {}


async def test_keys_are_taken_from_each_usual_place(door: Door, key: str) -> None:
    basic = base64.b64encode(f"anybody:{key}".encode()).decode()
    for headers in (
        {"Authorization": f"Bearer {key}"}, {"Authorization": f"GenieKey {key}"}, {"X-Tocsin-Key": key},
        {"Authorization": f"bearer {key.upper()}"}, {"Authorization": f"Basic {basic}"},
    ):  # fmt: skip
        assert (await door.post("/v1/alerts", {"message": "m"}, headers=headers)).status == 202
    assert (await door.post(f"/in/generic/{key}", {"message": "m"})).status == 202
    assert (await door.post("/in/generic", {"message": "m"}, key)).status == 202


async def test_who_has_no_key_gets_no_further(door: Door, db: Database) -> None:
    missing = await door.post("/v1/alerts", {"message": "m"})
    assert (missing.status, missing.headers["www-authenticate"]) == (401, "Bearer")
    for key in (str(uuid4()), "wrong", "x" * 5000, "'; drop table alerts"):
        refused = await door.post("/v1/alerts", {"message": "m"}, headers={"X-Tocsin-Key": key})
        assert refused.status == 403
        assert refused.data["error"].endswith(".")
    assert door.read == 0, "nobody reads the body of a stranger"
    assert (await door.post("/in/nagios/key", {})).status == 404
    assert await stored(db) == {}


async def test_a_revoked_key_stops_working(db: Database, dsn: str, company: Company, key: str) -> None:
    """Within a second by itself, and sooner by notification."""
    bus = Bus(dsn)
    listening = asyncio.create_task(bus.run())
    intake = Intake(db, bus)
    door = Door(intake)
    await bus.connected.wait()
    assert (await door.post("/v1/alerts", {"message": "m"}, key)).status == 202
    integration = await integration_by_key(db, key)
    assert integration
    async with db.unit(company.admin(), "test") as u:
        await commands.revoke_integration(u, integration.id)
    async with asyncio.timeout(10):
        status = 202
        while status == 202:
            status = (await door.post("/v1/alerts", {"message": "m"}, key)).status
    assert status == 403
    listening.cancel()
    await intake.close()


async def test_a_body_too_large_is_not_read_to_its_end(door: Door, key: str) -> None:
    announced = await door.post("/v1/alerts", b"", key, headers={"Content-Length": str(MAX_BODY + 1)})
    assert (announced.status, door.read) == (413, 0)
    assert announced.data["error"].startswith("The body is larger than 1024 KiB.")
    flood = [b" " * 65_536] * 200
    assert (await door.post("/v1/alerts", None, key, pieces=flood)).status == 413
    assert len(flood) > 180
    exactly = b'{"message": "m", "description": "' + b"d" * (MAX_BODY - 35) + b'"}'
    assert (await door.post("/v1/alerts", None, key, pieces=[exactly[:1000], exactly[1000:]])).status == 202


async def test_too_many_alerts_at_once(door: Door, key: str) -> None:
    assert (await door.post("/v1/alerts", b"[" + b"1," * MAX_ALERTS + b"1]", key)).status == 413


async def test_more_alerts_than_one_commit_takes(door: Door, db: Database, key: str) -> None:
    answer = await door.post("/v1/alerts", [{"message": "m", "alias": str(n)} for n in range(1234)], key)
    assert [each["alias"] for each in answer.data] == [str(n) for n in range(1234)]
    assert len(await stored(db)) == 1234


async def test_labels_choose_the_service_and_the_service_the_urgency(
    door: Door, db: Database, company: Company, key: str
) -> None:
    async with db.unit(company.admin(), "test") as u:
        other = await commands.create_service(u, "Night batch", urgency="low")
    async with db.unit(company.admin(), "test") as u:
        await commands.add_route(u, label="job", value="night", service_id=other)
    await door.post(
        "/v1/alerts", {"message": "m", "alias": "n", "priority": 1, "details": {"job": "night"}}, key
    )
    alert = (await stored(db))["n"]
    assert (alert["service_id"], alert["urgency"]) == (other, "low")


async def test_hostile_text_is_stored_as_text(door: Door, db: Database, key: str) -> None:
    text = "<script>alert(1)</script>\0'; drop table alerts; --" + "x" * 10_000
    answer = await door.post(
        "/v1/alerts", dict.fromkeys(("message", "alias", "source", "note", "user"), text), key
    )
    assert answer.status == 202
    (alert,) = (await stored(db)).values()
    assert alert["message"].startswith("<script>")
    assert "message" in alert["clamped"]


async def test_too_much_of_one_integration_is_put_off() -> None:
    traffic = Traffic(rate=0.001, burst=10)
    traffic.spend(10)
    with pytest.raises(Throttled):
        traffic.spend(1)


async def test_a_throttled_webhook_gets_503_and_an_opsgenie_client_429(door: Door, key: str) -> None:
    sender = await door.intake.sender(key)
    sender.traffic.spend(10_000_000)
    plain = await door.post("/v1/alerts", {"message": "m"}, key)
    assert (plain.status, plain.headers["retry-after"]) == (503, "1")
    imitated = await door.post("/v2/alerts", {"message": "m"}, key)
    assert (imitated.status, imitated.headers["x-ratelimit-state"]) == (429, "THROTTLED")


async def test_an_event_is_noted(door: Door, db: Database, key: str) -> None:
    await door.post("/v1/alerts", {"message": "m"}, key)
    await door.intake.close()
    assert any(found.last_event_at for found in await integrations_with_health(db))


async def test_a_recorded_alertmanager(door: Door, db: Database, company: Company) -> None:
    key = await key_of(db, company, "alertmanager")
    names: set[str] = set()
    for _, request in captured("alertmanager-0.25", "/webhook/alertmanager"):
        answer = await door.post(f"/in/alertmanager/{key}", request["body_json"])
        assert answer.status == 202
        names |= {alert["fingerprint"] for alert in request["body_json"]["alerts"]}
        if request["body_json"]["status"] == "firing":
            assert all(each["id"] for each in answer.data)
    alerts = await stored(db)
    assert set(alerts) == names
    assert len(names) == 3
    assert all(alert["closed_at"] for alert in alerts.values())
    assert {alert["message"] for alert in alerts.values()} >= {"Disk full on db-1", "Disk full on db-2"}
    assert {alert["priority"] for alert in alerts.values()} == {1}
