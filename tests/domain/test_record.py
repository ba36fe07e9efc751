"""The record cannot be rewritten: not by a command, not by a careless statement."""

from collections.abc import AsyncIterator

import asyncpg
import pytest

from tests.domain.street import declared
from tests.support import Company
from tocsin.incidents import entries
from tocsin.incidents.kinds import MessageSaid
from tocsin.incidents.model import Incident
from tocsin.kernel.db import Database
from tocsin.kernel.sql import Statement
from tocsin.record.commands import Stream, append, redact
from tocsin.record.model import StreamType
from tocsin.record.queries import entries_after, entry, newest_entries


@pytest.fixture
async def incident(db: Database, company: Company) -> Incident:
    found = await declared(db, company.as_ana())
    for n in range(4):
        async with db.unit(company.as_ana(), "web") as u:
            await entries.say(u, found.id, f"line {n}")
    return found


CARELESS = (
    "update entries set payload = '{}' where seq = 2",
    "update entries set actor = 'Somebody else' where seq = 2",
    "update entries set happened_at = clock() where seq = 2",
    "update entries set redacted_at = clock(), redacted_by = 'Eve', redaction_reason = 'x', seq = 9 where seq = 5",
    "update entries set redacted_at = clock(), redacted_by = 'Eve', payload = '{}' where seq = 2",
    (
        "update entries set redacted_at = clock(), redacted_by = 'Eve', redaction_reason = 'x',"
        """ payload = '{"text": "something else"}' where seq = 3"""
    ),
    "update entries set seq = 9 where seq = 5",
    "delete from entries where seq = 5",
    "truncate entries cascade",
    "update incidents set severity = 3",
    "update incidents set head = head + 2",
    "update incidents set head = head - 1",
)
WITHOUT_ITS_ENTRY = "update incidents set summary = 'Else', head = head + 1"
GAP = (
    "insert into entries (stream, stream_type, seq, kind, happened_at, actor, door, payload) "
    "select stream, stream_type, 7, kind, happened_at, actor, door, payload from entries where seq = 5"
)


@pytest.fixture
async def connection(dsn: str) -> AsyncIterator[asyncpg.Connection]:
    """Plain SQL, past all commands."""
    found = await asyncpg.connect(dsn)
    yield found
    await found.close()


async def test_careless_statements_are_refused(connection: asyncpg.Connection, incident: Incident) -> None:
    before = await connection.fetch("select * from entries order by seq")
    for statement in CARELESS:
        with pytest.raises(asyncpg.PostgresError, match=r"append-only|exactly one entry"):
            await connection.execute(statement)
    assert await connection.fetch("select * from entries order by seq") == before


async def test_what_would_leave_a_gap_cannot_be_committed(
    connection: asyncpg.Connection, incident: Incident
) -> None:
    for statement in (WITHOUT_ITS_ENTRY, GAP):
        transaction = connection.transaction()
        await transaction.start()
        assert await connection.execute(statement) in ("UPDATE 1", "INSERT 0 1")
        with pytest.raises(asyncpg.ForeignKeyViolationError, match=r"entries|incidents"):
            await transaction.commit()
    assert await connection.fetchval("select summary from incidents") == "Checkout is failing"
    with pytest.raises(asyncpg.UniqueViolationError):
        await connection.execute(GAP.replace(" 7,", " 5,"))


async def test_a_gap_is_our_fault_and_no_conflict(db: Database, company: Company, incident: Incident) -> None:
    """Doors answer a conflict politely; a broken record must be seen as what it is."""
    with pytest.raises(asyncpg.ForeignKeyViolationError):
        async with db.unit(company.as_ana(), "web") as u:
            await append(u, Stream(StreamType.INCIDENT, incident.id), 99, MessageSaid("from nowhere"))


async def test_redaction_blanks_the_words_once(
    db: Database, company: Company, connection: asyncpg.Connection, incident: Incident
) -> None:
    async with db.unit(company.as_ana(), "web") as u:
        assert await redact(u, incident.id, 3, "a password")
    async with db.unit(company.admin(), "web") as u:
        assert not await redact(u, incident.id, 3, "another reason")
        assert not await redact(u, incident.id, 99, "no such entry")
    found = await entry(db, incident.id, 3)
    assert found
    assert (found.payload, found.kind, found.actor) == ({}, "message", "Ana Silva")
    assert (found.redacted_by, found.redaction_reason) == ("Ana Silva", "a password")
    stored = Statement("test", "select count(*) from entries where payload::text like '%line 1%'")
    assert await db.value(stored) == 0
    for statement in (
        """update entries set payload = '{"text": "again"}' where seq = 3""",
        "update entries set redacted_at = null, redacted_by = null, redaction_reason = null where seq = 3",
        "update entries set redacted_by = 'Eve' where seq = 3",
    ):
        with pytest.raises(asyncpg.PostgresError, match="append-only"):
            await connection.execute(statement)


async def test_reading_in_pieces(db: Database, incident: Incident) -> None:
    assert [e.seq for e in await entries_after(db, incident.id, 2)] == [3, 4, 5]
    assert [e.seq for e in await newest_entries(db, incident.id, limit=2)] == [4, 5]
    assert [e.seq for e in await newest_entries(db, incident.id, 4, 2)] == [2, 3]
    found = await entry(db, incident.id, 3)
    assert found
    assert found.payload["text"] == "line 1"
    assert await entry(db, incident.id, 99) is None
