"""Handing a shift over: the brief an hour before, acceptance asked for, and who is paged while it waits."""

from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import date, datetime, time, timedelta
from uuid import UUID

import pytest

from tests.domain.paging_world import KEYS, World, run, unfolded, value
from tests.support import Company
from tocsin.duty import handover_clock, work
from tocsin.duty.burdens import Burden, burdens
from tocsin.duty.fairness import quarter_of
from tocsin.duty.fatigue import fatigue_now
from tocsin.duty.handover import accept, add_note, finish_note
from tocsin.duty.handover_brief import make_brief, words
from tocsin.duty.handover_clock import HandoverClock
from tocsin.duty.handover_model import Handover, handover_of_token, handover_token, in_vain, next_ask
from tocsin.duty.handover_queries import handover_by_id, handovers, sent_brief
from tocsin.duty.relief import ask_relief
from tocsin.kernel.crypto import CryptoError
from tocsin.kernel.db import Actor, Database, Row
from tocsin.kernel.errors import Conflict, Forbidden, Invalid, NotFound
from tocsin.kernel.ids import new_id
from tocsin.kernel.sql import Statement
from tocsin.kernel.work import BatchPump, JobPump, Pumps
from tocsin.oncall.commands import change_schedule, create_schedule
from tocsin.oncall.cover import add_override, take_shift
from tocsin.oncall.drafts import RotationDraft, ScheduleDraft
from tocsin.oncall.final import on_call_at
from tocsin.oncall.model import RotationKind
from tocsin.record.kinds import decode
from tocsin.record.queries import entries_after

Later = Callable[..., Awaitable[None]]
MINUTE = timedelta(minutes=1)


@pytest.fixture
async def db(dsn: str) -> AsyncIterator[Database]:
    """The record is followed, as in the app; alerts are made with SQL."""
    async with unfolded(dsn) as database:
        database.follows = lambda kind: work.FOLLOWS.get(kind, ())
        yield database


@pytest.fixture
async def schedule(db: Database, company: Company) -> UUID:
    """Ana has it for two hours, then Ben, then Ada, two hours each; the pager moves by itself."""
    await run(db, "delete from shifts where schedule_id = $1", company.schedule)
    for number, person in enumerate((company.ana, company.ben, company.ada)):
        await run(
            db,
            "insert into shifts (schedule_id, user_id, starts_at, ends_at) values ($1, $2,"
            " date_trunc('minute', clock()) + make_interval(hours => $3), date_trunc('minute', clock()) + make_interval(hours => $3 + 2))",
            company.schedule, person, number * 2,
        )  # fmt: skip
    # Ana's is older: it was handed over before anybody looked.
    await run(
        db, "update shifts set starts_at = starts_at - interval '1 day' where user_id = $1", company.ana
    )
    return company.schedule


@pytest.fixture
async def careful(db: Database, schedule: UUID) -> UUID:
    """From now on the pager moves only when somebody accepts."""
    await run(
        db, "update schedules set needs_acceptance = true, acceptance_since = clock() where id = $1", schedule
    )
    return schedule


async def look(db: Database) -> None:
    """The clock and whatever follows the record, until nothing is due."""
    batches = [BatchPump(db, kind, handle) for kind, handle in work.batches(KEYS).items()]
    await Pumps(db, [*batches, HandoverClock(db, KEYS)]).settle()


async def at(db: Database, later: Later, moment: datetime) -> None:
    """Goes there, and looks."""
    await later(seconds=(moment - await db.clock()).total_seconds() + 1)
    await look(db)


async def start_of(db: Database, schedule: UUID, person: UUID) -> datetime:
    found: datetime = await value(
        db, "select starts_at from shifts where schedule_id = $1 and user_id = $2", schedule, person
    )
    return found


async def on_call(db: Database, schedule: UUID) -> UUID:
    found: UUID = await value(db, "select user_id from on_call_now where schedule_id = $1", schedule)
    return found


async def told(db: Database, person: UUID) -> list[str]:
    return [n["subject"] for n in await notices(db, person)]


