"""Silences: what matches is stored and shown, pages nobody, and pages when the silence is over."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from typing import Any
from uuid import UUID

import pytest

from tests.domain.paging_world import Later, World, run, unfolded, value
from tocsin.alerts import silences
from tocsin.alerts.silence_model import (
    Matcher,
    Operator,
    SilenceDraft,
    SilenceKind,
    SilenceState,
    Weekly,
    matcher_from,
)
from tocsin.kernel.db import ENGINE, Actor, Database, connect
from tocsin.kernel.errors import Conflict, Forbidden, Invalid
from tocsin.kernel.sql import Statement
from tocsin.paging import silence_clock
from tocsin.paging.escalate import begin_for
from tocsin.paging.reconcile import reconcile
from tocsin.paging.silenced import counts, quiet_now, quiet_of, quieten, silenced_by

FAILING = (Matcher("message", Operator.CONTAINS, "failing"),)


async def look(world: World) -> None:
    """The reconciler's next look, half a minute after the one before."""
    await run(world.db, "update reconciler set ran_at = clock() - interval '1 minute'")
    assert await reconcile(world.db) is not None


@pytest.fixture
async def db(dsn: str) -> AsyncIterator[Database]:
    async with unfolded(dsn) as database:
        yield database


async def draft(
    db: Database, minutes: float = 60, matchers: tuple[Matcher, ...] = FAILING, **more: Any
) -> SilenceDraft:
    now = await db.clock()
    return SilenceDraft("moving the database", now, now + timedelta(minutes=minutes), matchers, **more)


async def silence(
    world: World, given: SilenceDraft | None = None, *, also_open: bool = False, actor: Actor | None = None
) -> UUID:
    async with world.db.unit(actor or world.company.as_ana(), "web") as u:
        made = await silences.create_silence(u, given or await draft(world.db))
        if also_open:
            await quieten(u, made)
        return made


async def test_an_alert_under_a_silence_is_kept_and_pages_nobody(world: World) -> None:
    made = await silence(world)
    alert = await world.open()
    await world.settle()
    assert await world.pages(alert) == []
    escalation = await world.escalation(alert)
    assert escalation["end_reason"] == "silenced"
    assert escalation["error"].startswith("Nobody is paged: silence of Ana Silva until ")
    assert escalation["error"].endswith(" UTC: moving the database")
    row = (await run(world.db, "select acknowledged_at, closed_at, snoozed_until, count from alerts"))[0]
    assert (row["acknowledged_at"], row["closed_at"], row["snoozed_until"], row["count"]) == (
        None,
        None,
        None,
        1,
    )
    assert [(a.number, a.state) for a in await silenced_by(world.db, made)] == [(1, "silenced")]
    assert (await quiet_now(world.db)).silenced == 1
    quiet = await quiet_of(world.db, alert)
    assert quiet is not None
    assert (quiet.silence_id, quiet.owner, quiet.reason) == (made, "Ana Silva", "moving the database")
    other = await world.open(message="Something else")
    await world.settle()
    assert await world.pages(other) == [("Ana", 0, 0)]


async def test_paging_begins_when_the_silence_is_over(world: World, later: Later) -> None:
    made = await silence(world)
    alert, closed, mine = await world.open(), await world.open(), await world.open()
    await world.settle()
    await world.close(closed)
    await world.acknowledge(mine, world.company.ana, "Ana Silva")
    await later(minutes=59)
    await world.settle()
    assert await world.pages(alert) == []
    await later(minutes=2)
    await world.settle()
    assert await world.pages(alert) == [("Ana", 0, 0)]
    assert [await world.pages(a) for a in (closed, mine)] == [[], []]
    assert (await quiet_now(world.db)).all == 0
    assert sorted(a.state for a in await silenced_by(world.db, made)) == ["acknowledged", "closed", "open"]
    assert await counts(world.db, [made]) == {made: (3, 0)}


async def test_ended_early_it_pages_at_once(world: World) -> None:
    made = await silence(world)
    alert = await world.open()
    await world.settle()
    for _ in range(2):
        async with world.db.unit(world.company.as_ben(), "web") as u:
            await silences.end_silence(u, made)
    await world.settle()
    assert await world.pages(alert) == [("Ana", 0, 0)]
    found = await silences.silence_by_id(world.db, made)
    assert (found.state, found.ended_by) == (SilenceState.PAST, "Ben Okafor")
    assert await value(world.db, "select count(*) from audit_entries where verb = 'silence.end'") == 1
    later_one = await world.open()
    await world.settle()
    assert await world.pages(later_one) == [("Ana", 0, 0)]


