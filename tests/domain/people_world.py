"""What tests of people share: passwords, sessions, links, and a look at the audit log."""

from collections.abc import Awaitable, Callable
from uuid import UUID

from tocsin.kernel.db import ENGINE, Database
from tocsin.kernel.passwords import hash_password
from tocsin.kernel.sql import Statement
from tocsin.people import queries, sign_in
from tocsin.people.model import AuditEntry, Purpose

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