async def notices(db: Database, person: UUID) -> list[Row]:
    return await run(
        db,
        "select transport, message ->> 'subject' as subject, message ->> 'text' as text, message ->> 'url' as url"
        " from deliveries where purpose = 'notice' and user_id = $1 order by queued_at",
        person,
    )


async def of(db: Database, schedule: UUID, person: UUID) -> Handover:
    (found,) = await handovers(db, schedule, person, past=True)
    return found


async def accepted(db: Database, handover: Handover, actor: Actor, key: str | None = None) -> None:
    async with db.unit(actor, "web", key) as u:
        await accept(u, handover.id)


async def sentences(db: Database, schedule: UUID) -> list[str]:
    return [decode(e.kind, e.payload).sentence() for e in await entries_after(db, schedule)]


# -- when


START = datetime.fromisoformat("2026-11-23T09:00:00+00:00")


def test_when_it_is_asked_about() -> None:
    minutes, moment = [], START - timedelta(hours=1)
    while upcoming := next_ask(START, moment, waits=True):
        minutes.append((upcoming - START) / MINUTE)
        moment = upcoming
    assert minutes == [-15, 0, 10, 20]
    assert next_ask(START, START - MINUTE, waits=False) == START
    assert next_ask(START, START, waits=False) is None
    assert [in_vain(START, START + m * MINUTE) for m in (19, 20)] == [False, True]


def test_a_link_is_for_one_person_and_one_handover() -> None:
    handover, person = new_id(), new_id()
    token = handover_token(KEYS, handover, person, START)
    assert handover_of_token(KEYS, token, START - MINUTE) == (handover, person)
    for late_or_wrong in (
        lambda: handover_of_token(KEYS, token, START),
        lambda: handover_of_token(KEYS, "x", START),
    ):
        with pytest.raises(CryptoError):
            late_or_wrong()


# -- a schedule whose pager moves by itself


async def test_an_hour_before_the_next_person_has_the_brief(
    db: Database, company: Company, schedule: UUID, later: Later, world: World
) -> None:
    starts = await start_of(db, schedule, company.ben)
    await at(db, later, starts - 61 * MINUTE)
    assert await told(db, company.ben) == []
    await world.open(message="Card payments fail")
    await at(db, later, starts - 60 * MINUTE)
    (notice,) = await notices(db, company.ben)
    assert notice["subject"].startswith("Payments on-call: your shift starts at ")
    assert "Card payments fail" in notice["text"]
    assert "Australia/Sydney" in notice["text"]
    h = await of(db, schedule, company.ben)
    assert (h.from_user_id, h.waits, h.asked) == (company.ana, False, 0)
    token = notice["url"].removeprefix("/handover/")
    assert handover_of_token(KEYS, token, await db.clock()) == (h.id, company.ben)
    assert (await sent_brief(db, h.id))["alerts"][0]["message"] == "Card payments fail"


async def test_at_the_start_both_are_told_once(
    db: Database, company: Company, schedule: UUID, later: Later
) -> None:
    starts = await start_of(db, schedule, company.ben)
    await at(db, later, starts - 30 * MINUTE)
    await at(db, later, starts)
    await look(db)
    assert (await told(db, company.ben))[1:] == ["Payments on-call: your shift starts"]
    assert await told(db, company.ana) == ["Payments on-call: your shift has ended, Ben Okafor has it"]
    assert await on_call(db, schedule) == company.ben


async def test_two_processes_prepare_it_once(
    db: Database, company: Company, schedule: UUID, later: Later
) -> None:
    await later(minutes=90)
    clocks = [HandoverClock(db, KEYS) for _ in range(4)]
    for clock in clocks:
        await clock.turn()
    assert len(await told(db, company.ben)) == 1


async def test_after_a_pause_of_the_process_it_is_made_up_for(
    db: Database, company: Company, schedule: UUID, later: Later
) -> None:
    starts = await start_of(db, schedule, company.ben)
    await at(db, later, starts + 9 * MINUTE)
    assert await told(db, company.ben) == ["Payments on-call: your shift starts"]
    assert await told(db, company.ana) == ["Payments on-call: your shift has ended, Ben Okafor has it"]


