"""Noise: whether pages were useful, what woke people for nothing, and what would help."""

from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import pytest

from tests.domain.paging_world import World, run, unfolded, value
from tocsin.alerts.queries import rating_of
from tocsin.alerts.ratings import rate
from tocsin.kernel.db import Actor, Database
from tocsin.kernel.errors import Forbidden, NotFound
from tocsin.paging.noise import Noise, noise


@pytest.fixture
async def db(dsn: str) -> AsyncIterator[Database]:
    async with unfolded(dsn) as database:
        yield database


async def say(world: World, alert: UUID, actor: Actor, *, useful: bool) -> None:
    async with world.db.unit(actor, "web") as u:
        await rate(u, alert, useful=useful)


async def test_one_answer_each_and_the_last_one_counts(world: World) -> None:
    company, alert = world.company, await world.open()
    assert (await rating_of(world.db, alert, company.ana)).own is None
    await say(world, alert, company.as_ana(), useful=True)
    await say(world, alert, company.as_ana(), useful=False)
    await say(world, alert, company.as_vic(), useful=True)
    found = await rating_of(world.db, alert, company.ana)
    assert (found.useful, found.noise, found.own) == (1, 1, False)
    with pytest.raises(Forbidden):
        await say(world, alert, Actor(None, "Robot", "service_token", "member"), useful=True)
    with pytest.raises(NotFound):
        await say(world, UUID(int=1), company.as_ana(), useful=True)


async def plant(world: World, count: int, *, apart: str = "1 hour", **columns: str) -> None:
    """Alerts of the past; `columns` are SQL with the number `n`."""
    given = {
        "source": "'prom'",
        "service_id": f"'{world.company.service}'",
        "closed_at": "null",
        "tags": "'{}'",
    } | columns
    await run(
        world.db,
        "insert into alerts (id, scope, alias, message, priority, urgency, started_at, created_at, source, service_id, closed_at, tags)"
        f" select gen_random_uuid(), gen_random_uuid(), n::text, 'Disk', 2, 'high', at, at, {given['source']}, {given['service_id']},"
        f" {given['closed_at']}, {given['tags']} from (select n, clock() - interval '20 days' + n * interval '{apart}' as at"
        " from generate_series(1, $1::int) n) x",
        count,
    )


async def page_all(world: World, user: UUID, at: str) -> None:
    await run(
        world.db,
        "insert into pages (alert_id, user_id, urgency, created_at) select id, $1, 'high', " + at + " from alerts", user,
    )  # fmt: skip


async def test_it_is_counted_per_service_and_source(world: World) -> None:
    await plant(world, 6, closed_at="at + n * interval '1 minute'")
    await plant(world, 2, source="'ping'", service_id="null")
    await run(world.db, "update alerts set acknowledged_at = created_at where number = 1")
    await run(
        world.db,
        "insert into alerts (id, scope, alias, message, priority, urgency, started_at, created_at)"
        " values (gen_random_uuid(), gen_random_uuid(), 'old', 'Disk', 2, 'high', clock(), clock() - interval '29 days')",
    )
    await run(
        world.db,
        "insert into alert_ratings (alert_id, user_id, useful) select id, $1, number > 2 from alerts where number <= 3",
        world.company.ana,
    )
    first, second = await noise(world.db)
    assert (first.service, first.source, first.alerts, first.pages) == ("Checkout", "prom", 6, 0)
    assert (first.short_lived, first.short_share, first.noise, first.useful) == (4, 67, 2, 1)
    assert (second.service_id, second.source, second.alerts) == (None, "ping", 2)


@pytest.mark.parametrize(
    ("zone", "hour", "nights"),
    [("UTC", "22:00", 3), ("UTC", "21:59", 0), ("UTC", "05:59", 3), ("UTC", "06:00", 0),
     ("Australia/Sydney", "13:00", 3), ("Australia/Sydney", "03:00", 0)],
)  # fmt: skip
async def test_a_night_is_that_of_whoever_was_woken(world: World, zone: str, hour: str, nights: int) -> None:
    await plant(world, 3)
    await run(world.db, "update users set time_zone = $2 where id = $1", world.company.ben, zone)
    at = f"(date_trunc('day', created_at at time zone 'UTC') + interval '1 day' + time '{hour}') at time zone 'UTC'"
    await page_all(world, world.company.ben, at)
    (found,) = await noise(world.db)
    assert (found.pages, found.nights) == (3, nights)


