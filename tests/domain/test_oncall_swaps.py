"""Asking somebody to take a shift: who may ask and answer, the one answer that counts, reminders, and the end."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import pytest

from tests.support import Company
from tocsin.kernel.crypto import BadSignature, Expired, Keys
from tocsin.kernel.db import ENGINE, Actor, Database
from tocsin.kernel.errors import Conflict, Forbidden, Invalid, NotFound
from tocsin.kernel.sql import Statement
from tocsin.kernel.work import JobPump, Pumps
from tocsin.oncall import commands, history, queries, swap_queries, swaps, undo, work
from tocsin.oncall.compute import recompute
from tocsin.oncall.drafts import RotationDraft, ScheduleDraft
from tocsin.oncall.kinds import OverridesAdded, SwapAnswered, SwapAsked, SwapReminded
from tocsin.oncall.links import swap_of_token, swap_token
from tocsin.oncall.model import Coverage, RotationKind, Swap, SwapState
from tocsin.oncall.swaps import SwapDraft
from tocsin.people.commands import disable
from tocsin.record.kinds import decode
from tocsin.record.queries import entries_after

Later = Callable[..., Awaitable[None]]
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
CLEO = Actor(UUID(int=7), "Cleo Roy", "user", "member")


class House:
    """A schedule of days, Ana then Ben then Cleo; Cleo lives in Lisbon."""

    def __init__(self, db: Database, company: Company, schedule: UUID, first: datetime) -> None:
        self.db, self.company, self.schedule, self.first = db, company, schedule, first

    def turn(self, person: UUID, number: int = 0) -> tuple[datetime, datetime]:
        """A coming turn of a person."""
        order = [self.company.ana, self.company.ben, CLEO.id]
        starts = self.first + (order.index(person) + 3 * number) * DAY
        return starts, starts + DAY

    async def ask(self, actor: Actor, draft: SwapDraft) -> UUID:
        async with self.db.unit(actor, "web") as u:
            return await swaps.ask(u, self.schedule, draft)

    async def accept(self, actor: Actor, swap: UUID, **options: Any) -> None:
        async with self.db.unit(actor, "web") as u:
            await swaps.accept(u, swap, **options)

    async def decline(self, actor: Actor, swap: UUID, **options: Any) -> None:
        async with self.db.unit(actor, "web") as u:
            await swaps.decline(u, swap, **options)

    async def swap(self, swap_id: UUID) -> Swap:
        found = await swap_queries.swap_by_id(self.db, swap_id)
        assert found
        return found

    async def on_call(self, at: datetime) -> UUID | None:
        text = "select user_id from shifts where schedule_id = $1 and starts_at <= $2 and ends_at > $2"
        found: UUID | None = await self.db.value(Statement("test", text), self.schedule, at)
        return found

    async def entries(self, *kinds: type) -> list[Any]:
        found = [decode(e.kind, e.payload) for e in await entries_after(self.db, self.schedule, 0, 1000)]
        return [k for k in found if isinstance(k, kinds)]


@pytest.fixture
async def house(db: Database, company: Company) -> House:
    await db.run(
        Statement("test", "insert into users (id, email, name, time_zone) values ($1, $2, $3, 'Europe/Lisbon')"),
        CLEO.id, "cleo@example.org", CLEO.name,
    )  # fmt: skip
    now = await db.clock()
    first = datetime.combine(now.date() + DAY, time(0), UTC)
    layer = RotationDraft(
        (company.ana, company.ben, CLEO.id), kind=RotationKind.DAILY, handoff_time=time(0), start_date=first.date(),
    )  # fmt: skip
    async with db.unit(company.admin(), "web") as u:
        schedule = await commands.create_schedule(
            u, ScheduleDraft("Search", "UTC", (layer,), team_id=company.team)
        )
    return House(db, company, schedule, first)


async def team_admin(house: House, user: UUID) -> None:
    text = "update team_members set role = 'admin' where user_id = $1 and team_id = $2"
    await house.db.run(Statement("test", text), user, house.company.team)


async def test_one_person_is_asked_and_says_yes(house: House) -> None:
    company = house.company
    starts, ends = house.turn(company.ana)
    swap_id = await house.ask(company.as_ana(), SwapDraft(starts, ends, company.ben, note=" The dentist. "))
    asked = await house.swap(swap_id)
    assert (asked.state, asked.waits_for, asked.note) == (SwapState.OPEN, ("Ben Okafor",), "The dentist.")
    assert [s.id for s in await swap_queries.swaps(house.db)] == [swap_id]
    assert [s.id for s in await swap_queries.swaps(house.db, company.schedule)] == []
    await house.accept(company.as_ben(), swap_id)
    taken = await house.swap(swap_id)
    assert (taken.state, taken.taken_by, taken.answered_name, taken.waits_for) == (
        SwapState.ACCEPTED, company.ben, "Ben Okafor", (),
    )  # fmt: skip
    assert await house.on_call(starts) == company.ben
    assert await house.on_call(ends - HOUR) == company.ben
    (asking,) = await house.entries(SwapAsked)
    assert asking.sentence() == "asked Ben Okafor to take a shift"
    (answer,) = await house.entries(SwapAnswered)
    assert (answer.state, answer.person, answer.absent, answer.closed) == (
        "accepted",
        "Ben Okafor",
        False,
        True,
    )
    assert answer.sentence() == "took Ana Silva's shift"


async def test_a_swap_moves_both_shifts_in_one_batch(house: House) -> None:
    company = house.company
    mine, theirs = house.turn(company.ana), house.turn(company.ben, 1)
    swap_id = await house.ask(company.as_ana(), SwapDraft(*mine, company.ben, None, *theirs))
    await house.accept(company.as_ben(), swap_id)
    assert await house.on_call(mine[0]) == company.ben
    assert await house.on_call(theirs[0]) == company.ana
    put = await queries.overrides_between(house.db, house.schedule, mine[0], theirs[1])
    assert {o.replaces for o in put} == {company.ana, company.ben}
    assert len({o.batch for o in put}) == 1
    assert all(o.batch for o in put)
    (added,) = await house.entries(OverridesAdded)
    assert len(added.overrides) == 2
    change = next(
        c for c in await history.history(house.db, house.schedule) if isinstance(c.kind, OverridesAdded)
    )
    async with house.db.unit(company.as_ben(), "web") as u:
        await undo.undo_change(u, house.schedule, change.entry.seq)
    assert await house.on_call(mine[0]) == company.ana
    assert await house.on_call(theirs[0]) == company.ben


async def test_a_part_of_a_shift(house: House) -> None:
    company = house.company
    starts, _ = house.turn(company.ana)
    swap_id = await house.ask(company.as_ana(), SwapDraft(starts + 6 * HOUR, starts + 8 * HOUR, company.ben))
    await house.accept(company.as_ben(), swap_id)
    held = [await house.on_call(starts + n * HOUR) for n in (5, 6, 7, 8)]
    assert held == [company.ana, company.ben, company.ben, company.ana]


async def test_everybody_is_asked_and_one_says_yes(house: House) -> None:
    company = house.company
    starts, ends = house.turn(company.ana)
    swap_id = await house.ask(company.as_ana(), SwapDraft(starts, ends))
    assert (await house.swap(swap_id)).waits_for == ("Ben Okafor", "Cleo Roy")
    await house.decline(company.as_ben(), swap_id)
    left = await house.swap(swap_id)
    assert (left.state, left.waits_for) == (SwapState.OPEN, ("Cleo Roy",))
    with pytest.raises(Conflict, match="declined before"):
        await house.accept(company.as_ben(), swap_id)
    await house.accept(CLEO, swap_id)
    assert await house.on_call(starts) == CLEO.id
    assert [(a.state, a.closed) for a in await house.entries(SwapAnswered)] == [
        ("declined", False), ("accepted", True),
    ]  # fmt: skip


async def test_when_everybody_declined_it_is_declined(house: House) -> None:
    company = house.company
    swap_id = await house.ask(company.as_ana(), SwapDraft(*house.turn(company.ana)))
    await house.decline(company.as_ben(), swap_id)
    await house.decline(CLEO, swap_id)
    assert (await house.swap(swap_id)).state is SwapState.DECLINED
    assert [a.closed for a in await house.entries(SwapAnswered)] == [False, True]
    with pytest.raises(Conflict, match="was declined"):
        await house.accept(CLEO, swap_id)


async def test_of_two_answers_at_once_one_counts(house: House) -> None:
    company = house.company
    starts, ends = house.turn(company.ana)
    for _ in range(3):
        swap_id = await house.ask(company.as_ana(), SwapDraft(starts, ends))
        results = await asyncio.gather(
            house.accept(company.as_ben(), swap_id), house.accept(CLEO, swap_id), return_exceptions=True
        )
        assert sorted(type(r).__name__ for r in results) == ["Conflict", "NoneType"]
        (refused,) = [r for r in results if r]
        assert "has taken it already" in str(refused)
        taken = await house.swap(swap_id)
        assert await house.on_call(starts) == taken.taken_by
        starts, ends = starts + 3 * DAY, ends + 3 * DAY


async def test_yes_no_and_withdrawing_at_once(house: House) -> None:
    company = house.company
    swap_id = await house.ask(company.as_ana(), SwapDraft(*house.turn(company.ana), company.ben))

    async def withdraw() -> None:
        async with house.db.unit(company.as_ana(), "web") as u:
            await swaps.withdraw(u, swap_id)

    results = await asyncio.gather(
        house.accept(company.as_ben(), swap_id), house.decline(company.as_ben(), swap_id), withdraw(),
        return_exceptions=True,
    )  # fmt: skip
    assert sum(r is None for r in results) == 1
    assert all(isinstance(r, Conflict) for r in results if r)
    assert len(await house.entries(SwapAnswered)) == 1


async def test_what_makes_no_sense_is_named(house: House) -> None:
    company = house.company
    starts, ends = house.turn(company.ana)
    theirs = house.turn(company.ben)
    wrong: list[tuple[SwapDraft, str, str]] = [
        (SwapDraft(ends, starts, company.ben), "ends_at", "after the start"),
        (SwapDraft(starts - 3 * DAY, ends, company.ben), "starts_at", "begun already"),
        (SwapDraft(starts, starts + 400 * DAY, company.ben), "ends_at", "year"),
        (SwapDraft(starts, ends + HOUR, company.ben), "starts_at", "does not hold"),
        (SwapDraft(*theirs, company.ben), "starts_at", "does not hold"),
        (SwapDraft(starts, ends, company.ana), "to_user_id", "whose shift"),
        (SwapDraft(starts, ends, uuid4()), "to_user_id", "cannot be on call"),
        (SwapDraft(starts, ends, None, None, *theirs), "to_user_id", "one person"),
        (SwapDraft(starts, ends, company.ben, None, theirs[0]), "return_ends_at", "start and an end"),
        (
            SwapDraft(starts, ends, company.ben, None, *house.turn(company.ana, 1)),
            "return_starts_at",
            "Ben Okafor does not hold",
        ),
        (SwapDraft(starts, ends, company.ben, None, starts, ends), "return_starts_at", "another time"),
        (SwapDraft(starts, ends, company.ben, note="x" * 501), "note", "too long"),
    ]
    for draft, field, sentence in wrong:
        with pytest.raises(Invalid, match=sentence) as error:
            await house.ask(company.as_ana(), draft)
        assert error.value.field == field
    await house.ask(company.as_ana(), SwapDraft(starts, ends, company.ben))
    with pytest.raises(Conflict, match="asked already"):
        await house.ask(company.as_ana(), SwapDraft(starts, ends, company.ben))
    with pytest.raises(NotFound):
        await house.accept(company.as_ben(), uuid4())


async def test_only_who_was_asked_answers(house: House) -> None:
    company = house.company
    swap_id = await house.ask(company.as_ana(), SwapDraft(*house.turn(company.ana), company.ben))
    with pytest.raises(Conflict, match="Ben Okafor was asked"):
        await house.accept(CLEO, swap_id)
    with pytest.raises(Conflict, match="somebody else must answer"):
        await house.accept(company.as_ana(), swap_id)
    with pytest.raises(Conflict, match="was asked, nobody else"):
        await house.accept(company.as_vic(), swap_id)
    with pytest.raises(Forbidden, match="acts for somebody else"):
        await house.accept(CLEO, swap_id, as_user=company.ben)
    async with house.db.unit(CLEO, "web") as u:
        with pytest.raises(Forbidden, match="Ana Silva's request"):
            await swaps.withdraw(u, swap_id)
    assert (await house.swap(swap_id)).state is SwapState.OPEN


async def test_viewers_ask_about_their_own_shifts_and_answer_for_themselves(house: House) -> None:
    company = house.company
    with pytest.raises(Invalid, match="does not hold this schedule"):
        await house.ask(company.as_vic(), SwapDraft(*house.turn(company.ana)))
    with pytest.raises(Forbidden):
        await house.ask(company.as_vic(), SwapDraft(*house.turn(company.ana), from_user_id=company.ana))
    swap_id = await house.ask(company.as_ana(), SwapDraft(*house.turn(company.ana), company.vic))
    await house.accept(company.as_vic(), swap_id)
    assert (await house.swap(swap_id)).taken_by == company.vic


async def test_a_manager_asks_and_answers_for_who_is_away(house: House) -> None:
    company = house.company
    draft = SwapDraft(*house.turn(company.ana), company.ben, company.ana)
    with pytest.raises(Forbidden, match="acts for somebody else"):
        await house.ask(CLEO, draft)
    swap_id = await house.ask(company.admin(), draft)
    await house.accept(company.admin(), swap_id, as_user=company.ben)
    taken = await house.swap(swap_id)
    assert (taken.created_name, taken.taken_name, taken.answered_name) == (
        "Ada Admin",
        "Ben Okafor",
        "Ada Admin",
    )
    (asked,), (answer,) = await house.entries(SwapAsked), await house.entries(SwapAnswered)
    assert asked.sentence() == "asked Ben Okafor for Ana Silva, who is away, to take a shift"
    assert answer.sentence() == "took Ana Silva's shift for Ben Okafor, who is away"
    assert (asked.absent, answer.absent) == (True, True)


async def test_the_admin_of_the_team_is_a_manager(house: House) -> None:
    company = house.company
    await team_admin(house, company.ben)
    draft = SwapDraft(*house.turn(company.ana), CLEO.id, company.ana)
    swap_id = await house.ask(company.as_ben(), draft)
    await house.decline(company.as_ben(), swap_id, as_user=CLEO.id)
    assert (await house.swap(swap_id)).state is SwapState.DECLINED
    again = await house.ask(company.as_ben(), draft)
    async with house.db.unit(company.as_ana(), "web") as u:
        await swaps.withdraw(u, again)
    assert (await house.swap(again)).state is SwapState.WITHDRAWN


async def test_the_schedule_changed_meanwhile(house: House) -> None:
    company = house.company
    mine, theirs = house.turn(company.ana), house.turn(company.ben, 1)
    one_way = await house.ask(company.as_ana(), SwapDraft(*mine, company.ben))
    both = await house.ask(
        company.as_ana(), SwapDraft(*house.turn(company.ana, 2), company.ben, None, *theirs)
    )
    layer = RotationDraft(
        (CLEO.id,), kind=RotationKind.DAILY, handoff_time=time(0), start_date=date(2026, 1, 1)
    )
    async with house.db.unit(company.admin(), "web") as u:
        await commands.change_schedule(u, house.schedule, 1, ScheduleDraft("Search", "UTC", (layer,)))
    for swap_id in (one_way, both):
        with pytest.raises(Conflict, match="does not hold this shift any more"):
            await house.accept(company.as_ben(), swap_id)
    assert (await house.swap(one_way)).state is SwapState.OPEN
    assert await house.on_call(mine[0]) == CLEO.id


async def test_the_shift_in_return_went_elsewhere(house: House) -> None:
    company = house.company
    theirs = house.turn(company.ben, 1)
    swap_id = await house.ask(
        company.as_ana(), SwapDraft(*house.turn(company.ana), company.ben, None, *theirs)
    )
    given = await house.ask(company.as_ben(), SwapDraft(*theirs, CLEO.id))
    await house.accept(CLEO, given)
    with pytest.raises(Conflict, match="shift in return"):
        await house.accept(company.as_ben(), swap_id)
    assert await house.on_call(house.turn(company.ana)[0]) == company.ana


async def test_the_schedule_was_archived_meanwhile(house: House, later: Later) -> None:
    company = house.company
    swap_id = await house.ask(company.as_ana(), SwapDraft(*house.turn(company.ana), company.ben))
    async with house.db.unit(company.admin(), "web") as u:
        await commands.archive_schedule(u, house.schedule)
    with pytest.raises(Conflict, match="archived"):
        await house.accept(company.as_ben(), swap_id)
    pumps = Pumps(house.db, [JobPump(house.db, work.JOBS)])
    await later(days=2)
    await pumps.settle()
    assert (await house.swap(swap_id)).state is SwapState.LAPSED
    assert await house.entries(SwapReminded) == []


async def test_the_receiver_left_meanwhile(house: House) -> None:
    company = house.company
    swap_id = await house.ask(company.as_ana(), SwapDraft(*house.turn(company.ana), company.ben))
    async with house.db.unit(company.admin(), "web") as u:
        await disable(u, company.ben)
    with pytest.raises(Conflict, match="disabled"):
        await house.accept(company.admin(), swap_id, as_user=company.ben)
    assert (await house.swap(swap_id)).waits_for == ()
    async with house.db.unit(company.as_ana(), "web") as u:
        await swaps.withdraw(u, swap_id)


async def test_it_lapses_when_the_shift_begins(house: House, later: Later) -> None:
    company = house.company
    starts, ends = house.turn(company.ana)
    swap_id = await house.ask(company.as_ana(), SwapDraft(starts, ends, company.ben))
    pumps = Pumps(house.db, [JobPump(house.db, work.JOBS)])
    await later(seconds=(starts - await house.db.clock()).total_seconds() + 1)
    with pytest.raises(Conflict, match="the shift has begun"):
        await house.accept(company.as_ben(), swap_id)
    assert (await house.swap(swap_id)).waits_for == ()
    await pumps.settle()
    await pumps.settle()
    assert (await house.swap(swap_id)).state is SwapState.LAPSED
    assert [a.state for a in await house.entries(SwapAnswered)] == ["lapsed"]
    assert await house.on_call(starts) == company.ana


async def test_a_hand_off_between_asking_and_answering(house: House, later: Later) -> None:
    """The stored shifts move on with the clock; the answer moves what is still to come."""
    company = house.company
    mine = house.turn(company.ana, 1)
    swap_id = await house.ask(company.as_ana(), SwapDraft(*mine, company.ben))
    await later(seconds=(house.first + 2 * DAY - await house.db.clock()).total_seconds())
    assert await house.on_call(await house.db.clock()) == CLEO.id
    await house.accept(company.as_ben(), swap_id)
    assert await house.on_call(await house.db.clock()) == CLEO.id
    assert await house.on_call(mine[0]) == company.ben


async def test_an_answer_while_the_future_is_computed_and_the_schedule_is_edited(house: House) -> None:
    """Whichever comes first, what is stored is what both of them say."""
    company = house.company
    layer = RotationDraft(
        (company.ana, CLEO.id), kind=RotationKind.DAILY, handoff_time=time(0), start_date=house.first.date()
    )

    async def compute() -> None:
        async with house.db.unit(ENGINE, "engine") as u:
            await recompute(u, house.schedule)

    async def edit() -> None:
        async with house.db.unit(company.admin(), "web") as u:
            draft = ScheduleDraft("Search", "UTC", (layer,), team_id=company.team)
            await commands.change_schedule(u, house.schedule, 1, draft)

    mine, late = house.turn(company.ana), house.turn(company.ana, 1)
    first = await house.ask(company.as_ana(), SwapDraft(*mine, company.ben))
    second = await house.ask(company.as_ana(), SwapDraft(*late, company.ben))
    results = await asyncio.gather(
        house.accept(company.as_ben(), first), compute(), edit(), house.accept(company.as_ben(), second),
        return_exceptions=True,
    )  # fmt: skip
    assert [r for r in results if r and not isinstance(r, Conflict)] == []
    assert results[0] is None, "she holds the first one before the edit and after it"
    assert await house.on_call(mine[0]) == company.ben
    taken = (await house.swap(second)).state is SwapState.ACCEPTED
    assert taken == (results[3] is None)
    assert await house.on_call(late[0]) == CLEO.id, "Ben stands in for Ana alone, and Cleo has that day now"


async def test_people_who_are_on_call_together_do_not_take_their_own_places(
    db: Database, house: House
) -> None:
    company = house.company
    layers = tuple(
        RotationDraft((person,), kind=RotationKind.DAILY, handoff_time=time(0), start_date=date(2026, 1, 1))
        for person in (company.ana, company.ben)
    )
    async with db.unit(company.admin(), "web") as u:
        both = await commands.create_schedule(
            u, ScheduleDraft("Both", "UTC", layers, coverage=Coverage.TOGETHER)
        )
    async with db.unit(company.as_ana(), "web") as u:
        with pytest.raises(Invalid, match="on call for this schedule then already"):
            await swaps.ask(u, both, SwapDraft(house.first, house.first + DAY, company.ben))
        with pytest.raises(Conflict, match="Nobody else stands"):
            await swaps.ask(u, both, SwapDraft(house.first, house.first + DAY))


async def test_nobody_else_stands_in_the_schedule(db: Database, house: House) -> None:
    company = house.company
    layer = RotationDraft(
        (company.ana,), kind=RotationKind.DAILY, handoff_time=time(0), start_date=date(2026, 1, 1)
    )
    async with db.unit(company.admin(), "web") as u:
        alone = await commands.create_schedule(u, ScheduleDraft("Alone", "UTC", (layer,)))
    with pytest.raises(Conflict, match="Nobody else stands"):
        async with db.unit(company.as_ana(), "web") as u:
            await swaps.ask(u, alone, SwapDraft(house.first, house.first + DAY))
    assert await swap_queries.swaps(db, alone) == []


async def test_reminders_come_in_working_hours_until_it_is_answered(house: House, later: Later) -> None:
    """Ben works from Monday to Friday, 09:00 to 17:00, in Sydney."""
    company, db = house.company, house.db
    pumps = Pumps(db, [JobPump(db, work.JOBS)])
    mine = house.turn(company.ana, 6)
    swap_id = await house.ask(company.as_ana(), SwapDraft(*mine, company.ben))
    due = Statement("test", "select min(due_at) from work where kind = 'oncall.swap_remind'")
    reminders = 0
    for _ in range(4):
        at = await db.value(due)
        await later(seconds=(at - await db.clock()).total_seconds() + 1)
        await pumps.settle()
        reminders += 1
        assert len(await house.entries(SwapReminded)) == reminders
        there = (await db.clock()).astimezone(ZoneInfo("Australia/Sydney"))
        assert there.isoweekday() <= 5
        assert 9 <= there.hour < 17
    (said, *_) = await house.entries(SwapReminded)
    assert said.sentence() == "reminded Ben Okafor of Ana Silva's request"
    assert said.user_id == company.ben
    await house.decline(company.as_ben(), swap_id)
    await later(days=5)
    await pumps.settle()
    assert len(await house.entries(SwapReminded)) == reminders


async def test_a_reminder_that_comes_late_waits_for_the_morning(house: House, later: Later) -> None:
    """The server was down; nobody is reminded at night for that."""
    company, db = house.company, house.db
    pumps = Pumps(db, [JobPump(db, work.JOBS)])
    await house.ask(company.as_ana(), SwapDraft(*house.turn(company.ana, 6), company.ben))
    due = Statement("test", "select min(due_at) from work where kind = 'oncall.swap_remind'")
    await later(seconds=((await db.value(due)) - await db.clock()).total_seconds() + 13 * 3600)
    await pumps.settle()
    assert await house.entries(SwapReminded) == []
    assert await db.value(due) > await db.clock()


async def test_a_reminder_that_runs_twice_reminds_once(house: House, later: Later) -> None:
    company, db = house.company, house.db
    swap_id = await house.ask(company.as_ana(), SwapDraft(*house.turn(company.ana, 6), company.ben))
    await db.run(
        Statement("test", "update users set work_starts = '00:00', work_ends = '00:00', work_days = '{}'")
    )
    row = await db.row(Statement("test", "select * from work where kind = 'oncall.swap_remind'"))
    assert row
    one = work.Work(row["id"], row["kind"], row["key"], row["payload"], 1, row["generation"])
    for _ in range(2):
        await work.JOBS["oncall.swap_remind"](db, one)
    assert len(await house.entries(SwapReminded)) == 1
    await house.accept(company.as_ben(), swap_id)


async def test_the_link_is_for_one_person_and_one_request() -> None:
    keys, at = Keys(b"k" * 32), datetime(2026, 1, 1, tzinfo=UTC)
    swap, user = uuid4(), uuid4()
    token = swap_token(keys, swap, user, at)
    assert swap_of_token(keys, token, at - HOUR) == (swap, user)
    with pytest.raises(Expired):
        swap_of_token(keys, token, at)
    with pytest.raises(BadSignature):
        swap_of_token(Keys(b"j" * 32), token, at - HOUR)
    with pytest.raises(BadSignature):
        swap_of_token(keys, keys.sign("ack", {"s": swap.hex, "u": user.hex}, at), at - HOUR)
