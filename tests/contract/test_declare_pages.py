"""Declaring as a browser does: what looks alike, who will be paged, types and fields; the list's filters; the settings."""

import re

from tests.contract.api import Api
from tests.contract.browsing import Browser
from tests.domain.street import again, declared
from tests.domain.test_catchup import Later, do
from tests.support import Company
from tocsin.incidents import commands
from tocsin.incidents.field_definitions import FieldDraft, TypeDraft, define_field, define_type
from tocsin.incidents.queries import incident_by_key
from tocsin.kernel.db import Database
from tocsin.kernel.sql import Statement

PAGED = Statement(
    "test",
    "select a.message, a.priority from alerts a join incident_alerts l on l.alert_id = a.id order by a.number",
)


async def key_after(answer: tuple[int, dict[str, str], str]) -> str:
    status, headers, page = answer
    assert status == 303, page
    return headers["location"].removeprefix("/incidents/")


def seen_in(page: str) -> list[str]:
    return re.findall(r'name="seen" value="([^"]*)"', page)


async def test_who_will_be_paged_is_shown_and_then_paged(
    browser: Browser, db: Database, company: Company
) -> None:
    form = {
        "summary": "Nobody can pay",
        "severity": "1",
        "service_id": str(company.service),
        "page_service": "1",
    }
    _, _, shown = await browser.press("/incidents/declare/preview", **form, page="ben")
    assert "You are on call for Checkout yourself." in shown
    assert "Declaring pages <bdi>Ben Okafor</bdi>" in shown
    _, _, shown = await browser.press("/incidents/declare/preview", **form, page="the moon")
    assert "There is nobody and nothing named the moon to page." in shown
    status, _, page = await browser.press("/incidents/declare", **form, page="the moon")
    assert status == 422
    assert "Nobody was paged." in page
    assert await db.rows(PAGED) == []
    assert (
        "Declaring pages nobody: choose"
        in (await browser.press("/incidents/declare/preview", summary="x"))[2]
    )
    key = await key_after(await browser.press("/incidents/declare", **form, page="ben"))
    assert [tuple(row) for row in await db.rows(PAGED)] == [(f"You are needed in {key}: Nobody can pay", 1)]


async def test_a_service_is_paged_unless_its_box_is_not_ticked(
    browser: Browser, db: Database, company: Company
) -> None:
    await db.run(
        Statement(
            "test",
            "update escalation_targets set user_id = $1, schedule_id = null where schedule_id is not null",
        ),
        company.ben,
    )
    form = {"summary": "Carts are lost", "severity": "3", "service_id": str(company.service)}
    await key_after(await browser.press("/incidents/declare", **form))
    assert await db.rows(PAGED) == []
    _, _, shown = await browser.press("/incidents/declare/preview", **form, page_service="1")
    assert "Declaring pages <bdi>Ben Okafor</bdi>" in shown
    (first,) = seen_in(shown)
    await key_after(await browser.press("/incidents/declare", **form, page_service="1", seen=first))
    assert [row["priority"] for row in await db.rows(PAGED)] == [4]


async def test_who_has_look_alikes_before_them_is_not_asked_again(
    browser: Browser, db: Database, company: Company
) -> None:
    old = await declared(db, company.as_ben(), "Checkout fails for customers")
    form = {"summary": "checkout is failing for customers", "service_id": "", "severity": ""}
    status, _, page = await browser.press("/incidents/declare", **form)
    assert (status, seen_in(page)) == (422, [old.key])
    assert "Choose how bad it is." in page
    newer = await declared(db, company.as_ben(), "Checkout fails for all customers")
    form["severity"] = "1"
    status, _, page = await browser.press("/incidents/declare", **form, seen=old.key)
    assert status == 200
    assert sorted(seen_in(page)) == sorted([old.key, newer.key])
    await key_after(await browser.press("/incidents/declare", **form, seen=[old.key, newer.key]))


