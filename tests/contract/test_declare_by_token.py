"""Declaring with a service token: what is private is seen by whom it names or pages, and by the token's holder not at all."""

from typing import Any

from tests.contract.api import Api
from tests.support import Company
from tocsin.incidents.field_definitions import TypeDraft, define_type
from tocsin.kernel.db import Database
from tocsin.kernel.sql import Statement
from tocsin.people.reach import create_service_token

COUNTS = Statement(
    "test", "select (select count(*) from incidents) as incidents, (select count(*) from pages) as pages"
)


async def machine(api: Api, db: Database, company: Company) -> Api:
    async with db.unit(company.admin(), "web") as u:
        await define_type(u, TypeDraft("Security", private=True))
        return Api(api.app, db, await create_service_token(u, "Scanner", ["read", "respond"]))


async def counted(db: Database) -> Any:
    row = await db.row(COUNTS)
    return (row["incidents"], row["pages"]) if row else None


async def test_a_private_incident_of_a_machine_is_never_lost(
    api: Api, db: Database, company: Company
) -> None:
    scanner = await machine(api, db, company)
    body = {"summary": "A key was leaked", "severity": 1, "type": "Security"}
    refused = await scanner.ask("POST", "/incidents", body)
    assert refused.status == 422
    assert "nobody could see it" in str(refused.data)
    assert await counted(db) == (0, 0)
    asked = body | {"page": "payments on-call", "let_in": ["ben"]}
    found = [await scanner.good("POST", "/incidents", asked, key="once") for _ in range(2)]
    assert found[0] == found[1]
    assert set(found[0]) == {"key", "private", "url"}
    assert await counted(db) == (1, 1)
    path = f"/incidents/{found[0]['key']}"
    assert (await scanner.ask("GET", path)).status == 404
    assert (await api.ask("GET", path)).status == 404
    ben, ana = await api.as_(company.as_ben()), await api.as_(company.as_ana())
    assert (await ben.good("GET", path))["summary"] == body["summary"]
    assert (await ana.good("GET", path))["private"]


async def test_an_alert_becomes_a_private_incident(api: Api, db: Database, company: Company) -> None:
    scanner = await machine(api, db, company)
    number = (await scanner.good("POST", "/pages", {"target": "ana", "message": "Odd log-ins"}))["number"]
    body = {"summary": "Odd log-ins", "severity": 1, "private": True, "alert": str(number), "let_in": ["ben"]}
    key = (await scanner.good("POST", "/incidents", body))["key"]
    ben = await api.as_(company.as_ben())
    texts = [e["text"] for e in (await ben.good("GET", f"/incidents/{key}/entries"))["entries"]]
    assert any(f"#{number}" in text for text in texts), texts