def row(**given: Any) -> Noise:
    values: dict[str, Any] = {
        "service_id": None, "service": "Checkout", "source": "prom", "alerts": 20, "pages": 20, "nights": 0, "short_lived": 0,
        "noise": 0, "useful": 0, "grouped": 0, "groups": 0, "close": 0, "prefix": "", "prefixed": 0, "kinds": 0,
    }  # fmt: skip
    return Noise(**values | given)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({}, []),
        ({"alerts": 41, "short_lived": 38}, ["38 of 41 closed by themselves within 5 minutes: give the first step a delay."]),
        ({"alerts": 41, "short_lived": 20}, []),
        ({"alerts": 4, "short_lived": 4}, []),
        ({"close": 15}, ["15 of 20 opened soon after another one that was still open, and were not grouped: group by service."]),
        ({"close": 15, "prefix": "cluster:", "prefixed": 16, "kinds": 3},
         ["15 of 20 opened soon after another one that was still open, and were not grouped: group by cluster."]),
        ({"close": 15, "prefix": "cluster:", "prefixed": 15, "kinds": 3, "service": ""},
         ["15 of 20 opened soon after another one that was still open, and were not grouped: group by source."]),
        ({"grouped": 19, "groups": 1, "prefix": "cluster:", "prefixed": 20, "kinds": 2}, ["All 20 were grouped under one: group by cluster."]),
        ({"grouped": 19, "groups": 1}, []),
        ({"noise": 6, "useful": 2}, ["6 of 8 answers say noise: lower its priority, or change what it watches."]),
        ({"noise": 3}, ["All 3 answers say noise: lower its priority, or change what it watches."]),
        ({"noise": 2}, []),
    ],
)  # fmt: skip
def test_suggestions_in_plain_words(given: dict[str, Any], said: list[str]) -> None:
    assert row(**given).suggestions == said


async def test_bursts_and_clusters_are_seen(world: World) -> None:
    await plant(world, 12, apart="1 minute", tags="array['cluster:' || n % 3, 'db']")
    (found,) = await noise(world.db)
    assert (found.close, found.cluster, found.kinds) == (11, "cluster:", 3)
    assert "group by cluster" in found.suggestions[0]
    await run(
        world.db,
        "update alerts set closed_at = created_at + interval '30 seconds', acknowledged_at = created_at",
    )
    assert (await noise(world.db))[0].close == 0, "one after the other: nothing to group"
    await run(world.db, "update alerts set closed_at = null")
    await run(
        world.db,
        "with g as (insert into alert_groups (key, key_hash, leader_id, first_number, members)"
        " select '{a}', 'a', id, number, 12 from alerts order by number limit 1 returning id)"
        " insert into alert_group_members (alert_id, group_id) select a.id, g.id from alerts a, g",
    )
    (found,) = await noise(world.db)
    assert (found.grouped, found.groups, found.close) == (11, 1, 0)
    assert found.suggestions == ["All 12 were grouped under one: group by cluster."]


async def test_thousands_of_alerts_take_one_quick_query(world: World) -> None:
    await plant(
        world,
        5000,
        apart="5 minutes",
        source="'src-' || n % 40",
        closed_at="at + interval '3 minutes'",
        tags="array['cluster:' || n % 5]",
    )
    await page_all(world, world.company.ana, "created_at")
    await run(
        world.db,
        "insert into alert_ratings select id, $1, false from alerts where number % 4 = 0",
        world.company.ana,
    )
    began = await value(world.db, "select clock_timestamp()")
    rows = await noise(world.db)
    took = (await value(world.db, "select clock_timestamp()") - began).total_seconds()
    assert (len(rows), sum(r.alerts for r in rows), sum(r.pages for r in rows)) == (40, 5000, 5000)
    assert sum(r.noise for r in rows) == 1250
    assert took < 2, "a page is opened by somebody who waits"
