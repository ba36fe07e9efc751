"""What always holds of stored schedules, whatever people do to them, and in whatever order."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from itertools import pairwise
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support import Company
from tests.unit.oncall_draws import Place, places
from tests.unit.oncall_reference import ALL_ZONES
from tocsin.kernel.db import ENGINE, Database
from tocsin.kernel.errors import TocsinError
from tocsin.kernel.ids import new_id
from tocsin.kernel.sql import Statement
from tocsin.oncall import commands, cover, work
from tocsin.oncall.clocks import ZONE_DATA
from tocsin.oncall.compute import HORIZON, recompute
from tocsin.oncall.drafts import RotationDraft, ScheduleDraft
from tocsin.oncall.final import final_between
from tocsin.oncall.history import history
from tocsin.oncall.kinds import ShiftsMoved
from tocsin.oncall.model import Coverage, Restriction, RotationKind, ShiftRow, TeamTurns
from tocsin.oncall.plans import draft_of_schedule
from tocsin.oncall.queries import on_call_now, schedule_by_id, shifts_between
from tocsin.oncall.undo import undo_change
from tocsin.people.commands import add_member, disable, enable, remove_member

Later = Callable[..., Awaitable[None]]
DAY = timedelta(days=1)
LONG_AGO = 900 * DAY
#: A stored shift: track, who, from, to.
Held = tuple[int, UUID, datetime, datetime]


def layer(*people: UUID | TeamTurns | None, **more: object) -> RotationDraft:
    fields: dict[str, object] = {
        "kind": RotationKind.DAILY,
        "handoff_time": time(9),
        "start_date": date(2025, 1, 6),
    }
    return RotationDraft(people, **(fields | more))  # type: ignore[arg-type] # fields by name


async def make(
    db: Database, company: Company, *layers: RotationDraft, coverage: Coverage = Coverage.LAYERED
) -> UUID:
    draft = ScheduleDraft("Search", "Europe/Berlin", layers, coverage=coverage)
    async with db.unit(company.admin(), "web") as u:
        return await commands.create_schedule(u, draft)


async def stored(db: Database, schedule: UUID, start: datetime, end: datetime) -> list[ShiftRow]:
    return await shifts_between(db, schedule, start, end)


async def past(db: Database, schedule: UUID, until: datetime) -> list[Held]:
    """Everything stored before a moment, cut there, adjacent parts of one person as one: who was on call when."""
    rows = await stored(db, schedule, until - LONG_AGO, until)
    parts = sorted((r.track, r.starts_at, min(r.ends_at, until), r.user_id) for r in rows)
    whole: list[Held] = []
    for track, starts_at, ends_at, person in parts:
        if whole and whole[-1][:2] == (track, person) and whole[-1][3] == starts_at:
            whole[-1] = (track, person, whole[-1][2], ends_at)
        else:
            whole.append((track, person, starts_at, ends_at))
    return whole


async def ahead(db: Database, schedule: UUID) -> list[ShiftRow]:
    now = await db.clock()
    return await stored(db, schedule, now, now + 2 * HORIZON)


# -- a walk of edits, overrides, undoing, leaving, and time


class Walk:
    """Drawn acts on one schedule of a drawn zone, from a drawn moment on; after each of them the past is what it was, and
    nothing overlaps."""

    def __init__(
        self, db: Database, company: Company, later: Later, chance: random.Random, zone: str
    ) -> None:
        self.db, self.company, self.later, self.chance, self.zone = db, company, later, chance, zone
        self.people = [company.ada, company.ana, company.ben]
        self.begun = date(2025, 1, 6)
        self.schedule = UUID(int=0)
        self.done: list[str] = []

    async def go(self, steps: int) -> None:
        async with self.db.unit(self.company.admin(), "web") as u:
            for person in (self.company.ana, self.company.ben):
                await enable(u, person)
        self.begun = (await self.db.clock()).date() - self.chance.randint(0, 25) * DAY
        draft = ScheduleDraft(f"Search {new_id()}", self.zone, self.layers(), coverage=self.coverage())
        async with self.db.unit(self.company.admin(), "web") as u:
            self.schedule = await commands.create_schedule(u, draft)
        acts = [
            self.edit,
            self.override,
            self.take_back,
            self.undo,
            self.people_come_and_go,
            self.members,
            self.time,
        ]
        for _ in range(steps):
            act = self.chance.choice(acts)
            before, at = await self.look()
            try:
                await act()
                self.done.append(act.__name__)
            except TocsinError as error:
                self.done.append(f"{act.__name__}: {error}")
            assert await past(self.db, self.schedule, at) == before, self.done
            await self.whole()

    async def look(self) -> tuple[list[Held], datetime]:
        at = await self.db.clock()
        return await past(self.db, self.schedule, at), at

    async def whole(self) -> None:
        """Per track in order, without overlaps; and what was computed is what is answered."""
        now = await self.db.clock()
        tracks: dict[int, list[ShiftRow]] = {}
        for row in await stored(self.db, self.schedule, now - LONG_AGO, now + 2 * HORIZON):
            tracks.setdefault(row.track, []).append(row)
        for rows in tracks.values():
            assert all(a.ends_at <= b.starts_at for a, b in pairwise(rows)), self.done

    def coverage(self) -> Coverage:
        return self.chance.choice(list(Coverage))

    def layers(self) -> tuple[RotationDraft, ...]:
        return tuple(self.layer() for _ in range(self.chance.randint(1, 3)))

    def layer(self) -> RotationDraft:
        pick = self.chance
        turns = [
            pick.choice([*self.people, None, TeamTurns(self.company.team)]) for _ in range(pick.randint(1, 4))
        ]
        hours = pick.choice(
            [(), (Restriction(time(20), time(6)),), (Restriction(time(9), time(17), (1, 2, 3)),)]
        )
        kind = pick.choice(
            [RotationKind.HOURLY, RotationKind.DAILY, RotationKind.WEEKLY, RotationKind.MONTHLY]
        )
        length = pick.randint(6, 12) if kind is RotationKind.HOURLY else pick.randint(1, 3)
        zone = pick.choice([None, pick.choice(ALL_ZONES)])
        return layer(
            *turns, kind=kind, length=length, restrictions=hours, time_zone=zone, handoff_time=time(pick.randint(0, 23), 30),
            skip_holidays=pick.random() < 0.3, start_date=self.begun,
        )  # fmt: skip

    async def edit(self) -> None:
        async with self.db.unit(self.company.admin(), "web") as u:
            found = await schedule_by_id(u, self.schedule)
            assert found is not None
            draft = ScheduleDraft(
                found.name,
                self.chance.choice([self.zone, self.chance.choice(ALL_ZONES)]),
                self.layers(),
                coverage=self.coverage(),
            )
            await commands.change_schedule(u, self.schedule, found.version, draft)

    async def override(self) -> None:
        now = await self.db.clock()
        start = now + timedelta(hours=self.chance.randint(-48, 400))
        end = start + timedelta(hours=self.chance.randint(1, 200))
        who, other = self.chance.sample(self.people, 2)
        async with self.db.unit(self.company.admin(), "web") as u:
            await cover.add_override(
                u, self.schedule, who, start, end, replaces=self.chance.choice([None, other])
            )

    async def take_back(self) -> None:
        rows = await self.db.rows(
            Statement("overrides", "select id from overrides where schedule_id = $1"), self.schedule
        )
        if rows:
            async with self.db.unit(self.company.admin(), "web") as u:
                await cover.remove_override(u, self.schedule, self.chance.choice(rows)["id"])

    async def undo(self) -> None:
        changes = [c for c in await history(self.db, self.schedule) if c.undoable]
        if changes:
            async with self.db.unit(self.company.admin(), "web") as u:
                await undo_change(u, self.schedule, self.chance.choice(changes).entry.seq)

    async def people_come_and_go(self) -> None:
        act = self.chance.choice([disable, enable])
        async with self.db.unit(self.company.admin(), "web") as u:
            await act(u, self.chance.choice([self.company.ana, self.company.ben]))
        await self.engine()

    async def members(self) -> None:
        async with self.db.unit(self.company.admin(), "web") as u:
            if self.chance.random() < 0.5:
                await add_member(u, self.company.team, self.company.ada)
            else:
                await remove_member(u, self.company.team, self.company.ada)
        await self.engine()

    async def time(self) -> None:
        await self.later(hours=self.chance.randint(1, 100))
        if self.chance.random() < 0.5:
            await self.engine()

    async def engine(self) -> None:
        async with self.db.unit(ENGINE, "engine") as u:
            await recompute(u, self.schedule, "people changed")


@given(place=places(), chance=st.randoms(use_true_random=False))
@settings(
    max_examples=20,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
async def test_nothing_ever_changes_the_past(
    db: Database, company: Company, later: Later, place: Place, chance: random.Random
) -> None:
    """In every zone, from 1970 to 2060, often beside a clock change."""
    away = place.start - await db.clock()
    await later(days=away.days, seconds=away.seconds)
    await Walk(db, company, later, chance, place.zone).go(12)


async def test_computing_again_changes_nothing(db: Database, company: Company, later: Later) -> None:
    schedule = await make(
        db, company, layer(company.ana, company.ben), layer(company.ada, restrictions=(Restriction(time(1), time(3)),)),
    )  # fmt: skip
    await later(hours=40)
    for _ in range(2):
        async with db.unit(ENGINE, "engine") as u:
            await recompute(u, schedule, "again")
        found = [(s.user_id, s.starts_at, s.ends_at, s.rotation_id) for s in await ahead(db, schedule)][:-3]
        heads = await db.value(Statement("head", "select head from schedules where id = $1"), schedule)
        async with db.unit(ENGINE, "engine") as u:
            await recompute(u, schedule, "again")
        again = [(s.user_id, s.starts_at, s.ends_at, s.rotation_id) for s in await ahead(db, schedule)][
            : len(found)
        ]
        assert again == found
        assert (
            await db.value(Statement("head", "select head from schedules where id = $1"), schedule) == heads
        )


# -- at the moment of a hand-off


async def test_an_edit_while_the_hand_off_happens(db: Database, company: Company, later: Later) -> None:
    """Just before and just after it: whoever held the time before the edit keeps it, to the second."""
    schedule = await make(db, company, layer(company.ana, company.ben))
    (first, second, *_) = await ahead(db, schedule)
    for seconds, holder in ((-1, first), (1, second)):
        away = (first.ends_at - await db.clock()).total_seconds()
        await later(seconds=away + seconds)
        async with db.unit(company.admin(), "web") as u:
            draft = await draft_of_schedule(u, schedule)
            found = await schedule_by_id(u, schedule)
            assert draft is not None
            assert found is not None
            turned = replace(
                draft.rotations[0], participants=tuple(reversed(draft.rotations[0].participants))
            )
            await commands.change_schedule(u, schedule, found.version, replace(draft, rotations=(turned,)))
            edited = await u.clock()
        parts = await stored(db, schedule, edited - 2 * DAY, edited + 2 * DAY)
        assert any(s.user_id == holder.user_id and s.starts_at < edited for s in parts) or seconds > 0
        assert all(a.ends_at == b.starts_at for a, b in pairwise(parts)), "neither a gap nor an overlap"
    assert len(await on_call_now(db, schedule)) == 1


async def test_two_who_edit_at_once(db: Database, company: Company) -> None:
    """Overrides, an edit and the engine from several connections: all of it counts, in some order, and nothing twice."""
    schedule = await make(db, company, layer(company.ana, company.ben))
    now = await db.clock()

    async def put(number: int) -> None:
        async with db.unit(company.admin(), "web") as u:
            await cover.add_override(u, schedule, company.vic, now + number * DAY, now + (number + 0.5) * DAY)

    async def change(name: str) -> bool:
        try:
            async with db.unit(company.admin(), "web") as u:
                await commands.change_schedule(
                    u, schedule, 1, ScheduleDraft(name, "UTC", (layer(company.ben),))
                )
        except TocsinError:
            return False
        return True

    async def engine() -> None:
        async with db.unit(ENGINE, "engine") as u:
            await recompute(u, schedule, "the engine")

    async with asyncio.TaskGroup() as group:
        edits = [group.create_task(change(f"Search {n}")) for n in range(3)]
        for number in range(1, 7):
            group.create_task(put(number))
        group.create_task(engine())
    assert sorted(task.result() for task in edits) == [False, False, True]
    rows = await ahead(db, schedule)
    assert all(a.ends_at == b.starts_at for a, b in pairwise(rows))
    assert sum(s.override_id is not None for s in rows) == 6
    assert {s.user_id for s in rows if s.override_id is None and s.starts_at > now} <= {company.ben}


async def test_a_slow_edit_holds_the_others_back(db: Database, company: Company) -> None:
    """An override that arrives while an edit is not committed yet is computed on what the edit left."""
    schedule = await make(db, company, layer(company.ana))
    now = await db.clock()
    edited, may_commit = asyncio.Event(), asyncio.Event()

    async def slow() -> None:
        async with db.unit(company.admin(), "web") as u:
            await commands.change_schedule(
                u, schedule, 1, ScheduleDraft("Search", "UTC", (layer(company.ben),))
            )
            edited.set()
            await may_commit.wait()

    async def put() -> None:
        await edited.wait()
        async with db.unit(company.as_ana(), "web") as u:
            await cover.add_override(u, schedule, company.vic, now + DAY, now + 2 * DAY)

    async with asyncio.TaskGroup() as group:
        group.create_task(slow())
        waiting = group.create_task(put())
        await edited.wait()
        done, _ = await asyncio.wait([waiting], timeout=0.2)
        assert not done, "it waits for the edit"
        may_commit.set()
    people = {s.user_id for s in await ahead(db, schedule) if s.starts_at > now}
    assert people == {company.ben, company.vic}


# -- bad days


async def test_archived_is_over_and_its_past_stays(db: Database, company: Company, later: Later) -> None:
    schedule = await make(db, company, layer(company.ana, company.ben))
    await later(days=3)
    at = await db.clock()
    before = await past(db, schedule, at)
    async with db.unit(company.admin(), "web") as u:
        await commands.archive_schedule(u, schedule)
    await later(days=3)
    await work.extend(db, None)  # type: ignore[arg-type] # it does not look at its row
    assert await past(db, schedule, at) == before
    assert await ahead(db, schedule) == []
    assert await on_call_now(db, schedule) == []
    assert (await stored(db, schedule, at - LONG_AGO, at + LONG_AGO))[-1].ends_at <= at + timedelta(minutes=1)


async def test_when_everybody_has_left_nobody_is_on_call(
    db: Database, company: Company, later: Later
) -> None:
    schedule = await make(db, company, layer(company.ana, company.ben), layer(TeamTurns(company.team)))
    await later(days=2)
    at = await db.clock()
    before = await past(db, schedule, at)
    async with db.unit(company.admin(), "web") as u:
        await disable(u, company.ana)
        await disable(u, company.ben)
    await work.people_changed(db, None)  # type: ignore[arg-type] # it does not look at its row
    assert [s for s in await ahead(db, schedule) if s.ends_at > at + timedelta(minutes=1)] == []
    assert (await on_call_now(db, schedule))[0].user_id is None
    found = await schedule_by_id(db, schedule)
    assert found is not None
    assert found.not_computed is None
    assert await past(db, schedule, at) == before
    assert await final_between(db, schedule, at + 200 * DAY, at + 210 * DAY) == []
    async with db.unit(company.admin(), "web") as u:
        await enable(u, company.ben)
    await work.people_changed(db, None)  # type: ignore[arg-type] # it does not look at its row
    assert {s.user_id for s in await ahead(db, schedule)} == {company.ben}


async def test_other_time_zone_data_moves_hand_offs_and_says_whose(
    db: Database, company: Company, later: Later
) -> None:
    """As if it had been computed with rules that were an hour off: everybody whose hand-off moved is named."""
    schedule = await make(db, company, layer(company.ana, company.ben))
    right = [(s.starts_at, s.ends_at, s.user_id) for s in await ahead(db, schedule)]
    for text in (
        "update schedules set zone_data = '2019c' where id = $1",
        "delete from shifts where schedule_id = $1 and starts_at > clock() + interval '110 days'",
    ):
        await db.run(Statement("test", text), schedule)
    for row in reversed(await ahead(db, schedule)):
        await db.run(
            Statement("test", "update shifts set starts_at = case when starts_at > clock() then starts_at + interval '1 hour' "
                      "else starts_at end, ends_at = ends_at + interval '1 hour' where schedule_id = $1 and starts_at = $2"),
            schedule, row.starts_at,
        )  # fmt: skip
    await later(minutes=1)
    await work.extend(db, None)  # type: ignore[arg-type] # it does not look at its row
    again = [(s.starts_at, s.ends_at, s.user_id) for s in await ahead(db, schedule)]
    assert again[: len(right) - 1] == right[:-1]
    cause = f"the rules of time zones changed (2019c to {ZONE_DATA})"
    (moved,) = await told(db, schedule, cause)
    assert set(moved.people) == {company.ana, company.ben}
    await work.extend(db, None)  # type: ignore[arg-type] # it does not look at its row
    assert len(await told(db, schedule, cause)) == 1, "said once"


async def told(db: Database, schedule: UUID, cause: str) -> list[ShiftsMoved]:
    kinds = [change.kind for change in await history(db, schedule)]
    return [kind for kind in kinds if isinstance(kind, ShiftsMoved) and kind.cause == cause]


async def test_a_zone_that_vanished_leaves_what_was_computed(db: Database, company: Company) -> None:
    schedule = await make(db, company, layer(company.ana))
    before = await ahead(db, schedule)
    await db.run(Statement("test", "update schedules set time_zone = 'Mars/Phobos' where id = $1"), schedule)
    await work.extend(db, None)  # type: ignore[arg-type] # it does not look at its row
    found = await schedule_by_id(db, schedule)
    assert found is not None
    assert found.not_computed is not None
    assert "could not be computed" in found.not_computed
    assert await ahead(db, schedule) == before
    with pytest.raises(TocsinError, match="cannot be computed"):
        await final_between(db, schedule, before[0].starts_at, before[0].starts_at + 200 * DAY)
    await db.run(
        Statement("test", "update schedules set time_zone = 'Europe/Berlin' where id = $1"), schedule
    )
    await work.extend(db, None)  # type: ignore[arg-type] # it does not look at its row
    found = await schedule_by_id(db, schedule)
    assert found is not None
    assert found.not_computed is None
