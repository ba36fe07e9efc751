"""Grouping: what opens beside an open alert of the same rule and key stays quiet under it, and none is ever forgotten."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta
from random import Random
from typing import Any
from uuid import UUID

import pytest

from tests.domain.paging_world import Later, World, run, unfolded, value
from tocsin.alerts import grouping
from tocsin.alerts.grouping_model import GroupingDraft
from tocsin.alerts.groups import acknowledge_group, close_group
from tocsin.alerts.silence_model import Matcher, Operator, SilenceDraft
from tocsin.alerts.silences import create_silence, end_silence
from tocsin.kernel.db import ENGINE, Actor, Database, connect
from tocsin.kernel.errors import Conflict, Forbidden, Invalid, NotFound
from tocsin.paging.escalate import begin_for
from tocsin.paging.grouped import gathering_of, lines
from tocsin.paging.reconcile import reconcile
from tocsin.paging.silenced import beneath, quiet_now, quiet_of, quieten

PAGED = [("Ana", 0, 0)]
#: Open, nobody has it, nothing runs for it, no policy ended by itself, and no open leader for whom one of these holds.
UNATTENDED = """
    select a.number from alerts a left join alert_group_members m on m.alert_id = a.id left join alert_groups g on g.id = m.group_id
    left join alerts l on l.id = g.leader_id
    where a.closed_at is null and a.acknowledged_at is null
      and coalesce(latest_end(a.id), '-') not in ('running', 'exhausted', 'nobody', 'silenced')
      and not coalesce(l.closed_at is null and l.id <> a.id and (l.acknowledged_at is not null
              or latest_end(l.id) in ('running', 'exhausted')) and latest_end(a.id) = 'grouped', false)
"""


@pytest.fixture
async def db(dsn: str) -> AsyncIterator[Database]:
    async with unfolded(dsn) as database:
        yield database


async def look(world: World) -> None:
    """The reconciler's next look, half a minute after the one before."""
    await run(world.db, "update reconciler set ran_at = clock() - interval '1 minute'")
    assert await reconcile(world.db) is not None
    await world.settle()


async def rule(world: World, *fields: str, actor: Actor | None = None, **more: Any) -> UUID:
    async with world.db.unit(actor or world.company.admin(), "web") as u:
        return await grouping.create_rule(u, GroupingDraft("Together", fields or ("service",), **more))


async def opened(world: World, count: int = 1, *, settle: bool = True, **more: Any) -> list[UUID]:
    """Alerts that come one after the other, each settled before the next one; or all in one batch."""
    if not settle:
        return await world.open_many(count, **more)
    found = []
    for _ in range(count):
        found.append(await world.open(**more))
        await world.settle()
    return found


async def paged(world: World, *alerts: UUID) -> list[bool]:
    return [bool(await world.pages(a)) for a in alerts]


async def leader(world: World, alert: UUID) -> int | None:
    found = await gathering_of(world.db, alert)
    return found.group.leader_number if found else None


async def test_the_second_is_quiet_under_the_first(world: World) -> None:
    await rule(world)
    first, second = await opened(world, 2)
    assert [await world.pages(a) for a in (first, second)] == [PAGED, []]
    escalation = await world.escalation(second)
    assert (escalation["end_reason"], escalation["error"], escalation["next_at"]) == (
        "grouped",
        "Nobody is paged: grouped under #1 Checkout is failing",
        None,
    )
    quiet = await quiet_of(world.db, second)
    assert quiet is not None
    assert (quiet.under_number, quiet.until, quiet.silence_id) == (1, None, None)
    assert quiet.group_id is not None
    assert await quiet_of(world.db, first) is None
    assert (await quiet_now(world.db)).grouped == 1
    assert await beneath(world.db) == [], "that is another kind of quiet"
    found = await gathering_of(world.db, first)
    assert found is not None
    assert [(m.number, m.quiet) for m in found.members] == [(1, False), (2, True)]
    said = await lines(world.db, [first, second])
    assert (said[first].others, said[second].under_number, said[second].quiet) == (1, 1, True)


async def test_without_rules_nothing_is_grouped(world: World) -> None:
    alerts = await opened(world, 2)
    assert await paged(world, *alerts) == [True, True]
    assert await value(world.db, "select count(*) from alert_groups") == 0


@pytest.mark.parametrize("size", [2, 60])
async def test_in_one_batch_the_first_leads(world: World, size: int) -> None:
    await rule(world)
    alerts = await opened(world, size, settle=False)
    await world.settle()
    numbers = await value(
        world.db, "select array_agg(distinct number) from alerts a join pages p on p.alert_id = a.id"
    )
    assert numbers == [1]
    found = await gathering_of(world.db, alerts[0])
    assert found is not None
    assert (found.group.leader_number, len(found.members)) == (1, size)