async def test_what_began_long_ago_is_no_news(
    db: Database, company: Company, schedule: UUID, later: Later
) -> None:
    await at(db, later, await start_of(db, schedule, company.ben) + 11 * MINUTE)
    assert await told(db, company.ben) == []


async def test_whoever_goes_on_is_left_alone(
    db: Database, company: Company, schedule: UUID, later: Later
) -> None:
    starts = await start_of(db, schedule, company.ben)
    await run(db, "update shifts set user_id = $1 where user_id = $2", company.ana, company.ben)
    await at(db, later, starts - 30 * MINUTE)
    await at(db, later, starts)
    assert await told(db, company.ana) == []
    assert await handovers(db, schedule) == []


async def test_after_a_gap_nobody_is_before(
    db: Database, company: Company, schedule: UUID, later: Later
) -> None:
    starts = await start_of(db, schedule, company.ben)
    await run(
        db, "update shifts set ends_at = ends_at - interval '5 minutes' where user_id = $1", company.ana
    )
    await at(db, later, starts - 30 * MINUTE)
    (notice,) = await notices(db, company.ben)
    assert "nobody is before you" in notice["text"]
    await at(db, later, starts)
    assert await told(db, company.ana) == []


async def test_an_edit_that_moves_the_shift_leaves_a_row_without_effect(
    db: Database, company: Company, schedule: UUID, later: Later
) -> None:
    starts = await start_of(db, schedule, company.ben)
    await at(db, later, starts - 30 * MINUTE)
    stale = await of(db, schedule, company.ben)
    await run(db, "update shifts set user_id = $2 where user_id = $1", company.ben, company.vic)
    await at(db, later, starts)
    assert len(await told(db, company.ben)) == 1, "nothing after the first"
    assert await told(db, company.vic)
    assert await handovers(db, schedule, company.ben) == []
    with pytest.raises(Conflict, match="schedule changed"):
        await accepted(db, stale, company.as_ben())


# -- a schedule that needs acceptance


async def test_the_pager_stays_until_it_is_accepted(
    db: Database, company: Company, careful: UUID, later: Later, world: World
) -> None:
    starts = await start_of(db, careful, company.ben)
    await at(db, later, starts + MINUTE)
    assert await on_call(db, careful) == company.ana
    alert = await world.open()
    await world.decide()
    assert await world.pages(alert) == [("Ana", 0, 0)]
    h = await of(db, careful, company.ben)
    assert h.held_back
    await accepted(db, h, company.as_ben())
    assert await on_call(db, careful) == company.ben
    other = await world.open()
    await world.decide()
    assert await world.pages(other) == [("Ben", 0, 0)]
    assert (await told(db, company.ana))[-1] == "Payments on-call: your shift has ended, Ben Okafor has it"
    assert "accepted the shift, after Ana Silva" in await sentences(db, careful)


async def test_it_is_asked_for_and_then_the_owners_are_told(
    db: Database, company: Company, careful: UUID, later: Later, world: World
) -> None:
    await run(db, "update team_members set role = 'admin' where user_id = $1", company.ana)
    await run(
        db, "update notification_rules set delay_s = 60 where user_id = $1 and urgency = 'high'", company.ben
    )
    await world.add_webhook(company.ben, 0, "high")
    starts = await start_of(db, careful, company.ben)
    counts = []
    for minutes in (-60, -16, -15, -1, 0, 9, 10, 19, 20, 40):
        await at(db, later, starts + minutes * MINUTE)
        counts.append(len(await told(db, company.ben)))
    assert counts == [1, 1, 2, 2, 3, 3, 4, 4, 4, 4]
    assert [n["transport"] for n in await notices(db, company.ben)] == ["email", *["webhook"] * 3]
    assert (await told(db, company.ben))[-1] == "Accept Payments on-call: your shift has started"
    assert await told(db, company.ana) == [
        "Payments on-call: you keep the pager until Ben Okafor accepts",
        "Payments on-call: Ben Okafor has not accepted the shift",
    ]
    assert await sentences(db, careful) == [
        "asked Ben Okafor in vain to accept the shift; Ana Silva keeps it"
    ]
    assert await on_call(db, careful) == company.ana


