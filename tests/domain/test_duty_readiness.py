"""Readiness in the database: who is told a week, a day and an hour before; the weekly test and its receipt."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID

import pytest

from tests.domain.paging_world import KEYS, run, value
from tests.support import Company
from tocsin.duty import readiness_work
from tocsin.duty.readiness import readiness_of, readiness_of_schedule, unready
from tocsin.kernel.crypto import CryptoError
from tocsin.kernel.db import Actor, Database
from tocsin.kernel.errors import NotFound
from tocsin.kernel.ids import new_id
from tocsin.kernel.work import JobPump, Pumps
from tocsin.oncall import commands
from tocsin.oncall.drafts import RotationDraft, ScheduleDraft
from tocsin.oncall.model import RotationKind

Later = Callable[..., Awaitable[None]]
DAY = timedelta(days=1)


def pumps(db: Database) -> Pumps:
    return Pumps(db, [JobPump(db, readiness_work.jobs(KEYS))])


async def second_way(db: Database, user: UUID, *, verified: bool = True) -> UUID:
    method = new_id()
    await run(
        db,
        "insert into contact_methods (id, user_id, transport, address, position, verified_at)"
        " values ($1, $2, 'webhook', 'https://hook.example/' || $1::uuid, 5, case when $3 then clock() end)",
        method, user, verified,
    )  # fmt: skip
    return method


async def always_on_call(db: Database, company: Company, user: UUID, start: date) -> UUID:
    """From a day on, by months: one shift begins, and the next one much later."""
    rotation = RotationDraft((user,), time(0), start, RotationKind.MONTHLY)
    async with db.unit(company.admin(), "web") as u:
        return await commands.create_schedule(u, ScheduleDraft("Search", "UTC", (rotation,), company.team))


async def notices(db: Database) -> list[tuple[str, str]]:
    rows = await run(
        db,
        "select split_part(u.name, ' ', 1) as who, d.message ->> 'subject' as subject from deliveries d"
        " join users u on u.id = d.user_id where d.purpose = 'notice' and d.message ->> 'subject' like '%ready%'"
        " order by d.queued_at, who",
    )
    return [(row["who"], row["subject"]) for row in rows]


async def test_one_way_is_not_enough(db: Database, company: Company) -> None:
    found = await readiness_of(db, [company.ana, company.ben])
    assert [r.problems for r in found.values()] == [
        ("There is no second contact method that is verified.",)
    ] * 2
    await second_way(db, company.ana)
    await second_way(db, company.ben, verified=False)
    found = await readiness_of(db, [company.ana, company.ben])
    assert (found[company.ana].ready, found[company.ben].ready) == (True, False)
    assert [r.name for r in await unready(db)] == []
    assert [(r.name, r.ready) for r in await readiness_of_schedule(db, company.schedule)] == [
        ("Ana Silva", True)
    ]


async def test_told_a_week_a_day_and_an_hour_before_once_each(
    db: Database, company: Company, later: Later
) -> None:
    start = datetime.combine((await db.clock()).date() + 10 * DAY, time(), UTC)
    await always_on_call(db, company, company.vic, start.date())
    await readiness_work.begin(db)
    await pumps(db).settle()
    assert await notices(db) == [], "it is further away than a week"
    for before in (6 * DAY, timedelta(hours=23), timedelta(minutes=50)):
        await later(seconds=(start - before - await db.clock()).total_seconds())
        await readiness_work.begin(db)
        await pumps(db).settle()
        await later(minutes=11)
        await pumps(db).settle()
    told = await notices(db)
    assert [who for who, _ in told if who == "Vic"] == ["Vic"] * 3
    assert sorted(who for who, _ in told if who != "Vic") == ["Ana", "Ana", "Ana", "Ben", "Ben", "Ben"]
    assert ("Ben", "Vic Viewer is not ready for Search") in told


async def test_who_is_ready_hears_nothing(db: Database, company: Company) -> None:
    await second_way(db, company.vic)
    await always_on_call(db, company, company.vic, (await db.clock()).date() + 2 * DAY)
    await readiness_work.begin(db)
    await pumps(db).settle()
    assert await notices(db) == []


async def holds(db: Database, schedule: UUID, user: UUID, *starts: float, hours: float = 1) -> None:
    """Shifts of so many hours, each in so many hours from now."""
    for start in starts:
        await run(
            db,
            "insert into shifts (schedule_id, user_id, starts_at, ends_at) values ($1, $2,"
            " date_trunc('hour', clock()) + make_interval(secs => $3 * 3600),"
            " date_trunc('hour', clock()) + make_interval(secs => ($3 + $4) * 3600))",
            schedule, user, float(start), float(hours),
        )  # fmt: skip


async def test_each_schedule_is_warned_about_and_a_shift_that_goes_on_is_no_start(
    db: Database, company: Company
) -> None:
    """Vic has turns here every other hour, and one elsewhere in twenty hours; the third schedule goes on for him."""
    often, rare, goes_on = new_id(), new_id(), new_id()
    for schedule, name in ((often, "Often"), (rare, "Rare"), (goes_on, "Goes on")):
        await run(
            db, "insert into schedules (id, name, team_id, time_zone) values ($1, $2, $3, 'UTC')",
            schedule, name, company.team,
        )  # fmt: skip
    await holds(db, often, company.vic, *range(2, 40, 2))
    await holds(db, rare, company.vic, 20)
    await holds(db, goes_on, company.vic, -1, 7, 15, hours=8)
    await readiness_work.begin(db)
    await pumps(db).settle()
    told = [subject for who, subject in await notices(db) if who == "Ana"]
    assert sorted(told) == ["Vic Viewer is not ready for Often", "Vic Viewer is not ready for Rare"]


async def test_a_zone_that_vanished_holds_nobody_else_up(db: Database, company: Company) -> None:
    await run(db, "update users set time_zone = 'Mars/Phobos' where id = $1", company.ben)
    for schedule, person in ((company.schedule, company.ben), (new_id(), company.vic)):
        await run(
            db, "insert into schedules (id, name, team_id, time_zone) values ($1, 'Search', $2, 'UTC')"
            " on conflict (id) do nothing", schedule, company.team,
        )  # fmt: skip
        await run(db, "delete from shifts where schedule_id = $1", schedule)
        await holds(db, schedule, person, 20)
    await readiness_work.begin(db)
    await pumps(db).settle()
    assert {"Ben", "Vic"} <= {who for who, subject in await notices(db) if subject.startswith("Not ready")}


async def at_work(db: Database, user: UUID) -> None:
    """Whenever the test runs, they work."""
    await run(
        db, "update users set work_starts = '00:00', work_ends = '23:59', work_days = '{1,2,3,4,5,6,7}',"
        " time_zone = 'UTC' where id = $1", user,
    )  # fmt: skip


async def how_many(db: Database, user: UUID) -> int:
    return int(
        await value(
            db,
            "select count(*) from method_tests t join contact_methods m on m.id = t.contact_method_id"
            " where m.user_id = $1",
            user,
        )
    )


async def test_each_verified_method_is_tested_weekly(db: Database, company: Company, later: Later) -> None:
    await second_way(db, company.ana)
    await second_way(db, company.ana, verified=False)
    await at_work(db, company.ana)
    await readiness_work.test_methods(db, KEYS)
    await readiness_work.test_methods(db, KEYS)
    assert await how_many(db, company.ana) == 2
    assert await how_many(db, company.ben) == 0, "no shift within two weeks"
    (message,) = await run(
        db, "select message from deliveries where purpose = 'test' and transport = 'webhook'"
    )
    assert "nothing is wrong" in message["message"]["subject"]
    await later(days=5)
    await run(db, "insert into shifts (schedule_id, user_id, starts_at, ends_at, track)"
              " values ($1, $2, clock(), clock() + interval '9 days', 7)", company.schedule, company.ana)  # fmt: skip
    await readiness_work.test_methods(db, KEYS)
    assert await how_many(db, company.ana) == 2
    await later(days=2)
    await readiness_work.test_methods(db, KEYS)
    assert await how_many(db, company.ana) == 4


async def test_nobody_is_tested_in_their_night(db: Database, company: Company) -> None:
    hour = (await db.clock()).hour
    starts, ends = time((hour + 2) % 24), time((hour + 3) % 24)
    await run(
        db, "update users set time_zone = 'UTC', work_starts = $2, work_ends = $3 where id = $1",
        company.ana, starts, ends,
    )  # fmt: skip
    await readiness_work.test_methods(db, KEYS)
    assert await how_many(db, company.ana) == 0


async def test_the_receipt_comes_back_by_its_link_alone(db: Database, company: Company, later: Later) -> None:
    await at_work(db, company.ana)
    await readiness_work.test_methods(db, KEYS)
    url = await value(db, "select message ->> 'url' from deliveries where purpose = 'test'")
    token = url.rpartition("/")[2]
    test_id = readiness_work.test_of_token(KEYS, token, await db.clock())
    nobody = Actor(None, "a link", "public")
    async with db.unit(nobody, "link") as u:
        await readiness_work.confirm_test(u, test_id)
    first = (await readiness_of(db, [company.ana]))[company.ana].methods[0]
    assert first.receipt_at is not None
    assert first.unproven_since is None
    with pytest.raises(NotFound):
        async with db.unit(nobody, "link") as u:
            await readiness_work.confirm_test(u, new_id())
    with pytest.raises(CryptoError):
        readiness_work.test_of_token(KEYS, token[:-3] + "aaa", await db.clock())
    await later(days=15)
    with pytest.raises(CryptoError):
        readiness_work.test_of_token(KEYS, token, await db.clock())


async def test_two_processes_test_once(db: Database, company: Company) -> None:
    await at_work(db, company.ana)
    await asyncio.gather(*(readiness_work.test_methods(db, KEYS) for _ in range(4)))
    assert await how_many(db, company.ana) == 1