@pytest.mark.parametrize(
    ("fields", "change", "together"),
    [
        (("service", "source"), "source = 'prom'", True),
        (("source",), "source = 'prom-' || number", False),
        (("source",), "source = ''", False),
        (("entity",), "entity = 'db-1'", True),
        (("details.host",), 'details = \'{"host": "a"}\'', True),
        (("details.host",), "details = jsonb_build_object('host', number::text)", False),
        (("tag:cluster:",), "tags = '{cluster:eu-1,db}'", True),
        (("tag:cluster:",), "tags = array['cluster:' || number]", False),
        (("tag:cluster:",), "tags = '{clusters}'", False),
        (("details.host",), "details = jsonb_build_object('host', repeat('x', 4000))", True),
        (("integration",), "integration_id = (select id from integrations limit 1)", True),
    ],
)
async def test_what_alerts_have_in_common(
    world: World, fields: tuple[str, ...], change: str, together: bool
) -> None:
    """What an alert does not have joins it with nothing."""
    await rule(world, *fields)
    first, second = await opened(world, 2, settle=False)
    await run(world.db, f"update alerts set {change}")
    await world.settle()
    assert await paged(world, first, second) == [True, not together]


async def test_the_first_rule_that_applies_counts(world: World) -> None:
    await rule(world, "source", position=2)
    failing = (Matcher("message", Operator.CONTAINS, "failing"),)
    narrow = await rule(world, position=1, matchers=failing, most=2)
    alerts = await opened(world, 3, settle=False)
    await run(world.db, "update alerts set source = 'prom'")
    await world.settle()
    assert await paged(world, *alerts) == [True, False, True], "no more than two: the third begins a group"
    assert {r["rule_id"] for r in await run(world.db, "select rule_id from alert_groups")} == {narrow}
    others = await opened(world, 2, message="Slow", settle=False)
    await run(world.db, "update alerts set source = 'prom'")
    await world.settle()
    assert await paged(world, *others) == [True, False], "by the second rule"


@pytest.mark.parametrize(
    ("scope", "applies"), [("service", True), ("team", True), ("another", False), ("all", True)]
)
async def test_of_a_service_a_team_or_all(world: World, scope: str, applies: bool) -> None:
    company, more = world.company, {}
    if scope == "another":
        other = await value(
            world.db, "insert into teams (id, name) values (gen_random_uuid(), 'Other') returning id"
        )
        more = {"team_id": other}
    elif scope != "all":
        more = {f"{scope}_id": company.service if scope == "service" else company.team}
    await rule(world, **more)
    assert await paged(world, *await opened(world, 2)) == [True, not applies]


async def test_the_window_counts_from_the_first_alert(world: World, later: Later) -> None:
    await rule(world, window=timedelta(minutes=10))
    first, second = await opened(world, 2)
    await later(minutes=9)
    (third,) = await opened(world)
    await later(minutes=2)
    (fourth,) = await opened(world)
    assert await paged(world, first, second, third, fourth) == [True, False, False, True]
    assert await leader(world, fourth) == 4


@pytest.mark.parametrize(("first", "second", "change"), [(3, 1, ""), (4, 3, ""), (4, 4, "urgency = 'high'")])
async def test_one_that_outranks_the_leader_pages_and_leads(
    world: World, first: int, second: int, change: str
) -> None:
    await rule(world)
    below = await opened(world, 2, priority=first)
    above = (await opened(world, 1, priority=second, settle=False))[0]
    if change:
        await run(world.db, f"update alerts set {change} where id = $1", above)
    await world.settle()
    (after,) = await opened(world, 1, priority=second)
    assert await paged(world, *below, above, after) == [True, False, True, False]
    quiet = await quiet_of(world.db, below[1])
    assert quiet is not None
    assert quiet.under_number == 3
    assert (await world.escalation(below[0]))["ended_at"] is None, "who is being paged already goes on"


async def test_when_the_leader_closes_the_next_one_leads_and_pages(world: World) -> None:
    await rule(world)
    first, second, third = await opened(world, 3)
    await world.acknowledge(first, world.company.ana, "Ana Silva")
    await world.settle()
    assert await paged(world, second, third) == [False, False]
    found = await gathering_of(world.db, third)
    assert found is not None
    assert (found.group.leader_has, len(found.unanswered)) == ("Ana Silva", 2)
    assert (await lines(world.db, [third]))[third].covered
    await world.close(first)
    await world.settle()
    assert [await world.pages(a) for a in (second, third)] == [PAGED, []]
    assert await leader(world, third) == 2
    await world.close(second)
    await world.close(third)
    await world.settle()
    assert not (await world.pages(third)), "both closed before it was its turn"
    assert await paged(world, *await opened(world, 1)) == [True], "all have closed: another group"


