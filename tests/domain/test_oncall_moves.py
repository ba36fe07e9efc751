"""Who hears of shifts that moved, however far ahead, and what taking back and undoing bring back."""

import asyncio
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID, uuid4

import pytest

from tests.support import Company
from tocsin.duty.handover import add_note
from tocsin.kernel.crypto import Keys
from tocsin.kernel.db import Database
from tocsin.kernel.errors import Conflict, Invalid, NotFound
from tocsin.kernel.sql import Statement
from tocsin.kernel.work import JobPump, Pumps
from tocsin.oncall import commands, cover, feeds, imports, looks, queries, swaps, undo, work
from tocsin.oncall.compute import HORIZON, lock
from tocsin.oncall.cover import OverrideDraft
from tocsin.oncall.drafts import RotationDraft, ScheduleDraft
from tocsin.oncall.history import history
from tocsin.oncall.kinds import Move, OverridesRemoved, ScheduleChanged, ShiftsMoved, SwapAnswered
from tocsin.oncall.leave import leave_suggestions
from tocsin.oncall.model import Coverage, RotationKind, SwapState
from tocsin.oncall.plans import draft_of_schedule
from tocsin.oncall.swap_queries import TOO_FAR, swap_by_id
from tocsin.oncall.swaps import SwapDraft

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
WAITING = Statement(
    "test",
    "select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'",
)


async def made(db: Database, company: Company, *people: UUID) -> UUID:
    """A day each."""
    layer = RotationDraft(people, time(0), date(2025, 1, 6), RotationKind.DAILY, name="Days")
    async with db.unit(company.admin(), "web") as u:
        return await commands.create_schedule(u, ScheduleDraft("Search", "UTC", (layer,), company.team))


async def midnight(db: Database, days: int = 1) -> datetime:
    return datetime.combine((await db.clock()).date() + days * DAY, time(0), UTC)


async def turn(db: Database, schedule: UUID, person: UUID, after: int = 1) -> tuple[datetime, datetime]:
    """A whole turn of somebody that begins so many days from now, or soon after."""
    start = await midnight(db, after)
    found = await queries.shifts_between(db, schedule, start, start + 10 * DAY)
    return next((s.starts_at, s.ends_at) for s in found if s.user_id == person and s.starts_at >= start)


async def held(db: Database, schedule: UUID, at: datetime) -> UUID | None:
    return next((s.user_id for s in await queries.shifts_between(db, schedule, at, at + HOUR)), None)


async def moved(db: Database, schedule: UUID) -> Iterator[ShiftsMoved]:
    """Newest first."""
    return (c.kind for c in await history(db, schedule) if isinstance(c.kind, ShiftsMoved))


async def seq_of(db: Database, schedule: UUID, kind: type) -> int:
    return next(c.entry.seq for c in await history(db, schedule) if isinstance(c.kind, kind))


async def text_of(db: Database, *names: str) -> str:
    """A calendar: a day each from midnight on."""
    start = await midnight(db)
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:test"]
    for number, name in enumerate(names):
        begins = start + number * DAY
        lines += [
            "BEGIN:VEVENT", f"UID:{number}", f"SUMMARY:{name}", f"DTSTART:{begins:%Y%m%dT%H%M%SZ}",
            f"DTEND:{begins + DAY:%Y%m%dT%H%M%SZ}", "END:VEVENT",
        ]  # fmt: skip
    return "\r\n".join([*lines, "END:VCALENDAR", ""])


# -- who hears


@pytest.mark.parametrize("days", [10, 42, 110])
async def test_a_leave_is_told_to_who_covers_it(db: Database, company: Company, days: int) -> None:
    schedule = await made(db, company, company.ana, company.ben)
    starts, ends = await turn(db, schedule, company.ana, days)
    async with db.unit(company.admin(), "web") as u:
        await cover.cover_leave(
            u, company.ana, {schedule: [OverrideDraft(company.ben, starts, ends)]}, "Parental leave"
        )
    entry = next(await moved(db, schedule))
    assert entry.people == tuple(sorted([company.ana, company.ben]))
    assert set(entry.moves) == {
        Move(company.ana, starts, ends, gained=False),
        Move(company.ben, starts, ends, gained=True),
    }


async def test_an_override_beyond_what_is_stored_is_told_too(db: Database, company: Company) -> None:
    schedule = await made(db, company, company.ana, company.ben)
    starts = (await db.clock()).replace(second=0, microsecond=0) + HORIZON + 30 * DAY
    async with db.unit(company.admin(), "web") as u:
        override = await cover.add_override(
            u, schedule, company.vic, starts, starts + DAY, replaces=company.ana
        )
    gains = Move(company.vic, starts, starts + DAY, gained=True)
    loses = Move(company.ana, starts, starts + DAY, gained=False)
    assert set(next(await moved(db, schedule)).moves) == {gains, loses}
    async with db.unit(company.admin(), "web") as u:
        await cover.remove_override(u, schedule, override)
    back = next(await moved(db, schedule))
    assert {(m.user_id, m.gained) for m in back.moves} == {(company.vic, False), (company.ana, True)}