async def test_what_was_resolved_lately_is_offered_again(
    browser: Browser, db: Database, company: Company, later: Later
) -> None:
    old = await declared(db, company.as_ben(), "Checkout fails for customers")
    await do(db, company.as_ben(), commands.resolve, old.id)
    secret = await declared(db, company.as_ben(), "Checkout fails for customers, a secret", private=True)
    status, _, page = await browser.press(
        "/incidents/declare", summary="checkout is failing for customers", severity="1"
    )
    assert status == 200
    assert "Resolved lately, and alike. Has it come back?" in page
    assert f'formaction="/incidents/{old.key}/reopen"' in page
    assert "An open incident looks alike" not in page
    assert secret.key not in page
    why = "It came back: checkout is failing for customers"
    assert (
        await key_after(
            await browser.press(f"/incidents/{old.key}/reopen", why=why, summary="x", severity="")
        )
        == old.key
    )
    assert (await again(db, old)).resolved_at is None
    await do(db, company.as_ben(), commands.resolve, old.id)
    await later(days=15)
    key = await key_after(
        await browser.press("/incidents/declare", summary="checkout fails for customers", severity="1")
    )
    assert key != old.key


async def test_types_and_fields_from_declaring_to_the_end(
    browser: Browser, db: Database, company: Company
) -> None:
    async with db.unit(company.admin(), "web") as u:
        await define_type(u, TypeDraft("Security", "Somebody is inside"))
        await define_field(u, FieldDraft("Regions", "choices", ("EU", "US"), asked="declare"))
        await define_field(u, FieldDraft("Machines", "number", asked="declare", types=("security",)))
        await define_field(u, FieldDraft("Root cause", asked="resolve"))
    page = await browser.see("/incidents/declare")
    assert 'data-for-types="security"' in page
    assert "Root cause" not in page
    form = {
        "summary": "Odd sign-ins",
        "severity": "2",
        "type": "security",
        "fields_shown": ["regions", "machines"],
        "field-regions": ["EU"],
    }
    status, _, page = await browser.press("/incidents/declare", **form, **{"field-machines": "many"})
    assert status == 422
    assert "Machines: write a number" in page
    assert 'value="EU" checked' in page
    key = await key_after(await browser.press("/incidents/declare", **form, **{"field-machines": ""}))
    found = await incident_by_key(db, key, company.ana)
    assert found
    assert (found.type, found.fields) == ("security", {"regions": ["EU"]})
    room = await browser.see(f"/incidents/{key}")
    assert "Still to say: Machines." in room
    await browser.press(f"/incidents/{key}/fields", **{"fields_shown": "machines", "field-machines": "12"})
    await browser.press(f"/incidents/{key}/resolve")
    room = await browser.see(f"/incidents/{key}")
    assert "Still to say: Root cause." in room
    await browser.press(
        f"/incidents/{key}/fields", **{"fields_shown": "root_cause", "field-root_cause": "A leaked key"}
    )
    room = await browser.see(f"/incidents/{key}")
    assert "Still to say" not in room
    assert (await again(db, found)).fields == {
        "regions": ["EU"],
        "machines": 12,
        "root_cause": "A leaked key",
    }
    await browser.press(f"/incidents/{key}/type", type="")
    assert (await again(db, found)).type is None


async def test_the_list_is_filtered_in_its_address(
    browser: Browser, api: Api, db: Database, company: Company
) -> None:
    async with db.unit(company.admin(), "web") as u:
        await define_type(u, TypeDraft("Security"))
    ana = company.as_ana()
    one = await declared(db, ana, "Checkout fails", 1, service_id=company.service)
    two = await declared(db, ana, "Odd sign-ins", 2, type_="security", private=True)
    three = await declared(db, ana, "Mail is slow", 3)
    await do(db, ana, commands.set_status, three.id, "mitigated")
    over = await declared(db, ana, "It was DNS", 2)
    await do(db, ana, commands.resolve, over.id)

    async def shown(query: str) -> set[str]:
        return set(re.findall(r'href="/incidents/(INC-[^"/]+)"', await browser.see(f"/incidents?{query}")))

    everything = {one.key, two.key, three.key, over.key}
    assert await shown("") == everything
    assert await shown("severity=2") == {two.key, over.key}
    assert await shown("status=mitigated") == {three.key}
    assert await shown("type=security") == {two.key}
    assert await shown("private=1") == {two.key}
    assert await shown(f"service={company.service}") == {one.key}
    assert await shown("q=dns&severity=2") == {over.key}
    for nonsense in ("severity=9", "status=odd", "service=x", "before=yesterday", "private="):
        assert await shown(nonsense) == everything, nonsense
    asked = await api.good("GET", "/incidents", all=True, severity=2)
    assert {i["key"] for i in asked["incidents"]} >= {over.key}
    assert [i["key"] for i in (await api.good("GET", "/incidents", status="resolved"))["incidents"]] == [
        over.key
    ]


