"""Escalation policies at our API: every kind of target, conditions, the final step, and the preview of saved and drafted ones."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from tests.contract.api import Api
from tests.support import Company
from tocsin.kernel.db import Database
from tocsin.kernel.sql import Statement

HOOK = "https://hook.example/services/t0ken"
CHAT = "slack://TokenA12345/TokenB12345/tokencccccccccccccccccccc/#ops"
NIGHT = {
    "hours": {"zone": "Europe/Berlin", "from": "22:00", "until": "06:00"},
    "priorities": [2, 1],
    "tags": ["db"],
}


def body(company: Company, **more: Any) -> dict[str, Any]:
    steps = [
        {"delay_s": 0, "schedules": [str(company.schedule)]},
        {"delay_s": 300, "targets": [{"kind": "whole_team", "id": str(company.team)}], "when": NIGHT},
    ]
    return {"name": "Nights", "repeats": 0, "steps": steps, "final": {"team": str(company.team)}} | more


async def test_the_whole_life_of_one(api: Api, company: Company) -> None:
    one = f"/escalation-policies/{(await api.good('POST', '/escalation-policies', body(company)))['id']}"
    plan = (await api.good("GET", one))["plan"]
    assert plan["final"] == {"team": str(company.team), "name": "Payments"}
    assert plan["steps"][1]["when"] == {
        "hours": {"zone": "Europe/Berlin", "days": [1, 2, 3, 4, 5], "from": "22:00", "until": "06:00", "within": True},
        "priorities": [1, 2], "tags": ["db"],
    }  # fmt: skip
    changed = await api.good("PUT", one, body(company, name="Days", final={"nobody": True}))
    assert (changed["name"], changed["plan"]["final"]) == ("Days", {"nobody": True})
    assert await api.good("POST", f"{one}/apply-to-running") == {"escalations": 0}
    assert (await api.ask("DELETE", one)).status == 204
    names = [p["name"] for p in (await api.good("GET", "/escalation-policies"))["escalation_policies"]]
    assert names == ["Payments"]


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"final": {}}, "final"),
        ({"final": {"team": str(uuid4())}}, "final"),
        ({"final": {"team": str(uuid4()), "nobody": True}}, "final"),
        ({"steps": [{"targets": [{"kind": "team"}]}]}, "steps"),
        ({"steps": [{"targets": [{"kind": "webhook", "url": "ftp://x"}]}]}, "steps"),
        ({"steps": [{"targets": [{"kind": "webhook", "url": HOOK, "secret": "?"}]}]}, "steps"),
        ({"steps": [{"targets": [{"kind": "chat_channel", "url": "syslog://"}]}]}, "steps"),
        ({"colour": "red"}, "colour"),
    ],
)
async def test_bad_input_is_named(api: Api, company: Company, more: dict[str, Any], field: str) -> None:
    answer = await api.ask("POST", "/escalation-policies", body(company, **more))
    assert (answer.status, answer.data["field"]) == (422, field), answer.data


async def test_without_a_final_step_nothing_is_saved(api: Api, company: Company) -> None:
    draft = body(company)
    del draft["final"]
    answer = await api.ask("POST", "/escalation-policies", draft)
    assert (answer.status, answer.data["field"]) == (422, "final")


async def test_channels_keep_their_secrets(api: Api, db: Database, company: Company) -> None:
    targets = [
        {"kind": "webhook", "name": "Robot", "url": HOOK, "secret": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"},
        {"kind": "chat_channel", "name": "#ops", "url": CHAT},
    ]
    made = await api.good("POST", "/escalation-policies", body(company, steps=[{"targets": targets}]))
    one = f"/escalation-policies/{made['id']}"
    shown = await api.good("GET", one)
    assert "oken" not in str(shown)
    assert "whsec" not in str(shown)
    kept = [{"kind": t["kind"], "id": t["channel"]} for t in shown["plan"]["steps"][0]["targets"]]
    again = await api.good("PUT", one, body(company, steps=[{"targets": kept}]))
    assert again["plan"]["steps"] == shown["plan"]["steps"]
    rows = await db.rows(
        Statement("test", "select kind, transport, address, secret from page_channels order by kind")
    )
    assert [(r["kind"], r["transport"]) for r in rows] == [
        ("chat_channel", "apprise"),
        ("webhook", "webhook"),
    ]
    assert rows[0]["address"].startswith("slack (")
    assert all(b"TokenA12345" not in r["secret"] and b"MfKQ" not in r["secret"] for r in rows)
    audited = await db.rows(Statement("test", "select before, after from audit_entries"))
    assert "t0ken" not in str(audited)
    assert "TokenA12345" not in str(audited)


async def test_a_preview_says_who_and_why_not(api: Api, company: Company, db: Database) -> None:
    at = (await db.clock()).isoformat()
    drafted = await api.good("POST", "/escalation-policies/preview", body(company), at=at, priority=3)
    first, second, final = drafted["steps"]
    assert (first["people"], first["round"], first["step"]) == (["Ana Silva"], 0, 0)
    assert second["skipped"]
    assert second["note"].startswith("Skipped: ")
    assert (final["final"], final["people"]) == (True, ["Ana Silva"])
    assert "fallback team Payments" in drafted["ending"]
    made = await api.good("POST", "/escalation-policies", body(company))
    saved = await api.good("GET", f"/escalation-policies/{made['id']}/preview", at=at, priority=3)
    assert saved == drafted


async def test_a_preview_of_a_time_when_nobody_is_on_call(api: Api, company: Company, db: Database) -> None:
    at = (await db.clock() + timedelta(days=30)).isoformat()
    found = await api.good("GET", f"/escalation-policies/{company.policy}/preview", at=at, tags="db, eu")
    assert [(s["people"], s["empty"]) for s in found["steps"][:2]] == [([], True), (["Ben Okafor"], False)]
    assert found["steps"][0]["at"] == found["steps"][1]["at"]  # An empty step lets the next one run at once.
    assert "not decided yet" in found["ending"]


async def test_viewers_look_and_change_nothing(api: Api, company: Company) -> None:
    vic = await api.as_(company.as_vic())
    one = f"/escalation-policies/{company.policy}"
    assert (await vic.ask("GET", f"{one}/preview")).status == 200
    assert (await vic.ask("POST", f"{one}/apply-to-running")).status == 403
    assert (await vic.ask("PUT", one, body(company))).status == 403
    assert (
        await vic.ask("PUT", f"/teams/{company.team}/paging-rule", {"paging_rule": "everybody"})
    ).status == 403


async def test_a_teams_rule_is_set_by_those_who_run_it(api: Api, company: Company) -> None:
    ana = await api.as_(company.as_ana())
    rule = f"/teams/{company.team}/paging-rule"
    assert (
        await ana.ask("PUT", rule, {"paging_rule": "everybody"})
    ).status == 403  # A member, no administrator.
    assert (await api.ask("PUT", rule, {"paging_rule": "round_robin"})).status == 204
    assert (await api.ask("PUT", rule, {"paging_rule": "loudly"})).status == 422
    assert [t["paging_rule"] for t in (await api.good("GET", "/teams"))["teams"]] == ["round_robin"]