async def test_the_daily_look_tells_nobody_of_days_that_are_new(db: Database, company: Company) -> None:
    schedule = await made(db, company, company.ana, company.ben)
    before = len(list(await moved(db, schedule)))
    await db.run(Statement("test", "create or replace function clock() returns timestamptz language sql stable "
                 "parallel safe return statement_timestamp() + interval '5 days'"))  # fmt: skip
    await work.extend(db, None)  # type: ignore[arg-type] # it does not look at its row
    assert len(list(await moved(db, schedule))) == before


async def test_archiving_tells_who_was_going_to_be_on_call(db: Database, company: Company) -> None:
    schedule = await made(db, company, company.ana, company.ben)
    async with db.unit(company.admin(), "web") as u:
        await commands.archive_schedule(u, schedule)
    entry = next(await moved(db, schedule))
    assert set(entry.people) == {company.ana, company.ben}
    assert not any(move.gained for move in entry.moves)
    assert entry.cause == "Ada Admin archived Search"


# -- what is promised


async def test_nothing_is_taken_that_its_holder_does_not_hold(db: Database, company: Company) -> None:
    schedule = await made(db, company, company.ana)
    start = await midnight(db)
    for holder in (company.ben, uuid4()):
        with pytest.raises(Conflict, match="does not hold all of this shift any more"):
            async with db.unit(company.admin(), "api") as u:
                await cover.take_shift(u, schedule, holder, start, start + DAY)
    late = start + HORIZON + DAY
    with pytest.raises(Conflict, match="too far ahead"):
        async with db.unit(company.as_ben(), "api") as u:
            await cover.take_shift(u, schedule, company.ana, late, late + DAY)
    assert await queries.overrides_between(db, schedule, start, late + DAY) == []


async def test_who_is_replaced_must_be_on_call(db: Database, company: Company) -> None:
    """Else nothing would change, and nobody would notice."""
    schedule = await made(db, company, company.ana)
    start = await midnight(db)
    with pytest.raises(Conflict, match="Ben Okafor is not on call for this schedule in that time"):
        async with db.unit(company.admin(), "web") as u:
            await cover.add_override(u, schedule, company.ada, start, start + DAY, replaces=company.ben)
    with pytest.raises(Conflict, match="Ben Okafor is not on call"):
        async with db.unit(company.admin(), "web") as u:
            await cover.cover_leave(
                u, company.ben, {schedule: [OverrideDraft(company.ada, start, start + DAY)]}
            )
    for length, sentence in ((timedelta(seconds=30), "a minute at least"), (2000 * DAY, "too far ahead")):
        with pytest.raises(Invalid, match=sentence):
            async with db.unit(company.admin(), "web") as u:
                await cover.add_override(u, schedule, company.ada, start, start + length)


async def test_nobody_is_on_call_twice_at_once_by_a_swap(db: Database, company: Company) -> None:
    """Where people are on call together, neither side of a swap takes a second place."""
    first, second = (
        RotationDraft(people, time(0), date(2025, 1, 6), RotationKind.DAILY)
        for people in ((company.ana, company.ben), (company.ada, company.ana))
    )
    draft = ScheduleDraft("Pair", "UTC", (first, second), coverage=Coverage.TOGETHER)
    async with db.unit(company.admin(), "web") as u:
        schedule = await commands.create_schedule(u, draft)
    start = await midnight(db)
    found = [
        s for s in await queries.shifts_between(db, schedule, start, start + 8 * DAY) if s.starts_at >= start
    ]
    # On Ana's days of the first track Ada has the second one; on Ben's days Ana has it.
    gives = next(s for s in found if s.user_id == company.ana and s.track == 0)
    back = next(s for s in found if s.user_id == company.ben and s.track == 0)
    with pytest.raises(Invalid, match="on call for this schedule then already"):
        async with db.unit(company.as_ana(), "web") as u:
            await swaps.ask(
                u, schedule,
                SwapDraft(gives.starts_at, gives.ends_at, company.ben, None, back.starts_at, back.ends_at),
            )  # fmt: skip
    with pytest.raises(Conflict, match="on call for this schedule then already"):
        async with db.unit(company.as_ana(), "web") as u:
            await cover.take_shift(u, schedule, company.ben, back.starts_at, back.ends_at)


async def test_more_shifts_than_fit_a_leave_are_refused(db: Database, company: Company) -> None:
    schedule = await made(db, company, company.ana, company.ben)
    start = await midnight(db)
    with pytest.raises(Invalid, match="Choose fewer days: 3 shifts at a time"):
        await leave_suggestions(db, company.ana, start, start + 30 * DAY, 3)
    assert schedule in {
        s.suggestion.schedule_id for s in await leave_suggestions(db, company.ana, start, start + 4 * DAY)
    }


