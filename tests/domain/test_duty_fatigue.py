"""Who is tired is proposed relief once per night, and one tap asks somebody who is awake."""

from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID

import pytest

from tests.domain.paging_world import KEYS, run, unfolded, value
from tests.support import Company
from tocsin.duty import fatigue
from tocsin.duty.fatigue import fatigue_now, relief_token, tired_of_token
from tocsin.duty.relief import ask_relief, ask_relief_by_link
from tocsin.kernel.crypto import CryptoError
from tocsin.kernel.db import Actor, Database
from tocsin.kernel.errors import Conflict, Forbidden
from tocsin.kernel.ids import new_id
from tocsin.kernel.work import JobPump
from tocsin.oncall import swaps
from tocsin.oncall.clocks import local
from tocsin.oncall.commands import create_schedule
from tocsin.oncall.drafts import RotationDraft, ScheduleDraft
from tocsin.oncall.model import RotationKind
from tocsin.oncall.swap_queries import swaps as open_swaps

Later = Callable[..., Awaitable[None]]
PUBLIC = Actor(None, "somebody", "public", "none")


@pytest.fixture
async def db(dsn: str) -> AsyncIterator[Database]:
    """Alerts are made with SQL here."""
    async with unfolded(dsn) as database:
        yield database


@pytest.fixture
async def night(db: Database, company: Company, later: Later) -> UUID:
    """A night from Tuesday to Wednesday, 00:30 in Berlin, where Ana is on call; in Sydney it is day, and Ben at work.
    Answers the schedule."""
    now = await db.clock()
    monday = now.date() - timedelta(days=now.weekday())
    layer = RotationDraft(
        (company.ana, company.ben), time(8), monday + timedelta(weeks=1), RotationKind.WEEKLY, name="Weekly"
    )
    async with db.unit(company.admin(), "web") as u:
        schedule = await create_schedule(u, ScheduleDraft("Search", "UTC", (layer,), team_id=company.team))
    await run(db, "delete from shifts where schedule_id = $1", company.schedule)
    there = datetime.combine(monday + timedelta(days=8), time(22, 30), UTC)
    wanted = there + timedelta(hours=0 if local(there, "Europe/Berlin").hour == 0 else 1)
    await later(seconds=(wanted - now).total_seconds())
    return schedule


async def paged(db: Database, company: Company, person: UUID, *minutes_ago: int) -> None:
    alert = new_id()
    await run(
        db,
        "insert into alerts (id, scope, alias, message, priority, urgency, started_at)"
        " values ($1, $2, $1::uuid::text, 'Slow', 1, 'high', clock())",
        alert,
        company.scope,
    )
    text = (
        "insert into pages (alert_id, user_id, urgency, created_at)"
        " values ($1, $2, 'high', clock() - make_interval(mins => $3))"
    )
    for minutes in minutes_ago:
        await run(db, text, alert, person, minutes)


async def look(db: Database) -> None:
    """The timer's job, now."""
    await fatigue.begin(db)
    await run(db, "update work set due_at = clock() where kind = $1", fatigue.KIND)
    await JobPump(db, fatigue.jobs(KEYS)).turn()


async def notices(db: Database) -> list[tuple[UUID, str, str]]:
    rows = await run(
        db, "select user_id, message from deliveries where purpose = 'notice' order by queued_at"
    )
    return [(r["user_id"], r["message"]["subject"], r["message"]["url"]) for r in rows]


async def test_nobody_is_tired_at_first(db: Database, company: Company, night: UUID) -> None:
    assert await fatigue_now(db) == []
    await paged(db, company, company.ana, 10, 20)
    assert await fatigue_now(db) == []
    await look(db)
    assert await notices(db) == []


async def test_three_pages_tonight(db: Database, company: Company, night: UUID) -> None:
    await paged(db, company, company.ana, 10, 20, 100)
    (tired,) = await fatigue_now(db)
    assert (tired.user_id, tired.schedule_id, tired.why) == (company.ana, night, "3 pages tonight")
    assert (tired.relief_id, tired.relief_zone) == (company.ben, "Australia/Sydney")
    assert tired.starts_at
    assert tired.ends_at
    assert local(tired.ends_at, "Europe/Berlin").time() == time(9)
    assert timedelta(minutes=30) <= tired.starts_at - await db.clock() <= timedelta(minutes=35)


async def test_pages_of_the_evening_do_not_count(db: Database, company: Company, night: UUID) -> None:
    await paged(db, company, company.ana, 10, 20, 200)
    assert await fatigue_now(db) == []


