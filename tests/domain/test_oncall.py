"""Schedules stored: edits compute the future anew and never touch the past; who is on call is one look-up."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import date, datetime, time, timedelta
from itertools import pairwise
from uuid import UUID, uuid4

import asyncpg
import pytest

from tests.support import Company
from tocsin.kernel.db import ENGINE, Database, Reader
from tocsin.kernel.errors import Conflict, Forbidden, Invalid, NotFound
from tocsin.kernel.sql import Statement
from tocsin.kernel.work import JobPump, Pumps
from tocsin.oncall import commands, compute, cover, final, queries, work
from tocsin.oncall.compute import HORIZON
from tocsin.oncall.drafts import RotationDraft, ScheduleDraft
from tocsin.oncall.model import OnCall, Restriction, RotationKind, ShiftRow
from tocsin.oncall.plans import draft_of_schedule
from tocsin.people.commands import disable
from tocsin.people.queries import audit_entries

Later = Callable[..., Awaitable[None]]
DAY = timedelta(days=1)


def drafts(*people: UUID, start: date = date(2025, 1, 6), **more: object) -> list[RotationDraft]:
    """One layer of whole days at midnight UTC, unless told otherwise."""
    fields: dict[str, object] = {"kind": RotationKind.DAILY, "handoff_time": time(0)}
    return [RotationDraft(people, start_date=start, **(fields | more))]  # type: ignore[arg-type]


async def made(
    db: Database, company: Company, rotations: list[RotationDraft], *, name: str = "Search", zone: str = "UTC"
) -> UUID:
    async with db.unit(company.admin(), "web") as u:
        return await commands.create_schedule(u, ScheduleDraft(name, zone, tuple(rotations)))


async def stored(db: Database, schedule: UUID) -> list[ShiftRow]:
    now = await db.clock()
    return await queries.shifts_between(db, schedule, now - 400 * DAY, now + 400 * DAY)


async def now_on(db: Reader, schedule: UUID) -> OnCall:
    return next(o for o in await queries.on_call_now(db) if o.schedule_id == schedule)


async def put_on(db: Database, company: Company, schedule: UUID, start: datetime, end: datetime) -> UUID:
    """Vic, whatever the rotation says."""
    async with db.unit(company.as_ana(), "web") as u:
        return await cover.add_override(u, schedule, company.vic, start, end)


async def recompute(db: Database, schedule: UUID) -> None:
    async with db.unit(ENGINE, "engine") as u:
        await compute.recompute(u, schedule)


async def test_a_schedule_is_computed_to_the_horizon(db: Database, company: Company) -> None:
    schedule_id = await made(db, company, drafts(company.ana, company.ben), name=" Search ")
    schedule = await queries.schedule_by_id(db, schedule_id)
    assert schedule
    assert (schedule.name, schedule.version, schedule.time_zone) == ("Search", 1, "UTC")
    shifts = await stored(db, schedule_id)
    assert len(shifts) in (HORIZON.days, HORIZON.days + 1)
    assert schedule.materialised_until == shifts[-1].ends_at == shifts[0].starts_at + HORIZON
    assert all(a.ends_at == b.starts_at and a.user_id != b.user_id for a, b in pairwise(shifts))
    draft = await draft_of_schedule(db, schedule_id)
    assert draft
    assert draft.rotations[0].participants == (company.ana, company.ben)
    assert (await audit_entries(db, None, 1))[0].verb == "schedule.create"


async def test_what_is_wrong_is_named(db: Database, company: Company) -> None:
    good = drafts(company.ana)
    for field, name, rotations in [
        ("name", "  ", good),
        ("name", "x" * 101, good),
        ("participants", "Search", drafts()),
        ("participants", "Search", drafts(uuid4())),
        ("length", "Search", drafts(company.ana, length=367)),
        ("window", "Search", drafts(company.ana, restrictions=(Restriction(time(9), time(9)),))),
    ]:
        with pytest.raises(Invalid) as error:
            await made(db, company, rotations, name=name)
        assert error.value.field == field
    with pytest.raises(Invalid, match="no time zone"):
        await made(db, company, [], zone="Mars/Phobos")


async def test_names_are_unique_among_those_in_use(db: Database, company: Company) -> None:
    first = await made(db, company, [])
    with pytest.raises(Conflict):
        await made(db, company, [], name="SEARCH")
    async with db.unit(company.admin(), "web") as u:
        await commands.archive_schedule(u, first)
    await made(db, company, [])


async def test_a_change_computes_anew_and_a_stale_one_is_refused(db: Database, company: Company) -> None:
    schedule = await made(db, company, drafts(company.ana))
    async with db.unit(company.admin(), "web") as u:
        version = await commands.change_schedule(
            u, schedule, 1, ScheduleDraft("Search", "Europe/Berlin", tuple(drafts(company.ben)))
        )
    assert version == 2
    assert (await now_on(db, schedule)).user_id == company.ben
    assert [s.user_id for s in await stored(db, schedule)] == [company.ana, company.ben]
    with pytest.raises(Conflict, match="Somebody else"):
        async with db.unit(company.as_ana(), "web") as u:
            await commands.change_schedule(
                u, schedule, 1, ScheduleDraft("Mine", "UTC", tuple(drafts(company.ana)))
            )
    found = await queries.schedule_by_id(db, schedule)
    assert found
    assert (found.name, found.version, found.time_zone) == ("Search", 2, "Europe/Berlin")


async def test_two_editors_at_once(db: Database, company: Company) -> None:
    schedule = await made(db, company, drafts(company.ana))

    async def edit(person: UUID) -> int:
        async with db.unit(company.admin(), "web") as u:
            return await commands.change_schedule(
                u, schedule, 1, ScheduleDraft("Search", "UTC", tuple(drafts(person)))
            )

    results = await asyncio.gather(edit(company.ana), edit(company.ben), return_exceptions=True)
    assert sorted(type(r).__name__ for r in results) == ["Conflict", "int"]


async def test_the_past_stays_as_it_was(db: Database, company: Company, later: Later) -> None:
    schedule = await made(db, company, drafts(company.ana, company.ben))
    await later(days=3)
    before = [s for s in await stored(db, schedule) if s.ends_at < await db.clock()]
    async with db.unit(company.admin(), "web") as u:
        await commands.change_schedule(
            u, schedule, 1, ScheduleDraft("Search", "UTC", tuple(drafts(company.vic)))
        )
    after = await stored(db, schedule)
    assert before == after[: len(before)]
    cut, *future = after[len(before) :]
    assert cut.ends_at == future[0].starts_at <= await db.clock(), "what was under way ends at the edit"
    assert [s.user_id for s in future] == [company.vic]


async def test_an_override_now_and_taken_back(db: Database, company: Company, later: Later) -> None:
    schedule = await made(db, company, drafts(company.ana))
    now = await db.clock()
    override = await put_on(db, company, schedule, now - DAY, now + DAY)
    held = await now_on(db, schedule)
    assert (held.user_id, held.user_name) == (company.vic, "Vic Viewer")
    assert held.starts_at
    assert held.starts_at > now, "the past of its range is not rewritten"
    (listed,) = await queries.overrides_between(db, schedule, now, now + DAY)
    assert (listed.id, listed.user_id) == (override, company.vic)
    await later(hours=1)
    async with db.unit(company.as_ana(), "web") as u:
        await cover.remove_override(u, schedule, override)
    assert (await now_on(db, schedule)).user_id == company.ana
    assert [s.user_id for s in await stored(db, schedule)] == [company.ana, company.vic, company.ana]


async def test_an_override_ahead_splits_the_shift(db: Database, company: Company, later: Later) -> None:
    schedule = await made(db, company, drafts(company.ana))
    now = await db.clock()
    start, end = now + DAY, now + 2 * DAY
    await put_on(db, company, schedule, start, end)
    shifts = await stored(db, schedule)
    assert [(s.user_id, s.override_id is None) for s in shifts] == [
        (company.ana, True), (company.vic, False), (company.ana, True),
    ]  # fmt: skip
    assert (shifts[1].starts_at, shifts[1].ends_at) == (start, end)
    assert [o.user_id for o in await queries.next_up(db) if o.schedule_id == schedule] == [company.vic]
    assert [s.starts_at for s in await queries.shifts_of(db, company.vic)] == [start]
    at = {o.schedule_id: o.user_id for o in await final.on_call_at(db, start)}
    assert at[schedule] == company.vic
    await later(days=1, minutes=1)
    assert (await now_on(db, schedule)).user_id == company.vic, "nothing had to run for that"


async def test_overrides_that_make_no_sense(db: Database, company: Company, later: Later) -> None:
    schedule, now = await made(db, company, drafts(company.ana)), await db.clock()
    over = await put_on(db, company, schedule, now, now + timedelta(hours=1))
    wrong = [
        (now + DAY, now + DAY, "after the start"),
        (now - 2 * DAY, now - DAY, "over already"),
        (now, now + 367 * DAY, "a year at most"),
    ]
    for start, end, sentence in wrong:
        with pytest.raises(Invalid, match=sentence):
            await put_on(db, company, schedule, start, end)
    with pytest.raises(NotFound):
        await put_on(db, company, uuid4(), now, now + DAY)
    async with db.unit(company.admin(), "web") as u:
        await disable(u, company.vic)
    with pytest.raises(Invalid, match="disabled"):
        await put_on(db, company, schedule, now, now + DAY)
    await later(hours=2)
    with pytest.raises(NotFound, match="is over"):
        async with db.unit(company.as_ana(), "web") as u:
            await cover.remove_override(u, schedule, over)


async def test_overrides_at_once_all_count(db: Database, company: Company) -> None:
    schedule, now = await made(db, company, drafts(company.ana)), await db.clock()
    await asyncio.gather(
        *(put_on(db, company, schedule, now + n * DAY, now + (n + 1) * DAY) for n in (1, 3, 5, 7))
    )
    assert [s.user_id for s in await stored(db, schedule)] == [company.ana, company.vic] * 4 + [company.ana]


async def test_computing_again_changes_nothing(db: Database, company: Company, later: Later) -> None:
    schedule = await made(db, company, drafts(company.ana, company.ben))
    await put_on(db, company, schedule, await db.clock() + DAY, await db.clock() + 2 * DAY)
    before = await stored(db, schedule)
    await recompute(db, schedule)
    again = await stored(db, schedule)
    assert again[:-1] == before[:-1]
    assert again[-1].user_id == before[-1].user_id
    assert again[-1].ends_at > before[-1].ends_at
    await later(hours=30)
    await recompute(db, schedule)
    assert (await stored(db, schedule))[: len(before) - 1] == before[:-1]


async def test_every_day_the_future_grows(db: Database, company: Company, later: Later) -> None:
    """One schedule that cannot be computed, because its zone is gone, stops no other."""
    broken = await made(db, company, drafts(company.ana), name="Broken")
    schedule = await made(db, company, drafts(company.ana, company.ben))
    await db.run(Statement("test", "update schedules set time_zone = 'Mars/Phobos' where id = $1"), broken)
    pumps = Pumps(db, [JobPump(db, work.JOBS)])
    await work.begin(db)
    await work.begin(db)
    await pumps.settle()
    ends = (await stored(db, schedule))[-1].ends_at
    await later(days=10)
    await pumps.settle()
    assert (await stored(db, schedule))[-1].ends_at >= ends + 10 * DAY
    assert (await now_on(db, broken)).user_id == company.ana, "what was stored still counts"
    due = "select count(*) from work where kind = 'oncall.extend' and due_at > clock()"
    assert await db.value(Statement("test", due)) == 1
    not_computed = (await queries.schedule_by_id(db, broken)).not_computed
    assert not_computed
    assert "no time zone" in not_computed.lower() or "Mars/Phobos" in not_computed
    await db.run(Statement("test", "update schedules set time_zone = 'UTC' where id = $1"), broken)


async def test_whoever_left_takes_no_more_turns(db: Database, company: Company) -> None:
    """Nor covers somebody who is there, by an override made before."""
    schedule, now = await made(db, company, drafts(company.ana, company.ben)), await db.clock()
    await put_on(db, company, schedule, now, now + DAY)
    async with db.unit(company.admin(), "web") as u:
        await disable(u, company.ana)
        await disable(u, company.vic)
    await recompute(db, schedule)
    now = await db.clock()
    assert {s.user_id for s in await stored(db, schedule) if s.ends_at > now} == {company.ben}


async def test_an_override_of_somebody_who_left_covers_nobody(db: Database, company: Company) -> None:
    schedule, now = await made(db, company, drafts(company.ana)), await db.clock()
    await put_on(db, company, schedule, now, now + DAY)
    async with db.unit(company.admin(), "web") as u:
        await disable(u, company.vic)
    await recompute(db, schedule)
    assert (await now_on(db, schedule)).user_id == company.ana
    assert await queries.overrides_between(db, schedule, now, now + DAY) == []


async def test_beyond_the_horizon_it_is_computed(db: Database, company: Company) -> None:
    schedule, now = await made(db, company, drafts(company.ana)), await db.clock()
    moments = (now + HORIZON - DAY, now + HORIZON + DAY)
    held = [{o.schedule_id: o.user_id for o in await final.on_call_at(db, m)}[schedule] for m in moments]
    assert held == [company.ana, company.ana]


async def test_ranges_and_limits_of_shifts(db: Database, company: Company, later: Later) -> None:
    """A range finds what touches it, whole; a person's own list has what is not over, soonest first."""
    schedule = await made(db, company, drafts(company.vic, company.ben))
    first, second, third, *_ = await stored(db, schedule)
    inside = await queries.shifts_between(db, schedule, second.starts_at, second.ends_at)
    assert inside == [second], "ends do not touch"
    across = await queries.shifts_between(
        db, schedule, second.ends_at - timedelta(hours=1), second.ends_at + timedelta(hours=1)
    )
    assert across == [second, third]
    mine = await queries.shifts_of(db, first.user_id, 2)
    assert mine == [first, third]
    (upcoming,) = [o for o in await queries.next_up(db) if o.schedule_id == schedule]
    assert (upcoming.user_id, upcoming.starts_at) == (second.user_id, second.starts_at)
    await later(days=1, minutes=1)
    assert (await queries.shifts_of(db, first.user_id, 1)) == [third]


