"""Where people live and when they work; and that whoever reckons with people looks again when it changes."""

from dataclasses import replace
from datetime import time

import pytest

from tests.domain.people_world import value
from tests.support import Company
from tocsin.kernel.db import Database
from tocsin.kernel.errors import Invalid
from tocsin.people import commands, queries
from tocsin.people.model import Working

BERLIN = Working("DE", "BE", time(22), time(6), (1, 3))


async def due(db: Database) -> bool:
    """Whether schedules are to be computed anew; asked once."""
    return bool(
        await value(
            db,
            "with gone as (delete from work where kind = 'people.changed' returning 1) select count(*) from gone",
        )
    )


async def change(
    db: Database, company: Company, zone: str = "Europe/Berlin", working: Working | None = None
) -> None:
    async with db.unit(company.as_ana(), "web") as u:
        await commands.change_profile(u, "Ana Silva", zone, "en", working)


async def test_what_is_usual_until_somebody_says_otherwise(db: Database, company: Company) -> None:
    assert await queries.working_of(db, company.ana) == Working()
    await change(db, company, working=BERLIN)
    assert await queries.working_of(db, company.ana) == BERLIN
    await change(db, company)
    assert await queries.working_of(db, company.ana) == BERLIN, "not said is not changed"


async def test_other_holidays_or_another_clock_compute_turns_anew(db: Database, company: Company) -> None:
    await change(db, company)
    assert not await due(db)
    for working, looked in (
        (BERLIN, True),
        (replace(BERLIN, work_starts=time(8), work_days=(5,)), False),
        (replace(BERLIN, subdivision="BY"), True),
        (Working(), True),
    ):
        await change(db, company, working=working)
        assert await due(db) is looked, working
    await change(db, company, "Asia/Tokyo")
    assert await due(db)


async def test_teams_take_turns_so_their_members_count(db: Database, company: Company) -> None:
    async with db.unit(company.admin(), "web") as u:
        await commands.add_member(u, company.team, company.vic)
    assert await due(db)
    async with db.unit(company.admin(), "web") as u:
        await commands.remove_member(u, company.team, company.vic)
    assert await due(db)
    async with db.unit(company.admin(), "web") as u:
        await commands.remove_team(u, company.team)
    assert await due(db)


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        (Working("Germany"), "country"),
        (Working("de"), "country"),
        (Working(None, "BE"), "subdivision"),
        (Working("DE", "x" * 11), "subdivision"),
        (Working(work_starts=time(9), work_ends=time(9)), "work_ends"),
        (Working(work_days=()), "work_days"),
        (Working(work_days=(0,)), "work_days"),
        (Working(work_days=(8,)), "work_days"),
    ],
)
async def test_what_is_wrong_is_named(db: Database, company: Company, wrong: Working, field: str) -> None:
    with pytest.raises(Invalid) as error:
        await change(db, company, working=wrong)
    assert error.value.field == field
    assert await queries.working_of(db, company.ana) == Working()