async def test_it_is_proposed_once_per_night(
    db: Database, company: Company, night: UUID, later: Later
) -> None:
    await paged(db, company, company.ana, 10, 20, 30)
    await look(db)
    await look(db)
    ((person, subject, url),) = await notices(db)
    assert (person, subject) == (company.ana, "Hand over and sleep?")
    assert tired_of_token(KEYS, url.removeprefix("/relief/"), await db.clock()) == (night, company.ana)
    await later(days=1)
    await paged(db, company, company.ana, 10, 20, 30)
    await look(db)
    assert len(await notices(db)) == 2


async def test_one_tap_asks_and_a_yes_moves_the_pager(
    db: Database, company: Company, night: UUID, later: Later
) -> None:
    await paged(db, company, company.ana, 10, 20, 30)
    async with db.unit(PUBLIC, "link", "tap") as u:
        answer = await ask_relief_by_link(u, night, company.ana)
    async with db.unit(PUBLIC, "link", "tap") as u:
        assert await ask_relief_by_link(u, night, company.ana) == answer, "a double tap asks once"
    assert answer["asked"] == "Ben Okafor"
    (swap,) = await open_swaps(db, night)
    assert (swap.from_user_id, swap.to_user_id) == (company.ana, company.ben)
    assert "3 pages tonight" in swap.note
    (tired,) = await fatigue_now(db)
    assert (tired.asked, tired.relief_id) == ("Ben Okafor", None)
    with pytest.raises(Conflict, match="asked already"):
        async with db.unit(company.as_ana(), "web") as u:
            await ask_relief(u, night)
    async with db.unit(company.as_ben(), "web") as u:
        await swaps.accept(u, swap.id)
    await later(minutes=40)
    assert await value(db, "select user_id from on_call_now where schedule_id = $1", night) == company.ben


async def test_whoever_said_no_is_not_asked_again(db: Database, company: Company, night: UUID) -> None:
    await paged(db, company, company.ana, 10, 20, 30)
    async with db.unit(company.as_ana(), "web") as u:
        swap = UUID((await ask_relief(u, night))["swap"])
    async with db.unit(company.as_ben(), "web") as u:
        await swaps.decline(u, swap)
    (tired,) = await fatigue_now(db)
    assert (tired.asked, tired.relief_id) == (None, None)
    with pytest.raises(Conflict, match="awake and free"):
        async with db.unit(company.as_ana(), "web") as u:
            await ask_relief(u, night)
    await look(db)
    assert await notices(db) == [], "nothing that one tap could do"


async def test_a_tired_person_relieves_nobody(db: Database, company: Company, night: UUID) -> None:
    await run(
        db, "update users set time_zone = 'Europe/Berlin', work_starts = '00:00' where id = $1", company.ben
    )
    await paged(db, company, company.ana, 10, 20, 30)
    (tired,) = await fatigue_now(db)
    assert tired.relief_id == company.ben, "at work, in the middle of the night"
    await paged(db, company, company.ben, 10, 20, 30)
    (tired,) = await fatigue_now(db)
    assert tired.relief_id is None


async def test_hours_without_a_break_are_told_by_day(
    db: Database, company: Company, night: UUID, later: Later
) -> None:
    await run(db, "update schedules set fatigue_hours = 24, fatigue_pages = 0 where id = $1", night)
    (tired,) = await fatigue_now(db)
    assert tired.why in {f"{n} hours on call without a break of 8 hours" for n in (37, 38, 39)}
    await look(db)
    assert await notices(db) == []
    await later(hours=9)
    await look(db)
    await look(db)
    assert [n[0] for n in await notices(db)] == [company.ana]


async def test_the_reason_has_passed(db: Database, company: Company, night: UUID, later: Later) -> None:
    await paged(db, company, company.ana, 10, 20, 30)
    token = relief_token(KEYS, night, company.ana, await db.clock())
    await later(hours=8)
    assert tired_of_token(KEYS, token, await db.clock()) == (night, company.ana)
    with pytest.raises(Conflict, match="passed"):
        async with db.unit(PUBLIC, "link") as u:
            await ask_relief_by_link(u, night, company.ana)
    await later(hours=5)
    with pytest.raises(CryptoError):
        tired_of_token(KEYS, token, await db.clock())


async def test_only_managers_ask_for_somebody_else(db: Database, company: Company, night: UUID) -> None:
    await paged(db, company, company.ana, 10, 20, 30)
    with pytest.raises(Forbidden):
        async with db.unit(company.as_ben(), "web") as u:
            await ask_relief(u, night, user_id=company.ana)
    async with db.unit(company.admin(), "web") as u:
        assert (await ask_relief(u, night, user_id=company.ana))["asked"] == "Ben Okafor"


async def test_the_dates_of_this_test_hold(db: Database, company: Company, night: UUID) -> None:
    here = local(await db.clock(), "Europe/Berlin")
    assert (here.hour, here.isoweekday(), isinstance(here.date(), date)) == (0, 3, True)
    assert await value(db, "select user_id from on_call_now where schedule_id = $1", night) == company.ana
