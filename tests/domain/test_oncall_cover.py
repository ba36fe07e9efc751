"""Cover: who stands in for whom, a leave all at once or not at all, and undoing it from the history."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID, uuid4

import pytest

from tests.support import Company
from tocsin.kernel.db import Actor, Database
from tocsin.kernel.errors import Conflict, Forbidden, Invalid, NotFound
from tocsin.kernel.sql import Statement
from tocsin.oncall import commands, cover, queries
from tocsin.oncall.compute import HORIZON
from tocsin.oncall.cover import OverrideDraft
from tocsin.oncall.drafts import RotationDraft, ScheduleDraft
from tocsin.oncall.history import Change, history
from tocsin.oncall.kinds import OverridesAdded, OverridesRemoved, ScheduleChanged, ShiftsMoved
from tocsin.oncall.leave import leave_suggestions
from tocsin.oncall.model import RotationKind
from tocsin.oncall.undo import undo_change
from tocsin.people.commands import disable

Later = Callable[..., Awaitable[None]]
DAY, HOUR = timedelta(days=1), timedelta(hours=1)


def daily(*people: UUID) -> RotationDraft:
    return RotationDraft(people, kind=RotationKind.DAILY, handoff_time=time(0), start_date=date(2026, 1, 5))


async def made(db: Database, company: Company, *people: UUID, name: str = "Search") -> UUID:
    draft = ScheduleDraft(name, "UTC", (daily(*people),), team_id=company.team)
    async with db.unit(company.admin(), "web") as u:
        return await commands.create_schedule(u, draft)


async def midnight(db: Database) -> datetime:
    """The next one."""
    return datetime.combine((await db.clock()).date() + DAY, time(0), UTC)


async def holder(db: Database, schedule: UUID, at: datetime) -> UUID | None:
    return next((s.user_id for s in await queries.shifts_between(db, schedule, at, at + HOUR)), None)


async def turns(db: Database, schedule: UUID, person: UUID, count: int) -> list[tuple[datetime, datetime]]:
    """Whole turns to come."""
    start = await midnight(db)
    found = await queries.shifts_between(db, schedule, start, start + 60 * DAY)
    return [(s.starts_at, s.ends_at) for s in found if s.user_id == person and s.starts_at >= start][:count]


async def take(db: Database, actor: Actor, schedule: UUID, of: UUID, start: datetime, end: datetime) -> UUID:
    async with db.unit(actor, "web") as u:
        return await cover.take_shift(u, schedule, of, start, end)


async def newest(db: Database, schedule: UUID, kind: type) -> Change:
    return next(c for c in await history(db, schedule) if isinstance(c.kind, kind))


async def undo(db: Database, actor: Actor, schedule: UUID, seq: int) -> None:
    async with db.unit(actor, "web") as u:
        await undo_change(u, schedule, seq)


async def test_a_stand_in_covers_only_whom_they_replace(db: Database, company: Company) -> None:
    """Vic for Ana over four days: Ben's days stay Ben's."""
    schedule, start = await made(db, company, company.ana, company.ben), await midnight(db)
    async with db.unit(company.as_ben(), "web") as u:
        await cover.add_override(
            u, schedule, company.vic, start, start + 4 * DAY, replaces=company.ana, reason=" ill "
        )
    held = [await holder(db, schedule, start + n * DAY) for n in range(6)]
    assert held.count(company.vic) == 2
    assert held.count(company.ben) == 3
    (stored,) = await queries.overrides_between(db, schedule, start, start + DAY)
    assert (stored.replaces, stored.reason, stored.batch) == (company.ana, "ill", None)
    assert (
        await newest(db, schedule, OverridesAdded)
    ).kind.sentence() == "put Vic Viewer on call for Ana Silva"
    moved = await newest(db, schedule, ShiftsMoved)
    assert isinstance(moved.kind, ShiftsMoved)
    assert set(moved.kind.people) == {company.ana, company.vic}


async def test_taking_a_shift(db: Database, company: Company) -> None:
    schedule = await made(db, company, company.ana, company.ben)
    ((start, end),) = await turns(db, schedule, company.ana, 1)
    await take(db, company.as_ben(), schedule, company.ana, start + HOUR, end)
    assert await holder(db, schedule, start) == company.ana
    assert await holder(db, schedule, start + HOUR) == company.ben
    change = await newest(db, schedule, OverridesAdded)
    assert change.kind.sentence() == "put Ben Okafor on call for Ana Silva: took the shift"
    moved = (await newest(db, schedule, ShiftsMoved)).kind
    assert isinstance(moved, ShiftsMoved)
    assert moved.people == (company.ana,), "who did it knows"


async def test_taking_what_makes_no_sense(db: Database, company: Company) -> None:
    schedule, start = await made(db, company, company.ana), await midnight(db)
    with pytest.raises(Conflict, match="yours already"):
        await take(db, company.as_ana(), schedule, company.ana, start, start + DAY)
    with pytest.raises(Forbidden):
        await take(db, company.as_vic(), schedule, company.ana, start, start + DAY)
    with pytest.raises(Conflict, match="Only a person"):
        await take(db, Actor(None, "Token", "service", "member"), schedule, company.ana, start, start + DAY)
    with pytest.raises(NotFound):
        await take(db, company.as_ben(), uuid4(), company.ana, start, start + DAY)


async def test_two_take_the_same_shift_at_once(db: Database, company: Company) -> None:
    """Whoever was first has it, and the second one hears so."""
    schedule = await made(db, company, company.ana)
    start = await midnight(db)
    answers = await asyncio.gather(
        take(db, company.as_ben(), schedule, company.ana, start, start + DAY),
        take(db, company.admin(), schedule, company.ana, start, start + DAY),
        return_exceptions=True,
    )
    (refused,) = [a for a in answers if isinstance(a, Exception)]
    assert isinstance(refused, Conflict)
    assert "Ana Silva does not hold all of this shift any more" in str(refused)
    (only,) = await queries.overrides_between(db, schedule, start, start + DAY)
    assert await holder(db, schedule, start) == only.user_id


async def test_a_leave_goes_to_several_people_in_one_batch(db: Database, company: Company) -> None:
    search = await made(db, company, company.ana, company.ben)
    shop = await made(db, company, company.ana, company.ada, name="Shop")
    first, second = await turns(db, search, company.ana, 2)
    (other,) = await turns(db, shop, company.ana, 1)
    covers = {
        search: [OverrideDraft(company.ben, *first), OverrideDraft(company.ada, *second)],
        shop: [OverrideDraft(company.ada, *other)],
    }
    async with db.unit(company.as_ana(), "web") as u:
        batch = await cover.cover_leave(u, company.ana, covers, "Holiday")
    assert await holder(db, search, first[0]) == company.ben
    assert await holder(db, search, second[0]) == company.ada
    assert await holder(db, shop, other[0]) == company.ada
    stored = [
        o
        for s in (search, shop)
        for o in await queries.overrides_between(db, s, first[0], first[0] + 9 * DAY)
    ]
    assert {(o.batch, o.replaces, o.reason) for o in stored} == {(batch, company.ana, "Holiday")}
    change = await newest(db, search, OverridesAdded)
    assert change.kind.sentence() == "put Ben Okafor, Ada Admin on call for Ana Silva: Holiday"


async def test_a_leave_is_all_or_nothing(db: Database, company: Company) -> None:
    search = await made(db, company, company.ana, company.ben)
    shop = await made(db, company, company.ana, name="Shop")
    (shift,) = await turns(db, search, company.ana, 1)
    good = OverrideDraft(company.ben, *shift)
    for wrong, error in [
        (OverrideDraft(uuid4(), *shift), Invalid),
        (OverrideDraft(company.ana, *shift), Invalid),
        (OverrideDraft(company.ben, shift[1], shift[0]), Invalid),
    ]:
        for covers in ({search: [good], shop: [wrong]}, {shop: [good], search: [good, wrong]}):
            with pytest.raises(error):
                async with db.unit(company.as_ana(), "web") as u:
                    await cover.cover_leave(u, company.ana, covers)
    with pytest.raises(NotFound):
        async with db.unit(company.admin(), "web") as u:
            await cover.cover_leave(u, company.ana, {search: [good], uuid4(): [good]})
    with pytest.raises(Invalid, match="at least one"):
        async with db.unit(company.as_ana(), "web") as u:
            await cover.cover_leave(u, company.ana, {search: []})
    assert await queries.overrides_between(db, search, *shift) == []
    assert await holder(db, search, shift[0]) == company.ana


async def test_a_leave_for_somebody_who_is_away(db: Database, company: Company) -> None:
    schedule = await made(db, company, company.ana, company.ben)
    (shift,) = await turns(db, schedule, company.ana, 1)
    covers = {schedule: [OverrideDraft(company.ada, *shift)]}
    for actor in (company.as_ben(), company.as_vic(), Actor(None, "Token", "service", "member")):
        with pytest.raises(Forbidden):
            async with db.unit(actor, "web") as u:
                await cover.cover_leave(u, company.ana, covers)
    text = "update team_members set role = 'admin' where user_id = $1"
    await db.run(Statement("test", text), company.ben)
    async with db.unit(company.as_ben(), "web") as u:
        await cover.cover_leave(u, company.ana, covers, "ill")
    assert await holder(db, schedule, shift[0]) == company.ada
    change = await newest(db, schedule, OverridesAdded)
    assert (change.entry.actor, change.kind.sentence()) == (
        "Ben Okafor",
        "put Ada Admin on call for Ana Silva: ill",
    )
    elsewhere = await made(db, company, company.ana, name="Elsewhere")
    await db.run(Statement("test", "update schedules set team_id = null where id = $1"), elsewhere)
    with pytest.raises(Forbidden):
        async with db.unit(company.as_ben(), "web") as u:
            await cover.cover_leave(u, company.ana, covers | {elsewhere: covers[schedule]})


async def test_suggestions_for_a_leave(db: Database, company: Company) -> None:
    """All schedules, stored shifts and those beyond them."""
    search = await made(db, company, company.ana, company.ben)
    shop = await made(db, company, company.ana, company.ada, name="Shop")
    start = await midnight(db)
    everything = await leave_suggestions(db, company.ana, start, start + 4 * DAY)
    found = [f for f in everything if f.suggestion.schedule_id in (search, shop)]
    assert {f.schedule_name for f in found} == {"Search", "Shop"}
    assert [f.suggestion.starts_at for f in found] == sorted(f.suggestion.starts_at for f in found)
    for f in found:
        stands = company.ben if f.suggestion.schedule_id == search else company.ada
        assert f.suggestion.candidates[0].user_id == stands
        assert f.suggestion.choice == stands
        assert company.vic not in {c.user_id for c in f.suggestion.candidates}
    far = start + HORIZON + 20 * DAY
    beyond = await leave_suggestions(db, company.ana, far, far + 6 * DAY)
    assert sum(f.suggestion.schedule_id == shop for f in beyond) == 3
    across = await leave_suggestions(db, company.ana, far - 25 * DAY, far - 15 * DAY)
    assert sum((f.suggestion.ends_at - f.suggestion.starts_at for f in across), timedelta(0)) == 10 * DAY
    assert await leave_suggestions(db, company.vic, start, far) == []
    for wrong in ((start, start), (start - 9 * DAY, start - 8 * DAY), (start, start + 400 * DAY)):
        with pytest.raises(Invalid):
            await leave_suggestions(db, company.ana, *wrong)


async def test_a_leave_beyond_the_stored_shifts_counts_when_they_are_stored(
    db: Database, company: Company
) -> None:
    schedule = await made(db, company, company.ana)
    far = await midnight(db) + HORIZON + 20 * DAY
    covers = {schedule: [OverrideDraft(company.ben, far, far + DAY)]}
    async with db.unit(company.as_ana(), "web") as u:
        await cover.cover_leave(u, company.ana, covers)
    assert await leave_suggestions(db, company.ana, far, far + DAY) == []


async def test_undoing_an_override_and_undoing_that(db: Database, company: Company) -> None:
    schedule = await made(db, company, company.ana, company.ben)
    ((start, end),) = await turns(db, schedule, company.ana, 1)
    await take(db, company.as_ben(), schedule, company.ana, start, end)
    added = await newest(db, schedule, OverridesAdded)
    assert added.undoable
    await undo(db, company.as_ana(), schedule, added.entry.seq)
    assert await holder(db, schedule, start) == company.ana
    removed = await newest(db, schedule, OverridesRemoved)
    assert removed.kind.sentence() == f"undid change {added.entry.seq}"
    again = next(c for c in await history(db, schedule) if c.entry.seq == added.entry.seq)
    assert (again.undone, again.undoable) == (True, False)
    with pytest.raises(Conflict, match="undone already"):
        await undo(db, company.as_ana(), schedule, added.entry.seq)
    await undo(db, company.as_ben(), schedule, removed.entry.seq)
    assert await holder(db, schedule, start) == company.ben


async def test_undoing_a_removal(db: Database, company: Company) -> None:
    schedule, start = await made(db, company, company.ana), await midnight(db)
    override = await take(db, company.as_ben(), schedule, company.ana, start, start + DAY)
    async with db.unit(company.as_ben(), "web") as u:
        await cover.remove_override(u, schedule, override)
    removed = await newest(db, schedule, OverridesRemoved)
    assert removed.kind.sentence() == "took back the override of Ben Okafor"
    await undo(db, company.as_ben(), schedule, removed.entry.seq)
    assert await holder(db, schedule, start) == company.ben
    (stored,) = await queries.overrides_between(db, schedule, start, start + DAY)
    assert (stored.replaces, stored.starts_at) == (company.ana, start)


async def test_undoing_an_edit(db: Database, company: Company) -> None:
    schedule, start = await made(db, company, company.ana), await midnight(db)
    for version, name, person in ((1, "Search", company.ben), (2, "Find", company.ada)):
        async with db.unit(company.admin(), "web") as u:
            await commands.change_schedule(
                u, schedule, version, ScheduleDraft(name, "UTC", (daily(person),), team_id=company.team)
            )
    last, first = [c for c in await history(db, schedule) if isinstance(c.kind, ScheduleChanged)]
    with pytest.raises(Conflict, match="later edit"):
        await undo(db, company.admin(), schedule, first.entry.seq)
    await undo(db, company.admin(), schedule, last.entry.seq)
    assert await holder(db, schedule, start) == company.ben
    found = await queries.schedule_by_id(db, schedule)
    assert found
    assert found.name == "Search"
    await undo(db, company.admin(), schedule, first.entry.seq)
    assert await holder(db, schedule, start) == company.ana


async def test_what_cannot_be_undone(db: Database, company: Company, later: Later) -> None:
    schedule, start = await made(db, company, company.ana), await midnight(db)
    with pytest.raises(NotFound):
        await undo(db, company.admin(), schedule, 99)
    with pytest.raises(Conflict, match="cannot be undone"):
        await undo(db, company.admin(), schedule, 1)
    override = await take(db, company.as_ben(), schedule, company.ana, start, start + HOUR)
    added = await newest(db, schedule, OverridesAdded)
    with pytest.raises(Forbidden):
        await undo(db, company.as_vic(), schedule, added.entry.seq)
    async with db.unit(company.as_ben(), "web") as u:
        await cover.remove_override(u, schedule, override)
    removed = await newest(db, schedule, OverridesRemoved)
    with pytest.raises(NotFound, match="is over, or does not exist"):
        await undo(db, company.admin(), schedule, added.entry.seq)
    await later(days=3)
    with pytest.raises(Conflict, match="is over"):
        await undo(db, company.admin(), schedule, removed.entry.seq)
    async with db.unit(company.admin(), "web") as u:
        await commands.archive_schedule(u, schedule)
    with pytest.raises(NotFound, match="no such schedule"):
        await undo(db, company.admin(), schedule, removed.entry.seq)


async def test_whoever_left_is_not_put_back_by_undoing(db: Database, company: Company) -> None:
    schedule, start = await made(db, company, company.ana), await midnight(db)
    override = await take(db, company.as_ben(), schedule, company.ana, start, start + DAY)
    async with db.unit(company.as_ben(), "web") as u:
        await cover.remove_override(u, schedule, override)
    async with db.unit(company.admin(), "web") as u:
        await disable(u, company.ben)
    removed = await newest(db, schedule, OverridesRemoved)
    with pytest.raises(Invalid, match="disabled"):
        await undo(db, company.admin(), schedule, removed.entry.seq)


async def test_two_undo_at_once(db: Database, company: Company) -> None:
    schedule, start = await made(db, company, company.ana), await midnight(db)
    await take(db, company.as_ben(), schedule, company.ana, start, start + DAY)
    seq = (await newest(db, schedule, OverridesAdded)).entry.seq
    results = await asyncio.gather(
        undo(db, company.as_ana(), schedule, seq), undo(db, company.as_ben(), schedule, seq), return_exceptions=True
    )  # fmt: skip
    assert sorted(type(r).__name__ for r in results) == ["Conflict", "NoneType"]