async def test_unacknowledged_the_leader_pages_again(world: World) -> None:
    await rule(world)
    first, second = await opened(world, 2)
    await world.acknowledge(first, world.company.ana, "Ana Silva")
    await world.settle()
    await world.change(first, "alert_unacknowledged", "acknowledged_at = null, acknowledged_by = null")
    await world.settle()
    assert (len(await world.pages(first)), await world.pages(second)) == (2, [])
    await world.acknowledge(second, world.company.ana, "Ana Silva")
    await world.settle()
    await world.change(second, "alert_unacknowledged", "acknowledged_at = null, acknowledged_by = null")
    await world.settle()
    assert await world.pages(second) == [], "it is covered by its leader again"


async def test_snoozing_the_leader_keeps_all_quiet(world: World, later: Later) -> None:
    await rule(world)
    first, second = await opened(world, 2)
    await world.change(first, "alert_snoozed", "snoozed_until = clock() + interval '1 hour'")
    await world.settle()
    (third,) = await opened(world)
    await look(world)
    assert await paged(world, second, third) == [False, False]
    await later(minutes=61)
    await world.settle()
    assert (len(await world.pages(first)), await paged(world, second, third)) == (2, [False, False])


async def test_nobody_answered_for_the_leader(world: World) -> None:
    """Those that are quiet stay so; a new one pages, and leads."""
    await rule(world)
    first, second = await opened(world, 2)
    await run(
        world.db,
        "update escalations set ended_at = clock(), next_at = null, end_reason = 'exhausted' where alert_id = $1", first,
    )  # fmt: skip
    await look(world)
    assert await paged(world, second) == [False]
    third, fourth = await opened(world, 2)
    assert await paged(world, second, third, fourth) == [False, True, False]
    assert await leader(world, second) == 3


@pytest.mark.parametrize("reason", ["failed", "nobody"])
async def test_the_leader_could_not_be_paged_for(world: World, reason: str) -> None:
    await rule(world)
    first, second = await opened(world, 2)
    await run(
        world.db,
        "update escalations set ended_at = clock(), next_at = null, end_reason = $2 where alert_id = $1", first, reason,
    )  # fmt: skip
    await look(world)
    assert await paged(world, second) == [True]


async def test_what_would_page_nobody_leads_nobody(world: World) -> None:
    """A service without a policy: its alert is in no group."""
    await rule(world, "source")
    other = await value(
        world.db, "insert into services (id, name, tier) values (gen_random_uuid(), 'Bare', 1) returning id"
    )
    bare = await world.open(service=other)
    alert = await world.open()
    await run(world.db, "update alerts set source = 'prom'")
    await world.settle()
    assert await paged(world, bare, alert) == [False, True]
    assert (await world.escalation(bare))["end_reason"] == "nobody"
    assert await gathering_of(world.db, bare) is None


async def test_a_silenced_alert_leads_nobody_and_joins_when_the_silence_is_over(world: World) -> None:
    await rule(world)
    now = await world.db.clock()
    draft = SilenceDraft(
        "noise", now, now + timedelta(hours=1), (Matcher("message", Operator.EQUALS, "Hush"),)
    )
    async with world.db.unit(world.company.as_ana(), "web") as u:
        silence = await create_silence(u, draft)
    hushed = await world.open(message="Hush")
    loud, quiet = await world.open(), await world.open()
    await world.settle()
    assert await paged(world, hushed, loud, quiet) == [False, True, False]
    assert (await world.escalation(hushed))["end_reason"] == "silenced"
    async with world.db.unit(world.company.as_ana(), "web") as u:
        await end_silence(u, silence)
    await world.settle()
    assert (await world.escalation(hushed))["end_reason"] == "grouped"


async def test_a_leader_that_is_silenced_hands_on(world: World) -> None:
    await rule(world)
    (first,) = await opened(world, message="Hush")
    (second,) = await opened(world)
    now = await world.db.clock()
    draft = SilenceDraft(
        "noise", now, now + timedelta(hours=1), (Matcher("message", Operator.EQUALS, "Hush"),)
    )
    async with world.db.unit(world.company.as_ana(), "web") as u:
        assert await quieten(u, await create_silence(u, draft)) == 1
    await world.settle()
    assert await paged(world, second) == [True]
    assert await leader(world, first) == 2