async def test_extended_it_stays_quiet_until_its_new_end(world: World, later: Later) -> None:
    made = await silence(world)
    alert = await world.open()
    await world.settle()
    async with world.db.unit(world.company.as_ana(), "web") as u:
        await silences.extend_silence(u, made, await u.clock() + timedelta(minutes=120))
    await later(minutes=61)
    await world.settle()
    assert await world.pages(alert) == []
    await later(minutes=60)
    await world.settle()
    assert await world.pages(alert) == [("Ana", 0, 0)]


async def test_changed_it_pages_what_it_does_not_match_any_more(world: World) -> None:
    made = await silence(world)
    checkout, ads = await world.open(), await world.open(message="Ads are failing")
    await world.settle()
    async with world.db.unit(world.company.as_ana(), "web") as u:
        given = await draft(world.db, matchers=(Matcher("message", Operator.CONTAINS, "ADS"),))
        await silences.change_silence(u, made, given)
    await world.settle()
    assert [await world.pages(a) for a in (checkout, ads)] == [[("Ana", 0, 0)], []]
    entry = (await run(world.db, "select before, after from audit_entries where verb = 'silence.change'"))[0]
    assert (entry["before"]["matchers"], entry["after"]["matchers"]) == (
        ["message*=failing"],
        ["message*=ADS"],
    )


async def test_what_pages_already_is_quietened_when_asked(world: World, later: Later) -> None:
    await world.add_webhook(world.company.ana)
    first, second = await world.open(), await world.open(message="Something else")
    await world.settle()
    assert [s for _, _, s in await world.states(first)] == ["sent", "queued"]
    await silence(world, also_open=True)
    await world.settle()
    assert (await world.escalation(first))["end_reason"] == "silenced"
    assert [s for _, _, s in await world.states(first)] == ["sent", "cancelled"]
    assert (await world.escalation(second))["ended_at"] is None
    await later(minutes=30)
    await world.settle()
    assert await world.pages(first) == [("Ana", 0, 0)], "Ben's step does not come"
    await later(minutes=31)
    await world.settle()
    assert await world.pages(first) == [("Ana", 0, 0), ("Ana", 0, 0)], "paged again when it is over"


async def test_what_pages_already_goes_on_unless_asked(world: World, later: Later) -> None:
    alert = await world.open()
    await world.settle()
    await silence(world)
    await later(minutes=6)
    await world.settle()
    assert await world.pages(alert) == [("Ana", 0, 0), ("Ben", 0, 1)]


async def test_it_ends_with_its_alert(world: World) -> None:
    alert = await world.open()
    await world.settle()
    made = await silence(world, await draft(world.db, 600, ends_with_alert_id=alert), also_open=True)
    other = await world.open()
    await world.settle()
    assert await world.pages(other) == []
    await world.close(alert)
    await world.settle()
    assert (await silences.silence_by_id(world.db, made)).ended_by == "its alert, which was closed"
    assert await world.pages(other) == [("Ana", 0, 0)]


async def test_maintenance_is_of_services(world: World) -> None:
    given = await draft(
        world.db, matchers=(), service_ids=(world.company.service,), kind=SilenceKind.MAINTENANCE
    )
    made = await silence(world, given)
    alert, without = await world.open(), await world.open(service=None)
    await world.settle()
    assert (await world.escalation(alert))["error"].startswith("Nobody is paged: maintenance of Ana Silva")
    assert (await world.escalation(without))["end_reason"] == "nobody"
    found = await silences.silences(world.db, service_id=world.company.service)
    assert [(s.id, s.about) for s in found] == [(made, "everything of Checkout")]


async def test_a_snooze_and_a_silence_each_have_their_time(world: World, later: Later) -> None:
    """Given back during a silence it stays quiet; a snooze that outlasts the silence goes on."""
    await silence(world)
    alert = await world.open()
    await world.settle()
    await world.acknowledge(alert, world.company.ana, "Ana Silva")
    await world.settle()
    assert (await quiet_now(world.db)).all == 0
    await world.change(alert, "alert_unacknowledged", "acknowledged_at = null, acknowledged_by = null")
    await world.settle()
    assert (await quiet_now(world.db)).silenced == 1
    await world.change(alert, "alert_snoozed", "snoozed_until = clock() + interval '3 hours'")
    await later(minutes=70)
    await world.settle()
    assert await world.pages(alert) == []
    await later(minutes=111)
    await world.settle()
    assert await world.pages(alert) == [("Ana", 0, 0)]