async def test_the_settings_are_for_administrators(
    browser: Browser, api: Api, db: Database, company: Company
) -> None:
    assert "None so far: every incident is just an incident." in await browser.see("/settings/incidents")
    assert (await browser.press("/settings/incidents/types", title="Outage"))[0] == 403
    assert await api.good("POST", "/incident-types", {"title": "Outage"}) == {"name": "outage"}
    body = {"title": "Regions", "kind": "choices", "options": ["EU", "US"], "types": ["Outage"]}
    assert await api.good("POST", "/incident-fields", body) == {"name": "regions"}
    page = await browser.see("/settings/incidents")
    assert "Outage" in page
    assert "Regions" in page
    assert '<form method="post"' not in page.partition("types-title")[2], (
        "who may not change them sees no forms"
    )
    changed = await api.good("PUT", "/incident-fields/regions", body | {"kind": "number", "options": ["EU"]})
    assert [(f["kind"], f["options"], f["types"]) for f in changed["fields"]] == [
        ("choices", ["EU"], ["outage"])
    ]
    assert (await api.ask("PUT", "/incident-fields/nothing", body)).status == 404
    assert (await api.ask("PUT", "/incident-types/nothing", {"title": "x"})).status == 404
    key = (
        await api.good(
            "POST",
            "/incidents",
            {"summary": "x", "severity": 1, "type": "Outage", "fields": {"regions": ["eu"]}},
        )
    )["key"]
    shown = await api.good("PUT", f"/incidents/{key}/fields", {"fields": {"Regions": None}})
    assert (shown["type"], shown["fields"]) == ("outage", {})
    assert (await api.ask("PUT", f"/incidents/{key}/fields", {"fields": {"Regions": "Mars"}})).status == 422
    assert (await api.good("PUT", f"/incidents/{key}/type", {"type": ""}))["type"] is None
    assert (await api.good("DELETE", "/incident-types/outage"))["types"] == []
    assert (await api.good("DELETE", "/incident-fields/regions"))["fields"] == []
    assert (await api.ask("DELETE", "/incident-fields/regions")).status == 404


async def test_hostile_words_in_types_and_fields(
    browser: Browser, api: Api, db: Database, company: Company
) -> None:
    """Titles, options and values are text wherever they stand, and a form cannot fill what it does not show."""
    bad = "<img src=x onerror=alert(1)>"
    await api.good("POST", "/incident-types", {"title": f"T {bad}"})
    body = {
        "title": f"F {bad}",
        "kind": "choices",
        "options": [bad, "\u202eright to left", "a, b"],
        "asked": "declare",
    }
    name = (await api.good("POST", "/incident-fields", body))["name"]
    link = (await api.good("POST", "/incident-fields", {"title": "L", "kind": "link"}))["name"]
    text = (await api.good("POST", "/incident-fields", {"title": "Text"}))["name"]
    for path in ("/settings/incidents", "/incidents/declare", "/incidents"):
        assert bad not in await browser.see(path), path
    key = await key_after(
        await browser.press(
            "/incidents/declare",
            summary=bad,
            severity="1",
            **{f"field-{text}": "not shown", f"field-{name}": bad, "fields_shown": name},
        )
    )
    found = await incident_by_key(db, key, company.ana)
    assert found
    assert found.fields == {name: [bad]}
    for value in ("javascript:alert(1)", "data:text/html,x", "https://a.example/ x", "//a.example"):
        assert (await api.ask("PUT", f"/incidents/{key}/fields", {"fields": {link: value}})).status == 422, (
            value
        )
    assert (await api.ask("PUT", f"/incidents/{key}/fields", {"fields": {text: "x" * 2001}})).status == 422
    assert (await api.ask("PUT", f"/incidents/{key}/fields", {"fields": {text: {"$gt": ""}}})).status == 422
    await api.good("PUT", f"/incidents/{key}/fields", {"fields": {text: bad}})
    assert bad not in await browser.see(f"/incidents/{key}")
    many = [f"Option {n}" for n in range(101)]
    assert (
        await api.ask("POST", "/incident-fields", {"title": "M", "kind": "choice", "options": many})
    ).status == 422
    for n in range(37):
        await api.good("POST", "/incident-fields", {"title": f"More {n}"})
    assert (await api.ask("POST", "/incident-fields", {"title": "One too many"})).status == 409
