"""The engine on bad days: stalls, poisoned plans, what overtakes what, what was forgotten."""

from collections.abc import AsyncIterator

import pytest

from tests.domain.paging_world import Later, World, run, seconds_between, unfolded, value
from tocsin.kernel.db import ENGINE, Database
from tocsin.paging import queries


@pytest.fixture
async def db(dsn: str) -> AsyncIterator[Database]:
    async with unfolded(dsn) as database:
        yield database


async def test_after_a_stall_one_step_per_pass_with_a_gap(world: World, later: Later) -> None:
    alert = await world.open()
    await world.settle()
    await later(hours=3)
    await world.settle()
    assert await world.pages(alert) == [("Ana", 0, 0), ("Ben", 0, 1)]
    escalation = await world.escalation(alert)
    assert 25 < seconds_between(await world.db.clock(), escalation["next_at"]) <= 30
    await later(seconds=31)
    await world.settle()
    assert len(await world.pages(alert)) == 3


async def test_a_poisoned_escalation_is_set_aside_and_the_others_go_on(world: World, later: Later) -> None:
    bad, *good = await world.open_many(5)
    await world.settle()
    await run(
        world.db,
        """update escalations set plan = jsonb_set(plan, '{steps,1,targets,0,user}', '"nobody at all"')
           where alert_id = $1""",
        bad,
    )
    await later(seconds=301)
    await world.settle()
    poisoned = await world.escalation(bad)
    assert poisoned["end_reason"] == "failed"
    assert "could not go on" in poisoned["error"]
    for alert in good:
        assert await world.pages(alert) == [("Ana", 0, 0), ("Ben", 0, 1)]


async def test_a_poisoned_beginning_stops_nobody(world: World) -> None:
    """A plan that cannot be read at its first step leaves the begun escalation to the engine."""
    alert, other = await world.open(), await world.open()
    await run(world.db, "alter table pages add constraint poison check (alert_id <> '" + str(alert) + "')")
    await world.settle()
    assert (await world.escalation(alert))["end_reason"] == "failed"
    assert await world.pages(other) == [("Ana", 0, 0)]


async def test_an_acknowledgement_that_overtakes_the_beginning_pages_nobody(world: World) -> None:
    alert = await world.open()
    await world.acknowledge(alert, world.company.ana, "Ana Silva")
    await world.settle()
    assert await world.pages(alert) == []


async def test_a_due_escalation_whose_alert_is_settled_ends_by_itself(world: World, later: Later) -> None:
    """The end that follows the entry may come before the beginning it should end: the engine ends it too."""
    alert, asleep = await world.open(), await world.open()
    await world.settle()
    await run(world.db, "update alerts set closed_at = clock() where id = $1", alert)
    await run(world.db, "update alerts set snoozed_until = clock() + interval '1 day' where id = $1", asleep)
    await later(seconds=301)
    await world.settle()
    assert (await world.escalation(alert))["end_reason"] == "closed"
    waiting = await world.escalation(asleep)
    assert waiting["ended_at"] is None
    assert waiting["next_at"] > await world.db.clock()
    assert await world.pages(asleep) == [("Ana", 0, 0)]


async def test_one_escalation_runs_per_alert_however_often_it_begins(world: World) -> None:
    alert = await world.open()
    await world.follow("alert_unacknowledged", [alert], 2)
    await run(world.db, "insert into work (kind, payload) select kind, payload from work")
    await world.decide()
    assert await value(world.db, "select count(*) from escalations where ended_at is null") == 1


async def test_two_engines_page_once(world: World, later: Later) -> None:
    await world.open_many(300)
    await world.decide()
    await later(seconds=301)
    async with world.db.unit(ENGINE, "engine") as one, world.db.unit(ENGINE, "engine") as two:
        statement = queries.sql.advance
        first = await one.rows(statement, None, 200)
        second = await two.rows(statement, None, 200)
    assert (len(first), len(second)) == (200, 100)
    assert await value(world.db, "select count(*) from pages where step = 1") == 300
