"""What acts and is reached for a person: tokens and contact methods."""

from datetime import timedelta

import pytest

from tests.domain.people_world import Later, link_for, value
from tests.support import Company
from tocsin.kernel.crypto import hash_token
from tocsin.kernel.db import Actor, Database
from tocsin.kernel.errors import Conflict, Forbidden, Invalid, NotFound
from tocsin.people import commands, queries, reach, sign_in
from tocsin.people.model import Purpose


async def test_a_token_is_stored_as_a_hash_and_acts_as_its_owner(db: Database, company: Company) -> None:
    async with db.unit(company.as_ana(), "web") as u:
        secret = await reach.create_token(u, "script", ["respond", "read", "read"])
    (token,) = await queries.tokens_of(db, company.ana)
    assert (token.name, token.scopes, token.used_at) == ("script", ("read", "respond"), None)
    assert secret not in (token.hint, token.name)
    assert await value(db, "select hash from tokens") == hash_token(secret)
    actor = await queries.actor_of_token(db, secret)
    assert actor is not None
    assert (actor.id, actor.role, actor.scopes) == (company.ana, "member", {"read", "respond"})
    (token,) = await queries.tokens_of(db, company.ana)
    assert token.used_at is not None
    assert await queries.actor_of_token(db, secret[:-1]) is None


async def test_a_token_does_only_what_its_scopes_say(db: Database, company: Company) -> None:
    async with db.unit(company.admin(), "web") as u:
        secret = await reach.create_token(u, "reader", ["read"])
    actor = await queries.actor_of_token(db, secret)
    assert actor is not None
    async with db.unit(actor, "api") as u:
        with pytest.raises(Forbidden, match="scope"):
            await commands.create_team(u, "Night shift")


async def test_a_token_never_exceeds_its_owner(db: Database, company: Company) -> None:
    async with db.unit(company.as_vic(), "web") as u:
        secret = await reach.create_token(u, "too much", ["read", "respond", "configure", "admin"])
    actor = await queries.actor_of_token(db, secret)
    assert actor is not None
    async with db.unit(actor, "api") as u:
        with pytest.raises(Forbidden, match="role"):
            await commands.create_team(u, "Night shift")


async def test_tokens_expire(db: Database, company: Company, later: Later) -> None:
    now = await db.clock()
    async with db.unit(company.as_ana(), "web") as u:
        with pytest.raises(Invalid, match="past"):
            await reach.create_token(u, "late", ["read"], now - timedelta(days=1))
    async with db.unit(company.as_ana(), "web") as u:
        secret = await reach.create_token(u, "for a day", ["read"], now + timedelta(days=1))
    assert await queries.actor_of_token(db, secret) is not None
    await later(days=1, minutes=1)
    assert await queries.actor_of_token(db, secret) is None


async def test_tokens_are_revoked_by_their_owner_or_an_administrator(db: Database, company: Company) -> None:
    async with db.unit(company.as_ana(), "web") as u:
        secret = await reach.create_token(u, "script", ["read"])
    (token,) = await queries.tokens_of(db, company.ana)
    async with db.unit(company.as_ben(), "web") as u:
        with pytest.raises(NotFound):
            await reach.revoke_token(u, token.id)
    assert await queries.actor_of_token(db, secret) is not None
    async with db.unit(company.admin(), "web") as u:
        await reach.revoke_token(u, token.id)
    assert await queries.actor_of_token(db, secret) is None
    assert await queries.tokens_of(db, company.ana) == []


async def test_service_tokens_belong_to_the_organisation(db: Database, company: Company) -> None:
    async with db.unit(company.as_ana(), "web") as u:
        with pytest.raises(Forbidden):
            await reach.create_service_token(u, "deploy", ["read"])
    async with db.unit(company.admin(), "web") as u:
        secret = await reach.create_service_token(u, "deploy", ["respond"])
    actor = await queries.actor_of_token(db, secret)
    assert actor is not None
    assert (actor.id, actor.name, actor.kind, actor.role) == (None, "deploy", "service", "member")
    assert [token.name for token in await queries.tokens_of(db, None)] == ["deploy"]


@pytest.mark.parametrize("scopes", [[], ["everything"], ["read", "everything"]])
async def test_scopes_are_chosen_from_the_list(db: Database, company: Company, scopes: list[str]) -> None:
    async with db.unit(company.as_ana(), "web") as u:
        with pytest.raises(Invalid) as caught:
            await reach.create_token(u, "script", scopes)
    assert caught.value.field == "scopes"


async def test_a_contact_method_is_verified_by_its_link_and_then_used_by_the_default_rules(
    db: Database, company: Company
) -> None:
    async with db.unit(company.as_ana(), "web") as u:
        method_id = await reach.add_contact_method(
            u, company.ana, "webhook", "https://hooks.example.org/x", seal=lambda own: own.bytes
        )
    method = await queries.contact_method_by_id(db, method_id)
    assert method is not None
    assert (method.has_secret, method.verified_at) == (True, None)
    assert await value(db, "select secret from contact_methods where id = $1", method_id) == method_id.bytes
    assert [r.urgency for r in await queries.rules(db, company.ana) if r.contact_method_id == method_id] == []
    token = await link_for(db, Purpose.VERIFICATION, company.ana, method_id)
    async with db.unit(Actor(None, "Somebody", "public"), "web") as u:
        await sign_in.verify(u, token)
    method = await queries.contact_method_by_id(db, method_id)
    assert method is not None
    assert method.verified_at is not None
    ruled = [r.urgency for r in await queries.rules(db, company.ana) if r.contact_method_id == method_id]
    assert ruled == ["high", "low"]


async def test_contact_methods_are_ones_own(db: Database, company: Company) -> None:
    (anas,) = await queries.contact_methods(db, company.ana)
    async with db.unit(company.as_ben(), "web") as u:
        with pytest.raises(Forbidden):
            await reach.add_contact_method(u, company.ana, "email", "ben@evil.example")
    async with db.unit(company.as_ben(), "web") as u:
        with pytest.raises(Forbidden):
            await reach.remove_contact_method(u, company.ana, anas.id)
    async with db.unit(company.as_ben(), "web") as u:
        await reach.add_rule(u, company.ben, "high", anas.id, 60)
    assert all(r.contact_method_id != anas.id for r in await queries.rules(db, company.ben))


async def test_the_last_contact_method_stays(db: Database, company: Company) -> None:
    (method,) = await queries.contact_methods(db, company.ana)
    async with db.unit(company.as_ana(), "web") as u:
        with pytest.raises(Conflict, match="last contact method"):
            await reach.remove_contact_method(u, company.ana, method.id)
    async with db.unit(company.as_ana(), "web") as u:
        await reach.add_contact_method(u, company.ana, "email", "ana@home.example")
        await reach.remove_contact_method(u, company.ana, method.id)
    assert [m.address for m in await queries.contact_methods(db, company.ana)] == ["ana@home.example"]
    assert {r.address for r in await queries.rules(db, company.ana)} == {"ana@home.example"}
