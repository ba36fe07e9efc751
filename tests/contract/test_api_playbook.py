"""The playbook and checklists, at our API."""

from tests.contract.api import Api
from tests.domain.test_playbooks import OURS
from tests.support import Company


async def test_the_playbook_is_read_checked_and_changed(api: Api, company: Company) -> None:
    shipped = await api.good("GET", "/playbook")
    assert shipped["version"] == 0
    assert (await api.good("POST", "/playbook/check", {"body": shipped["body"], "base": 0}))["steps"] >= 12
    wrong = await api.ask("POST", "/playbook/check", {"body": "steps: 1", "base": 0})
    assert wrong.status == 422
    assert (await api.good("PUT", "/playbook", {"body": OURS, "base": 0, "why": "ours"}))["version"] == 1
    assert (await api.ask("PUT", "/playbook", {"body": OURS, "base": 0})).status == 409
    found = await api.good("GET", "/playbook")
    assert (found["body"], [v["why"] for v in found["versions"]]) == (OURS, ["ours"])
    ben = await api.as_(company.as_ben())
    assert (await ben.ask("PUT", "/playbook", {"body": OURS, "base": 1})).status == 403


async def test_a_checklist(api: Api, company: Company) -> None:
    key = (await api.good("POST", "/incidents", {"summary": "Checkout fails", "severity": 1}))["key"]
    one = f"/incidents/{key}/checklist"
    steps = {s["id"]: s for s in (await api.good("GET", one))["steps"]}
    assert steps["count-cases"]["state"] == "open"
    steps = {s["id"]: s for s in (await api.good("PUT", f"{one}/count-cases", {"note": "41"}))["steps"]}
    assert (steps["count-cases"]["state"], steps["count-cases"]["by"], steps["count-cases"]["note"]) == (
        "done",
        "Ada Admin",
        "41",
    )
    steps = {s["id"]: s for s in (await api.good("PUT", f"{one}/count-cases", {"state": "open"}))["steps"]}
    assert steps["count-cases"]["state"] == "open"
    assert (await api.ask("PUT", f"{one}/count-cases", {"state": "skipped"})).status == 422
    assert (await api.ask("PUT", f"{one}/dance", {})).status == 422
    await api.good("POST", f"/incidents/{key}/updates", {"audience": "stakeholders", "state": "We look."})
    again = await api.good("POST", f"/incidents/{key}/still", {"next_update_in_minutes": 20})
    assert again["next_update_at"]
