"""The reconciler: whatever went wrong before it, an alert that should have somebody's attention gets it, and says so."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from uuid import UUID

import pytest

from tests.domain.paging_world import Later, World, run, seconds_between, unfolded, value
from tocsin.kernel.db import ENGINE, Database
from tocsin.paging.escalate import begin_for
from tocsin.paging.reconcile import LAST_RESORT, Found, Reconciler, reconcile, state_of_paging
from tocsin.record.kinds import decode
from tocsin.record.queries import entries_after

#: Longer than a minute, in which the usual way may still do its work.
SOON = {"seconds": 91}


@pytest.fixture
async def db(dsn: str) -> AsyncIterator[Database]:
    async with unfolded(dsn) as database:
        yield database


async def said(world: World, alert: UUID) -> list[str]:
    return [
        decode(e.kind, e.payload).sentence()
        for e in await entries_after(world.db, alert)
        if e.kind == "paging_resumed"
    ]


async def look(world: World) -> Found:
    found = await reconcile(world.db)
    assert found is not None
    return found


async def test_nothing_is_wrong(world: World, later: Later) -> None:
    alert = await world.open()
    await world.settle()
    await later(**SOON)
    assert not await look(world)
    assert await said(world, alert) == []
    assert (await state_of_paging(world.db)).problems == []


async def test_what_was_never_begun_is_begun_calm_alerts_too(world: World, later: Later) -> None:
    alerts = [await world.open(), await world.open(priority=5)]
    await run(world.db, "delete from work")
    await later(seconds=31)
    assert not await look(world), "it may still come by the usual way"
    await later(seconds=31)
    assert (await look(world)).resumed == 2
    await world.settle()
    for alert in alerts:
        assert await world.pages(alert) == [("Ana", 0, 0)]
        assert await said(world, alert) == ["saw to it that somebody is paged: paging had never begun."]
    assert (await state_of_paging(world.db)).resumed == 2


async def test_an_end_that_was_a_mistake(world: World, later: Later) -> None:
    """Somebody's acknowledgement was taken back, and what should have begun again never did."""
    alert = await world.open()
    await world.settle()
    await world.acknowledge(alert, world.company.ana, "Ana Silva")
    await world.settle()
    await run(
        world.db, "update alerts set acknowledged_at = null, acknowledged_by = null where id = $1", alert
    )
    await later(minutes=6)
    assert (await look(world)).resumed == 1
    await world.settle()
    assert await world.pages(alert) == [("Ana", 0, 0), ("Ana", 0, 0)]
    assert "ended (acknowledged), and nobody has it" in (await said(world, alert))[0]


async def test_whoever_was_just_paged_by_name_has_time_to_answer(world: World, later: Later) -> None:
    alert = await world.open()
    await world.settle()
    await world.acknowledge(alert, world.company.ana, "Ana Silva")
    await world.settle()
    change = f"owner_id = '{world.company.ben}', acknowledged_at = null, acknowledged_by = null"
    await world.change(alert, "alert_reassigned", change, world.company.ana)
    await world.settle()
    assert [who for who, _, _ in await world.pages(alert)] == ["Ana", "Ben"]
    await run(
        world.db,
        "update escalations set ended_at = clock(), next_at = null, end_reason = 'replaced' where ended_at is null",
    )
    await later(minutes=4)
    assert not await look(world)
    await later(minutes=2)
    assert (await look(world)).resumed == 1


@pytest.mark.parametrize(
    "end",
    [
        "update alerts set closed_at = clock() where id = $1",
        "update alerts set acknowledged_at = clock() where id = $1",
        "update alerts set snoozed_until = clock() + interval '1 day' where id = $1",
        "update escalations set ended_at = clock(), next_at = null, end_reason = 'exhausted' where alert_id = $1",
        "update escalations set ended_at = clock(), next_at = null, end_reason = 'nobody' where alert_id = $1",
    ],
)
async def test_what_is_meant_to_be_quiet_stays_quiet(world: World, later: Later, end: str) -> None:
    alert = await world.open()
    await world.settle()
    await run(world.db, end, alert)
    await later(seconds=200)
    await world.settle()
    await later(seconds=200)
    assert (await look(world)).resumed == 0


async def test_what_failed_is_tried_again_and_then_the_administrators_are_paged(
    world: World, later: Later
) -> None:
    alert, other = await world.open(), await world.open()
    await run(
        world.db,
        f"alter table pages add constraint poison check (alert_id <> '{alert}' or step <> 0 or escalation_id is null)",
    )
    await world.settle()
    assert (await state_of_paging(world.db)).failed == 1
    await later(**SOON)
    assert (await look(world)).resumed == 1
    await world.settle()
    assert (await world.escalation(alert))["end_reason"] == "failed"
    for _ in range(2):
        await later(**SOON)
        await look(world)
        await world.settle()
    pages = await run(
        world.db,
        "select u.name, p.reason from pages p join users u on u.id = p.user_id where alert_id = $1",
        alert,
    )
    assert [(p["name"], p["reason"]) for p in pages] == [("Ada Admin", LAST_RESORT)], "once"
    assert "ada@example.org" in world.email.addresses()
    assert await world.pages(other) == [("Ana", 0, 0)]
    assert (await state_of_paging(world.db)).problems == ["The escalation of 1 open alert has failed."]