async def test_the_leader_closed_at_the_very_moment(world: World) -> None:
    """Its close was handled before the other one was there: the reconciler finds it."""
    await rule(world)
    first, second = await opened(world, 2)
    await run(world.db, "update alerts set closed_at = clock() where id = $1", first)
    await world.settle()
    assert await paged(world, second) == [False]
    await look(world)
    assert await paged(world, second) == [True]
    (third,) = await opened(world)
    await run(world.db, "delete from silenced_alerts where alert_id = $1", third)
    await run(world.db, "update alerts set closed_at = clock() where id = $1", second)
    await run(world.db, "update alerts set created_at = created_at - interval '2 minutes'")
    await look(world)
    assert await paged(world, third) == [True], "not even a row waited for it"


async def test_a_rule_that_breaks_holds_no_page_back(world: World) -> None:
    made = await rule(world)
    await run(world.db, "insert into grouping_matchers values ($1, 1, 'message', 'matches', 'a(')", made)
    assert await paged(world, *await opened(world, 2)) == [True, True]


async def test_many_processes_at_once_make_one_group(world: World, dsn: str) -> None:
    await rule(world)
    alerts = await world.open_many(40)
    others = [await connect(dsn, size=1) for _ in range(4)]

    async def take(db: Database, part: list[UUID]) -> None:
        for alert in part:
            async with db.unit(ENGINE, "engine") as u:
                await begin_for(u, [alert])

    try:
        await asyncio.gather(*(take(db, alerts[n::4]) for n, db in enumerate(others)))
    finally:
        for db in others:
            await db.close()
    await world.settle()
    assert sum(await paged(world, *alerts)) == 1
    assert await value(world.db, "select members from alert_groups") == 40
    assert await run(world.db, UNATTENDED) == []


async def test_all_of_a_group_at_once(world: World) -> None:
    await rule(world)
    first, second, third = await opened(world, 3)
    await world.acknowledge(third, world.company.ben, "Ben Okafor")
    for _ in range(2):
        async with world.db.unit(world.company.as_ana(), "web", "key-1") as u:
            assert await acknowledge_group(u, first, "mine") == 2
    said = await run(world.db, "select acknowledged_by from alerts order by number")
    assert [r["acknowledged_by"] for r in said] == ["Ana Silva", "Ana Silva", "Ben Okafor"]
    kinds = "select count(*) from entries where stream = $1 and kind = $2"
    assert [await value(world.db, kinds, a, "alert_acknowledged") for a in (first, second)] == [1, 1]
    for _ in range(2):
        async with world.db.unit(world.company.as_ana(), "web", "key-2") as u:
            assert await close_group(u, second) == 3
    await world.settle()
    assert [await value(world.db, kinds, a, "alert_closed") for a in (first, second, third)] == [1, 1, 1]
    assert await paged(world, second, third) == [False, False]
    with pytest.raises(NotFound):
        async with world.db.unit(world.company.as_ana(), "web") as u:
            await close_group(u, UUID(int=1))
    with pytest.raises(Forbidden):
        async with world.db.unit(world.company.as_vic(), "web") as u:
            await acknowledge_group(u, first)


async def test_changing_and_removing_a_rule(world: World) -> None:
    made = await rule(world)
    first, second = await opened(world, 2)
    async with world.db.unit(world.company.admin(), "web") as u:
        await grouping.change_rule(u, made, GroupingDraft("Other", ("service",), most=5))
    (third,) = await opened(world)
    assert await paged(world, first, second, third) == [True, False, True], "its groups take no more"
    for _ in range(2):
        async with world.db.unit(world.company.admin(), "web") as u:
            await grouping.remove_rule(u, made)
    assert await grouping.rules(world.db) == []
    assert await paged(world, *await opened(world, 2)) == [True, True]
    await world.close(first)
    await world.settle()
    assert await paged(world, second) == [True], "groups that exist go on"
    with pytest.raises(Conflict):
        async with world.db.unit(world.company.admin(), "web") as u:
            await grouping.change_rule(u, made, GroupingDraft("Other", ("service",)))
    assert await value(world.db, "select count(*) from audit_entries where verb like 'grouping.%'") == 3


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"name": " "}, "name"),
        ({"fields": ()}, "fields"),
        ({"fields": ("host",)}, "fields"),
        ({"fields": ("tag:",)}, "fields"),
        ({"fields": ("details.",)}, "fields"),
        ({"fields": ("source", "entity", "service", "integration", "details.a", "details.b")}, "fields"),
        ({"window": timedelta(seconds=1)}, "window"),
        ({"window": timedelta(days=8)}, "window"),
        ({"most": 1}, "most"),
        ({"position": 0}, "position"),
        ({"service_id": UUID(int=1)}, "service_id"),
        ({"team_id": UUID(int=1)}, "team_id"),
        ({"service_id": UUID(int=1), "team_id": UUID(int=1)}, "team_id"),
        ({"matchers": (Matcher("message", Operator.MATCHES, "a("),)}, "matchers"),
        ({"matchers": (Matcher("host", Operator.EQUALS, "a"),)}, "matchers"),
    ],
)
async def test_what_a_rule_must_be(world: World, more: dict[str, Any], field: str) -> None:
    given: dict[str, Any] = {"name": "By source", "fields": ("source",)} | more
    with pytest.raises(Invalid) as refused:
        async with world.db.unit(world.company.admin(), "web") as u:
            await grouping.create_rule(u, GroupingDraft(**given))
    assert refused.value.field == field


