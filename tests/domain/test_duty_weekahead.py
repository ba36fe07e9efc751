"""Once a day: what will hurt within a week is told to the owners, once, in one message."""

from collections.abc import Awaitable, Callable
from datetime import date, time, timedelta
from uuid import UUID

import pytest

from tests.domain.paging_world import run
from tests.support import Company
from tocsin.duty import weekahead
from tocsin.kernel.db import Database
from tocsin.kernel.errors import NotFound
from tocsin.kernel.ids import new_id
from tocsin.kernel.work import JobPump, Pumps
from tocsin.oncall.checkup import checkup, checkup_draft, preview_changes
from tocsin.oncall.commands import archive_schedule, change_schedule, create_schedule
from tocsin.oncall.cover import add_override
from tocsin.oncall.drafts import RotationDraft, ScheduleDraft
from tocsin.oncall.findings import FindingKind, Grade
from tocsin.oncall.model import Restriction, RotationKind, TeamTurns
from tocsin.oncall.queries import schedule_by_id
from tocsin.oncall.schedule_view import view
from tocsin.people.commands import disable

Later = Callable[..., Awaitable[None]]
DAY = timedelta(days=1)


def layer(*people: UUID | TeamTurns | None, **more: object) -> RotationDraft:
    fields: dict[str, object] = {
        "kind": RotationKind.DAILY,
        "handoff_time": time(12),
        "start_date": date(2025, 1, 6),
    }
    return RotationDraft(people, **(fields | more))  # type: ignore[arg-type]


async def made(
    db: Database, company: Company, *layers: RotationDraft, name: str = "Search", **more: object
) -> UUID:
    async with db.unit(company.admin(), "web") as u:
        return await create_schedule(u, ScheduleDraft(name, "UTC", layers, team_id=company.team, **more))  # type: ignore[arg-type]


async def changed(
    db: Database, company: Company, schedule: UUID, version: int, *layers: RotationDraft
) -> None:
    async with db.unit(company.admin(), "web") as u:
        await change_schedule(
            u, schedule, version, ScheduleDraft("Search", "UTC", layers, team_id=company.team)
        )


@pytest.fixture(autouse=True)
async def quiet(db: Database, company: Company) -> None:
    """The company's own schedule has no layers: it is in the way here."""
    await run(db, "update schedules set archived_at = clock() where id = $1", company.schedule)


async def look(db: Database) -> None:
    """A day's look."""
    await weekahead.begin(db)
    await run(db, "update work set due_at = clock() where kind = $1", weekahead.KIND)
    await Pumps(db, [JobPump(db, weekahead.JOBS)]).settle()


async def told(db: Database) -> list[tuple[UUID, str, str]]:
    rows = await run(
        db, "select user_id, message from deliveries where purpose = 'notice' order by queued_at, user_id"
    )
    return [(r["user_id"], r["message"]["subject"], r["message"]["text"]) for r in rows]


ALL_BUT_AN_HOUR = Restriction(time(0), time(23))


async def test_a_good_schedule_is_not_written_about(db: Database, company: Company) -> None:
    await made(db, company, layer(company.ana, company.ben))
    await look(db)
    assert await told(db) == []


async def test_owners_are_told_once(db: Database, company: Company, later: Later) -> None:
    await made(db, company, layer(company.ana, company.ben, restrictions=(ALL_BUT_AN_HOUR,)))
    await look(db)
    await later(days=1)
    await look(db)
    found = await told(db)
    assert {person for person, _, _ in found} == {company.ana, company.ben}
    assert len(found) == 2
    assert found[0][1] == "On-call: 1 thing to look at in Search"
    assert found[0][2].startswith("Search:\n- Nobody is on call every day 23:00-00:00 (UTC), 36")
    assert {text.rpartition("\n")[2] for _, _, text in found} == {
        "Times are yours, Europe/Berlin.", "Times are yours, Australia/Sydney.",
    }  # fmt: skip


async def test_one_message_for_all_schedules_of_an_owner(db: Database, company: Company) -> None:
    await run(db, "update team_members set role = 'admin' where user_id = $1", company.ben)
    await made(db, company, layer(company.ana, company.ben, restrictions=(ALL_BUT_AN_HOUR,)))
    await made(db, company, layer(company.vic, company.ada, restrictions=(ALL_BUT_AN_HOUR,)), name="Accounts")
    await look(db)
    ((person, subject, text),) = await told(db)
    assert (person, subject) == (company.ben, "On-call: 2 things to look at in 2 schedules")
    assert text.index("Accounts:") < text.index("Search:")


async def test_what_begins_later_waits_for_its_week(db: Database, company: Company, later: Later) -> None:
    now = await db.clock()
    await made(db, company, layer(company.ana, company.ben, ends_at=now + 20 * DAY))
    await look(db)
    assert await told(db) == []
    await later(days=11)
    await look(db)
    assert await told(db) == []
    await later(days=2)
    await look(db)
    assert len(await told(db)) == 2


