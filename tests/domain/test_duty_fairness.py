"""Load per person and quarter, from what is stored: shifts, pages, where people live."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from tests.domain.paging_world import run, unfolded
from tests.support import Company
from tocsin.duty.burdens import burdens
from tocsin.duty.fairness import Load, Quarter, parse_quarter
from tocsin.kernel.db import Database
from tocsin.kernel.ids import new_id

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
Q3 = Quarter(2025, 3)
MONDAY = datetime(2025, 7, 7, 7, tzinfo=UTC)  # 09:00 in Berlin.


@pytest.fixture
async def db(dsn: str) -> AsyncIterator[Database]:
    """Shifts and alerts are made with SQL here."""
    async with unfolded(dsn) as database:
        yield database


async def shift(db: Database, schedule: UUID, person: UUID, start: datetime, end: datetime) -> None:
    text = "insert into shifts (schedule_id, user_id, starts_at, ends_at) values ($1, $2, $3, $4)"
    await run(db, text, schedule, person, start, end)


async def paged(db: Database, company: Company, person: UUID, *moments: datetime) -> None:
    alert = new_id()
    await run(
        db, "insert into alerts (id, scope, alias, message, priority, urgency, started_at)"
        " values ($1, $2, 'slow', 'Slow', 1, 'high', clock())", alert, company.scope,
    )  # fmt: skip
    text = "insert into pages (alert_id, user_id, urgency, created_at) values ($1, $2, 'high', $3)"
    for moment in moments:
        await run(db, text, alert, person, moment)


async def another(db: Database, name: str = "Search") -> UUID:
    schedule = new_id()
    await run(db, "insert into schedules (id, name, time_zone) values ($1, $2, 'UTC')", schedule, name)
    return schedule


async def test_a_week_of_the_past(db: Database, company: Company) -> None:
    await run(db, "update users set country = 'DE', subdivision = 'BE' where id = $1", company.ana)
    await shift(db, company.schedule, company.ana, MONDAY, MONDAY + 7 * DAY)
    await paged(db, company, company.ana, MONDAY + 14 * HOUR, MONDAY + 14.5 * HOUR, MONDAY + 3 * HOUR)
    (ana,) = await burdens(db, Q3)
    assert (ana.user_id, ana.time_zone, ana.planned) == (company.ana, "Europe/Berlin", Load())
    assert ana.done == ana.whole == Load(168, 7, 48, 0, 3, 2, 1)


async def test_two_schedules_at_once_count_once_and_each_can_be_asked_for(
    db: Database, company: Company
) -> None:
    search = await another(db)
    await shift(db, company.schedule, company.ana, MONDAY, MONDAY + DAY)
    await shift(db, search, company.ana, MONDAY + DAY / 2, MONDAY + 2 * DAY)
    await shift(db, search, company.ben, MONDAY + 2 * DAY, MONDAY + 2 * DAY + 3 * HOUR)
    await paged(db, company, company.ana, MONDAY + HOUR, MONDAY + 30 * HOUR)
    ana, ben = await burdens(db, Q3)
    assert (ana.done.hours, ben.done.hours, ana.done.pages) == (48, 3, 2)
    (only,) = await burdens(db, Q3, company.schedule)
    assert (only.done.hours, only.done.pages) == (24, 1)


async def test_what_is_to_come_is_planned(db: Database, company: Company) -> None:
    now = await db.clock()
    found = {b.user_id: b for b in await burdens(db, parse_quarter(f"{now.year}Q{(now.month + 2) // 3}"))}
    ana = found[company.ana]
    assert ana.done.hours > 0 or now.day == 1
    assert ana.planned.hours > 0 or now.month % 3 == 0
    assert ana.whole.hours == pytest.approx(ana.done.hours + ana.planned.hours)


async def test_the_quarter_begins_on_the_persons_clock(db: Database, company: Company) -> None:
    edge = datetime(2025, 7, 1, tzinfo=UTC)
    await shift(db, company.schedule, company.ben, edge - DAY, edge)
    (ben,) = await burdens(db, Q3)
    assert ben.done.hours == 10, "July begins ten hours earlier in Sydney"


async def test_paged_without_being_on_call(db: Database, company: Company) -> None:
    await paged(db, company, company.ben, MONDAY)
    (ben,) = await burdens(db, Q3)
    assert ben.done == Load(pages=1)


async def test_an_empty_quarter(db: Database, company: Company) -> None:
    assert await burdens(db, Quarter(2001, 1)) == []
