"""Notices: one message per person, on the way they chose, never dropped; and what people are told of their schedules."""

from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import date, datetime, time, timedelta
from uuid import UUID

import pytest

from tests.domain.paging_world import KEYS, World, run, unfolded, value
from tests.support import Company
from tocsin.duty import work
from tocsin.duty.tell import tell
from tocsin.duty.words import on_call_name, time_range
from tocsin.kernel.db import ENGINE, Database, Row
from tocsin.kernel.work import BatchPump, JobPump, Pumps
from tocsin.oncall import cover, swaps
from tocsin.oncall import work as oncall_work
from tocsin.oncall.commands import create_schedule
from tocsin.oncall.compute import record
from tocsin.oncall.drafts import RotationDraft, ScheduleDraft
from tocsin.oncall.kinds import ShiftsMoved
from tocsin.oncall.links import swap_of_token
from tocsin.oncall.model import RotationKind, SwapState
from tocsin.oncall.swap_queries import swap_by_id
from tocsin.oncall.swaps import SwapDraft

Later = Callable[..., Awaitable[None]]
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
Range = tuple[datetime, datetime]


@pytest.fixture
async def db(dsn: str) -> AsyncIterator[Database]:
    """The record is followed, as in the app; alerts are made with SQL."""
    async with unfolded(dsn) as database:
        database.follows = lambda kind: work.FOLLOWS.get(kind, ())
        yield database


@pytest.fixture
async def schedule(db: Database, company: Company) -> UUID:
    """Ana and Ben take a day each, for years already."""
    return await made(db, company, company.ana, company.ben)


async def made(db: Database, company: Company, *people: UUID, name: str = "Search") -> UUID:
    """A schedule whose people know of it already."""
    layer = RotationDraft(people, time(8), date(2025, 1, 6), RotationKind.DAILY)
    async with db.unit(company.admin(), "web") as u:
        schedule = await create_schedule(u, ScheduleDraft(name, "UTC", (layer,), team_id=company.team))
    await follow(db)
    await forget(db)
    return schedule


async def follow(db: Database) -> None:
    """Whatever follows the record, now."""
    batches = [BatchPump(db, kind, handle) for kind, handle in work.batches(KEYS).items()]
    await Pumps(db, batches).settle()


async def notices(db: Database, person: UUID | None = None) -> list[Row]:
    return await run(
        db,
        "select user_id, transport, address, state, error, message ->> 'subject' as subject, message ->> 'text' as text,"
        " message ->> 'url' as url from deliveries where purpose = 'notice' and ($1::uuid is null or user_id = $1)"
        " order by queued_at, user_id",
        person,
    )


async def said(db: Database) -> list[tuple[UUID, str]]:
    return [(n["user_id"], n["subject"]) for n in await notices(db)]


async def forget(db: Database) -> None:
    await run(db, "delete from deliveries")


async def turn(db: Database, schedule: UUID, person: UUID, number: int = 0) -> Range:
    """One of somebody's turns that are still to come."""
    text = (
        "select starts_at, ends_at from shifts where schedule_id = $1 and user_id = $2 and starts_at > clock()"
        " order by starts_at offset $3 limit 1"
    )
    (row,) = await run(db, text, schedule, person, number)
    return row["starts_at"], row["ends_at"]


async def say(db: Database, *people: UUID, key: str | None = None, urgent: bool = False) -> None:
    async with db.unit(ENGINE, "engine") as u:
        await tell(u, people, "Look at this", "It changed.", "/on-call", key, urgent=urgent)


# -- notices


async def test_one_message_each(db: Database, company: Company, world: World) -> None:
    await world.add_webhook(company.ana, 0, "low")
    await say(db, company.ana, company.ben, company.ana)
    found = await notices(db)
    assert sorted(n["user_id"] for n in found) == sorted([company.ana, company.ben])


async def test_urgency_chooses_the_way(db: Database, company: Company, world: World) -> None:
    await run(
        db, "update notification_rules set delay_s = 60 where user_id = $1 and urgency = 'high'", company.ana
    )
    await world.add_webhook(company.ana, 0, "high")
    await say(db, company.ana)
    await say(db, company.ana, urgent=True)
    assert [n["transport"] for n in await notices(db)] == ["email", "webhook"]


