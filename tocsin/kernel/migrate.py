"""Applies the numbered SQL files in order, once each, under a lock that starting processes share."""

import hashlib
from importlib.resources import files

import asyncpg

from tocsin.kernel.errors import TocsinError

#: The same number in every process: whoever holds it migrates, the others wait and find nothing left to do.
LOCK = 0x70C51


class MigrationChanged(TocsinError):
    """A file that was applied here has other contents now."""


async def migrate(dsn: str) -> list[str]:
    """Brings the database to this version and answers the names applied now. Safe to call from many processes."""
    connection = await asyncpg.connect(dsn, timeout=10)
    try:
        await connection.execute("select pg_advisory_lock($1)", LOCK)
        return await _apply(connection)
    finally:
        await connection.close()


async def pending(dsn: str) -> list[str]:
    """The names that `migrate` would apply."""
    connection = await asyncpg.connect(dsn, timeout=10)
    try:
        if not await connection.fetchval("select to_regclass('migrations') is not null"):
            return [name for name, _ in _files()]
        done = {r["name"] for r in await connection.fetch("select name from migrations")}
        return [name for name, _ in _files() if name not in done]
    finally:
        await connection.close()


def _files() -> list[tuple[str, str]]:
    found = [f for f in files("tocsin.migrations").iterdir() if f.name.endswith(".sql")]
    return sorted((f.name.removesuffix(".sql"), f.read_text(encoding="utf-8")) for f in found)


async def _apply(connection: asyncpg.Connection) -> list[str]:
    await connection.execute("set client_min_messages = warning")
    # Whoever waits for a lock makes everybody wait who comes after: give up and be started again.
    await connection.execute("set lock_timeout = '30s'")
    await connection.execute(
        "create table if not exists migrations (name text primary key, checksum text not null,"
        " applied_at timestamptz not null default statement_timestamp())"
    )
    done = {r["name"]: r["checksum"] for r in await connection.fetch("select name, checksum from migrations")}
    applied = []
    for name, text in _files():
        checksum = hashlib.sha256(text.encode()).hexdigest()
        if name not in done:
            async with connection.transaction():
                await connection.execute(text)
                await connection.execute("insert into migrations values ($1, $2)", name, checksum)
            applied.append(name)
        elif done[name] != checksum:
            raise MigrationChanged(
                f"Migration {name} was changed after it had been applied. Restore the original file."
            )
    return applied
