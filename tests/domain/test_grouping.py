"""Grouping: what opens beside an open alert of the same rule and key stays quiet under it, and is never forgotten."""

from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import pytest

from tests.domain.paging_world import Later, World, run, unfolded, value
from tocsin.kernel.db import Database
from tocsin.kernel.ids import new_id
from tocsin.paging.reconcile import reconcile


@pytest.fixture
async def db(dsn: str) -> AsyncIterator[Database]:
    async with unfolded(dsn) as database:
        yield database


async def rule(world: World, *fields: str, window_s: int = 1800, most: int = 100, **more: Any) -> UUID:
    made = new_id()
    await run(
        world.db,
        "insert into grouping_rules (id, name, position, fields, window_s, most, created_by) values ($1, 'By cluster', 1, $2, $3, $4, 'x')",
        made, list(fields or ("source",)), window_s, most,
    )
    return made


async def test_smoke(world: World, later: Later) -> None:
    await rule(world, "service")
    a, b = await world.open(), await world.open()
    await world.settle()
    assert [await world.pages(x) for x in (a, b)] == [[("Ana", 0, 0)], []]
    e = await world.escalation(b)
    assert (e["end_reason"], e["error"]) == ("grouped", "Nobody is paged: grouped under #1 Checkout is failing")
    await world.close(a)
    await world.settle()
    assert await world.pages(b) == [("Ana", 0, 0)]
