"""Merging, linking, splitting, private incidents, the words under the status: at our API."""

from tests.contract.api import Api
from tests.support import Company


async def declared(api: Api, summary: str = "Checkout fails", **more: object) -> str:
    return str((await api.good("POST", "/incidents", {"summary": summary, "severity": 1, **more}))["key"])


async def test_a_duplicate_is_merged_and_opened_again(api: Api, company: Company) -> None:
    one, two = await declared(api), await declared(api, "Cards are declined")
    merged = await api.good("POST", f"/incidents/{two}/merge", {"into": one.lower(), "why": "the same"})
    assert (merged["status"], merged["merged_into"]) == ("resolved", one)
    shown = await api.good("GET", f"/incidents/{one}")
    assert [(b["key"], b["relation"], b["words"]) for b in shown["linked"]] == [(two, "merged", "took in")]
    refused = await api.ask("POST", f"/incidents/{two}/entries", {"text": "hello?"})
    assert (refused.status, refused.data["error"]) == (409, f"{two} was merged into {one}. Say it there.")
    assert (await api.ask("POST", f"/incidents/{one}/merge", {"into": two})).status == 409
    assert (await api.ask("POST", f"/incidents/{one}/merge", {"into": "INC-99"})).status == 422
    assert (await api.ask("POST", f"/incidents/{one}/merge", {"into": one})).status == 422
    again = await api.good("POST", f"/incidents/{two}/reopen", {"why": "it is not"})
    assert (again["status"], again["merged_into"]) == ("investigating", None)


async def test_links_splits_and_follow_ups(api: Api, company: Company) -> None:
    one, two = await declared(api), await declared(api, "DNS is down")
    linked = await api.good("POST", f"/incidents/{one}/links", {"other": two, "relation": "caused_by"})
    assert [b["words"] for b in linked["linked"]] == ["was caused by"]
    assert (
        await api.ask("POST", f"/incidents/{one}/links", {"other": two, "relation": "loves"})
    ).status == 422
    assert (await api.good("DELETE", f"/incidents/{one}/links/{two}"))["linked"] == []
    body = {"summary": "The cache is full", "severity": 3, "entries": [1]}
    split = await api.good("POST", f"/incidents/{one}/follow-ups", body)
    assert [(b["key"], b["relation"]) for b in split["linked"]] == [(one, "split_from")]
    assert (await api.ask("POST", f"/incidents/{one}/follow-ups", body | {"entries": [99]})).status == 422
    assert (await api.ask("POST", f"/incidents/{one}/follow-ups", body | {"entries": [1] * 51})).status == 422
    followed = await api.good("POST", f"/incidents/{one}/follow-ups", {"summary": "Clean up", "severity": 3})
    assert [b["relation"] for b in followed["linked"]] == ["follows_up"]


async def test_the_state_says_more(api: Api, company: Company) -> None:
    one = await declared(api)
    refused = await api.ask("PUT", f"/incidents/{one}/severity", {"severity": 2})
    assert (refused.status, refused.data["field"]) == (422, "why")
    assert (await api.good("PUT", f"/incidents/{one}/severity", {"severity": 2, "why": "one region"}))[
        "severity"
    ] == 2
    shown = await api.good("PUT", f"/incidents/{one}/sub-status", {"sub_status": " waiting for vendor "})
    assert shown["sub_status"] == "waiting for vendor"
    assert list(shown["phases"]["lasted_s"]) == ["investigating"]
    assert (await api.ask("PUT", f"/incidents/{one}/sub-status", {"sub_status": "x" * 121})).status == 422


async def test_who_may_see_it(api: Api, company: Company) -> None:
    one = await declared(api)
    assert (await api.ask("PUT", f"/incidents/{one}/members/{company.ben}")).status == 422
    seen = await api.good("POST", f"/incidents/{one}/private", {"why": "somebody's data"})
    assert (seen["private"], [p["name"] for p in seen["people"]]) == (True, ["Ada Admin"])
    seen = await api.good("PUT", f"/incidents/{one}/members/{company.ben}")
    assert [p["name"] for p in seen["people"]] == ["Ada Admin", "Ben Okafor"]
    seen = await api.good("PUT", f"/incidents/{one}/teams/{company.team}")
    assert [(t["name"], t["people"]) for t in seen["teams"]] == [("Payments", 2)]
    assert await api.good("GET", f"/incidents/{one}/members") == seen
    await api.good("DELETE", f"/incidents/{one}/teams/{company.team}")
    seen = await api.good("DELETE", f"/incidents/{one}/members/{company.ben}")
    assert [p["name"] for p in seen["people"]] == ["Ada Admin"]
    assert (await api.ask("DELETE", f"/incidents/{one}/members/{company.ada}")).status == 409
    assert (await api.ask("POST", f"/incidents/{one}/public", {})).status == 422
    assert (await api.good("POST", f"/incidents/{one}/public", {"sure": True}))["private"] is False
    assert (await api.ask("PUT", f"/incidents/{one}/teams/{company.ben}")).status == 422