async def test_with_a_key_it_is_said_once(db: Database, company: Company) -> None:
    await say(db, company.ana, key="this")
    await say(db, company.ana, key="this")
    await say(db, company.ana, key="that")
    assert len(await notices(db)) == 2


async def test_whoever_has_no_way_has_a_failed_message(db: Database, company: Company) -> None:
    await run(db, "delete from contact_methods where user_id = $1", company.ben)
    await say(db, company.ana, company.ben)
    found = {n["user_id"]: n for n in await notices(db)}
    assert found[company.ana]["state"] == "queued"
    assert found[company.ben]["state"] == "failed"
    assert "no contact method" in found[company.ben]["error"]


async def test_whoever_left_is_told_nothing(db: Database, company: Company) -> None:
    await run(db, "update users set disabled_at = clock() where id = $1", company.ben)
    await say(db, company.ben)
    assert await notices(db) == []


async def test_it_arrives_with_its_own_subject_and_a_whole_link(
    db: Database, company: Company, world: World
) -> None:
    await say(db, company.ana)
    await world.settle()
    ((message, to),) = world.email.got
    assert (to.address, message.subject) == ("ana@example.org", "Look at this")
    assert message.url == "https://tocsin.example/on-call"
    assert "It changed." in message.text
    assert "https://tocsin.example/on-call" in message.text
    assert message.html.count('href="https://tocsin.example/on-call"') == 1
    assert (message.ack_url, message.alert) == ("", None)
    assert message.short == "Look at this"


def test_a_schedule_is_named_once() -> None:
    assert on_call_name("Payments") == "Payments on-call"
    assert on_call_name("Payments on-call") == "Payments on-call"
    assert on_call_name("On call EU") == "On call EU"


# -- shifts that moved


async def test_whose_shifts_moved_hears_it_on_their_clock(
    db: Database, company: Company, schedule: UUID
) -> None:
    starts, ends = await turn(db, schedule, company.ana)
    async with db.unit(company.as_ben(), "web") as u:
        await cover.take_shift(u, schedule, company.ana, starts, ends)
    await follow(db)
    (notice,) = await notices(db)
    assert (notice["user_id"], notice["subject"]) == (company.ana, "Search on-call: your shifts changed")
    assert notice["url"] == f"/on-call/{schedule}"
    following = await turn(db, schedule, company.ana)
    gone, _, next_ones = notice["text"].partition("Your next shifts:")
    assert f"Not yours any more:\n- {time_range(starts, ends, 'Europe/Berlin')}" in gone
    assert "New for you" not in gone
    assert time_range(*following, "Europe/Berlin") in next_ones
    assert next_ones.count("\n- ") == 3
    assert "Europe/Berlin" in notice["text"]


async def test_several_changes_at_once_are_one_message(
    db: Database, company: Company, schedule: UUID
) -> None:
    for number in (1, 0):
        starts, ends = await turn(db, schedule, company.ana, number)
        async with db.unit(company.as_ben(), "web") as u:
            await cover.take_shift(u, schedule, company.ana, starts, ends)
    await follow(db)
    assert [user for user, _ in await said(db)] == [company.ana]


async def test_the_last_shift_is_gone(db: Database, company: Company) -> None:
    alone = await made(db, company, company.ana, name="Alone")
    await run(db, "delete from shifts where schedule_id = $1", alone)
    async with db.unit(ENGINE, "engine") as u:
        await record(u, alone, ShiftsMoved((company.ana,), "turns were computed anew"))
    await follow(db)
    (notice,) = await notices(db)
    assert notice["text"].startswith("Turns were computed anew.")
    assert "no shift in this schedule any more" in notice["text"]


# -- requests


async def asked(
    db: Database, company: Company, schedule: UUID, to: UUID | None, note: str = "", number: int = 1
) -> UUID:
    """About Ana's next turn but one: that is far enough away at every time of day."""
    starts, ends = await turn(db, schedule, company.ana, number)
    async with db.unit(company.as_ana(), "web") as u:
        return await swaps.ask(u, schedule, SwapDraft(starts, ends, to_user_id=to, note=note))


