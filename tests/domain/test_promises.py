"""An acknowledgement is a promise: it is kept by a sign of life, or it lapses and paging goes on."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from uuid import UUID

import pytest

from tests.domain.paging_world import Later, World, run, unfolded, value
from tests.support import fold_and_compare
from tocsin.alerts import commands, promises
from tocsin.alerts.queries import alert_by_id
from tocsin.alerts.silence_model import Matcher, Operator, SilenceDraft
from tocsin.alerts.silences import create_silence
from tocsin.duty.handover_brief import brief_now, words
from tocsin.incidents import commands as incidents
from tocsin.incidents.links import link_alert
from tocsin.incidents.queries import incident_by_key
from tocsin.kernel.db import Actor, Database
from tocsin.kernel.errors import Conflict, Forbidden, Invalid
from tocsin.paging.commands import acknowledge_by_link
from tocsin.paging.promise_clock import PromiseClock
from tocsin.paging.work import FOLLOWS


@pytest.fixture
async def db(dsn: str) -> AsyncIterator[Database]:
    async with unfolded(dsn) as database:
        database.follows = lambda kind: FOLLOWS.get(kind, ())
        yield database


async def paged(world: World, priority: int = 1) -> UUID:
    """An alert that Ana was just paged for; Ben's step comes after five minutes."""
    alert = await world.open(priority=priority)
    await world.settle()
    return alert


async def acknowledge(world: World, alert: UUID, actor: Actor | None = None, **how: object) -> None:
    async with world.db.unit(actor or world.company.as_ana(), "web") as u:
        await commands.acknowledge(u, alert, **how)  # type: ignore[arg-type]
    await world.settle()


async def minutes_left(world: World, alert: UUID) -> int | None:
    left = await value(
        world.db,
        "select extract(epoch from promised_until - clock())::float8 from alerts where id = $1",
        alert,
    )
    return None if left is None else round(left / 60)


async def state(world: World, alert: UUID) -> tuple[bool, UUID | None]:
    row = await alert_by_id(world.db, alert)
    assert row is not None
    return row.acknowledged_at is not None, row.owner_id


async def reasons(world: World, alert: UUID) -> list[tuple[str, str]]:
    rows = await run(
        world.db,
        "select split_part(u.name, ' ', 1) as who, p.reason from pages p join users u on u.id = p.user_id"
        " where p.alert_id = $1 order by p.created_at, p.reason",
        alert,
    )
    return [(row["who"], row["reason"]) for row in rows]


@pytest.mark.parametrize(("priority", "minutes"), [(1, 30), (2, 60), (3, 240)])
async def test_the_priority_says_what_is_promised(world: World, priority: int, minutes: int) -> None:
    alert = await paged(world, priority)
    await acknowledge(world, alert)
    assert await minutes_left(world, alert) == minutes


async def test_what_is_not_urgent_is_promised_for_the_next_working_day(world: World) -> None:
    alert = await paged(world, 4)
    await acknowledge(world, alert)
    row = await alert_by_id(world.db, alert)
    assert row is not None
    assert row.promised_until is not None
    there = await value(
        world.db,
        "select to_char($1::timestamptz at time zone 'Europe/Berlin', 'HH24:MI')",
        row.promised_until,
    )
    assert there == "10:00"
    assert row.promised_until > await world.db.clock()
    assert row.promised_until.isoweekday() < 6


async def test_it_lapses_and_goes_on_with_the_next_step_not_from_the_start(
    world: World, later: Later
) -> None:
    alert = await paged(world)
    await acknowledge(world, alert)
    await later(minutes=29)
    await world.settle()
    assert await state(world, alert) == (True, world.company.ana)
    await later(minutes=2)
    await world.settle()
    assert await state(world, alert) == (False, world.company.ana)
    first, *again = await reasons(world, alert)
    assert first == ("Ana", "step 1, on call for Payments on-call")
    (who_first, why_first), (who_then, why_then) = sorted(again)
    assert (who_first, who_then) == ("Ana", "Ben")
    assert why_first.startswith("your acknowledgement lapsed at ")
    assert why_then.startswith("named in step 2; Ana Silva's acknowledgement lapsed at ")
    kinds = await run(world.db, "select kind, actor from entries where stream = $1 order by seq", alert)
    assert [(k["kind"], k["actor"]) for k in kinds][-1] == ("alert_promise_lapsed", "Tocsin")
    # The round goes on as if nothing had been in between: the first step comes again after the pause of the policy.
    await later(minutes=5, seconds=2)
    await world.settle()
    assert ("Ana", 1, 0) in await world.pages(alert)


async def test_after_everybody_was_paged_a_lapse_begins_anew(world: World, later: Later) -> None:
    alert = await paged(world)
    for _ in range(5):
        await later(minutes=6)
        await world.settle()
    assert (await world.escalation(alert))["end_reason"] == "exhausted"
    await acknowledge(world, alert)
    await later(minutes=31)
    await world.settle()
    assert (await world.escalation(alert))["ended_at"] is None
    assert (await world.pages(alert))[-1][1:] == (0, 0)