async def test_of_two_silences_the_longer_counts(world: World, later: Later) -> None:
    first = await silence(world)
    alert = await world.open()
    await world.settle()
    await silence(world, await draft(world.db, 120))
    async with world.db.unit(world.company.as_ana(), "web") as u:
        await silences.end_silence(u, first)
    await world.settle()
    assert await world.pages(alert) == []
    await later(minutes=121)
    await world.settle()
    assert await world.pages(alert) == [("Ana", 0, 0)]


@pytest.mark.parametrize(
    ("matcher", "holds"),
    [
        ("alias=disk/db-1", True), ("alias!=disk/db-1", False), ("message*=FAILING", True), ("source=~Prom.*", True),
        ("source=~Prom", False), ("entity=", True), ("entity!=", False), ("priority=p2", True), ("priority=3", False),
        ("priority=~P[12]", True), ("tag=eu", True), ("tag=e", False), ("tag!=us", True), ("tag!=eu", False),
        ("tag=~d.", True), ("tag*=DB", True), ("details.host=db-1", True), ("details.host=~db-[0-9]+", True),
        ("details.rack=", True), ("details.rack!=r1", True), ("integration=Alertmanager", True), ("integration=~Alert", False),
    ],
)  # fmt: skip
async def test_matchers(world: World, matcher: str, holds: bool) -> None:
    await run(
        world.db,
        "insert into alerts (id, scope, alias, service_id, message, priority, urgency, started_at, source, tags, details,"
        " integration_id) values ($1, $2, 'disk/db-1', $3, 'It is failing', 2, 'high', clock(), 'Prometheus', '{eu,db}',"
        " '{\"host\": \"db-1\"}', $4)",
        (alert := world.company.ada), world.company.scope, world.company.service, world.company.integration,
    )  # fmt: skip
    await silence(world, await draft(world.db, matchers=(matcher_from(matcher),), confirmed=True))
    await world.follow("alert_opened", [alert], 1)
    await world.settle()
    assert ((await world.escalation(alert))["end_reason"] == "silenced") is holds


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"reason": "  "}, "reason"),
        ({"reason": "x" * 501}, "reason"),
        ({"link": "javascript:alert(1)"}, "link"),
        ({"matchers": ()}, "matchers"),
        ({"kind": SilenceKind.MAINTENANCE}, "service_ids"),
        ({"matchers": (Matcher("colour", Operator.EQUALS, "red"),)}, "matchers"),
        ({"matchers": (Matcher("details.", Operator.EQUALS, "red"),)}, "matchers"),
        ({"matchers": (Matcher("priority", Operator.EQUALS, "P9"),)}, "matchers"),
        ({"matchers": (Matcher("alias", Operator.CONTAINS, ""),)}, "matchers"),
        ({"matchers": (Matcher("alias", Operator.MATCHES, "("),)}, "matchers"),
        ({"matchers": (Matcher("alias", Operator.MATCHES, "a)|(b"),)}, "matchers"),
        ({"matchers": (Matcher("alias", Operator.MATCHES, r"(a*)*\1"),)}, "matchers"),
        ({"matchers": (Matcher("alias", Operator.MATCHES, "(?=a)b"),)}, "matchers"),
        ({"matchers": (Matcher("alias", Operator.MATCHES, "((a{1,200}){1,200}){1,200}"),)}, "matchers"),
        ({"matchers": (Matcher("alias", Operator.MATCHES, "a" * 201),)}, "matchers"),
        ({"matchers": (Matcher("alias", Operator.MATCHES, ".*"),)}, "confirmed"),
        ({"matchers": (Matcher("alias", Operator.NOT_EQUALS, "x"), Matcher("tag", Operator.MATCHES, ".+"))}, "confirmed"),
        ({"service_ids": (UUID(int=1),)}, "service_ids"),
        ({"owner_id": UUID(int=1)}, "owner_id"),
        ({"ends_with_alert_id": UUID(int=1)}, "ends_with_alert_id"),
        ({"weekly": Weekly((), time(1), time(2), "UTC")}, "weekdays"),
        ({"weekly": Weekly((1,), time(1), time(1), "UTC")}, "to_time"),
        ({"weekly": Weekly((1,), time(1), time(2), "Mars/Base")}, "time_zone"),
    ],
)  # fmt: skip
async def test_what_is_wrong_is_named(world: World, change: dict[str, Any], field: str) -> None:
    with pytest.raises(Invalid) as refused:
        await silence(world, replace(await draft(world.db), **change))
    assert refused.value.field == field
    assert await value(world.db, "select count(*) from silences") == 0