async def test_who_is_asked_has_a_link_that_answers(db: Database, company: Company, schedule: UUID) -> None:
    swap = await asked(db, company, schedule, company.ben, "My flight is late")
    await follow(db)
    (notice,) = await notices(db)
    assert (notice["user_id"], notice["subject"]) == (company.ben, "Can you take Ana Silva's shift?")
    assert "My flight is late" in notice["text"]
    assert time_range(*await turn(db, schedule, company.ana, 1), "Australia/Sydney") in notice["text"]
    # What one accepts: how long, how many of one's own nights, what else is on then, and what comes in return.
    assert "7 days, 7 of your nights." in notice["text"] or "1 day, one of your nights." in notice["text"]
    assert "Nothing is offered in return." in notice["text"]
    token = notice["url"].removeprefix("/swap/")
    assert swap_of_token(KEYS, token, await db.clock()) == (swap, company.ben)


async def test_everybody_who_did_not_decline_is_reminded(
    db: Database, company: Company, schedule: UUID, later: Later
) -> None:
    await run(
        db, "update users set work_starts = '00:00', work_ends = '23:59', work_days = '{1,2,3,4,5,6,7}'"
    )
    three = await made(db, company, company.ana, company.ben, company.ada, name="Three")
    swap = await asked(db, company, three, None)
    await follow(db)
    assert {user for user, _ in await said(db)} == {company.ben, company.ada}
    async with db.unit(company.as_ben(), "web") as u:
        await swaps.decline(u, swap)
    await follow(db)
    await forget(db)
    await later(hours=3)
    await JobPump(db, oncall_work.JOBS).turn()
    await follow(db)
    assert await said(db) == [(company.ada, "Still open: can you take Ana Silva's shift?")]


async def test_what_is_answered_is_not_asked_about(db: Database, company: Company, schedule: UUID) -> None:
    swap = await asked(db, company, schedule, company.ben)
    async with db.unit(company.as_ana(), "web") as u:
        await swaps.withdraw(u, swap)
    await follow(db)
    assert await notices(db) == []


async def test_a_yes_is_told_to_both(db: Database, company: Company, schedule: UUID) -> None:
    swap = await asked(db, company, schedule, company.ben)
    await follow(db)
    await forget(db)
    async with db.unit(company.as_ben(), "web") as u:
        await swaps.accept(u, swap)
    await follow(db)
    assert sorted(subject for _, subject in await said(db)) == [
        "Ben Okafor takes your shift", "You take Ana Silva's shift",
    ]  # fmt: skip
    assert {user for user, _ in await said(db)} == {company.ana, company.ben}


async def test_a_no_is_told_to_whoever_asked(db: Database, company: Company, schedule: UUID) -> None:
    swap = await asked(db, company, schedule, company.ben)
    await follow(db)
    await forget(db)
    async with db.unit(company.as_ben(), "web") as u:
        await swaps.decline(u, swap)
    await follow(db)
    (notice,) = await notices(db)
    assert (notice["user_id"], notice["subject"]) == (company.ana, "Ben Okafor cannot take your shift")
    assert "You stay on call" in notice["text"]


async def test_silence_is_told_to_whoever_asked(
    db: Database, company: Company, schedule: UUID, later: Later
) -> None:
    swap = await asked(db, company, schedule, company.ben)
    starts, _ = await turn(db, schedule, company.ana, 1)
    await later(seconds=(starts - await db.clock()).total_seconds() + 1)
    await run(db, "delete from work where kind = 'oncall.swap_remind'")
    await JobPump(db, oncall_work.JOBS).turn()
    found = await swap_by_id(db, swap)
    assert found
    assert found.state is SwapState.LAPSED
    await follow(db)
    assert (company.ana, "Nobody answered in time about your shift") in await said(db)


async def test_a_request_for_tonight_is_urgent(
    db: Database, company: Company, schedule: UUID, later: Later, world: World
) -> None:
    starts, _ = await turn(db, schedule, company.ana)
    await later(seconds=(starts - await db.clock() - HOUR).total_seconds())
    await run(
        db, "update notification_rules set delay_s = 60 where user_id = $1 and urgency = 'high'", company.ben
    )
    await world.add_webhook(company.ben, 0, "high")
    await asked(db, company, schedule, company.ben, number=0)
    await follow(db)
    assert [n["transport"] for n in await notices(db)] == ["webhook"]
    assert await value(db, "select count(*) from work where error is not null") == 0