async def test_whoever_promised_is_reminded_once_shortly_before(world: World, later: Later) -> None:
    alert = await paged(world)
    await acknowledge(world, alert)
    await later(minutes=23)
    await world.settle()
    assert await world.deliveries(alert, "notice") == []
    await later(minutes=2)
    await world.settle()
    await world.settle()
    (notice,) = await world.deliveries(alert, "notice")
    assert notice["who"] == "Ana"
    assert notice["state"] == "sent"
    assert notice["message"]["text"].startswith("Still on it? Your acknowledgement lapses at ")
    assert "Still on it?" in world.email.got[-1][0].subject
    assert "https://tocsin.example/ack/" in world.email.got[-1][0].text, "one tap, without signing in"


async def test_signs_of_life_keep_it(world: World, later: Later) -> None:
    alert = await paged(world)
    await acknowledge(world, alert)
    await later(minutes=20)
    async with world.db.unit(world.company.as_ana(), "web") as u:
        await promises.renew(u, alert)
    assert await minutes_left(world, alert) == 30
    await later(minutes=20)
    async with world.db.unit(world.company.as_ana(), "web") as u:
        await commands.note(u, alert, "The disk is full")
    assert await minutes_left(world, alert) == 30
    await later(minutes=20)
    async with world.db.unit(world.company.as_ben(), "web") as u:
        await commands.note(u, alert, "Any news?")
    assert await minutes_left(world, alert) == 10
    async with world.db.unit(world.company.as_ana(), "web") as u:
        await commands.acknowledge(u, alert, until=await u.clock() + timedelta(hours=2))
    assert await minutes_left(world, alert) == 120
    await world.settle()
    assert await state(world, alert) == (True, world.company.ana)


async def test_an_open_incident_keeps_it_and_a_quarter_of_an_hour_after_it_is_over_it_lapses(
    world: World, later: Later
) -> None:
    alert = await paged(world)
    await acknowledge(world, alert)
    async with world.db.unit(world.company.as_ana(), "web") as u:
        key = await incidents.declare(u, "Checkout is down", 2)
        incident = await incident_by_key(u, key, world.company.ana)
        assert incident is not None
        await link_alert(u, incident.id, alert)
    await later(hours=5)
    await world.settle()
    assert await state(world, alert) == (True, world.company.ana)
    assert await world.deliveries(alert, "notice") == []
    async with world.db.unit(world.company.as_ana(), "web") as u:
        await incidents.resolve(u, incident.id, "Fixed")
    await later(minutes=14)
    await world.settle()
    assert await state(world, alert) == (True, world.company.ana)
    await later(minutes=2)
    await world.settle()
    assert await state(world, alert) == (False, world.company.ana)


@pytest.mark.parametrize("act", ["close", "snooze", "unacknowledge", "reassign"])
async def test_what_ends_an_acknowledgement_ends_its_promise(world: World, later: Later, act: str) -> None:
    alert = await paged(world)
    await acknowledge(world, alert)
    async with world.db.unit(world.company.as_ana(), "web") as u:
        if act == "snooze":
            await commands.snooze(u, alert, await u.clock() + timedelta(days=2))
        elif act == "reassign":
            await commands.reassign(u, alert, world.company.ben)
        else:
            await getattr(commands, act)(u, alert)
    assert await minutes_left(world, alert) is None
    await later(hours=5)
    await world.settle()
    assert await value(world.db, "select count(*) from entries where kind = 'alert_promise_lapsed'") == 0


async def test_programs_promise_nothing_unless_that_is_wanted(world: World, later: Later) -> None:
    machine = Actor(None, "Alertmanager", "integration", "none")
    first, second = await paged(world), await paged(world)
    await acknowledge(world, first, machine)
    assert await minutes_left(world, first) is None
    async with world.db.unit(world.company.admin(), "web") as u:
        await promises.set_default(u, 1, 20, machines=True)
    await acknowledge(world, second, machine)
    assert await minutes_left(world, second) == 20
    await later(minutes=21)
    await world.settle()
    assert await state(world, first) == (True, None)
    assert await state(world, second) == (False, None)
    assert ("Ben", 0, 1) in await world.pages(second)


async def test_nothing_is_promised_where_that_is_set(world: World, later: Later) -> None:
    async with world.db.unit(world.company.admin(), "web") as u:
        await promises.set_default(u, 1, 0, machines=False)
    alert = await paged(world)
    await acknowledge(world, alert)
    assert await minutes_left(world, alert) is None
    with pytest.raises(Invalid):
        async with world.db.unit(world.company.admin(), "web") as u:
            await promises.set_default(u, 1, 3, machines=False)
    with pytest.raises(Forbidden):
        async with world.db.unit(world.company.as_ana(), "web") as u:
            await promises.set_default(u, 1, 10, machines=False)


