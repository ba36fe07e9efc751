"""How a page reaches somebody: default and own rules, working hours, do not disturb; and that nothing is swallowed."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.domain.paging_world import Later, World, run, unfolded, value
from tocsin.kernel.db import Database
from tocsin.kernel.errors import Invalid
from tocsin.kernel.ids import new_id
from tocsin.oncall.hours import WorkingHours
from tocsin.paging.onward import sql as onward
from tocsin.paging.policy_queries import preview
from tocsin.paging.queries import policy
from tocsin.paging.reaching import Way, reached_at, sentence
from tocsin.paging.reaching import sql as reaching
from tocsin.paging.undisturbed import Undisturbed
from tocsin.people import commands, queries, quiet, reach
from tocsin.people.model import Working

#: A Saturday at 03:12 in Berlin; the next working hours begin on Monday at 09:00.
SATURDAY = datetime(2027, 1, 9, 2, 12, tzinfo=UTC)
MONDAY = datetime(2027, 1, 11, 8, 0, tzinfo=UTC)
ZONES = ("Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata", "UTC", "Pacific/Apia")
#: Around clock changes of these zones, and anywhere else.
MOMENTS = st.one_of(
    st.sampled_from(
        [datetime(2027, 3, 27, tzinfo=UTC), datetime(2027, 10, 30, tzinfo=UTC), datetime(2027, 11, 6, tzinfo=UTC),
         datetime(2027, 4, 3, tzinfo=UTC)]
    ).flatmap(lambda day: st.integers(0, 2880).map(lambda minutes: day + timedelta(minutes=minutes))),
    st.integers(0, 525_600).map(lambda minutes: datetime(2027, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)),
)  # fmt: skip
CLOCKS = st.integers(0, 95).map(lambda quarter: time(quarter // 4, quarter % 4 * 15))


@pytest.fixture
async def db(dsn: str) -> AsyncIterator[Database]:
    async with unfolded(dsn) as database:
        yield database


async def at_moment(db: Database, moment: datetime) -> None:
    real = await value(db, "select statement_timestamp()")
    await run(
        db,
        "create or replace function clock() returns timestamptz language sql stable parallel safe"
        f" return statement_timestamp() + interval '{(moment - real).total_seconds()} seconds'",
    )


async def method(db: Database, user: UUID, transport: str, *, verified: bool = True) -> UUID:
    made = new_id()
    await run(
        db,
        "insert into contact_methods (id, user_id, transport, address, verified_at) values ($1, $2, $3, $4,"
        " case when $5 then clock() end)",
        made, user, transport, str(made), verified,
    )  # fmt: skip
    return made


async def rules_of(db: Database, user: UUID) -> list[tuple[str, str, int]]:
    return sorted((r.urgency, r.transport, r.delay_s) for r in await queries.rules(db, user))


async def newcomer(world: World, *transports: str) -> UUID:
    async with world.db.unit(world.company.admin(), "web") as u:
        user = await commands.create_user(u, "new@example.org", "New Hand", verified=True)
    for transport in transports:
        await method(world.db, user, transport)
    await run(world.db, "select keep_default_rules($1)", user)
    return user


async def test_the_defaults_of_somebody_new(world: World) -> None:
    user = await newcomer(world)
    assert await rules_of(world.db, user) == [("high", "email", 0), ("low", "email", 0)]


async def test_the_defaults_begin_with_what_rings_by_itself(world: World) -> None:
    user = await newcomer(world, "webpush", "sms", "voice")
    assert await rules_of(world.db, user) == [
        ("high", "email", 0), ("high", "sms", 120), ("high", "voice", 300), ("high", "webpush", 0),
        ("low", "email", 0), ("low", "webpush", 0),
    ]  # fmt: skip


async def test_without_push_sms_does_not_wait(world: World) -> None:
    user = await newcomer(world, "sms", "voice")
    assert [rule for rule in await rules_of(world.db, user) if rule[0] == "high"] == [
        ("high", "email", 0), ("high", "sms", 0), ("high", "voice", 300),
    ]  # fmt: skip


async def test_the_defaults_follow_until_they_are_ones_own(world: World) -> None:
    user = await newcomer(world)
    async with world.db.unit(world.company.admin(), "web") as u:
        await reach.add_contact_method(u, user, "ntfy", "https://ntfy.sh/x")
    assert len(await rules_of(world.db, user)) == 2, "not verified: not used while another one is"
    (added,) = [m for m in await queries.contact_methods(world.db, user) if m.transport == "ntfy"]
    await run(world.db, "update contact_methods set verified_at = clock() where id = $1", added.id)
    await run(world.db, "select keep_default_rules($1)", user)
    assert len(await rules_of(world.db, user)) == 4
    async with world.db.unit(world.company.admin(), "web") as u:
        await reach.make_rules_own(u, user)
        await reach.add_contact_method(u, user, "ntfy", "https://ntfy.sh/y")
        await reach.remove_contact_method(u, user, added.id)
    assert await queries.has_own_rules(world.db, user)
    assert await rules_of(world.db, user) == [("high", "email", 0), ("low", "email", 0)]
    async with world.db.unit(world.company.admin(), "web") as u:
        await reach.use_default_rules(u, user)
    assert not await queries.has_own_rules(world.db, user)


async def test_a_low_page_waits_for_working_hours_and_says_so(world: World) -> None:
    await at_moment(world.db, SATURDAY)
    await run(
        world.db,
        "update shifts set starts_at = $1, ends_at = $2",
        SATURDAY - timedelta(days=1),
        SATURDAY + timedelta(days=9),
    )
    alert = await world.open(priority=4)
    await world.settle()
    (waiting,) = await world.deliveries(alert)
    assert (waiting["who"], waiting["state"]) == ("Ana", "queued")
    assert waiting["due_at"] == MONDAY
    assert waiting["error"] == "waits for working hours, 09:00 Mon (Europe/Berlin)"
    # The step has not failed because it waits: the one behind it waits as long.
    escalation = await world.escalation(alert)
    assert abs(escalation["next_at"] - MONDAY - timedelta(minutes=5)) < timedelta(seconds=1)
    await at_moment(world.db, MONDAY + timedelta(seconds=1))
    await world.settle()
    assert await world.states(alert) == [("Ana", "email", "sent")]
    (sent,) = await world.deliveries(alert)
    assert sent["error"] is None


async def test_the_preview_waits_too(world: World) -> None:
    await at_moment(world.db, SATURDAY)
    await run(
        world.db,
        "update shifts set starts_at = $1, ends_at = $2",
        SATURDAY - timedelta(days=1),
        SATURDAY + timedelta(days=9),
    )
    found = await policy(world.db, world.company.policy)
    assert found is not None
    steps = (await preview(world.db, found.rules, SATURDAY, 4)).steps
    assert (steps[0].at, steps[0].heard_at) == (SATURDAY, MONDAY)
    assert steps[1].at == MONDAY + timedelta(minutes=5)


async def test_do_not_disturb_holds_what_is_not_urgent_and_lets_go_of_it(world: World) -> None:
    noon = MONDAY + timedelta(hours=4)
    await at_moment(world.db, noon)
    await run(
        world.db,
        "update shifts set starts_at = $1, ends_at = $2",
        noon - timedelta(days=1),
        noon + timedelta(days=9),
    )
    async with world.db.unit(world.company.as_ana(), "web") as u:
        await quiet.do_not_disturb(u, noon + timedelta(hours=2))
    low, high = await world.open(priority=5), await world.open(priority=1)
    await world.settle()
    assert await world.states(high) == [("Ana", "email", "sent")]
    (waiting,) = await world.deliveries(low)
    assert waiting["error"] == "waits for the end of do not disturb, 15:00 Mon (Europe/Berlin)"
    assert list(await quiet.undisturbed_now(world.db)) == [world.company.ana]
    async with world.db.unit(world.company.as_ana(), "web") as u:
        await quiet.do_not_disturb(u, None)
    await world.settle()
    assert await world.states(low) == [("Ana", "email", "sent")]
    assert await quiet.undisturbed_now(world.db) == {}


async def test_what_waits_follows_new_working_hours(world: World) -> None:
    await at_moment(world.db, SATURDAY)
    await run(
        world.db,
        "update shifts set starts_at = $1, ends_at = $2",
        SATURDAY - timedelta(days=1),
        SATURDAY + timedelta(days=9),
    )
    alert = await world.open(priority=4)
    await world.settle()
    async with world.db.unit(world.company.as_ana(), "web") as u:
        await commands.change_profile(
            u,
            "Ana Silva",
            "Europe/Berlin",
            "en",
            Working(work_starts=time(8), work_ends=time(12), work_days=(6,)),
        )
    await world.settle()
    (waiting,) = await world.deliveries(alert)
    assert waiting["due_at"] == datetime(2027, 1, 9, 7, 0, tzinfo=UTC)


async def test_quiet_hours_recur_and_must_leave_working_time(world: World) -> None:
    async with world.db.unit(world.company.as_ana(), "web") as u:
        await quiet.set_quiet_hours(u, time(8), time(11))
    await at_moment(world.db, SATURDAY)
    (way,) = await world.db.all(Way, reaching.ways_at, world.company.ana, "low", SATURDAY)
    assert way.due_at == MONDAY + timedelta(hours=2)
    assert way.why == "waits for the end of quiet hours, 11:00 Mon (Europe/Berlin)"
    for starts, ends in ((time(8), time(18)), (time(22), None), (time(9), time(9))):
        with pytest.raises(Invalid):
            async with world.db.unit(world.company.as_ana(), "web") as u:
                await quiet.set_quiet_hours(u, starts, ends)
    async with world.db.unit(world.company.as_ana(), "web") as u:
        await quiet.set_quiet_hours(u, None, None)
    assert (await quiet.quiet_of(world.db, world.company.ana)).quiet_from is None


async def test_a_failed_message_does_not_push_the_next_one_out_of_working_hours(
    world: World, later: Later
) -> None:
    evening = datetime(2027, 1, 11, 15, 50, tzinfo=UTC)
    await at_moment(world.db, evening)
    await run(
        world.db,
        "update shifts set starts_at = $1, ends_at = $2",
        evening - timedelta(days=1),
        evening + timedelta(days=9),
    )
    await world.add_webhook(world.company.ana, delay_s=1200, urgency="low")
    alert = await world.open(priority=4)
    await world.settle()
    second = (await world.deliveries(alert))[1]
    assert second["due_at"] == datetime(2027, 1, 12, 8, 0, tzinfo=UTC)
    await at_moment(world.db, evening + timedelta(minutes=40))
    page = await value(world.db, "select id from pages where alert_id = $1", alert)
    await world.db.run(onward.next_method_now, [page])
    assert (await world.deliveries(alert))[1]["due_at"] == datetime(2027, 1, 12, 8, 0, tzinfo=UTC)


async def test_the_sentence(world: World) -> None:
    user = await newcomer(world, "webpush", "sms", "voice")
    await at_moment(world.db, SATURDAY)
    high, low = await reached_at(world.db, user, SATURDAY, "03:12", {}, ["sms"])
    assert (
        high.sentence
        == "A high-urgency page at 03:12: push and mail at once, SMS after 2 min, call after 5 min."
    )
    assert (
        low.sentence
        == "A low-urgency page at 03:12 waits for working hours, 09:00 Mon (UTC): push and mail then."
    )
    assert (high.working, low.working) == (True, False)
    nothing = sentence("high", [Way(None, "", "", SATURDAY, works=False, why="No way.")], "03:12", {})
    assert nothing == "A high-urgency page at 03:12 does not reach you. No way."


def people() -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries(
        {
            "zone": st.sampled_from(ZONES),
            "starts": CLOCKS, "ends": CLOCKS, "days": st.sets(st.integers(1, 7), min_size=1),
            "quiet": st.one_of(st.none(), st.tuples(CLOCKS, CLOCKS)),
            "until_h": st.one_of(st.none(), st.integers(-5, 60)),
            "methods": st.lists(
                st.tuples(st.sampled_from(["email", "sms", "voice", "webpush"]), st.booleans(), st.booleans()), max_size=4
            ),
            "rules": st.lists(
                st.tuples(st.sampled_from(["high", "low"]), st.integers(0, 3), st.sampled_from([0, 60, 1200, 40000])), max_size=5
            ),
        }
    )  # fmt: skip


async def planted(db: Database, drawn: dict[str, Any], at: datetime) -> UUID:
    user = new_id()
    begins, ends = drawn["quiet"] or (None, None)
    until = None if drawn["until_h"] is None else at + timedelta(hours=drawn["until_h"])
    await run(
        db,
        "insert into users (id, email, name, time_zone, work_starts, work_ends, work_days, undisturbed_until, quiet_from, quiet_to)"
        " values ($1, $2, 'X', $3, $4, $5, $6::smallint[], $7, $8, $9)",
        user, f"{user}@example.org", drawn["zone"], drawn["starts"], drawn["ends"], sorted(drawn["days"]), until, begins, ends,
    )  # fmt: skip
    made = []
    for transport, verified, gone in drawn["methods"]:
        made.append(await method(db, user, transport, verified=verified))
        if gone:
            await run(
                db, "insert into unusable_methods (contact_method_id, reason) values ($1, 'gone')", made[-1]
            )
    for urgency, which, delay in drawn["rules"] if made else ():
        await run(
            db,
            "insert into notification_rules (id, user_id, urgency, contact_method_id, delay_s) values ($1, $2, $3, $4, $5)"
            " on conflict do nothing",
            new_id(), user, urgency, made[which % len(made)], delay,
        )  # fmt: skip
    return user


def works_at(drawn: dict[str, Any], moment: datetime) -> bool:
    """By the clock on the wall, so that an hour that comes twice is working time both times."""
    there = moment.astimezone(ZoneInfo(drawn["zone"]))
    now, day, before = there.time(), there.isoweekday(), (there - timedelta(days=1)).isoweekday()
    if drawn["starts"] < drawn["ends"]:
        return day in drawn["days"] and drawn["starts"] <= now < drawn["ends"]
    return (day in drawn["days"] and now >= drawn["starts"]) or (
        before in drawn["days"] and now < drawn["ends"]
    )


@settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    phases=(Phase.explicit, Phase.generate),
)
@given(drawn=people(), at=MOMENTS)
async def test_high_begins_at_once_or_fails_visibly_and_low_never_comes_outside_working_hours(
    db: Database, drawn: dict[str, Any], at: datetime
) -> None:
    user = await planted(db, drawn, at)
    high = await db.all(Way, reaching.ways_at, user, "high", at)
    assert high
    assert any(way.works and way.due_at == at for way in high) or [way.works for way in high] == [False]
    assert all(way.due_at >= at for way in high)
    low = await db.all(Way, reaching.ways_at, user, "low", at)
    assert low
    assert all(works_at(drawn, way.due_at) for way in low if way.works), [way.due_at for way in low]
    assert all(way.why for way in low if way.works and way.due_at > at + timedelta(seconds=40000))


@settings(
    max_examples=100,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    phases=(Phase.explicit, Phase.generate),
)
@given(drawn=people(), at=MOMENTS)
async def test_the_preview_and_the_engine_reckon_alike(
    db: Database, drawn: dict[str, Any], at: datetime
) -> None:
    user = await planted(db, drawn | {"methods": [], "rules": []}, at)
    begins, ends = drawn["quiet"] or (None, None)
    until = None if drawn["until_h"] is None else at + timedelta(hours=drawn["until_h"])
    days = tuple(sorted(drawn["days"]))
    there = Undisturbed(
        WorkingHours(drawn["zone"], drawn["starts"], drawn["ends"], days), until, begins, ends
    ).moment(at)
    here = await value(db, "select undisturbed_moment($1, $2)", user, at)
    # An hour that comes twice is the first one for one of them, and the second one for the other.
    assert abs(here - there) <= timedelta(hours=1)
    if not _clock_changes(drawn["zone"], min(here, there)):
        assert here == there


def _clock_changes(zone: str, moment: datetime) -> bool:
    offsets = {(moment + timedelta(hours=h)).astimezone(ZoneInfo(zone)).utcoffset() for h in (-30, 0, 30)}
    return len(offsets) > 1
