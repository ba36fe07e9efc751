"""Accounts: invitations, roles, teams; and who may change them."""

import pytest

from tests.domain.people_world import PASSWORD, link_for, value, with_password
from tests.support import Company
from tocsin.kernel.db import ENGINE, Actor, Database
from tocsin.kernel.errors import Conflict, Forbidden, Invalid, NotSignedIn
from tocsin.kernel.passwords import hash_password
from tocsin.people import commands, queries, sign_in
from tocsin.people.model import Purpose


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
