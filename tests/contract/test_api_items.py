"""What people work on, at our API."""

from datetime import timedelta

from tests.contract.api import Api
from tests.support import Company


async def declared(api: Api) -> str:
    return str((await api.good("POST", "/incidents", {"summary": "Checkout fails", "severity": 1}))["key"])


async def test_everything_has_an_address(api: Api, company: Company) -> None:
    one = f"/incidents/{await declared(api)}"
    claim = (await api.good("POST", f"{one}/claims", {"text": "redis memory", "service": "Checkout"}))["seq"]
    guess = (await api.good("POST", f"{one}/hypotheses", {"text": "a bad deploy"}))["seq"]
    await api.good("POST", f"{one}/claims/{claim}/renew")
    await api.good("POST", f"{one}/claims/{claim}/join")
    await api.good("POST", f"{one}/claims/{claim}/hand", {"user_id": str(company.ben)})
    board = await api.good("POST", f"{one}/claims/{claim}/finish", {"outcome": "it is fine"})
    assert [(c["state"], c["owner"], c["outcome"]) for c in board["claims"]] == [
        ("done", "Ben Okafor", "it is fine")
    ]
    await api.good("POST", f"{one}/claims/{guess}/evidence", {"evidence": "#1"})
    board = await api.good(
        "POST", f"{one}/claims/{guess}/judge", {"verdict": "disproved", "outcome": "older"}
    )
    assert [(h["state"], h["evidence"]) for h in board["hypotheses"]] == [("disproved", ["#1"])]
    other = (await api.good("POST", f"{one}/claims", {"text": "certificates"}))["seq"]
    await api.good("POST", f"{one}/claims/{other}/drop", {"outcome": "not it"})
    due = (await api.db.clock() + timedelta(hours=1)).isoformat()
    task = (await api.good("POST", f"{one}/tasks", {"text": "tell support", "due_at": due}))["seq"]
    await api.good("POST", f"{one}/tasks/{task}/take")
    await api.good("POST", f"{one}/tasks/{task}/finish", {"outcome": "told"})
    await api.good("POST", f"{one}/tasks/{task}/reopen")
    board = await api.good("POST", f"{one}/tasks/{task}/cancel", {"outcome": "they know"})
    assert [(t["state"], t["owner"]) for t in board["tasks"]] == [("dropped", "Ada Admin")]
    decision = (
        await api.good("POST", f"{one}/decisions", {"text": "fail over", "why": "full", "undo": "fail back"})
    )["seq"]
    board = await api.good("POST", f"{one}/decisions/{decision}/undo", {"outcome": "worse"})
    assert [(d["state"], d["undo"]) for d in board["decisions"]] == [("dropped", "fail back")]
    question = (await api.good("POST", f"{one}/facts", {"text": "is data lost?", "known": False}))["seq"]
    await api.good("POST", f"{one}/facts", {"text": "the primary is up"})
    board = await api.good("POST", f"{one}/facts/{question}/answer", {"outcome": "no"})
    assert board["unknown"] == []
    assert {k["text"] for k in board["known"]} == {"is data lost?", "the primary is up"}


async def test_a_second_claim_is_told_who_has_the_first(api: Api, company: Company) -> None:
    one = f"/incidents/{await declared(api)}"
    seq = (await api.good("POST", f"{one}/claims", {"text": "redis memory"}))["seq"]
    other = (await api.good("POST", f"{one}/claims", {"text": "something else entirely"}))["seq"]
    await api.good("POST", f"{one}/claims/{seq}/hand", {"user_id": str(company.ben)})
    answer = await api.ask("POST", f"{one}/claims", {"text": "memory of redis"})
    assert answer.status == 409
    assert answer.data["alike"][0]["seq"] == seq
    assert answer.data["alike"][0]["owner"] == "Ben Okafor"
    assert (await api.ask("POST", f"{one}/claims", {"text": "memory of redis", "anyway": True})).status == 201
    assert (await api.ask("POST", f"{one}/claims/{other}/dance")).status == 422
    assert (await api.ask("POST", f"{one}/tasks/{other}/finish")).status == 404
    assert (await api.ask("POST", f"{one}/claims", {"text": "x" * 501})).status == 422
    assert (await api.ask("POST", f"{one}/claims", {"text": "a", "service": "Nope"})).status == 422
    assert (await api.ask("GET", "/incidents/INC-999/items")).status == 404
