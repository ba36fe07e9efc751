"""A database that went away is `Unavailable`, and nothing else is."""

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest

from tests.contract.wire import Wire
from tocsin.kernel.db import ENGINE, Database, connect
from tocsin.kernel.errors import Unavailable
from tocsin.kernel.sql import Statement

ONE = Statement("test", "select 1 as one")
NOTE = Statement("test", "insert into throttles (key, tries, window_ends_at) values ('x', 1, clock())")
Use = Callable[[Database], Awaitable[object]]


@pytest.fixture
async def away(wire: Wire) -> AsyncIterator[Database]:
    """Reaches the database by the wire."""
    database = await connect(wire.dsn, size=2)
    yield database
    await database.close()


async def in_unit(db: Database) -> None:
    async with db.unit(ENGINE, "test") as u:
        await u.value(ONE)


USES: dict[str, Use] = {
    "rows": lambda db: db.rows(ONE), "row": lambda db: db.row(ONE), "value": lambda db: db.value(ONE),
    "run": lambda db: db.run(ONE), "clock": lambda db: db.clock(), "unit": in_unit,
}  # fmt: skip


@pytest.mark.parametrize("use", USES.values(), ids=USES)
async def test_whoever_asks_hears_that_it_is_away_and_then_goes_on(
    away: Database, wire: Wire, use: Use
) -> None:
    await use(away)
    await wire.cut()
    for _ in range(3):
        with pytest.raises(Unavailable) as caught:
            await use(away)
        assert caught.value.__cause__ is not None, "the log can say why"
    await wire.mend()
    await use(away)


async def test_a_unit_that_is_cut_off_in_the_middle_leaves_nothing(
    db: Database, away: Database, wire: Wire
) -> None:
    async def interrupted() -> None:
        async with away.unit(ENGINE, "test") as u, u.savepoint():
            await u.run(NOTE)
            await wire.cut()
            await u.run(ONE)

    with pytest.raises(Unavailable):
        await interrupted()
    assert await db.value(Statement("test", "select count(*) from throttles")) == 0


async def test_a_missing_file_is_no_missing_database(db: Database, tmp_path: Path) -> None:
    async def missing() -> None:
        async with db.unit(ENGINE, "test") as u:
            await u.run(NOTE)
            (tmp_path / "nothing").open()

    with pytest.raises(FileNotFoundError):
        await missing()
    assert await db.value(Statement("test", "select count(*) from throttles")) == 0