async def test_who_accepts_early_is_not_asked_again(
    db: Database, company: Company, careful: UUID, later: Later
) -> None:
    starts = await start_of(db, careful, company.ben)
    await at(db, later, starts - 50 * MINUTE)
    await accepted(db, await of(db, careful, company.ben), company.as_ben())
    await at(db, later, starts - 10 * MINUTE)
    assert len(await told(db, company.ben)) == 1
    assert await on_call(db, careful) == company.ana
    await at(db, later, starts)
    assert await on_call(db, careful) == company.ben
    assert (await told(db, company.ben))[-1] == "Payments on-call: your shift starts"
    assert await told(db, company.ana) == ["Payments on-call: your shift has ended, Ben Okafor has it"]
    await at(db, later, starts + 30 * MINUTE)
    assert len(await told(db, company.ben)) == 2


async def test_accepting_twice_is_accepting(
    db: Database, company: Company, careful: UUID, later: Later
) -> None:
    await at(db, later, await start_of(db, careful, company.ben) + MINUTE)
    h = await of(db, careful, company.ben)
    for _ in range(2):
        await accepted(db, h, company.as_ben(), "tap")
    await accepted(db, h, company.as_ben())
    assert len(await sentences(db, careful)) == 1


async def test_a_manager_accepts_for_them_and_nobody_else(
    db: Database, company: Company, careful: UUID, later: Later
) -> None:
    await at(db, later, await start_of(db, careful, company.ben) + MINUTE)
    h = await of(db, careful, company.ben)
    with pytest.raises(Forbidden):
        await accepted(db, h, company.as_ana())
    await accepted(db, h, company.admin())
    assert await on_call(db, careful) == company.ben
    assert (await told(db, company.ben))[-1] == "Payments on-call: Ada Admin accepted your shift for you"
    assert "accepted the shift for Ben Okafor, who is away, after Ana Silva" in await sentences(db, careful)
    with pytest.raises(NotFound):
        async with db.unit(company.admin(), "web") as u:
            await accept(u, new_id())


async def test_a_viewer_who_is_on_call_accepts_and_leaves_notes(
    db: Database, company: Company, careful: UUID, later: Later
) -> None:
    with pytest.raises(Forbidden, match="on call for this schedule"):
        async with db.unit(company.as_vic(), "web") as u:
            await add_note(u, careful, "I only look")
    starts = await start_of(db, careful, company.ben)
    await run(db, "update shifts set user_id = $2 where user_id = $1", company.ben, company.vic)
    await at(db, later, starts + MINUTE)
    await accepted(db, await of(db, careful, company.vic), company.as_vic())
    assert await on_call(db, careful) == company.vic
    async with db.unit(company.as_vic(), "web") as u:
        await finish_note(u, await add_note(u, careful, "All is quiet"))
    await at(db, later, await start_of(db, careful, company.ada) + MINUTE)
    with pytest.raises(Forbidden):
        await accepted(db, await of(db, careful, company.ada), company.as_vic())


async def test_the_past_stays_when_somebody_leaves(
    db: Database, company: Company, careful: UUID, later: Later
) -> None:
    starts = await start_of(db, careful, company.ben)
    await at(db, later, starts + MINUTE)
    await later(minutes=29)
    await accepted(db, await of(db, careful, company.ben), company.as_ben())

    async def then(minutes: int) -> UUID | None:
        found = await on_call_at(db, starts + minutes * MINUTE, careful)
        return found[0].user_id

    before = [await then(m) for m in (-10, 10, 29, 31)]
    assert before == [company.ana, company.ana, company.ana, company.ben]
    await run(db, "update users set disabled_at = clock() where id = $1", company.ana)
    assert [await then(m) for m in (-10, 10, 29, 31)] == before