async def test_who_is_on_call_is_one_statement(db: Database, company: Company, dsn: str) -> None:
    names = [f"Schedule {n}" for n in range(5)]
    for name in names:
        await made(db, company, drafts(company.ana), name=name)
    await made(db, company, [], name="Unheld")
    asked: list[str] = []
    connection = await asyncpg.connect(dsn)
    try:
        with connection.query_logger(lambda record: asked.append(record.query)):
            found = await queries.on_call_now(Reader(connection))
    finally:
        await connection.close()
    assert len(asked) == 1
    *held, unheld = found
    assert [o.schedule_name for o in held] == ["Payments on-call", *names]
    assert {o.user_name for o in held} == {"Ana Silva"}
    assert (unheld.schedule_name, unheld.user_id, unheld.starts_at) == ("Unheld", None, None)


async def test_an_archived_schedule_has_a_past_and_no_future(
    db: Database, company: Company, later: Later
) -> None:
    schedule = await made(db, company, drafts(company.ana))
    await later(hours=1)
    async with db.unit(company.admin(), "web") as u:
        await commands.archive_schedule(u, schedule)
    (kept,) = await stored(db, schedule)
    assert kept.ends_at <= await db.clock()
    assert schedule not in [o.schedule_id for o in await queries.on_call_now(db)]
    assert await queries.schedule_by_id(db, schedule) is None
    for act in (
        lambda u: commands.archive_schedule(u, schedule),
        lambda u: commands.change_schedule(u, schedule, 2, ScheduleDraft("Again", "UTC")),
        lambda u: compute.recompute(u, schedule),
    ):
        with pytest.raises((NotFound, Conflict)):
            async with db.unit(company.admin(), "web") as u:
                await act(u)
    with pytest.raises(Conflict, match="Payments would find nobody"):
        async with db.unit(company.admin(), "web") as u:
            await commands.archive_schedule(u, company.schedule)