@pytest.mark.parametrize(
    ("starts", "ends", "field"),
    [
        (timedelta(0), timedelta(0), "ends_at"),
        (timedelta(hours=2), timedelta(hours=1), "ends_at"),
        (timedelta(0), timedelta(days=31), "ends_at"),
        (timedelta(days=-1), timedelta(days=1), "starts_at"),
        (timedelta(days=367), timedelta(days=368), "starts_at"),
    ],
)
async def test_a_silence_ends(world: World, starts: timedelta, ends: timedelta, field: str) -> None:
    given, now = await draft(world.db), await world.db.clock()
    with pytest.raises(Invalid) as refused:
        await silence(world, replace(given, starts_at=now + starts, ends_at=now + ends))
    assert refused.value.field == field


async def test_extending_has_its_limit_and_what_is_over_stays_over(world: World, later: Later) -> None:
    made = await silence(world)
    with pytest.raises(Invalid):
        async with world.db.unit(world.company.as_ana(), "web") as u:
            await silences.extend_silence(u, made, await u.clock() + timedelta(days=31))
    await later(minutes=61)
    for act in (
        lambda u, now: silences.extend_silence(u, made, now + timedelta(hours=1)),
        lambda u, now: silences.change_silence(u, made, replace(FUTURE, starts_at=now, ends_at=now + timedelta(hours=1))),
    ):  # fmt: skip
        with pytest.raises(Conflict):
            async with world.db.unit(world.company.as_ana(), "web") as u:
                await act(u, await u.clock())


FUTURE = SilenceDraft("x", datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC), FAILING)


async def test_what_matches_all_of_a_week_is_confirmed_in_words(world: World) -> None:
    await world.open_many(12, message="Queue is failing")
    with pytest.raises(Invalid, match="12 of the 12 alerts of the last 7 days"):
        await silence(world)
    seen = await silences.preview(world.db, await draft(world.db))
    assert (seen.matched, seen.looked_at, seen.open_now, seen.everything) == (12, 12, 12, True)
    await silence(world, await draft(world.db, confirmed=True))


async def test_who_may(world: World) -> None:
    with pytest.raises(Forbidden):
        await silence(world, actor=world.company.as_vic())
    with pytest.raises(Invalid, match="owner"):
        await silence(world, actor=Actor(None, "Deploys", "service", "member"))
    given = await draft(world.db, owner_id=world.company.ben)
    made = await silence(world, given, actor=Actor(None, "Deploys", "service", "member"))
    found = await silences.silence_by_id(world.db, made)
    assert (found.owner_name, found.created_by) == ("Ben Okafor", "Deploys")


async def test_one_that_recurs_is_quiet_in_its_hours_only(world: World, later: Later) -> None:
    now = await world.db.clock()
    opens = now.replace(minute=0, second=0, microsecond=0) + timedelta(hours=2)
    weekly = Weekly(tuple(range(1, 8)), opens.time(), (opens + timedelta(hours=1)).time(), "UTC")
    made = await silence(
        world, replace(await draft(world.db), ends_at=now + timedelta(days=3), weekly=weekly)
    )
    assert (await silences.silence_by_id(world.db, made)).state is SilenceState.COMING
    for _ in range(2):
        before = await world.open()
        await world.settle()
        assert await world.pages(before) == [("Ana", 0, 0)]
        await world.close(before)
        await later(seconds=(opens - await world.db.clock()).total_seconds() + 60)
        within = await world.open()
        await world.settle()
        assert await world.pages(within) == []
        assert (await silences.silence_by_id(world.db, made)).state is SilenceState.ACTIVE
        await later(hours=1)
        await world.settle()
        assert await world.pages(within) == [("Ana", 0, 0)]
        await world.close(within)
        opens += timedelta(days=1)


async def test_other_time_zone_data_is_followed_at_the_next_start(world: World) -> None:
    weekly = Weekly(tuple(range(1, 8)), time(0), time(12), "UTC")
    now = await world.db.clock()
    made = await silence(
        world, replace(await draft(world.db), ends_at=now + timedelta(days=3), weekly=weekly)
    )
    of_it = "select count(*) from silence_windows where silence_id = $1"
    right = await value(world.db, of_it, made)
    await run(world.db, "delete from silence_windows")
    await silence_clock.begin(world.db)
    assert await value(world.db, of_it, made) == 0, "nothing to do with the same data"
    await run(world.db, "update silences set zone_data = 'older'")
    await silence_clock.begin(world.db)
    assert await value(world.db, of_it, made) == right