async def test_whoever_really_had_the_pager_bears_its_load(
    db: Database, company: Company, careful: UUID, later: Later
) -> None:
    """Ben's shift is accepted an hour late."""
    starts = await start_of(db, careful, company.ben)
    before = {b.user_id: b.whole.hours for b in await loads(db, starts)}
    await at(db, later, starts + MINUTE)
    await later(minutes=58)
    await run(
        db, "insert into alerts (id, scope, alias, message, priority, urgency, started_at)"
        " values ($1, $2, 'slow', 'Slow', 1, 'high', clock())", alert := new_id(), company.scope,
    )  # fmt: skip
    for person in (company.ana, company.ben):
        await run(
            db, "insert into pages (alert_id, user_id, urgency, created_at) values ($1, $2, 'high', clock())",
            alert, person,
        )  # fmt: skip
    await later(minutes=1)
    await accepted(db, await of(db, careful, company.ben), company.as_ben())
    after = {b.user_id: b.whole for b in await loads(db, starts, careful)}
    assert after[company.ana].hours - before[company.ana] == pytest.approx(1, abs=0.01)
    assert before[company.ben] - after[company.ben].hours == pytest.approx(1, abs=0.01)
    assert (after[company.ana].pages, after[company.ben].pages) == (1, 0), "it came while Ana had it"


async def loads(db: Database, moment: datetime, schedule: UUID | None = None) -> list[Burden]:
    return await burdens(db, quarter_of(moment.date()), schedule)


async def test_no_relief_for_what_somebody_else_has_only_to_accept(
    db: Database, company: Company, careful: UUID, later: Later
) -> None:
    await run(db, "update schedules set fatigue_hours = 26 where id = $1", careful)
    await at(db, later, await start_of(db, careful, company.ben) + MINUTE)
    await later(minutes=29)
    (tired,) = await fatigue_now(db, careful)
    assert (tired.user_id, tired.held_for, tired.relief_id) == (company.ana, "Ben Okafor", None)
    with pytest.raises(Conflict, match="Ben Okafor's shift, who has not accepted"):
        async with db.unit(company.as_ana(), "web") as u:
            await ask_relief(u, careful)


async def test_of_a_chain_the_first_one_keeps_it(
    db: Database, company: Company, careful: UUID, later: Later
) -> None:
    starts = await start_of(db, careful, company.ada)
    await at(db, later, await start_of(db, careful, company.ben))
    await at(db, later, starts - 30 * MINUTE)
    ben, ada = await of(db, careful, company.ben), await of(db, careful, company.ada)
    assert (ben.from_user_id, ada.from_user_id) == (company.ana, company.ana)
    await accepted(db, ben, company.as_ben())
    assert (await of(db, careful, company.ada)).from_user_id == company.ben
    await at(db, later, starts + MINUTE)
    assert await on_call(db, careful) == company.ben
    await accepted(db, ada, company.admin())
    assert await on_call(db, careful) == company.ada


async def test_of_a_chain_one_may_accept_after_their_own_shift(
    db: Database, company: Company, careful: UUID, later: Later
) -> None:
    ben_starts, ada_starts = [await start_of(db, careful, p) for p in (company.ben, company.ada)]
    for moment in (ben_starts, ada_starts - 30 * MINUTE, ada_starts + MINUTE):
        await at(db, later, moment)
    assert await on_call(db, careful) == company.ana
    ben, ada = await of(db, careful, company.ben), await of(db, careful, company.ada)
    assert ben.waits
    await accepted(db, ben, company.as_ben())
    assert await on_call(db, careful) == company.ben
    await accepted(db, ada, company.admin())
    assert await on_call(db, careful) == company.ada
    assert (await told(db, company.ben))[-1] == "Payments on-call: your shift has ended, Ada Admin has it"


async def test_of_a_chain_the_last_one_may_jump(
    db: Database, company: Company, careful: UUID, later: Later
) -> None:
    ben_starts, ada_starts = [await start_of(db, careful, p) for p in (company.ben, company.ada)]
    for moment in (ben_starts, ada_starts - 30 * MINUTE, ada_starts + MINUTE):
        await at(db, later, moment)
    ben = await of(db, careful, company.ben)
    await accepted(db, await of(db, careful, company.ada), company.admin())
    assert await on_call(db, careful) == company.ada
    with pytest.raises(Conflict, match="over"):
        await accepted(db, ben, company.as_ben())


