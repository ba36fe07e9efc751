"""The record cannot be rewritten: not by a command, not by a careless statement."""

import asyncpg
import pytest

from tests.domain.street import declared
from tests.support import Company
from tocsin.incidents import entries
from tocsin.incidents.model import Incident
from tocsin.kernel.db import Database
from tocsin.record.queries import entries_after, entry, newest_entries


@pytest.fixture
async def incident(db: Database, company: Company) -> Incident:
    found = await declared(db, company.as_ana())
    for n in range(4):
        async with db.unit(company.as_ana(), "web") as u:
            await entries.say(u, found.id, f"line {n}")
    return found


@pytest.mark.parametrize(
    "statement",
    [
        "update entries set payload = '{}' where seq = 2",
        "update entries set actor = 'Somebody else' where seq = 2",
        "update entries set seq = 9 where seq = 5",
        "delete from entries where seq = 5",
        "truncate entries cascade",
        "update incidents set severity = 3",
        "update incidents set head = head + 2",
    ],
)
async def test_careless_statements_are_refused(dsn: str, incident: Incident, statement: str) -> None:
    connection = await asyncpg.connect(dsn)
    try:
        with pytest.raises(asyncpg.PostgresError, match=r"append-only|exactly one entry"):
            await connection.execute(statement)
    finally:
        await connection.close()


@pytest.mark.parametrize(
    "statement",
    [
        "update incidents set head = head + 1",
        (
            "insert into entries (stream, stream_type, seq, kind, happened_at, actor, door, payload) "
            "select stream, stream_type, 7, kind, happened_at, actor, door, payload from entries where seq = 5"
        ),
    ],
    ids=["a change without its entry", "a gap"],
)
async def test_what_would_leave_a_gap_cannot_be_committed(
    dsn: str, incident: Incident, statement: str
) -> None:
    connection = await asyncpg.connect(dsn)
    try:
        with pytest.raises(asyncpg.ForeignKeyViolationError, match=r"entries|incidents"):
            await connection.execute(statement)
    finally:
        await connection.close()


async def test_reading_in_pieces(db: Database, incident: Incident) -> None:
    assert [e.seq for e in await entries_after(db, incident.id, 2)] == [3, 4, 5]
    assert [e.seq for e in await newest_entries(db, incident.id, limit=2)] == [4, 5]
    assert [e.seq for e in await newest_entries(db, incident.id, 4, 2)] == [2, 3]
    found = await entry(db, incident.id, 3)
    assert found
    assert found.payload == {"text": "line 1"}
    assert await entry(db, incident.id, 99) is None