async def test_a_shift_that_has_begun_is_taken_from_now_on(db: Database, company: Company) -> None:
    schedule = await made(db, company, company.ana)
    now = await db.clock()
    async with db.unit(company.as_ben(), "web") as u:
        await cover.take_shift(u, schedule, company.ana, now - DAY, now + DAY)
    assert await held(db, schedule, await db.clock() + HOUR) == company.ben


async def test_asking_for_what_is_too_far_ahead_says_so(db: Database, company: Company) -> None:
    schedule = await made(db, company, company.ana, company.ben)
    late = await midnight(db) + HORIZON + 30 * DAY
    with pytest.raises(Invalid) as refused:
        async with db.unit(company.as_ana(), "web") as u:
            await swaps.ask(u, schedule, SwapDraft(late, late + DAY))
    assert str(refused.value) == TOO_FAR


@pytest.mark.parametrize("how", ["taken", "archived", "edited"])
async def test_a_request_ends_when_its_shift_has_moved(db: Database, company: Company, how: str) -> None:
    db.follows = lambda kind: work.FOLLOWS.get(kind, ())
    schedule = await made(db, company, company.ana, company.ben)
    starts, ends = await turn(db, schedule, company.ana)
    other = await turn(db, schedule, company.ana, 5)
    async with db.unit(company.as_ana(), "web") as u:
        asked = await swaps.ask(u, schedule, SwapDraft(starts, ends))
        stays = await swaps.ask(u, schedule, SwapDraft(*other))
    async with db.unit(company.admin(), "web") as u:
        if how == "taken":
            await cover.take_shift(u, schedule, company.ana, starts, ends)
        elif how == "archived":
            await commands.archive_schedule(u, schedule)
        else:
            draft = await draft_of_schedule(u, schedule)
            assert draft
            ben = RotationDraft((company.ben,), time(0), date(2025, 1, 6), RotationKind.DAILY)
            await commands.change_schedule(
                u, schedule, 1, ScheduleDraft("Search", "UTC", (ben,), company.team)
            )
    await Pumps(db, [JobPump(db, work.JOBS)]).settle()
    found, kept = await swap_by_id(db, asked), await swap_by_id(db, stays)
    assert found
    assert kept
    assert found.state is SwapState.MOVED
    assert kept.state is (SwapState.OPEN if how == "taken" else SwapState.MOVED)
    said = [c.kind for c in await history(db, schedule) if isinstance(c.kind, SwapAnswered)]
    assert {s.state for s in said} == {"moved"}
    with pytest.raises(Conflict, match=r"another person's shift now|archived"):
        async with db.unit(company.as_ben(), "web") as u:
            await swaps.accept(u, asked)


# -- undoing


async def test_an_override_comes_back_to_its_place(db: Database, company: Company) -> None:
    """Ben's lay under Ada's: taking Ben's away and undoing that changes nothing."""
    schedule = await made(db, company, company.ana)
    start = await midnight(db)
    async with db.unit(company.admin(), "web") as u:
        under = await cover.add_override(u, schedule, company.ben, start, start + DAY)
        await cover.add_override(u, schedule, company.ada, start, start + DAY)
        before = {
            o.user_id: (o.created_at, o.number)
            for o in await queries.overrides_between(u, schedule, start, start + DAY)
        }
        await cover.remove_override(u, schedule, under)
    assert await held(db, schedule, start) == company.ada
    async with db.unit(company.admin(), "web") as u:
        await undo.undo_change(u, schedule, await seq_of(db, schedule, OverridesRemoved))
    assert await held(db, schedule, start) == company.ada
    after = await queries.overrides_between(db, schedule, start, start + DAY)
    assert {o.user_id: (o.created_at, o.number) for o in after} == before


async def test_a_removed_calendar_comes_back_with_its_events(db: Database, company: Company) -> None:
    schedule = await made(db, company, company.ana)
    start = await midnight(db)
    found = await looks.occurrences_in(db, await text_of(db, "Ben Okafor", "Ben Okafor"), "UTC")
    async with db.unit(company.admin(), "web") as u:
        await imports.add_calendar(u, schedule, found, name="Rota")
    assert await held(db, schedule, start) == company.ben
    draft = await draft_of_schedule(db, schedule)
    assert draft
    async with db.unit(company.admin(), "web") as u:
        await commands.change_schedule(
            u, schedule, 2, ScheduleDraft("Search", "UTC", draft.rotations[:1], company.team)
        )
    assert await held(db, schedule, start) == company.ana
    await work.extend(db, None)  # type: ignore[arg-type] # it does not look at its row
    async with db.unit(company.admin(), "web") as u:
        await undo.undo_change(u, schedule, await seq_of(db, schedule, ScheduleChanged))
    assert await held(db, schedule, start) == company.ben
    (layer,) = await looks.calendar_layers(db, schedule)
    assert (layer.name, layer.events) == ("Rota", 2)