async def test_when_the_one_before_leaves_the_next_one_has_it(
    db: Database, company: Company, careful: UUID, later: Later
) -> None:
    await at(db, later, await start_of(db, careful, company.ben) + MINUTE)
    assert await on_call(db, careful) == company.ana
    await run(db, "update users set disabled_at = clock() where id = $1", company.ana)
    assert await on_call(db, careful) == company.ben
    assert not (await of(db, careful, company.ben)).held_back


async def test_whoever_has_just_taken_it_has_accepted(
    db: Database, company: Company, careful: UUID, later: Later
) -> None:
    starts, taken = await start_of(db, careful, company.ben), new_id()
    await at(db, later, starts - 90 * MINUTE)
    for override, creator, person in (
        (taken, company.vic, company.vic),
        (new_id(), company.ben, company.vic),
    ):
        await run(
            db,
            "insert into overrides (id, schedule_id, user_id, starts_at, ends_at, created_by, created_at)"
            " values ($1, $2, $3, $4::timestamptz, $4::timestamptz + interval '1 hour', $5, $4::timestamptz - interval '20 minutes')",
            override, careful, person, starts, creator,
        )  # fmt: skip
    await run(
        db,
        "update shifts set user_id = $1, override_id = $2 where user_id = $3",
        company.vic,
        taken,
        company.ben,
    )
    await at(db, later, starts + MINUTE)
    assert (await of(db, careful, company.vic)).accepted_at
    assert await on_call(db, careful) == company.vic


async def overridden(db: Database, schedule: UUID, person: UUID, actor: Actor) -> datetime:
    """From now on somebody else, as an edit would store it; answers since when."""
    override, now = new_id(), await db.clock()
    await run(
        db,
        "insert into overrides (id, schedule_id, user_id, starts_at, ends_at, created_by, created_at)"
        " values ($1, $2, $3, $4::timestamptz, $4::timestamptz + interval '3 hours', $5, $4)",
        override, schedule, person, now, actor.id,
    )  # fmt: skip
    await run(
        db,
        "update shifts set ends_at = $2 where schedule_id = $1 and starts_at < $2 and ends_at > $2",
        schedule,
        now,
    )
    await run(
        db,
        "insert into shifts (schedule_id, user_id, override_id, starts_at, ends_at)"
        " select $1, $2, $4, $3, min(n.starts_at) from shifts n where n.schedule_id = $1 and n.starts_at > $3",
        schedule, person, now, override,
    )  # fmt: skip
    return now


async def test_an_override_from_now_moves_nothing_before_it_is_accepted(
    db: Database, company: Company, careful: UUID, later: Later, world: World
) -> None:
    await overridden(db, careful, company.ben, company.admin())
    assert await on_call(db, careful) == company.ana, "before anybody could ask"
    alert = await world.open()
    await world.decide()
    assert await world.pages(alert) == [("Ana", 0, 0)]
    await look(db)
    assert await on_call(db, careful) == company.ana
    await accepted(db, await of(db, careful, company.ben), company.as_ben())
    assert await on_call(db, careful) == company.ben


async def test_however_late_the_clock_runs_it_is_asked_for_and_held_back(
    db: Database, company: Company, careful: UUID, later: Later
) -> None:
    await overridden(db, careful, company.ben, company.admin())
    await later(minutes=45)
    assert await on_call(db, careful) == company.ana
    await handover_clock.begin(db)
    await Pumps(db, [JobPump(db, handover_clock.jobs(KEYS))]).settle()
    await look(db)
    h = await of(db, careful, company.ben)
    assert (h.from_user_id, h.held_back) == (company.ana, True)
    assert await told(db, company.ben) == ["Accept Payments on-call: your shift has started"]
    await later(minutes=11)
    await look(db)
    assert (await sentences(db, careful))[-1].startswith("asked Ben Okafor in vain")
    assert await on_call(db, careful) == company.ana


async def test_of_turns_that_nobody_prepared_the_one_before_them_has_it(
    db: Database, company: Company, careful: UUID, later: Later
) -> None:
    await later(hours=5)
    assert await on_call(db, careful) == company.ana
    await run(db, "update users set disabled_at = clock() where id = $1", company.ana)
    assert await on_call(db, careful) == company.ben


