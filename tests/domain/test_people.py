"""People: invitations, roles, sessions, links that work once, throttling, tokens, contact methods, the audit log."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from uuid import UUID

import asyncpg
import pytest

from tests.support import Company
from tocsin.kernel.crypto import hash_token
from tocsin.kernel.db import ENGINE, Actor, Database
from tocsin.kernel.errors import Conflict, Forbidden, Invalid, NotFound, NotSignedIn, Throttled
from tocsin.kernel.ids import new_id
from tocsin.kernel.passwords import hash_password
from tocsin.kernel.sql import Statement
from tocsin.people import commands, queries, reach, sign_in
from tocsin.people.model import TRIES_PER_ACCOUNT, TRIES_PER_ADDRESS, AuditEntry, Purpose

Later = Callable[..., Awaitable[None]]
PASSWORD = "three calm words"


async def value(db: Database, text: str, *args: object) -> object:
    return await db.value(Statement("test", text), *args)


async def audit_of(db: Database, verb: str) -> AuditEntry:
    return next(entry for entry in await queries.audit_entries(db) if entry.verb == verb)


async def with_password(db: Database, user_id: UUID, password: str = PASSWORD) -> None:
    stored = await hash_password(password)
    await value(db, "update users set password_hash = $2 where id = $1", user_id, stored)


async def signed_in(db: Database, user_id: UUID) -> str:
    async with db.unit(ENGINE, "test") as u:
        return await sign_in.sign_in(u, user_id, address="198.51.100.7", user_agent="a browser")


async def link_for(db: Database, purpose: Purpose, user_id: UUID, method_id: UUID | None = None) -> str:
    async with db.unit(ENGINE, "test") as u:
        return await sign_in.make_link(u, purpose, user_id, method_id)


async def test_an_invited_person_waits_for_a_password(db: Database, company: Company) -> None:
    async with db.unit(company.admin(), "web") as u:
        user_id = await commands.invite(
            u, " New@Example.org ", "Nora New", role="viewer", time_zone="Asia/Kolkata"
        )
    user = await queries.user_by_email(db, "new@example.org")
    assert user is not None
    assert (user.id, user.role, user.invited, user.time_zone) == (user_id, "viewer", True, "Asia/Kolkata")
    (method,) = await queries.contact_methods(db, user_id)
    assert (method.transport, method.address, method.verified_at) == ("email", "New@Example.org", None)
    assert [rule.urgency for rule in await queries.rules(db, user_id)] == ["high", "low"]
    waiting = "select payload ->> 'purpose' from work where kind = 'people.send_link' and payload ->> 'user_id' = $1"
    assert await value(db, waiting, str(user_id)) == "invitation"


async def test_an_accepted_invitation_proves_the_address(db: Database, company: Company) -> None:
    async with db.unit(company.admin(), "web") as u:
        user_id = await commands.invite(u, "new@example.org", "Nora New")
    token = await link_for(db, Purpose.INVITATION, user_id)
    async with db.unit(ENGINE, "web") as u:
        assert await sign_in.set_password(u, token, "invitation", await hash_password(PASSWORD)) == user_id
    user = await queries.user_by_id(db, user_id)
    assert user is not None
    assert not user.invited
    (method,) = await queries.contact_methods(db, user_id)
    assert method.verified_at is not None
    async with db.unit(company.admin(), "web") as u:
        with pytest.raises(Conflict, match="has set a password already"):
            await commands.invite_again(u, user_id)


@pytest.mark.parametrize(
    ("email", "name", "role", "zone", "field"),
    [
        ("nobody", "Nora", "member", "UTC", "email"),
        ("n@example.org", " ", "member", "UTC", "name"),
        ("n@example.org", "Nora", "king", "UTC", "role"),
        ("n@example.org", "Nora", "member", "Mars/Olympus", "time_zone"),
    ],
)
async def test_what_is_wrong_is_named(
    db: Database, company: Company, email: str, name: str, role: str, zone: str, field: str
) -> None:
    async with db.unit(company.admin(), "web") as u:
        with pytest.raises(Invalid) as caught:
            await commands.invite(u, email, name, role=role, time_zone=zone)
    assert caught.value.field == field


async def test_an_address_has_one_account_whatever_its_case(db: Database, company: Company) -> None:
    async with db.unit(company.admin(), "web") as u:
        with pytest.raises(Conflict, match="has an account already"):
            await commands.invite(u, "ANA@example.org", "Ana again")


@pytest.mark.parametrize("who", ["as_ana", "as_vic"])
async def test_only_administrators_change_accounts(db: Database, company: Company, who: str) -> None:
    async with db.unit(getattr(company, who)(), "web") as u:
        with pytest.raises(Forbidden):
            await commands.invite(u, "new@example.org", "Nora")
    async with db.unit(getattr(company, who)(), "web") as u:
        with pytest.raises(Forbidden):
            await commands.set_role(u, company.ana, "admin")
    async with db.unit(Actor(None, "Somebody", "public"), "web") as u:
        with pytest.raises(NotSignedIn):
            await commands.disable(u, company.ana)


async def test_the_last_administrator_stays_one(db: Database, company: Company) -> None:
    await with_password(db, company.ada)
    async with db.unit(company.admin(), "web") as u:
        with pytest.raises(Conflict, match="last administrator"):
            await commands.set_role(u, company.ada, "member")
    async with db.unit(company.admin(), "web") as u:
        with pytest.raises(Conflict, match="last administrator"):
            await commands.disable(u, company.ada)
    await with_password(db, company.ana)
    async with db.unit(company.admin(), "web") as u:
        await commands.set_role(u, company.ana, "admin")
        await commands.set_role(u, company.ada, "member")
    assert [u.name for u in await queries.users(db) if u.role == "admin"] == ["Ana Silva"]


async def test_a_disabled_person_is_signed_out_at_once(db: Database, company: Company) -> None:
    cookie = await signed_in(db, company.ana)
    async with db.unit(company.as_ana(), "web") as u:
        token = await reach.create_token(u, "script", ["read"])
    assert await queries.actor_of_session(db, cookie) is not None
    assert (await queries.last_seen(db)).keys() == {company.ana}
    async with db.unit(company.admin(), "web") as u:
        await commands.disable(u, company.ana)
    assert await queries.sessions_of(db, company.ana) == []
    assert await queries.actor_of_session(db, cookie) is None
    assert await queries.actor_of_token(db, token) is None
    async with db.unit(company.admin(), "web") as u:
        await commands.enable(u, company.ana)
    assert await queries.actor_of_session(db, cookie) is None, "the session stays ended"
    assert await queries.actor_of_token(db, token) is not None


async def test_sessions_are_stored_as_hashes_and_end(db: Database, company: Company, later: Later) -> None:
    cookie = await signed_in(db, company.ana)
    (session,) = await queries.sessions_of(db, company.ana)
    assert session.hash == hash_token(cookie)
    await later(days=29)
    assert await queries.actor_of_session(db, cookie) is not None, "use keeps it alive"
    await later(days=31)
    assert await queries.actor_of_session(db, cookie) is None


async def test_signing_out_everywhere_keeps_this_browser(db: Database, company: Company) -> None:
    here, there = await signed_in(db, company.ana), await signed_in(db, company.ana)
    bens = await signed_in(db, company.ben)
    async with db.unit(company.as_ana(), "web") as u:
        await sign_in.sign_out_everywhere(u, but=here)
    assert await queries.actor_of_session(db, here) is not None
    assert await queries.actor_of_session(db, there) is None
    assert await queries.actor_of_session(db, bens) is not None


async def test_a_new_password_ends_other_sessions(db: Database, company: Company) -> None:
    here, there = await signed_in(db, company.ana), await signed_in(db, company.ana)
    async with db.unit(company.as_ana(), "web") as u:
        await sign_in.change_password(u, await hash_password(PASSWORD), keep=here)
    assert await queries.actor_of_session(db, here) is not None
    assert await queries.actor_of_session(db, there) is None
    assert await sign_in.check_password(db, "ana@example.org", PASSWORD, "192.0.2.1") == company.ana


async def test_a_reset_link_works_once(db: Database, company: Company) -> None:
    await with_password(db, company.ana, "the password before")
    cookie = await signed_in(db, company.ana)
    token = await link_for(db, Purpose.RESET, company.ana)
    new = await hash_password(PASSWORD)
    async with db.unit(ENGINE, "web") as u:
        assert await sign_in.set_password(u, token, "reset", new) == company.ana
    async with db.unit(ENGINE, "web") as u:
        with pytest.raises(NotFound, match="used already"):
            await sign_in.set_password(u, token, "reset", new)
    assert await queries.actor_of_session(db, cookie) is None
    assert await sign_in.check_password(db, "ana@example.org", PASSWORD, "192.0.2.1") == company.ana


async def test_a_newer_link_replaces_the_older(db: Database, company: Company) -> None:
    first = await link_for(db, Purpose.RESET, company.ana)
    second = await link_for(db, Purpose.RESET, company.ana)
    assert await queries.link(db, first) is None
    found = await queries.link(db, second)
    assert found is not None
    assert (found.purpose, found.user_id) == (Purpose.RESET, company.ana)
    assert await value(db, "select count(*) from one_time_links where hash = $1", hash_token(second)) == 1


async def test_links_end_by_themselves(db: Database, company: Company, later: Later) -> None:
    token = await link_for(db, Purpose.RESET, company.ana)
    await later(hours=3)
    assert await queries.link(db, token) is None
    async with db.unit(ENGINE, "web") as u:
        with pytest.raises(NotFound):
            await sign_in.set_password(u, token, "reset", await hash_password(PASSWORD))


async def test_a_link_serves_only_its_purpose(db: Database, company: Company) -> None:
    (method,) = await queries.contact_methods(db, company.ana)
    token = await link_for(db, Purpose.VERIFICATION, company.ana, method.id)
    for purpose in ("reset", "invitation", "verification"):
        async with db.unit(ENGINE, "web") as u:
            with pytest.raises(NotFound):
                await sign_in.set_password(u, token, purpose, "a hash")


async def test_asking_for_a_reset_tells_nothing(db: Database, company: Company) -> None:
    stranger = Actor(None, "Somebody", "public")
    for email in ("nobody@example.org", "ana@example.org"):
        async with db.unit(stranger, "web") as u:
            assert await commands.ask_reset(u, email) is None
    count = "select count(*) from work where kind = 'people.send_link'"
    assert await value(db, count) == 1


async def test_wrong_passwords_are_throttled_per_account(
    db: Database, company: Company, later: Later
) -> None:
    await with_password(db, company.ana)
    await with_password(db, company.ben)
    for number in range(TRIES_PER_ACCOUNT):
        with pytest.raises(Forbidden):
            await sign_in.check_password(db, "Ana@example.org", "wrong", f"192.0.2.{number}")
    with pytest.raises(Throttled) as caught:
        await sign_in.check_password(db, "ana@example.org", PASSWORD, "192.0.2.200")
    assert 0 < caught.value.after <= 900
    assert await sign_in.check_password(db, "ben@example.org", PASSWORD, "192.0.2.200") == company.ben
    await later(minutes=16)
    assert await sign_in.check_password(db, "ana@example.org", PASSWORD, "192.0.2.200") == company.ana


async def test_wrong_passwords_are_throttled_per_address(db: Database, company: Company) -> None:
    await with_password(db, company.ben)
    with pytest.raises(Forbidden):
        await sign_in.check_password(db, "ben@example.org", "wrong", "192.0.2.9")
    stored = "update throttles set tries = $1 where key = 'address:192.0.2.9'"
    await value(db, stored, TRIES_PER_ADDRESS)
    with pytest.raises(Throttled):
        await sign_in.check_password(db, "ben@example.org", PASSWORD, "192.0.2.9")
    assert await sign_in.check_password(db, "ben@example.org", PASSWORD, "192.0.2.10") == company.ben


async def test_a_success_forgets_the_accounts_failures(db: Database, company: Company) -> None:
    await with_password(db, company.ana)
    for _ in range(TRIES_PER_ACCOUNT - 1):
        with pytest.raises(Forbidden):
            await sign_in.check_password(db, "ana@example.org", "wrong", "192.0.2.1")
    assert await sign_in.check_password(db, "ana@example.org", PASSWORD, "192.0.2.1") == company.ana
    with pytest.raises(Forbidden):
        await sign_in.check_password(db, "ana@example.org", "wrong", "192.0.2.1")


async def test_who_cannot_sign_in_is_told_the_same(db: Database, company: Company) -> None:
    await with_password(db, company.vic)
    async with db.unit(company.admin(), "web") as u:
        await commands.disable(u, company.vic)
    said = set()
    for email, password in (
        ("nobody@example.org", "x"),
        ("ana@example.org", "x"),
        ("vic@example.org", PASSWORD),
    ):
        with pytest.raises(Forbidden) as caught:
            await sign_in.check_password(db, email, password, "192.0.2.1")
        said.add(str(caught.value))
    assert len(said) == 1


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


async def test_a_contact_method_is_used_at_once_and_verified_by_its_link(
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
    assert [r.urgency for r in await queries.rules(db, company.ana) if r.contact_method_id == method_id] == [
        "high"
    ]
    token = await link_for(db, Purpose.VERIFICATION, company.ana, method_id)
    async with db.unit(Actor(None, "Somebody", "public"), "web") as u:
        await sign_in.verify(u, token)
    method = await queries.contact_method_by_id(db, method_id)
    assert method is not None
    assert method.verified_at is not None


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


async def test_a_team_is_changed_by_its_own_administrators(db: Database, company: Company) -> None:
    async with db.unit(company.as_ana(), "web") as u:
        with pytest.raises(Forbidden, match="team's administrators"):
            await commands.add_member(u, company.team, company.vic)
    async with db.unit(company.admin(), "web") as u:
        await commands.add_member(u, company.team, company.ana, "admin")
    async with db.unit(company.as_ana(), "web") as u:
        await commands.add_member(u, company.team, company.vic)
        await commands.change_team(u, company.team, "Payments EU", "Takes the money")
        await commands.remove_member(u, company.team, company.ben)
    assert {m.name: m.role for m in await queries.members(db, company.team)} == {
        "Ana Silva": "admin",
        "Vic Viewer": "member",
    }
    (team,) = await queries.teams(db)
    assert (team.name, team.members) == ("Payments EU", 2)
    async with db.unit(company.admin(), "web") as u:
        await commands.remove_team(u, company.team)
    assert await value(db, "select team_id from services where id = $1", company.service) is None


async def test_the_audit_log_says_before_and_after(db: Database, company: Company) -> None:
    async with db.unit(company.admin(), "web") as u:
        await commands.set_role(u, company.ana, "viewer")
    entry = await audit_of(db, "user.set_role")
    assert (entry.actor, entry.door, entry.subject) == ("Ada Admin", "web", "ana@example.org")
    assert (entry.before, entry.after) == ({"role": "member"}, {"role": "viewer"})


async def test_the_audit_log_holds_no_secret(db: Database, company: Company) -> None:
    async with db.unit(company.as_ana(), "web") as u:
        secret = await reach.create_token(u, "script", ["read"])
    entry = await audit_of(db, "token.create")
    assert entry.after == {"scopes": ["read"], "service": False}
    assert secret not in str(entry)


async def test_what_is_refused_is_not_in_the_audit_log(db: Database, company: Company) -> None:
    async def two_roles() -> None:
        async with db.unit(company.admin(), "web") as u:
            await commands.set_role(u, company.ana, "viewer")
            await commands.set_role(u, new_id(), "viewer")

    with pytest.raises(NotFound):
        await two_roles()
    assert [e for e in await queries.audit_entries(db) if e.verb == "user.set_role"] == []


@pytest.mark.parametrize(
    "statement",
    ["update audit_entries set actor = 'nobody'", "delete from audit_entries", "truncate audit_entries"],
)
async def test_the_audit_log_is_append_only(db: Database, company: Company, statement: str) -> None:
    async with db.unit(company.admin(), "web") as u:
        await commands.create_team(u, "Night shift")
    with pytest.raises(asyncpg.RestrictViolationError, match="append-only"):
        await db.run(Statement("test", statement))
    assert (await audit_of(db, "team.create")).subject == "Night shift"


async def test_the_audit_log_is_read_in_pages(db: Database, company: Company) -> None:
    async with db.unit(company.admin(), "web") as u:
        for number in range(5):
            await commands.create_team(u, f"Team {number}")
    newest = await queries.audit_entries(db, limit=2)
    assert [entry.subject for entry in newest] == ["Team 4", "Team 3"]
    earlier = await queries.audit_entries(db, newest[-1].id, 2)
    assert [entry.subject for entry in earlier] == ["Team 2", "Team 1"]
