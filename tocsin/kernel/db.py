"""The database: a pool, reads, and `unit`, the one transaction in which a command happens.

Only this module (and its neighbours `bus` and `embedded`) knows the driver.
"""

import asyncio
import dataclasses
from collections.abc import AsyncIterator, Awaitable, Callable, Hashable, Iterable, Mapping
from contextlib import asynccontextmanager
from datetime import datetime
from enum import Enum
from functools import cache, partial
from typing import Any, Protocol, TypeVar, cast, get_type_hints
from uuid import UUID

import asyncpg
import orjson

from tocsin.kernel.errors import Conflict, Unavailable
from tocsin.kernel.sql import Statement, Statements

T = TypeVar("T")
#: A row as the driver gives it: by name, in column order.
Row = Mapping[str, Any]
sql = Statements("tocsin.kernel")

#: What the driver says when the server went away or is not up yet. Outside the kernel it is `Unavailable`.
CONNECTION_ERRORS = (
    OSError,
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,
    # The driver's own state after a connection broke in the middle of an exchange.
    asyncpg.InternalClientError,
    asyncpg.CannotConnectNowError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.TooManyConnectionsError,
    asyncpg.ReadOnlySQLTransactionError,
)
#: What tells that the values of one row are wrong: the row is to blame, its neighbours are not.
DATA_ERRORS = (
    asyncpg.DataError,
    asyncpg.IntegrityConstraintViolationError,
    asyncpg.ProgramLimitExceededError,
)
#: Those of them that tell about a value alone: what a person can mend.
VALUE_ERRORS = (asyncpg.DataError, asyncpg.ProgramLimitExceededError, UnicodeEncodeError)
#: Checked at the commit: an entry without its predecessor, a head without its entry.
RECORD_CONSTRAINTS = ("entries_follow", "incidents_head")
#: What tells that two transactions met (a deadlock, a serialization failure): the same again may work at once.
RIVALRY_ERRORS = (asyncpg.TransactionRollbackError,)


@dataclasses.dataclass(frozen=True, slots=True)
class Actor:
    """Who acts. `id` is a user's, or None for a machine; `kind` is user, service, integration, engine or public."""

    id: UUID | None
    name: str
    kind: str = "user"
    role: str = "none"
    scopes: frozenset[str] = frozenset()


ENGINE = Actor(None, "Tocsin", "engine")
Permit = Callable[["Unit", str], Awaitable[None]]


class Subscribers(Protocol):
    """What `app` hands in: which work kinds follow an entry kind."""

    def __call__(self, entry_kind: str, /) -> Iterable[str]: ...


async def _deny(_: "Unit", verb: str) -> None:
    raise RuntimeError(f"no permission table was handed in, so {verb} is refused")


def _nothing_follows(_: str) -> Iterable[str]:
    return ()


def _enum(cls: type[Enum], value: Any) -> Any:
    return None if value is None else cls(value)


@cache
def _converters(cls: Any) -> dict[str, Callable[[Any], Any]]:
    """Per field that needs one: text to enum, list to tuple. Everything else arrives as the driver gives it."""
    found: dict[str, Callable[[Any], Any]] = {}
    for name, hint in get_type_hints(cls).items():
        options = (
            getattr(hint, "__args__", (hint,)) if getattr(hint, "__origin__", None) is not tuple else (hint,)
        )
        for option in options:
            if isinstance(option, type) and issubclass(option, Enum):
                found[name] = partial(_enum, option)
            elif getattr(option, "__origin__", None) is tuple:
                found[name] = lambda v: None if v is None else tuple(v)
    return found


def make(cls: type[T], row: Row) -> T:
    """Builds a dataclass from a row with the same column names."""
    convert = _converters(cast("Hashable", cls))
    return cls(**{k: convert[k](v) if k in convert else v for k, v in row.items()})


async def _reached(call: Callable[..., Awaitable[T]], *args: Any, **options: Any) -> T:
    """What the driver answers. The one place where its words for a lost server become `Unavailable`."""
    try:
        return await call(*args, **options)
    except CONNECTION_ERRORS as error:
        raise Unavailable from error


class Reader:
    """Reads: each call is one statement. Shared by the pool and by a unit, so that queries serve both.

    Every call raises `Unavailable` when the database cannot be reached.
    """

    def __init__(self, connection: Any) -> None:
        self._connection = connection

    async def rows(self, statement: Statement, *args: Any) -> list[Row]:
        """All rows, raw."""
        return cast("list[Row]", await _reached(self._connection.fetch, statement.text, *args))

    async def all(self, cls: type[T], statement: Statement, *args: Any) -> list[T]:
        """All rows as dataclasses."""
        return [make(cls, row) for row in await self.rows(statement, *args)]

    async def first(self, cls: type[T], statement: Statement, *args: Any) -> T | None:
        """The first row as a dataclass, or None."""
        row = await self.row(statement, *args)
        return None if row is None else make(cls, row)

    async def row(self, statement: Statement, *args: Any) -> Row | None:
        """The first row, raw, or None."""
        return cast("Row | None", await _reached(self._connection.fetchrow, statement.text, *args))

    async def value(self, statement: Statement, *args: Any) -> Any:
        """The first column of the first row, or None."""
        return await _reached(self._connection.fetchval, statement.text, *args)

    async def run(self, statement: Statement, *args: Any) -> int:
        """Executes, and answers how many rows were touched."""
        tag = await _reached(self._connection.execute, statement.text, *args)
        last = str(tag).rpartition(" ")[2]
        return int(last) if last.isdigit() else 0

    async def clock(self) -> datetime:
        """The database's time, which is the only time there is."""
        return cast("datetime", await self.value(sql.clock))