async def test_whoever_takes_a_running_shift_has_the_pager_at_once(
    db: Database, company: Company, careful: UUID, later: Later
) -> None:
    taken = await overridden(db, careful, company.ben, company.as_ben())
    assert await on_call(db, careful) == company.ben, "before the clock runs"
    await later(minutes=3)
    await look(db)
    assert await on_call(db, careful) == company.ben
    assert (await of(db, careful, company.ben)).accepted_at == taken


async def test_by_the_commands_too(db: Database, company: Company, later: Later) -> None:
    """A schedule that demands acceptance from its beginning: Ana has it, Ada gives it to Ben, Vic takes it."""
    layer = RotationDraft(
        (company.ana,), kind=RotationKind.WEEKLY, handoff_time=time(9), start_date=date(2025, 1, 6)
    )
    draft = ScheduleDraft("Search", "UTC", (layer,), team_id=company.team, needs_acceptance=True)
    async with db.unit(company.admin(), "web") as u:
        schedule = await create_schedule(u, draft)
    assert await on_call(db, schedule) == company.ana, "nobody had it before"
    starts = await db.clock()
    async with db.unit(company.admin(), "web") as u:
        await add_override(u, schedule, company.ben, starts, starts + timedelta(hours=4))
    assert await on_call(db, schedule) == company.ana
    async with db.unit(company.as_ana(), "web") as u:
        await take_shift(u, schedule, company.ben, starts, starts + timedelta(hours=4))
    async with db.unit(Actor(company.vic, "Vic Viewer", "user", "member"), "web") as u:
        await take_shift(u, schedule, company.ana, starts, starts + timedelta(hours=4))
    assert await on_call(db, schedule) == company.vic
    await look(db)
    assert await on_call(db, schedule) == company.vic


async def test_what_began_before_acceptance_was_demanded_stays_whose_it_is(
    db: Database, company: Company, schedule: UUID, later: Later
) -> None:
    await later(seconds=((await start_of(db, schedule, company.ben)) - await db.clock()).total_seconds() + 1)
    await run(
        db, "update schedules set needs_acceptance = true, acceptance_since = clock() where id = $1", schedule
    )
    assert await on_call(db, schedule) == company.ben
    await look(db)
    assert await on_call(db, schedule) == company.ben
    assert not (await of(db, schedule, company.ben)).waits


async def test_what_starts_within_minutes_is_asked_about_at_once(
    db: Database, company: Company, careful: UUID, later: Later
) -> None:
    starts = await start_of(db, careful, company.ben)
    await at(db, later, starts - 5 * MINUTE)
    assert [s.partition(" starts at")[0] for s in await told(db, company.ben)] == [
        "Accept Payments on-call: your shift"
    ]
    await at(db, later, starts)
    assert len(await told(db, company.ben)) == 2


async def test_a_schedule_that_stops_to_need_it_sets_the_pager_free(
    db: Database, company: Company, careful: UUID, later: Later
) -> None:
    await at(db, later, await start_of(db, careful, company.ben) + MINUTE)
    assert await on_call(db, careful) == company.ana
    shifts = await run(db, "select * from shifts where schedule_id = $1", careful)
    async with db.unit(company.admin(), "web") as u:
        draft = ScheduleDraft("Payments on-call", "UTC", (), team_id=company.team, needs_acceptance=False)
        await change_schedule(u, careful, 1, draft)
    for row in shifts:  # It has no layers: they were put in by hand, and are put back.
        await run(
            db, "delete from shifts where schedule_id = $1 and starts_at = $2", careful, row["starts_at"]
        )
        await run(
            db, "insert into shifts (schedule_id, user_id, starts_at, ends_at) values ($1, $2, $3, $4)",
            careful, row["user_id"], row["starts_at"], row["ends_at"],
        )  # fmt: skip
    await look(db)
    assert await on_call(db, careful) == company.ben
    assert (await told(db, company.ben))[-1] == "Payments on-call: your shift starts"


async def test_the_clock_is_idle_while_nothing_starts(db: Database, company: Company, schedule: UUID) -> None:
    assert await value(db, HandoverClock(db, KEYS).due_sql) is None
    await HandoverClock(db, KEYS).turn()
    assert await value(db, "select count(*) from handovers") == 0


