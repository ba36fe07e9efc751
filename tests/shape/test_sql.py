"""Every named statement runs on the schema as migrated, on each PostgreSQL that is here, and gives what it promises."""

import dataclasses
import json
from collections.abc import AsyncIterator, Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from tests import folders
from tests.shape.source import ROOT
from tocsin.kernel import embedded, programs
from tocsin.kernel.migrate import migrate
from tocsin.kernel.sql import Statement, Statements

#: Tables that grow with every alert, page or incident. An engine statement reaches their rows by an index.
LARGE = {
    "alert_group_members",
    "alert_groups",
    "alerts",
    "deliveries",
    "delivery_attempts",
    "entries",
    "entry_words",
    "escalations",
    "incident_alerts",
    "incident_updates",
    "incidents",
    "pages",
    "publications",
    "request_keys",
    "shifts",
    "silenced_alerts",
    "transcript_cues",
    "work",
}
OLDEST = Path("/usr/lib/postgresql") / str(programs.OLDEST) / "bin"


def statements() -> list[tuple[str, Statement]]:
    """All named statements, each with the file it stands in."""
    files = [path for path in (ROOT / "tocsin").rglob("*.sql") if path.parent.name != "migrations"]
    return [
        (str(path.relative_to(ROOT)), statement)
        for path in sorted(files)
        for statement in Statements(".".join(path.relative_to(ROOT).parent.parts), path.name).all()
    ]


ALL = statements()
each = pytest.mark.parametrize(("file", "statement"), ALL, ids=[f"{file}:{each.name}" for file, each in ALL])
each_of_engine = pytest.mark.parametrize(
    "statement",
    [each for _, each in ALL if each.engine],
    ids=[f"{f}:{each.name}" for f, each in ALL if each.engine],
)


@pytest.fixture(scope="module", params=["newest", "oldest"])
def server(request: pytest.FixtureRequest) -> Iterator[str]:
    """A server of the version that Tocsin brings along, and one of the oldest version that it supports."""
    if request.param == "newest":
        yield request.getfixturevalue("server_dsn")
        return
    if programs.version(OLDEST) is None:
        pytest.skip(f"PostgreSQL {programs.OLDEST} is not installed")
    with folders.new("oldest") as home:
        installed = programs.Programs(OLDEST, programs.OLDEST)
        running = embedded.start(home / "data", settings={"fsync": "off"}, installed=installed)
        yield running.dsn
        running.leave()


@pytest.fixture(scope="module")
async def schema(server: str) -> AsyncIterator[asyncpg.Connection]:
    """A connection to a migrated database of this server."""
    name = "shape_of_sql"
    outside = await asyncpg.connect(server)
    await outside.execute(f"drop database if exists {name} with (force)")
    await outside.execute(f"create database {name}")
    await migrate(embedded.with_database(server, name))
    connection = await asyncpg.connect(embedded.with_database(server, name))
    yield connection
    await connection.close()
    await outside.execute(f"drop database {name} with (force)")
    await outside.close()


@each
async def test_it_is_understood_and_gives_its_row(
    schema: asyncpg.Connection, file: str, statement: Statement
) -> None:
    prepared = await schema.prepare(statement.text)
    columns = [attribute.name for attribute in prepared.get_attributes()]
    assert len(columns) == len(set(columns)), f"{file} gives a column twice"
    if statement.row:
        assert set(columns) == fields(statement.row)


def fields(dotted: str) -> set[str]:
    module, _, name = dotted.rpartition(".")
    return {field.name for field in dataclasses.fields(getattr(import_module(module), name))}


@each_of_engine
async def test_the_engine_reaches_large_tables_by_an_index(
    schema: asyncpg.Connection, statement: Statement
) -> None:
    """With whole-table scans forbidden, one that is left means that no index serves the statement."""
    parameters = (await schema.prepare(statement.text)).get_parameters()
    nulls = f"({', '.join(['null'] * len(parameters))})" if parameters else ""
    async with schema.transaction():
        await schema.execute("set local enable_seqscan = off")
        await schema.execute("set local plan_cache_mode = force_generic_plan")
        await schema.execute(f"prepare looked_at as {statement.text}")
        try:
            plan = json.loads(await schema.fetchval(f"explain (format json) execute looked_at{nulls}"))
        finally:
            await schema.execute("deallocate looked_at")
    assert {scan for scan in whole_scans(plan[0]["Plan"]) if scan in LARGE} == set()


async def test_a_scan_of_a_whole_table_would_be_seen(schema: asyncpg.Connection) -> None:
    statement = Statement("careless", "select id from work where error = $1")
    with pytest.raises(AssertionError, match="work"):
        await test_the_engine_reaches_large_tables_by_an_index(schema, statement)


def whole_scans(node: dict[str, Any]) -> Iterator[str]:
    if node["Node Type"] == "Seq Scan":
        yield node["Relation Name"]
    for child in node.get("Plans", []):
        yield from whole_scans(child)


@each
def test_it_asks_the_one_clock(file: str, statement: Statement) -> None:
    words = statement.text.lower()
    other = [word for word in ("now()", "current_timestamp", "current_date", "localtime") if word in words]
    assert other == [], f"{file} must say clock()"


def test_migrations_ask_the_one_clock() -> None:
    for path in sorted((ROOT / "tocsin/migrations").glob("*.sql")):
        text = path.read_text(encoding="utf-8").lower()
        assert "now()" not in text, path.name
        assert "current_timestamp" not in text, path.name


async def test_the_large_tables_exist(schema: asyncpg.Connection) -> None:
    known = {row["tablename"] for row in await schema.fetch("select tablename from pg_tables")}
    assert known >= LARGE