class Unit(Reader):
    """One transaction on behalf of one actor through one door. Commands take it as their first argument.

    `key` is the request's idempotency key: the first command of the unit answers a repeated key with its first
    answer and does nothing; `about` tells the request apart from others, so that its key is not taken for theirs. `touched` collects topics that are notified after the commit.
    """

    def __init__(
        self,
        connection: Any,
        actor: Actor,
        door: str,
        key: str | None,
        database: "Database",
        about: str | None,
    ) -> None:
        super().__init__(connection)
        self.actor = actor
        self.door = door
        self.key = key
        self.about = about
        self.database = database
        self.depth = 0
        self.commands_run = 0
        self.topics: dict[str, None] = {}

    def touch(self, *topics: str) -> None:
        """Says what changed, as topics of the bus: `incident:<id>`, `alerts`, `work`. Sent after the commit."""
        self.topics.update(dict.fromkeys(topics))

    async def many(self, statement: Statement, rows: Iterable[tuple[Any, ...]]) -> None:
        """Executes once per tuple, pipelined."""
        await _reached(self._connection.executemany, statement.text, list(rows))

    @asynccontextmanager
    async def savepoint(self) -> AsyncIterator[None]:
        """What fails inside is undone; the unit goes on if the error is caught outside."""
        async with _transaction(self._connection):
            yield


@asynccontextmanager
async def _transaction(connection: Any) -> AsyncIterator[None]:
    """The driver's own, but what is raised inside stays as it is: a missing file is no missing database."""
    transaction = connection.transaction()
    await _reached(transaction.start)
    try:
        yield
    except BaseException:
        await _reached(transaction.rollback)
        raise
    await _reached(transaction.commit)


class Database(Reader):
    """The pool of one process. Made by `connect`; `unit` opens transactions, everything else only reads."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        super().__init__(pool)
        self.pool = pool
        self.permit: Permit = _deny
        self.follows: Subscribers = _nothing_follows

    @asynccontextmanager
    async def unit(
        self, actor: Actor, door: str, key: str | None = None, about: str | None = None
    ) -> AsyncIterator[Unit]:
        """One transaction: all that happens inside is committed together, then notified, or nothing is."""
        connection = await _reached(self.pool.acquire, timeout=5)
        try:
            unit = Unit(connection, actor, door, key, self, about)
            try:
                async with _transaction(connection):
                    yield unit
            except (asyncpg.UniqueViolationError, asyncpg.ForeignKeyViolationError) as error:
                raise _conflict(error) from error
            if unit.topics:
                await _notify(connection, unit.topics)
        finally:
            await self._give_back(connection)

    async def _give_back(self, connection: Any) -> None:
        """A connection that broke is dropped by the pool; what was committed on it stays committed."""
        try:
            await self.pool.release(connection)
        except CONNECTION_ERRORS:
            return

    async def notify(self, *topics: str) -> None:
        """Tells every process to look again at these topics; for work done outside a unit."""
        await _notify(self.pool, dict.fromkeys(topics))

    async def close(self) -> None:
        """Closes the pool; connections still in use get two seconds."""
        try:
            await asyncio.wait_for(self.pool.close(), 2)
        except TimeoutError:
            self.pool.terminate()


def _conflict(error: asyncpg.IntegrityConstraintViolationError) -> Exception:
    """What a person can mend, as a sentence. The record's own constraints are ours to keep: those stay a fault."""
    name = str(error.constraint_name)
    if isinstance(error, asyncpg.UniqueViolationError):
        return Conflict(f"That already exists ({name}).")
    return error if name in RECORD_CONSTRAINTS else Conflict(f"What this names does not exist ({name}).")


async def _notify(connection: Any, topics: Iterable[str]) -> None:
    """A statement of its own after the commit: inside the transaction it would serialise all commits.

    A notification lost here (the connection died) is covered by every reader's poll.
    """
    try:
        await connection.execute(sql.notify.text, list(topics))
    except CONNECTION_ERRORS:
        return


async def _keep(_: Any) -> None:
    """Instead of the driver's `reset all` after each use: no statement of ours leaves state in a session.

    An open transaction is rolled back all the same. Saves a round trip per unit and per read.
    """


async def _prepare(connection: Any) -> None:
    await connection.set_type_codec(
        "jsonb",
        encoder=lambda value: b"\x01" + orjson.dumps(value, default=_plain),
        decoder=lambda data: orjson.loads(data[1:]),
        schema="pg_catalog",
        format="binary",
    )


def _plain(value: Any) -> Any:
    if isinstance(value, UUID):  # the driver's own subclass
        return str(value)
    if isinstance(value, (set, frozenset)):
        return sorted(value)
    raise TypeError(f"{type(value).__name__} cannot be stored as JSON")


async def connect(dsn: str, *, size: int = 12) -> Database:
    """Opens a pool of at most `size` connections. Raises `Unavailable` when the server does not answer."""
    try:
        pool = await asyncpg.create_pool(
            dsn,
            min_size=1,
            max_size=size,
            init=_prepare,
            reset=_keep,
            timeout=5,
            max_inactive_connection_lifetime=300,
            server_settings={"application_name": "tocsin", "timezone": "UTC", "jit": "off"},
        )
    except CONNECTION_ERRORS as error:
        raise Unavailable(f"The database cannot be reached: {type(error).__name__}.") from error
    return Database(pool)