# -- the brief


async def test_it_says_what_is_open_silent_promised_and_noted(
    db: Database, company: Company, schedule: UUID, world: World
) -> None:
    first, second = await world.open_many(2)
    await run(db, "update alerts set snoozed_until = clock() + interval '2 hours' where id = $1", second)
    await world.acknowledge(first, company.ana, "Ana Silva")
    await world.open(service=None, message="Somebody else's")
    await _incident(db, company, "INC-1", private=False)
    await _incident(db, company, "INC-SECRET", private=True)
    async with db.unit(company.as_ana(), "web") as u:
        note = await add_note(u, schedule, "  The certificate is renewed on Friday ")
    brief = await make_brief(db, schedule, company.ben, company.ana, "Ana Silva")
    assert [a.acknowledged_by for a in brief.awake] == ["Ana Silva"]
    assert len(brief.silent) == 1
    assert [(i.key, i.roles) for i in brief.promised] == [("INC-1", ("incident manager",))]
    text = words(brief, "Australia/Sydney")
    for said in ("silent until", "next update by", "Ana Silva is incident manager", "on Friday (Ana Silva)"):
        assert said in text
    assert "SECRET" not in text
    assert "Somebody else's" not in text
    assert [i.key for i in (await make_brief(db, schedule, company.ana)).incidents] == ["INC-1", "INC-SECRET"]
    async with db.unit(company.as_ben(), "web") as u:
        await finish_note(u, note)
        await finish_note(u, note)
    assert (await make_brief(db, schedule, company.ben)).notes == ()
    assert "left a note for the next shift: The certificate is renewed on Friday" in await sentences(
        db, schedule
    )


async def _incident(db: Database, company: Company, key: str, *, private: bool) -> None:
    """Ana manages it."""
    incident = new_id()
    entry = (
        "insert into entries (stream, stream_type, seq, kind, happened_at, actor, door, payload)"
        " values ($1, 'incident', 1, 'incident_declared', clock(), 'Ana', 'test', '{}')"
    )
    row = (
        "insert into incidents (id, key, summary, severity, status, private, declared_at, update_due_at)"
        " values ($1, $2, 'Checkout is down', 2, 'investigating', $3, clock(), clock() + interval '10 minutes')"
    )
    role = "insert into incident_roles (incident_id, role, user_id) values ($1, 'incident_manager', $2)"
    async with db.unit(company.as_ana(), "web") as u:
        await u.run(Statement("entry", entry), incident)
        await u.run(Statement("row", row), incident, key, private)
        await u.run(Statement("role", role), incident, company.ana)


async def test_nothing_open_is_said(db: Database, schedule: UUID, company: Company) -> None:
    brief = await make_brief(db, schedule, company.ben)
    assert brief.empty
    assert "Nothing is open" in words(brief, "UTC")


async def test_a_long_list_ends(db: Database, schedule: UUID, company: Company, world: World) -> None:
    await world.open_many(25)
    brief = await make_brief(db, schedule, company.ben)
    assert (len(brief.alerts), brief.more) == (20, ("alerts",))
    assert "- and more" in words(brief, "UTC")


@pytest.mark.parametrize("text", ["", "   ", "x" * 2001])
async def test_a_note_says_something(db: Database, schedule: UUID, company: Company, text: str) -> None:
    with pytest.raises(Invalid):
        async with db.unit(company.as_ana(), "web") as u:
            await add_note(u, schedule, text)


async def test_an_unknown_note_is_not_done(db: Database, company: Company) -> None:
    with pytest.raises(NotFound):
        async with db.unit(company.as_ana(), "web") as u:
            await finish_note(u, new_id())


async def test_a_handover_is_read_by_its_id(
    db: Database, company: Company, schedule: UUID, later: Later
) -> None:
    assert await handover_by_id(db, new_id()) is None
    await at(db, later, await start_of(db, schedule, company.ben) - 30 * MINUTE)
    (h,) = await handovers(db, schedule)
    assert await handover_by_id(db, h.id) == h
    assert (await sent_brief(db, h.id))["alerts"] == []