async def test_events_of_removed_calendars_are_forgotten_when_they_are_over(
    db: Database, company: Company
) -> None:
    schedule = await made(db, company, company.ana)
    found = await looks.occurrences_in(db, await text_of(db, "Ben Okafor", "Ben Okafor"), "UTC")
    async with db.unit(company.admin(), "web") as u:
        layer = await imports.add_calendar(u, schedule, found, name="Rota")
        draft = await draft_of_schedule(u, schedule)
        assert draft
        await commands.change_schedule(
            u, schedule, 2, ScheduleDraft("Search", "UTC", draft.rotations[:1], company.team)
        )
    await db.run(
        Statement("test", "update calendar_events set starts_at = starts_at - interval '9 days', "
                  "ends_at = ends_at - interval '9 days' where uid = '0'")
    )  # fmt: skip
    await work.extend(db, None)  # type: ignore[arg-type] # it does not look at its row
    left = await db.rows(Statement("test", "select uid from calendar_events where rotation_id = $1"), layer)
    assert [row["uid"] for row in left] == ["1"]


# -- others at the same time, and zones that are gone


async def test_a_calendar_is_stored_while_its_schedule_is_edited(db: Database, company: Company) -> None:
    """Whoever comes second waits for the schedule, whichever of the two it is."""
    schedule = await made(db, company, company.ana)
    found = await looks.occurrences_in(db, await text_of(db, "Ben Okafor"), "UTC")
    async with db.unit(company.admin(), "web") as u:
        layer = await imports.add_calendar(u, schedule, found, name="Rota")
    other = await looks.occurrences_in(db, await text_of(db, "Ada Admin", "Ada Admin"), "UTC")

    async def store() -> None:
        async with db.unit(company.as_ana(), "web") as u:
            await imports.import_file(u, schedule, layer, other)

    async with db.unit(company.admin(), "web") as u:
        await lock(u, schedule)
        storing = asyncio.create_task(store())
        async with asyncio.timeout(20):
            while not await db.value(WAITING):
                pass
        draft = await draft_of_schedule(u, schedule)
        assert draft
        await commands.change_schedule(
            u, schedule, 2, ScheduleDraft("Search", "UTC", draft.rotations[:1], company.team)
        )
    with pytest.raises(NotFound):
        await storing
    assert await held(db, schedule, await midnight(db)) == company.ana


async def test_a_schedule_whose_zone_is_gone_refuses_in_a_sentence(db: Database, company: Company) -> None:
    schedule = await made(db, company, company.ana)
    start = await midnight(db)
    await db.run(Statement("test", "update schedules set time_zone = 'Mars/Phobos' where id = $1"), schedule)
    sentence = "There is no time zone Mars/Phobos any more. Choose another one for this schedule."
    with pytest.raises(Conflict) as refused:
        async with db.unit(company.admin(), "web") as u:
            await cover.add_override(u, schedule, company.ben, start, start + DAY)
    assert str(refused.value) == sentence
    assert await queries.overrides_between(db, schedule, start, start + DAY) == []
    with pytest.raises(Conflict) as refused:
        async with db.unit(company.as_ben(), "web") as u:
            await cover.take_shift(u, schedule, company.ana, start, start + DAY)
    assert str(refused.value) == sentence
    await db.run(Statement("test", "update schedules set time_zone = 'UTC' where id = $1"), schedule)


# -- feeds


async def test_a_note_does_not_change_a_feed(db: Database, company: Company) -> None:
    schedule = await made(db, company, company.ana, company.ben)
    keys = Keys(b"0" * 32)
    async with db.unit(company.as_ana(), "web") as u:
        address = feeds.address_of(
            keys, "https://t.example", await feeds.create_feed(u, schedule_id=schedule)
        )
    feed = await feeds.feed_of_token(db, keys, address.rpartition("/")[2].removesuffix(".ics"))
    assert feed
    before = await feeds.feed_text(db, feed, "https://t.example")
    async with db.unit(company.as_ana(), "web") as u:
        await add_note(u, schedule, "The cache is being warmed.")
    starts, ends = await turn(db, schedule, company.ana)
    async with db.unit(company.as_ana(), "web") as u:
        await swaps.ask(u, schedule, SwapDraft(starts, ends))
    assert await feeds.feed_text(db, feed, "https://t.example") == before
    async with db.unit(company.as_ben(), "web") as u:
        await cover.take_shift(u, schedule, company.ana, starts, ends)
    assert await feeds.feed_text(db, feed, "https://t.example") != before