async def test_what_was_mended_and_comes_back_is_told_again(db: Database, company: Company) -> None:
    open_layer = layer(company.ana, company.ben, restrictions=(ALL_BUT_AN_HOUR,))
    schedule = await made(db, company, open_layer)
    await look(db)
    await changed(db, company, schedule, 1, layer(company.ana, company.ben))
    await look(db)
    assert len(await told(db)) == 2
    await changed(db, company, schedule, 2, open_layer)
    await look(db)
    assert len(await told(db)) == 4


def open_on(*days: int) -> tuple[Restriction, ...]:
    """Every day but these, whole days."""
    return tuple(Restriction(time(0), time(0), (day,), day % 7 + 1) for day in range(1, 8) if day not in days)


async def test_a_new_hole_of_a_known_shape_is_told(db: Database, company: Company, later: Later) -> None:
    schedule = await made(db, company, layer(company.ana, company.ben, restrictions=open_on(6)))
    await look(db)
    assert len(await told(db)) == 2
    await changed(db, company, schedule, 1, layer(company.ana, company.ben, restrictions=open_on(3, 6)))
    await look(db)
    found = await told(db)
    assert len(found) == 4
    assert "every Wednesday and Saturday" in found[-1][2]
    await later(days=3)
    await look(db)
    assert len(await told(db)) == 4


async def held(db: Database, schedule: UUID, person: UUID, *days: float) -> None:
    """Six hours elsewhere, in so many days."""
    for day in days:
        await run(
            db,
            "insert into shifts (schedule_id, user_id, starts_at, ends_at) select $1, $2, at, at + interval '6 hours'"
            " from (select date_trunc('hour', clock()) + make_interval(hours => ($3 * 24)::integer) as at) t",
            schedule, person, float(day),
        )  # fmt: skip


async def other_schedule(db: Database, company: Company) -> UUID:
    other = new_id()
    await run(
        db, "insert into schedules (id, name, team_id, time_zone) values ($1, 'Accounts', $2, 'UTC')",
        other, company.team,
    )  # fmt: skip
    return other


async def doubles(db: Database) -> int:
    return sum("here and for Accounts at once" in text for _, _, text in await told(db))


async def test_each_double_is_told_and_what_comes_again_once(
    db: Database, company: Company, later: Later
) -> None:
    await run(db, "update team_members set role = 'admin' where user_id = $1", company.ben)
    other = await other_schedule(db, company)
    await held(db, other, company.ana, 3, 40)
    await made(db, company, layer(company.ana))
    await look(db)
    assert await doubles(db) == 1
    for _ in range(6):
        await later(days=6)
        await look(db)
    assert await doubles(db) == 2, "the one in forty days has its own message"
    await held(db, other, company.ana, 3, 10, 17, 24, 31)
    for _ in range(4):
        await look(db)
        await later(days=7)
    assert await doubles(db) == 3, "every week the same is one"


async def test_an_unequal_load_is_told_once_a_quarter(db: Database, company: Company, later: Later) -> None:
    await run(db, "update team_members set role = 'admin' where user_id = $1", company.ben)
    uneven = layer(company.ana, company.ben, company.ana, company.ana)
    pair = layer(
        company.vic, company.ana, company.vic, company.vic, restrictions=(Restriction(time(1), time(2)),)
    )
    await made(db, company, pair, uneven)
    for _ in range(8):
        await look(db)
        await later(days=7)
    texts = [text for _, _, text in await told(db)]
    assert sum("times a fair share" in text for text in texts) in (1, 2), (
        "twice when a quarter began meanwhile"
    )


async def test_a_clock_change_is_told_in_its_week(db: Database, company: Company, later: Later) -> None:
    """Hand-off on Berlin's clock; Ben lives in Sydney."""
    await run(db, "update team_members set role = 'admin' where user_id = $1", company.ana)
    schedule = await made(db, company, layer(company.ana, company.ben, time_zone="Europe/Berlin"))
    found = await checkup(db, schedule)
    change = min(f.starts_at for f in found if f.kind is FindingKind.CLOCK_CHANGE)
    before = change - await db.clock()
    await later(seconds=(before - 9 * DAY).total_seconds())
    await look(db)
    assert not any("hand-off is at" in text for _, _, text in await told(db))
    await later(days=2)
    await look(db)
    await look(db)
    texts = [text for _, _, text in await told(db) if "hand-off is at" in text]
    assert len(texts) == 1
    assert "Ben Okafor's hand-off is at" in texts[0]