async def test_only_whoever_has_it_is_still_on_it(world: World) -> None:
    alert = await paged(world)
    with pytest.raises(Conflict, match="Nobody has it"):
        async with world.db.unit(world.company.as_ben(), "web") as u:
            await promises.renew(u, alert)
    await acknowledge(world, alert)
    with pytest.raises(Conflict, match="Ana Silva has it"):
        async with world.db.unit(world.company.as_ben(), "web") as u:
            await promises.renew(u, alert)
    with pytest.raises(Invalid):
        async with world.db.unit(world.company.as_ana(), "web") as u:
            await promises.renew(u, alert, await u.clock() + timedelta(days=8))


async def test_the_link_promises_what_the_priority_says(world: World) -> None:
    alert = await paged(world)
    page = await value(world.db, "select id from pages where alert_id = $1", alert)
    async with world.db.unit(Actor(None, "link", "anonymous", "none"), "link") as u:
        await acknowledge_by_link(u, page)
    assert await minutes_left(world, alert) == 30


async def test_of_a_close_and_a_lapse_at_the_same_moment_one_wins(world: World, later: Later) -> None:
    alerts = [await paged(world) for _ in range(4)]
    for alert in alerts:
        await acknowledge(world, alert)
    await later(minutes=31)

    async def close(alert: UUID) -> None:
        async with world.db.unit(world.company.as_ana(), "web") as u:
            await commands.close(u, alert)

    clocks = [PromiseClock(world.db), PromiseClock(world.db)]
    await asyncio.gather(*(clock.turn() for clock in clocks), *(close(alert) for alert in alerts))
    await world.settle()
    for alert in alerts:
        row = await alert_by_id(world.db, alert)
        assert row is not None
        assert row.closed_at is not None
        assert row.promised_until is None
        assert (await world.escalation(alert))["ended_at"] is not None
        lapses = "select count(*) from entries where stream = $1 and kind = 'alert_promise_lapsed'"
        assert await value(world.db, lapses, alert) <= 1


async def test_the_record_tells_what_the_rows_say(world: World, later: Later) -> None:
    async with world.db.unit(world.company.as_ana(), "web") as u:
        alert = await commands.report(u, "Checkout is failing", service="Checkout", priority=1)
    await world.settle()
    await acknowledge(world, alert)
    async with world.db.unit(world.company.as_ana(), "web") as u:
        await promises.renew(u, alert)
        await commands.note(u, alert, "On it")
    await fold_and_compare(world.db)
    await later(minutes=31)
    await world.settle()
    await fold_and_compare(world.db)


async def test_somebody_who_was_given_an_alert_and_does_not_answer_is_followed_by_the_next_step(
    world: World, later: Later
) -> None:
    alert = await paged(world)
    await acknowledge(world, alert)
    async with world.db.unit(world.company.as_ana(), "web") as u:
        await commands.reassign(u, alert, world.company.ada)
    await world.settle()
    assert (await reasons(world, alert))[-1] == ("Ada", "handed over by Ana Silva")
    await later(minutes=4)
    await world.settle()
    assert len(await world.pages(alert)) == 2
    await later(minutes=1, seconds=2)
    await world.settle()
    assert (await reasons(world, alert))[-1] == (
        "Ben", "named in step 2; Ada Admin, to whom Ana Silva gave it, did not answer",
    )  # fmt: skip


async def test_somebody_who_was_given_an_alert_and_answers_is_alone_with_it(
    world: World, later: Later
) -> None:
    alert = await paged(world)
    async with world.db.unit(world.company.as_ana(), "web") as u:
        await commands.reassign(u, alert, world.company.ada)
    await world.settle()
    await acknowledge(world, alert, world.company.admin())
    await later(minutes=20)
    await world.settle()
    assert [who for who, *_ in await world.pages(alert)] == ["Ana", "Ada"]


async def test_a_silence_is_heeded_when_it_lapses(world: World, later: Later) -> None:
    alert = await paged(world)
    await acknowledge(world, alert)
    ends = await world.db.clock() + timedelta(days=1)
    draft = SilenceDraft(
        "Known",
        starts_at=await world.db.clock(),
        ends_at=ends,
        matchers=(Matcher("message", Operator.CONTAINS, "Checkout"),),
    )
    async with world.db.unit(world.company.as_ana(), "web") as u:
        await create_silence(u, draft)
    await later(minutes=31)
    await world.settle()
    assert (await world.escalation(alert))["end_reason"] == "silenced"
    assert [who for who, *_ in await world.pages(alert)] == ["Ana", "Ana"], (
        "whoever promised hears of it; nobody else"
    )


async def test_whoever_gives_it_to_themselves_has_it(world: World) -> None:
    alert = await paged(world)
    async with world.db.unit(world.company.as_ben(), "web") as u:
        await commands.reassign(u, alert, world.company.ben)
    assert await state(world, alert) == (True, world.company.ben)
    assert await minutes_left(world, alert) == 30


async def test_a_handover_says_what_was_promised(world: World) -> None:
    alert = await paged(world)
    await acknowledge(world, alert)
    brief = await brief_now(world.db, world.company.schedule, None)
    assert "Promises:" in words(brief, "UTC")
    assert "Ana Silva gives a sign of life by" in words(brief, "UTC")
    assert brief.alerts[0].number == await value(world.db, "select number from alerts where id = $1", alert)