async def test_the_reconciler_wakes_what_nothing_else_would(world: World) -> None:
    """Rows that a crash cannot make, but a race or a restored backup can."""
    made = await silence(world)
    waits, lost = await world.open(), await world.open()
    await world.settle()
    await run(world.db, "delete from silenced_alerts where alert_id = $1", lost)
    await run(
        world.db,
        "update silence_windows set starts_at = clock() - interval '2 hours', ends_at = clock() where silence_id = $1",
        made,
    )
    await run(world.db, "update alerts set created_at = clock() - interval '2 minutes'")
    await world.settle()
    assert await world.pages(waits) == await world.pages(lost) == []
    await look(world)
    await world.settle()
    assert [await world.pages(a) for a in (waits, lost)] == [[("Ana", 0, 0)]] * 2
    await look(world)
    await world.settle()
    assert len(await world.pages(waits)) == 1


async def test_the_reconciler_leaves_quiet_alerts_alone(world: World, later: Later) -> None:
    await silence(world)
    alert = await world.open()
    await world.settle()
    await later(minutes=10)
    await look(world)
    await world.settle()
    assert await world.pages(alert) == []


async def test_one_ended_while_an_alert_under_it_begins(world: World) -> None:
    """Two transactions at once: the one that ends the silence waits for the alert that has just come under it, and wakes it."""
    made = await silence(world)
    alert = await world.open()

    async def end() -> None:
        async with world.db.unit(world.company.as_ana(), "web") as u:
            await silences.end_silence(u, made)

    async with world.db.unit(ENGINE, "engine") as begins:
        await begin_for(begins, [alert])
        ending = asyncio.create_task(end())
        waits = "select exists (select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock')"
        while not await value(world.db, waits):
            assert not ending.done()
    await ending
    await world.settle()
    assert await world.pages(alert) == [("Ana", 0, 0)]


async def test_two_processes_page_once_when_it_is_over(world: World, dsn: str, later: Later) -> None:
    await silence(world)
    alerts = await world.open_many(300)
    await world.settle()
    assert (await quiet_now(world.db)).silenced == 300
    await later(minutes=61)
    other = await connect(dsn, size=2)
    clocks = [silence_clock.SilenceClock(each) for each in (world.db, other)]
    await asyncio.gather(*(clock.turn() for clock in clocks * 2))
    await other.close()
    await world.decide()
    assert await value(world.db, "select count(*) from pages") == len(alerts)


async def test_a_silence_that_cannot_be_read_keeps_no_page_back(world: World) -> None:
    await silence(world)
    await run(world.db, "update silence_matchers set operator = 'matches', value = '('")
    alert = await world.open()
    await world.settle()
    assert await world.pages(alert) == [("Ana", 0, 0)]


async def test_thousands_under_tens_of_silences_begin_fast(world: World) -> None:
    for number in range(40):
        await silence(
            world,
            await draft(world.db, matchers=(Matcher("alias", Operator.MATCHES, f"x{number}-.*"), *FAILING)),
        )
    alerts = await world.open_many(2000, message="It is failing")
    await world.decide()
    took = await value(world.db, "select count(*) from pages")
    assert took == len(alerts)
    plan = await run(world.db, "explain (analyze) select * from hushed_alerts($1)", alerts[:500])
    milliseconds = float(plan[-1]["QUERY PLAN"].removeprefix("Execution Time: ").removesuffix(" ms"))
    assert milliseconds < 500, "500 alerts by 40 silences; some 25 ms here"


async def test_what_begins_reaches_alerts_by_an_index(world: World) -> None:
    """The engine's statement calls a function, into which its own check does not look."""
    for function in ("silences_matching", "alerts_above"):
        async with world.db.unit(ENGINE, "engine") as u:
            await u.run(Statement("test", "set local enable_seqscan = off"))
            plan = await u.rows(
                Statement("test", f"explain select * from {function}($1)"), [world.company.ada]
            )
        text = " ".join(row["QUERY PLAN"] for row in plan)
        assert "silence_windows" in text or "service_dependencies" in text
        assert "Seq Scan on alerts" not in text