async def test_one_person_at_a_time_is_the_databases_rule_too(
    db: Database, company: Company, dsn: str
) -> None:
    schedule = await made(db, company, drafts(company.ana))
    connection = await asyncpg.connect(dsn)
    try:
        with pytest.raises(asyncpg.ExclusionViolationError):
            await connection.execute(
                "insert into shifts (schedule_id, user_id, starts_at, ends_at)"
                " values ($1, $2, clock(), clock() + interval '1 hour')",
                schedule,
                company.ben,
            )
    finally:
        await connection.close()


async def test_viewers_change_nothing(db: Database, company: Company) -> None:
    now = await db.clock()
    schedule = await made(db, company, drafts(company.ana))
    override = await put_on(db, company, schedule, now + DAY, now + 2 * DAY)
    before = await stored(db, schedule)
    for act in (
        lambda u: commands.create_schedule(u, ScheduleDraft("Mine", "UTC")),
        lambda u: commands.change_schedule(u, schedule, 1, ScheduleDraft("Mine", "UTC")),
        lambda u: commands.archive_schedule(u, schedule),
        lambda u: cover.add_override(u, schedule, company.vic, now, now + DAY),
        lambda u: cover.remove_override(u, schedule, override),
    ):
        with pytest.raises(Forbidden):
            async with db.unit(company.as_vic(), "web") as u:
                await act(u)
    assert await stored(db, schedule) == before