async def test_a_zone_that_vanished_is_named_and_breaks_nothing(db: Database, company: Company) -> None:
    """Of a person who has holidays that others take over."""
    await run(db, "update users set time_zone = 'Mars/Phobos', country = 'DE' where id = $1", company.ana)
    mine = layer(company.ana, company.ben, skip_holidays=True)
    schedule = await made(db, company, mine)
    async with db.unit(company.admin(), "web") as u:
        now = await u.clock()
        await add_override(u, schedule, company.vic, now, now + DAY)
    found = {f.kind: f.sentence for f in await checkup(db, schedule)}
    assert found[FindingKind.ZONE] == (
        "The time zone of Ana Silva, Mars/Phobos, is not in the time zone data: their times are reckoned in UTC."
    )
    stored = await schedule_by_id(db, schedule)
    assert stored is not None
    assert (await view(db, stored, now, now + 400 * DAY / 2)).problem == ""
    await look(db)
    assert any("Mars/Phobos" in text for _, _, text in await told(db))


async def test_more_schedules_than_one_job_takes(db: Database, company: Company) -> None:
    for number in range(weekahead.AT_ONCE + 2):
        await run(
            db, "insert into schedules (id, name, team_id, time_zone) values ($1, $2, $3, 'UTC')",
            new_id(), f"Search {number}", company.team,
        )  # fmt: skip
    await look(db)
    assert [s for _, s, _ in await told(db)] == ["On-call: 52 things to look at in 52 schedules"] * 2


async def test_one_that_cannot_be_computed_stops_nobody_else(db: Database, company: Company) -> None:
    broken = await made(db, company, layer(company.ada), name="Broken")
    await made(db, company, layer(company.ana, company.ben, restrictions=(ALL_BUT_AN_HOUR,)))
    await run(db, "update schedules set time_zone = 'Mars/Phobos' where id = $1", broken)
    await look(db)
    assert [s for _, s, _ in await told(db)] == ["On-call: 1 thing to look at in Search"] * 2
    await run(db, "update schedules set time_zone = 'UTC' where id = $1", broken)


# -- the checkup itself, on stored data


async def test_checkup_of_what_is_stored(db: Database, company: Company) -> None:
    other = await made(db, company, layer(company.ana), name="Accounts")
    schedule = await made(db, company, layer(company.ana, company.ben))
    found = {f.kind: f for f in await checkup(db, schedule)}
    assert set(found) <= {FindingKind.DOUBLE, FindingKind.CLOCK_CHANGE}
    assert found[FindingKind.DOUBLE].user_id == company.ana
    assert "here and for Accounts at once" in found[FindingKind.DOUBLE].sentence
    async with db.unit(company.admin(), "web") as u:
        await archive_schedule(u, other)
    assert FindingKind.DOUBLE not in {f.kind for f in await checkup(db, schedule)}
    with pytest.raises(NotFound):
        await checkup(db, new_id())


async def test_people_who_left_and_teams_without_members(db: Database, company: Company) -> None:
    empty = new_id()
    await run(db, "insert into teams (id, name) values ($1, 'Nobody yet')", empty)
    draft = ScheduleDraft(
        "Draft", "UTC",
        (layer(company.ana, company.ben), layer(company.vic, name="Nights"), layer(TeamTurns(empty), name="Days"),
         layer(company.ana, TeamTurns(empty), name="Mixed"),
         layer(kind=RotationKind.CALENDAR, source_url="https://example.org/a.ics", name="Holidays")),
    )  # fmt: skip
    async with db.unit(company.admin(), "web") as u:
        await disable(u, company.vic)
    found = [f for f in await checkup_draft(db, draft) if f.kind is FindingKind.EMPTY_SHIFT]
    assert {(f.sentence, f.grade) for f in found} == {
        ("Nobody takes turns in Nights: everybody in it has left.", Grade.PROBLEM),
        ("Nobody takes turns in Days: its team has no members.", Grade.PROBLEM),
        ("The team Nobody yet has no members: its turns in Mixed pass to the others.", Grade.WARNING),
        ("The calendar of Holidays has no events.", Grade.PROBLEM),
    }


async def test_what_a_draft_would_change(db: Database, company: Company) -> None:
    schedule = await made(db, company, layer(company.ana, company.ben))
    now = await db.clock()
    same = ScheduleDraft("Other name", "UTC", (layer(company.ana, company.ben),))
    assert await preview_changes(db, schedule, same, now, now + 20 * DAY) == []
    draft = ScheduleDraft("Search", "UTC", (layer(company.ana),))
    found = await preview_changes(db, schedule, draft, now - 20 * DAY, now + 4 * DAY)
    assert all(c.starts_at >= now for c in found), "the past stays"
    assert {(c.user_name, c.gains) for c in found} == {("Ana Silva", True), ("Ben Okafor", False)}
    gained = [(c.starts_at, c.ends_at) for c in found if c.gains]
    assert gained == [(c.starts_at, c.ends_at) for c in found if not c.gains]
    assert len(await preview_changes(db, schedule, draft, now, now + 300 * DAY)) == 50
