"""Services, integrations with keys that rotate, and routes from labels to services."""

from uuid import uuid4

import pytest

from tests.support import Company
from tocsin.catalog import commands, queries
from tocsin.catalog.model import OPSGENIE_SCOPE, route_for
from tocsin.kernel.db import Database
from tocsin.kernel.errors import Conflict, Forbidden, Invalid, NotFound
from tocsin.people.queries import audit_entries


async def test_a_service(db: Database, company: Company) -> None:
    async with db.unit(company.as_ana(), "web") as u:
        service_id = await commands.create_service(
            u, " Search ", tier=2, runbook_url="https://runbooks.example/search"
        )
        await commands.change_service(
            u, service_id, name="Search", tier=1, team_id=company.team, urgency="low"
        )
    found = await queries.service_by_name(db, "sEaRcH")
    assert found
    assert (found.name, found.tier, found.team_id, found.urgency) == ("Search", 1, company.team, "low")
    for bad in (
        {"name": ""},
        {"name": "x" * 300},
        {"tier": 9},
        {"runbook_url": "javascript:alert(1)"},
        {"urgency": "loud"},
    ):
        with pytest.raises(Invalid):
            async with db.unit(company.as_ana(), "web") as u:
                await commands.create_service(u, **({"name": "Other"} | bad))
    with pytest.raises(Conflict):
        async with db.unit(company.as_ana(), "web") as u:
            await commands.create_service(u, "SEARCH")
    async with db.unit(company.as_ana(), "web") as u:
        await commands.archive_service(u, service_id)
    assert await queries.service_by_name(db, "Search") is None
    assert await queries.service_by_id(db, service_id)


async def test_what_it_names_must_exist(db: Database, company: Company) -> None:
    nothing = uuid4()
    for act in (
        lambda u: commands.create_service(u, "Other", team_id=nothing),
        lambda u: commands.create_service(u, "Other", escalation_policy_id=nothing),
        lambda u: commands.create_integration(u, "Other", format="generic", service_id=nothing),
        lambda u: commands.add_route(u, label="a", value="b", service_id=nothing),
        lambda u: commands.add_route(
            u, label="a", value="b", service_id=company.service, integration_id=nothing
        ),
    ):
        with pytest.raises(Conflict, match="does not exist"):
            async with db.unit(company.as_ana(), "web") as u:
                await act(u)
    for act in (
        lambda u: commands.change_service(u, nothing, name="Other"),
        lambda u: commands.archive_service(u, nothing),
        lambda u: commands.change_integration(u, nothing, "Other", None),
        lambda u: commands.rotate_key(u, nothing),
        lambda u: commands.revoke_key(u, company.integration, "nope"),
        lambda u: commands.revoke_integration(u, nothing),
    ):
        with pytest.raises((NotFound, Conflict)):
            async with db.unit(company.as_ana(), "web") as u:
                await act(u)
    async with db.unit(company.as_ana(), "web") as u:
        await commands.revoke_integration(u, company.integration)
    with pytest.raises(NotFound):
        async with db.unit(company.as_ana(), "web") as u:
            await commands.rotate_key(u, company.integration)


async def test_keys_rotate_and_are_revoked(db: Database, company: Company) -> None:
    async with db.unit(company.as_ana(), "web") as u:
        made = await commands.create_integration(u, "Probe", format="generic", service_id=company.service)
    first = made["key"]
    found = await queries.integration_by_key(db, first.upper())
    assert found
    assert (found.name, str(found.id)) == ("Probe", made["id"])
    async with db.unit(company.as_ana(), "web") as u:
        second = await commands.rotate_key(u, found.id)
    assert await queries.integration_by_key(db, first)
    assert await queries.integration_by_key(db, second)
    async with db.unit(company.as_ana(), "web") as u:
        await commands.revoke_key(u, found.id, f"{first[:4]}…{first[-4:]}")
    assert await queries.integration_by_key(db, first) is None
    assert await queries.integration_by_key(db, second)
    async with db.unit(company.as_ana(), "web") as u:
        await commands.revoke_integration(u, found.id)
    assert await queries.integration_by_key(db, second) is None
    assert await queries.integration_by_key(db, "no key") is None
    secrets = [first, second]
    for entry in await audit_entries(db, None, 100):
        assert not any(secret in str((entry.before, entry.after)) for secret in secrets)


async def test_a_secret_is_shown_once_even_to_a_retry(db: Database, company: Company) -> None:
    async with db.unit(company.as_ana(), "api", "same") as u:
        await commands.create_integration(u, "Probe", format="generic")
    with pytest.raises(Conflict, match="shown once"):
        async with db.unit(company.as_ana(), "api", "same") as u:
            await commands.create_integration(u, "Probe", format="generic")
    assert [i.name for i in await queries.integrations(db) if i.name == "Probe"] == ["Probe"]


async def test_opsgenie_keys_share_a_scope(db: Database, company: Company) -> None:
    async with db.unit(company.as_ana(), "web") as u:
        made = [await commands.create_integration(u, name, format="opsgenie") for name in ("One", "Two")]
        other = await commands.create_integration(u, "Three", format="generic")
    scopes = [(await queries.integration_by_key(db, m["key"])) for m in (*made, other)]
    assert [s.scope == OPSGENIE_SCOPE for s in scopes if s] == [True, True, False]


async def test_routes_in_order(db: Database, company: Company) -> None:
    async with db.unit(company.as_ana(), "web") as u:
        search = await commands.create_service(u, "Search")
        await commands.add_route(u, label="service", value="search", service_id=search)
        last = await commands.add_route(u, label="team", value="payments", service_id=company.service)
    routes = await queries.routes(db)
    assert route_for({"service": "search", "team": "payments"}, uuid4(), routes) == search
    assert route_for({"team": "payments"}, None, routes) == company.service
    assert route_for({"team": "other"}, None, routes) is None
    assert [r.position for r in routes] == sorted(r.position for r in routes)
    async with db.unit(company.as_ana(), "web") as u:
        await commands.remove_route(u, last)
        with pytest.raises(NotFound):
            await commands.remove_route(u, last)
    with pytest.raises(Forbidden):
        async with db.unit(company.as_vic(), "web") as u:
            await commands.add_route(u, label="a", value="b", service_id=search)
