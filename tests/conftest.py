"""Fixtures shared by all tests: one private PostgreSQL per run, a fresh migrated database per test."""

import itertools
import os
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import timedelta

import asyncpg
import pytest

from tests import folders
from tests.support import Company, fold_and_compare
from tocsin.kernel import embedded
from tocsin.kernel.db import Database, connect
from tocsin.kernel.migrate import migrate
from tocsin.people.permissions import permit

_number = itertools.count()
LONG_FIRST = ("product", "browser", "real", "shape", "domain", "contract", "unit")
#: Nothing here has to survive a power cut. The log is kept short, because it may lie in memory.
QUICK = {
    "fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "max_wal_size": "256MB",
    "max_connections": "200",
}  # fmt: skip


def pytest_configure(config: pytest.Config) -> None:
    """All processes of this run share a folder."""
    if not hasattr(config, "workerinput"):
        folders.begin()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files that take long come first, so that one process does not end with them while the others have nothing to do."""
    items.sort(key=lambda item: LONG_FIRST.index(item.path.parent.name))


def pytest_unconfigure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):
        folders.end()


@pytest.fixture(scope="session")
def server_dsn() -> str:
    """A private server of this test process."""
    with folders.new("server") as home:
        server = embedded.start(home / "data", settings=QUICK)
        yield server.dsn
        server.leave()


async def _execute(dsn: str, *statements: str) -> None:
    connection = await asyncpg.connect(dsn)
    try:
        for statement in statements:
            await connection.execute(statement)
    finally:
        await connection.close()


@pytest.fixture(scope="session")
async def template(server_dsn: str) -> str:
    """The name of a migrated database that tests are copied from."""
    name = f"template_{os.getpid()}"
    await _execute(server_dsn, f"create database {name}")
    await migrate(embedded.with_database(server_dsn, name))
    return name


@asynccontextmanager
async def _fresh(server_dsn: str, template: str) -> AsyncIterator[str]:
    name = f"test_{os.getpid()}_{next(_number)}"
    await _execute(server_dsn, f"create database {name} template {template} strategy file_copy")
    try:
        yield embedded.with_database(server_dsn, name)
    finally:
        await _execute(server_dsn, f"drop database {name} with (force)")


@asynccontextmanager
async def _folded(dsn: str) -> AsyncIterator[Database]:
    database = await connect(dsn, size=8)
    database.permit = permit
    try:
        yield database
        await fold_and_compare(database)
    finally:
        await database.close()


@pytest.fixture
async def dsn(server_dsn: str, template: str) -> AsyncIterator[str]:
    """The address of a fresh migrated database."""
    async with _fresh(server_dsn, template) as address:
        yield address


@pytest.fixture
async def db(dsn: str) -> AsyncIterator[Database]:
    """A pool on a fresh database, with the real permission table. After the test the record is folded and compared."""
    async with _folded(dsn) as database:
        yield database


@pytest.fixture
def another(server_dsn: str, template: str) -> Callable[[], AbstractAsyncContextManager[Database]]:
    """The same for each example of a property: `async with another() as db`."""

    @asynccontextmanager
    async def one() -> AsyncIterator[Database]:
        async with _fresh(server_dsn, template) as address, _folded(address) as database:
            yield database

    return one


@pytest.fixture
def later(dsn: str) -> Callable[..., Awaitable[None]]:
    """Moves the database's clock: `await later(minutes=30)`. Moves add up."""
    shift = timedelta()

    async def move(**amount: float) -> None:
        nonlocal shift
        shift += timedelta(**amount)
        seconds = shift / timedelta(seconds=1)
        await _execute(
            dsn,
            "create or replace function clock() returns timestamptz language sql stable parallel safe"
            f" return statement_timestamp() + interval '{seconds} seconds'",
        )

    return move


@pytest.fixture
async def company(db: Database) -> Company:
    """People, a team, a schedule, a policy and a service: enough for most tests. See tests/support.py."""
    return await Company.found(db)
