"""The imitated Opsgenie API, with recorded requests of its Python SDK, of Zabbix and of Alertmanager."""

import base64
from typing import Any
from uuid import uuid4

import pytest

from tests.contract.captures import captured
from tests.contract.door import Answer, Door, key_of, stored
from tests.support import Company
from tocsin.kernel.db import Database


@pytest.fixture
async def genie(db: Database, company: Company) -> str:
    return await key_of(db, company, "opsgenie")


async def ask(door: Door, key: str, method: str, path: str, body: Any = None) -> Answer:
    """As its clients do; and the promises of every answer are held to."""
    answer = await door.ask(method, path, body, headers={"Authorization": f"GenieKey {key}"})
    assert answer.headers["x-request-id"] == answer.data["requestId"]
    assert float(answer.headers["x-response-time"]) > 0
    assert answer.headers["x-ratelimit-state"] in ("OK", "THROTTLED")
    return answer


async def outcome(door: Door, key: str, answer: Answer) -> dict[str, Any]:
    """What became of an accepted request; known at once."""
    assert (answer.status, answer.data["result"]) == (202, "Request will be processed")
    found = await ask(door, key, "GET", f"/v2/alerts/requests/{answer.data['requestId']}")
    assert found.status == 200
    data: dict[str, Any] = found.data["data"]
    assert data["success"] is data["isSuccess"]
    assert data["processedAt"].endswith("Z")
    return data


async def test_create_acknowledge_close(door: Door, db: Database, genie: str) -> None:
    create = await ask(
        door, genie, "POST", "/v2/alerts", {"message": "Disk full", "alias": "db-1/disk", "priority": "P1"}
    )
    made = await outcome(door, genie, create)
    assert (made["action"], made["status"], made["alias"], made["success"]) == (
        "Create",
        "Created alert",
        "db-1/disk",
        True,
    )
    path = "/v2/alerts/db-1%2Fdisk/acknowledge?identifierType=alias"
    acknowledged = await outcome(
        door, genie, await ask(door, genie, "POST", path, {"user": "me", "note": "n"})
    )
    assert (acknowledged["action"], acknowledged["success"]) == ("Acknowledge", True)
    again = await outcome(door, genie, await ask(door, genie, "POST", path))
    assert (again["success"], again["status"]) == (False, "Alert is already acknowledged")
    path = f"/v2/alerts/{made['alertId']}/close"
    assert (await outcome(door, genie, await ask(door, genie, "POST", path, {})))["status"] == "Closed alert"
    again = await outcome(door, genie, await ask(door, genie, "POST", path, {}))
    assert (again["success"], again["status"]) == (False, "Alert is already closed")
    path = "/v2/alerts/db-1%2Fdisk/close?identifierType=alias"
    gone = await outcome(door, genie, await ask(door, genie, "POST", path, {}))
    assert (gone["success"], gone["status"]) == (False, "There is no open alert with alias [db-1/disk].")
    alert = (await stored(db))["db-1/disk"]
    assert "me" in alert["acknowledged_by"]
    assert alert["closed_at"]


async def test_an_alert_is_found_by_each_of_its_names(door: Door, db: Database, genie: str) -> None:
    create = await ask(door, genie, "POST", "/v2/alerts/", {"message": "m", "alias": "a/b c"})
    made = await outcome(door, genie, create)
    number = (await stored(db))["a/b c"]["number"]
    for identifier, by in (
        ("a/b%20c", "alias"), ("a%2Fb%20c", "alias"), (number, "tiny"), (made["alertId"], "id"),
        (f"{made['alertId']}-1515151515151", "id"), (create.data["requestId"], "id"),
    ):  # fmt: skip
        path = f"/v2/alerts/{identifier}/acknowledge/?identifierType={by}"
        found = await outcome(door, genie, await ask(door, genie, "POST", path, {}))
        assert found["alertId"] == made["alertId"], identifier


@pytest.mark.parametrize(
    "identifier", ["0e1c6467-1bd4-4919-af2b-f0e488814c5f", "999999", "nothing", "%00", "9" * 400, "%FF"]
)
@pytest.mark.parametrize("by", ["id", "tiny", "alias"])
async def test_an_unknown_alert_is_told_afterwards(door: Door, genie: str, identifier: str, by: str) -> None:
    answer = await ask(door, genie, "POST", f"/v2/alerts/{identifier}/close?identifierType={by}", {})
    found = await outcome(door, genie, answer)
    assert (found["success"], found["action"]) == (False, "Close")
    assert found["status"].startswith("There is no open alert" if by == "alias" else "Alert does not exist")


async def test_a_key_of_another_scope_cannot_touch_it(
    door: Door, db: Database, company: Company, genie: str
) -> None:
    made = await outcome(
        door, genie, await ask(door, genie, "POST", "/v2/alerts", {"message": "m", "alias": "a"})
    )
    stranger = await key_of(db, company, "generic")
    for path in (f"/v2/alerts/{made['alertId']}/close", "/v2/alerts/a/close?identifierType=alias"):
        assert not (await outcome(door, stranger, await ask(door, stranger, "POST", path, {})))["success"]
    sibling = await key_of(db, company, "opsgenie")
    path = "/v2/alerts/a/close?identifierType=alias"
    assert (await outcome(door, sibling, await ask(door, sibling, "POST", path, {})))["success"]