async def test_an_alert_that_cannot_begin_does_not_hold_up_the_others(world: World, later: Later) -> None:
    alert, other = await world.open(), await world.open()
    await run(world.db, "delete from work")
    await run(world.db, f"alter table escalations add constraint poison check (alert_id <> '{alert}')")
    await later(**SOON)
    await look(world)
    await world.settle()
    assert await world.pages(other) == [("Ana", 0, 0)]
    assert await world.pages(alert) == [("Ada", 0, 0)]


async def test_steps_that_nobody_took_are_taken(world: World, later: Later) -> None:
    alert = await world.open()
    await world.settle()
    await later(seconds=299)
    assert not await look(world)
    await later(seconds=122)
    assert "1 escalation has not moved for two minutes." in (await state_of_paging(world.db)).problems
    assert (await look(world)).stuck == 1
    assert await world.pages(alert) == [("Ana", 0, 0), ("Ben", 0, 1)]


async def test_a_blocked_way_lets_the_next_one_go(world: World, later: Later) -> None:
    await world.add_webhook(world.company.ana, delay_s=3600)
    alert = await world.open()
    await world.decide()
    await later(seconds=121)
    assert (await state_of_paging(world.db)).unsent == 1
    assert (await look(world)).unsent == 1
    hook = next(d for d in await world.deliveries(alert) if d["transport"] == "webhook")
    assert hook["due_at"] <= await world.db.clock()


async def test_one_process_at_a_time_and_every_half_minute(world: World, later: Later) -> None:
    await later(seconds=31)
    both = await asyncio.gather(reconcile(world.db), reconcile(world.db))
    assert sorted(found is None for found in both) == [False, True]
    assert await reconcile(world.db) is None
    due = await value(world.db, f"select ({Reconciler(world.db).due_sql})")
    assert 29 < seconds_between(await world.db.clock(), due) <= 30


async def test_a_clock_that_goes_back_delays_nobody(world: World, later: Later) -> None:
    """The next step was to come in five minutes, and does; a message that waits for its next try goes on waiting as long."""
    await world.add_webhook(world.company.ana, delay_s=120)
    alert = await world.open()
    await world.settle()
    await later(seconds=31)
    await look(world)
    late = await world.open()
    await later(hours=-6)
    due = await value(world.db, f"select ({Reconciler(world.db).due_sql})")
    assert due <= await world.db.clock()
    back = (await look(world)).clock_back
    assert timedelta(hours=5, minutes=59) < back < timedelta(hours=6)
    waiting = await world.escalation(alert)
    assert 200 < seconds_between(await world.db.clock(), waiting["next_at"]) <= 300
    hook = next(d for d in await world.deliveries(alert) if d["transport"] == "webhook")
    assert seconds_between(await world.db.clock(), hook["due_at"]) <= 120
    # How long ago the last look was is not known to the new clock: as much later, half a minute at most.
    await later(seconds=1)
    await world.decide()
    assert await world.pages(late) == [("Ana", 0, 0)], "what was accepted just before is not put off"
    await later(seconds=301)
    await world.settle()
    assert sorted(await world.pages(alert)) == [("Ana", 0, 0), ("Ben", 0, 1)]


async def test_an_outside_monitor_hears_when_nobody_looks(world: World, later: Later) -> None:
    await run(world.db, "update reconciler set ran_at = clock()")
    await later(seconds=300)
    (problem,) = (await state_of_paging(world.db)).problems
    assert problem.startswith("The reconciler has not looked for 30")


async def test_what_begins_while_it_looks_is_left_alone(world: World, later: Later) -> None:
    """The usual way is late and commits between the look and the act: the alert has one escalation, and nothing is said."""
    alert = await world.open()
    await later(**SOON)
    async with world.db.unit(ENGINE, "engine") as u:
        assert await begin_for(u, [alert]) == [alert]
        looking = asyncio.create_task(look(world))
        waits = "select count(*) from pg_locks where not granted and pid <> pg_backend_pid()"
        async with asyncio.timeout(10):
            while not await value(world.db, waits):
                assert not looking.done(), "it must wait for the alert"
    assert (await looking).resumed == 0
    assert await value(world.db, "select count(*) from escalations") == 1
    assert await said(world, alert) == []
