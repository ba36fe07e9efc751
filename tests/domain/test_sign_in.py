"""Signing in: sessions, links that work once, and how often a wrong password may be tried."""

import pytest

from tests.domain.people_world import PASSWORD, Later, link_for, signed_in, value, with_password
from tests.support import Company
from tocsin.kernel.crypto import hash_token
from tocsin.kernel.db import ENGINE, Actor, Database
from tocsin.kernel.errors import Forbidden, NotFound, Throttled
from tocsin.kernel.passwords import hash_password
from tocsin.people import commands, queries, reach, sign_in
from tocsin.people.model import TRIES_PER_ACCOUNT, TRIES_PER_ADDRESS, Purpose


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