async def test_who_may_change_rules(world: World) -> None:
    company = world.company
    await run(world.db, "update team_members set role = 'admin' where user_id = $1", company.ana)
    own = await rule(world, actor=company.as_ana(), team_id=company.team)
    await rule(world, actor=company.as_ana(), service_id=company.service)
    for actor, more in (
        (company.as_ana(), {}),
        (company.as_ben(), {"team_id": company.team}),
        (company.as_vic(), {"team_id": company.team}),
    ):
        with pytest.raises(Forbidden):
            await rule(world, actor=actor, **more)
    for change in (
        lambda u: grouping.remove_rule(u, own),
        lambda u: grouping.change_rule(u, own, GroupingDraft("x", ("source",), service_id=company.service)),
    ):
        with pytest.raises(Forbidden):
            async with world.db.unit(company.as_ben(), "web") as u:
                await change(u)
    with pytest.raises(Forbidden):
        async with world.db.unit(company.as_ana(), "web") as u:
            await grouping.change_rule(u, own, GroupingDraft("x", ("source",)))


async def test_the_preview_says_what_the_rule_would_have_made(world: World, later: Later) -> None:
    first, *_ = await opened(world, 3, settle=False)
    await later(minutes=20)
    await opened(world, 2, settle=False)
    await later(minutes=40)
    await opened(world, 1, settle=False, priority=1)
    await opened(world, 1, settle=False, message="Slow")
    draft = GroupingDraft("x", ("service",), matchers=(Matcher("message", Operator.EQUALS, "Failing"),))
    async with world.db.unit(world.company.as_vic(), "web") as u:
        found = await grouping.preview(u, grouping.checked(draft))
    assert (found.looked_at, found.matched, found.groups, found.quiet) == (7, 6, 2, 4)
    assert await gathering_of(world.db, first) is None, "nothing was kept"


async def step(world: World, later: Later, random: Random) -> None:
    """Something that happens on a night."""
    waiting = [
        r["id"] for r in await run(world.db, "select id from alerts where closed_at is null order by number")
    ]
    alert = random.choice(waiting) if waiting else None
    acts: list[Callable[[], Awaitable[Any]]] = [
        lambda: world.open_many(random.randint(1, 4), priority=random.randint(1, 5)),
        lambda: later(minutes=random.randint(1, 20)),
        lambda: look(world),
    ]
    if alert is not None:
        acts += [
            lambda: world.close(alert),
            lambda: world.acknowledge(alert, world.company.ana, "Ana Silva"),
            lambda: world.change(alert, "alert_unacknowledged", "acknowledged_at = null, acknowledged_by = null"),
            lambda: world.change(
                alert, "alert_snoozed",
                "snoozed_until = clock() + interval '10 minutes', acknowledged_at = null, acknowledged_by = null",
            ),
            lambda: run(
                world.db,
                "update escalations set ended_at = clock(), next_at = null, end_reason = 'exhausted'"
                " where alert_id = $1 and ended_at is null", alert,
            ),
        ]  # fmt: skip
    await random.choice(acts)()


@pytest.mark.parametrize("seed", range(6))
async def test_no_alert_is_ever_without_attention(world: World, later: Later, seed: int) -> None:
    """After whatever happens: each open alert that nobody has is paged for, or was as often as its policy says, or has an open
    leader for whom one of these holds."""
    random = Random(seed)  # noqa: S311 - a night to be played again
    await rule(world, window=timedelta(minutes=15), most=6)
    for _ in range(25):
        await step(world, later, random)
        if random.random() < 0.7:
            await world.decide()
            assert [r["number"] for r in await run(world.db, UNATTENDED)] == []