async def test_who_leaves_hands_their_shifts_over_at_once(db: Database, company: Company) -> None:
    pumps = Pumps(db, [JobPump(db, work.JOBS)])
    today = (await db.clock()).date()
    async with db.unit(company.as_ana(), "web") as u:
        rotation = RotationDraft(
            (company.ana, company.ben), time(0), today - timedelta(days=14), name="Weekly"
        )
        schedule_id = await commands.create_schedule(u, ScheduleDraft("Search", "UTC", (rotation,)))
    holder = next(o for o in await queries.on_call_now(db) if o.schedule_id == schedule_id).user_id
    other = {company.ana: company.ben, company.ben: company.ana}[holder]
    async with db.unit(company.admin(), "web") as u:
        await disable(u, holder)
    await pumps.settle()
    assert next(o for o in await queries.on_call_now(db) if o.schedule_id == schedule_id).user_id == other


async def test_whoever_goes_on_is_not_the_next_one(db: Database, company: Company) -> None:
    """Ana's shift is followed by another one of hers, then Ben's."""
    for person in (company.ana, company.ben):
        text = (
            "insert into shifts (schedule_id, user_id, starts_at, ends_at)"
            " select $1, $2, max(ends_at), max(ends_at) + interval '1 day' from shifts where schedule_id = $1"
        )
        await db.run(Statement("test", text), company.schedule, person)
    (found,) = await queries.next_up(db, company.schedule)
    assert found.user_id == company.ben
    assert [o.user_id for o in await queries.next_up(db) if o.schedule_id == company.schedule] == [
        company.ben
    ]