async def test_keys(door: Door, genie: str) -> None:
    body = {"message": "m"}
    basic = base64.b64encode(f":{genie}".encode()).decode()
    assert (await door.post("/v2/alerts", body, headers={"Authorization": f"Basic {basic}"})).status == 202
    assert (await door.post(f"/v2/alerts?apiKey={genie}", body)).status == 202
    assert (await ask(door, genie, "POST", "/jsm/ops/integration/v2/alerts", body)).status == 202
    shape = await ask(door, "no-uuid", "POST", "/v2/alerts", body)
    assert (shape.status, shape.data["message"]) == (422, "Key format is not valid!")
    unknown = await ask(door, str(uuid4()), "POST", "/v2/alerts", body)
    assert (unknown.status, unknown.data["message"]) == (401, "Could not authenticate")
    missing = await door.post("/v2/alerts", body)
    assert (missing.status, missing.data["message"]) == (401, "Could not authenticate")


async def test_what_cannot_be_understood(door: Door, db: Database, genie: str) -> None:
    empty = await ask(door, genie, "POST", "/v2/alerts", {"alias": "a"})
    assert (empty.status, empty.data["errors"]) == (422, {"message": "Message can not be empty."})
    assert [row["message"][:14] for row in (await stored(db)).values()] == ["Bad input from"]
    for garbage in (b"{", b"[]", b"17", b"\xff"):
        assert (await ask(door, genie, "POST", "/v2/alerts", garbage)).status == 400
        assert (
            await ask(door, genie, "POST", "/v2/alerts/a/close?identifierType=alias", garbage)
        ).status == 400
    wrong = await ask(door, genie, "POST", "/v2/alerts/a/close?identifierType=name", {})
    assert (wrong.status, list(wrong.data["errors"])) == (422, ["identifierType"])
    assert (await ask(door, genie, "POST", "/v2/alerts", b" " * 2_000_000)).status == 413
    for method, path in (
        ("GET", "/v2/alerts/a"),
        ("PUT", "/v2/alerts/a/message"),
        ("POST", "/v2/alerts/a/dance"),
        ("GET", "/v2/alerts"),
    ):
        nothing = await ask(door, genie, method, path, {})
        assert (nothing.status, nothing.data["message"]) == (404, "Resource or handler not found")


async def test_an_unknown_request_is_asked_for_again(
    door: Door, db: Database, company: Company, genie: str
) -> None:
    create = await ask(door, genie, "POST", "/v2/alerts", {"message": "m"})
    stranger = await key_of(db, company, "generic")
    for key, identifier in ((genie, str(uuid4())), (genie, "x"), (stranger, create.data["requestId"])):
        answer = await ask(door, key, "GET", f"/v2/alerts/requests/{identifier}")
        assert (answer.status, answer.headers["x-opsgenie-errortype"]) == (404, "RequestNotProcessed")


async def replay(door: Door, key: str, name: str) -> list[tuple[str, dict[str, Any]]]:
    """Plays what we answer today of a recording; answers each operation with its outcome."""
    found = []
    for op, request in captured(name):
        path, method = request["path"], request["method"]
        if method != "POST" or "/v2/alerts" not in path or not _answered(path):
            continue
        query = "&".join(f"{name}={value}" for name, value in request["query"])
        answer = await ask(door, key, method, f"{path}?{query}", request["body_json"])
        found.append((op, await outcome(door, key, answer)))
    return found


def _answered(path: str) -> bool:
    return path.rstrip("/").endswith(("/v2/alerts", "/acknowledge", "/close"))


async def test_the_recorded_python_sdk(door: Door, db: Database, genie: str) -> None:
    played = await replay(door, genie, "opsgenie-sdk-python")
    assert [op for op, _ in played] == ["create_alert", "acknowledge_alert", "close_alert"]
    assert all(found["success"] for _, found in played)
    alert = (await stored(db))["db-1/disk"]
    assert (alert["message"], alert["priority"], alert["tags"], alert["details"]) == (
        "Disk full",
        1,
        ["prod"],
        {"k": "v"},
    )
    assert alert["closed_at"]


async def test_the_recorded_zabbix(door: Door, db: Database, genie: str) -> None:
    played = await replay(door, genie, "zabbix-6.0-opsgenie")
    assert [op for op, _ in played] == ["problem", "problem_with_teams", "update_ack", "recovery"]
    assert all(found["success"] for _, found in played)
    alert = (await stored(db))["12345"]
    assert (alert["count"], alert["tags"]) == (2, ["scope:capacity"])
    assert alert["acknowledged_by"].startswith("Admin")
    assert alert["closed_at"]


async def test_the_recorded_alertmanager(door: Door, db: Database, genie: str) -> None:
    """Two of its receivers send the same alias through one scope: the second close finds nothing open."""
    played = await replay(door, genie, "alertmanager-0.25")
    assert {found["action"] for _, found in played} == {"Create", "Close"}
    (alert,) = (await stored(db)).values()
    assert len(alert["alias"]) == 64
    assert alert["count"] == 4
    assert alert["closed_at"]
