"""Responders of an alert: added by person, team or schedule, paged by name, told in the record."""

from collections.abc import AsyncIterator
from uuid import UUID

import pytest

from tests.domain.paging_world import World, run, unfolded, value
from tocsin.alerts import commands
from tocsin.kernel.db import Database
from tocsin.kernel.errors import Conflict, Forbidden, Invalid
from tocsin.paging.responders import add_responder, responders_of
from tocsin.paging.work import FOLLOWS


@pytest.fixture
async def db(dsn: str) -> AsyncIterator[Database]:
    async with unfolded(dsn) as database:
        database.follows = lambda kind: FOLLOWS.get(kind, ())
        yield database


async def taken(world: World) -> UUID:
    """An alert that Ada has."""
    alert = await world.open()
    await world.settle()
    async with world.db.unit(world.company.admin(), "web") as u:
        await commands.acknowledge(u, alert)
    await world.settle()
    world.email.forget()
    return alert


async def test_a_person_is_paged_although_somebody_has_it(world: World) -> None:
    alert = await taken(world)
    async with world.db.unit(world.company.admin(), "web") as u:
        assert await add_responder(u, alert, user_id=world.company.ben) == ["Ben Okafor"]
    await world.settle()
    assert "ben@example.org" in world.email.addresses()
    assert "added as responder by Ada Admin" in world.email.got[-1][0].text
    (one,) = await responders_of(world.db, alert)
    assert (one.name, one.via, one.added_by) == ("Ben Okafor", "", "Ada Admin")
    said = await value(
        world.db, "select payload ->> 'names' from entries where kind = 'alert_responders_added'"
    )
    assert said == "Ben Okafor"


async def test_a_schedule_means_whoever_holds_it_and_a_team_everybody_who_is_new(world: World) -> None:
    alert = await taken(world)
    async with world.db.unit(world.company.admin(), "web") as u:
        assert await add_responder(u, alert, schedule_id=world.company.schedule) == ["Ana Silva"]
    async with world.db.unit(world.company.admin(), "web") as u:
        assert await add_responder(u, alert, team_id=world.company.team) == ["Ben Okafor"]
    assert [(r.name, r.via) for r in await responders_of(world.db, alert)] == [
        ("Ana Silva", "on call for Payments on-call"), ("Ben Okafor", "in team Payments"),
    ]  # fmt: skip
    with pytest.raises(Conflict, match="already"):
        async with world.db.unit(world.company.admin(), "web") as u:
            await add_responder(u, alert, user_id=world.company.ben)


async def test_nobody_and_nothing_are_refused(world: World) -> None:
    alert = await taken(world)
    await run(world.db, "delete from shifts")
    with pytest.raises(Invalid, match="Nobody active"):
        async with world.db.unit(world.company.admin(), "web") as u:
            await add_responder(u, alert, schedule_id=world.company.schedule)
    with pytest.raises(Invalid):
        async with world.db.unit(world.company.admin(), "web") as u:
            await add_responder(u, alert)
    with pytest.raises(Forbidden):
        async with world.db.unit(world.company.as_vic(), "web") as u:
            await add_responder(u, alert, user_id=world.company.ben)
    async with world.db.unit(world.company.admin(), "web") as u:
        await commands.close(u, alert)
    with pytest.raises(Conflict):
        async with world.db.unit(world.company.admin(), "web") as u:
            await add_responder(u, alert, user_id=world.company.ben)
