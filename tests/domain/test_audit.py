"""The audit log: what was before and after, no secrets, nothing taken back."""

import asyncpg
import pytest

from tests.domain.people_world import audit_of
from tests.support import Company
from tocsin.kernel.db import Database
from tocsin.kernel.errors import NotFound
from tocsin.kernel.ids import new_id
from tocsin.kernel.sql import Statement
from tocsin.people import commands, queries, reach


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
