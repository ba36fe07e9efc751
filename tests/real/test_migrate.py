"""Migrating: ten processes at once migrate once, a second time does nothing, a changed file is refused."""

import asyncio
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import asyncpg
import pytest

from tests.product.harness import ROOT
from tocsin.kernel import embedded
from tocsin.kernel.migrate import MigrationChanged, migrate, pending

FILES = sorted(path.stem for path in (ROOT / "tocsin/migrations").glob("*.sql"))


@pytest.fixture
async def empty(server_dsn: str) -> AsyncIterator[str]:
    """A database without any schema."""
    connection = await asyncpg.connect(server_dsn)
    await connection.execute("create database not_migrated")
    yield embedded.with_database(server_dsn, "not_migrated")
    await connection.execute("drop database not_migrated with (force)")
    await connection.close()


async def rows(dsn: str, query: str) -> list[asyncpg.Record]:
    connection = await asyncpg.connect(dsn)
    try:
        return list(await connection.fetch(query))
    finally:
        await connection.close()


async def test_ten_at_once_migrate_once(empty: str) -> None:
    assert await pending(empty) == FILES
    applied = await asyncio.gather(*(migrate(empty) for _ in range(10)))
    assert sorted(len(each) for each in applied) == [0] * 9 + [len(FILES)]
    assert await pending(empty) == []
    assert await migrate(empty) == []


async def test_a_migration_that_was_changed_afterwards_is_refused(empty: str) -> None:
    await migrate(empty)
    await rows(empty, "update migrations set checksum = 'another' where name = '0001_kernel'")
    with pytest.raises(MigrationChanged, match="0001_kernel"):
        await migrate(empty)


@pytest.mark.real
def test_processes_that_start_at_once_share_a_server_and_migrate_once(shared_folder: Path) -> None:
    """As containers would: each starts or joins the private server, and migrates."""
    command = [sys.executable, "-m", "tocsin", "migrate", "--json"]
    env = {"PATH": "/usr/bin:/bin", "TOCSIN_DATA": str(shared_folder / "data"), "HOME": str(shared_folder)}
    running = [
        subprocess.Popen(
            command, cwd=ROOT, env=env, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )
        for _ in range(4)
    ]
    answers = [process.communicate(timeout=90)[0] for process in running]
    assert [process.returncode for process in running] == [0] * 4
    assert sum("0001_kernel" in answer for answer in answers) == 1


@pytest.fixture
def shared_folder() -> Iterator[Path]:
    """A folder that the private server's own account may enter too."""
    with tempfile.TemporaryDirectory(prefix="tocsin-migrate-") as name:
        Path(name).chmod(0o755)
        yield Path(name)
