"""Silences told of: to their owner before the end, in working hours, and in the brief of the next shift."""

from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from uuid import UUID

import pytest

from tests.domain.paging_world import Later, World, run, unfolded, value
from tocsin.alerts.silence_model import Matcher, Operator, SilenceDraft, SilenceKind
from tocsin.alerts.silences import create_silence, end_silence, extend_silence
from tocsin.duty.handover_brief import make_brief, words
from tocsin.duty.silence_reminders import SilenceReminders
from tocsin.kernel.db import Database
from tocsin.kernel.work import Pumps

MATCHERS = (Matcher("message", Operator.CONTAINS, "failing"),)


@pytest.fixture
async def db(dsn: str) -> AsyncIterator[Database]:
    async with unfolded(dsn) as database:
        yield database


@pytest.fixture(autouse=True)
async def always_at_work(world: World) -> None:
    """Until a test says otherwise; the database's clock starts at any time of the day."""
    await run(
        world.db, "update users set work_starts = '00:00', work_ends = '00:00', work_days = '{1,2,3,4,5,6,7}'"
    )


async def silence(world: World, hours: float = 8, **more: object) -> UUID:
    now = await world.db.clock()
    given = SilenceDraft("new disks", now, now + timedelta(hours=hours), **({"matchers": MATCHERS} | more))  # type: ignore[arg-type]
    async with world.db.unit(world.company.as_ana(), "web") as u:
        return await create_silence(u, given)


async def told(world: World) -> list[tuple[str, str]]:
    """Who was told, with which subject."""
    await Pumps(world.db, [SilenceReminders(world.db)]).settle()
    rows = await run(
        world.db,
        "select u.name, d.message ->> 'subject' as subject from deliveries d join users u on u.id = d.user_id"
        " where d.purpose = 'notice' order by d.queued_at",
    )
    return [(row["name"], row["subject"]) for row in rows]


async def test_its_owner_hears_once_before_the_end(world: World, later: Later) -> None:
    made = await silence(world)
    alert = await world.open()
    await world.settle()
    await later(hours=5, minutes=59)
    assert await told(world) == []
    await later(minutes=2)
    assert await told(world) == [("Ana Silva", "Your silence ends in 2 hours")]
    text = await value(world.db, "select message from deliveries where purpose = 'notice'")
    assert text["url"] == f"/silences/{made}"
    assert "1 open alert is silenced by it: paging begins when it ends." in text["text"]
    assert await world.pages(alert) == []
    await later(minutes=30)
    assert len(await told(world)) == 1


async def test_extended_it_reminds_of_the_new_end(world: World, later: Later) -> None:
    made = await silence(world)
    await later(hours=7)
    assert len(await told(world)) == 1
    async with world.db.unit(world.company.as_ana(), "web") as u:
        await extend_silence(u, made, await u.clock() + timedelta(hours=9))
    await later(hours=6)
    assert len(await told(world)) == 1
    await later(hours=1, minutes=1)
    assert len(await told(world)) == 2


async def test_ended_early_it_reminds_of_nothing(world: World, later: Later) -> None:
    made = await silence(world)
    async with world.db.unit(world.company.as_ben(), "web") as u:
        await end_silence(u, made)
    await later(hours=7)
    assert await told(world) == []


async def test_at_night_nobody_is_woken(world: World, later: Later) -> None:
    """The server was away at the right moment, and by now Ana does not work: it waits, if that is in time."""
    now = await world.db.clock()

    def at(moment: datetime) -> str:
        return f"{(moment.astimezone()).strftime('%H:%M')}"

    await run(world.db, "update users set time_zone = 'UTC'")
    soon, late = await silence(world, 8), await silence(world, 11)
    hours = at(now + timedelta(hours=9)), at(now + timedelta(hours=10))
    await run(
        world.db,
        f"update users set work_starts = '{hours[0]}', work_ends = '{hours[1]}' where name = 'Ana Silva'",
    )
    await run(world.db, "update silences set remind_at = clock() + interval '1 hour'")
    await later(hours=7)
    assert await told(world) == []
    rows = await run(world.db, "select id, remind_at from silences")
    planned = {row["id"]: row["remind_at"] for row in rows}
    assert planned[soon] is None
    assert planned[late] is not None
    await later(hours=2, minutes=1)
    assert [name for name, _ in await told(world)] == ["Ana Silva"]


async def test_the_brief_of_a_shift_lists_what_is_silenced(world: World, later: Later) -> None:
    await silence(world, 2)
    of_service = (world.company.service,)
    await silence(world, 4, matchers=(), service_ids=of_service, kind=SilenceKind.MAINTENANCE)
    brief = await make_brief(world.db, world.company.schedule, None)
    assert [(s.kind, s.about, s.owner) for s in brief.silences] == [
        ("silence", "message contains failing", "Ana Silva"), ("maintenance", "everything of Checkout", "Ana Silva"),
    ]  # fmt: skip
    assert "Maintenance until " in words(brief, "UTC")
    await run(world.db, "delete from escalation_targets where schedule_id = $1", world.company.schedule)
    brief = await make_brief(world.db, world.company.schedule, None)
    assert [s.kind for s in brief.silences] == ["silence"], "other teams' services are theirs"
    await later(hours=3)
    assert (await make_brief(world.db, world.company.schedule, None)).empty
