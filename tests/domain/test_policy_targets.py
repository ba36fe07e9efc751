"""Whom targets mean, what conditions skip, and what follows when nobody answers."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from datetime import UTC, datetime, time, timedelta

import pytest

from tests.domain.paging_world import KEYS, Later, World, run, unfolded, value
from tests.domain.policy_world import ended, notes, person, shift, step, team, turns_of, use
from tocsin.kernel.crypto import new_webhook_secret
from tocsin.kernel.db import Database
from tocsin.kernel.errors import Invalid
from tocsin.kernel.ids import new_id
from tocsin.paging import queries
from tocsin.paging.conditions import Conditions, Hours
from tocsin.paging.drafts import NewChannel, PolicyDraft, StepDraft, TargetDraft
from tocsin.paging.escalate import advance
from tocsin.paging.plans import Final, Kind, plan_of
from tocsin.paging.policies import apply_to_running, create_policy
from tocsin.paging.transport import SECRET_PURPOSE, SendFailed

NEVER = Conditions(priorities=(5,))


@pytest.fixture
async def db(dsn: str) -> AsyncIterator[Database]:
    async with unfolded(dsn) as database:
        yield database


async def test_the_next_and_the_previous_person_are_not_the_one_who_holds_it(world: World) -> None:
    c = world.company
    cleo, dan = await person(world, "Cleo"), await person(world, "Dan")
    await shift(world, c.schedule, dan, -60, -40)
    await shift(world, c.schedule, c.ana, -40, -30)
    await shift(world, c.schedule, c.ana, 24 * 6 + 1, 24 * 7)
    await shift(world, c.schedule, cleo, 24 * 7, 24 * 8)
    await use(world, step(0, (Kind.NEXT, c.schedule)), step(60, (Kind.PREVIOUS, c.schedule)))
    alert = await world.open()
    await world.settle()
    assert await world.pages(alert) == [("Cleo", 0, 0)]
    (page,) = await queries.ledger(world.db, alert)
    assert page.page.reason == "step 1, next in Payments on-call"
    await run(world.db, "update escalations set next_at = clock()")
    await world.settle()
    assert (await world.pages(alert))[1:] == [("Dan", 0, 1)]


@pytest.mark.parametrize(
    ("rule", "schedules", "expected"),
    [("on_call", True, ["Ana"]), ("on_call", False, ["Ana", "Ben"]), ("everybody", True, ["Ana", "Ben"]),
     ("round_robin", True, ["Ana"])],
)  # fmt: skip
async def test_a_team_is_paged_by_its_own_rule(
    world: World, rule: str, schedules: bool, expected: list[str]
) -> None:
    c = world.company
    await run(world.db, "update teams set paging_rule = $1", rule)
    if not schedules:
        await run(world.db, "update schedules set archived_at = clock()")
    await use(world, step(0, (Kind.TEAM, c.team)))
    alert = await world.open()
    await world.settle()
    assert [name for name, _, _ in await world.pages(alert)] == expected


async def test_the_whole_team_is_paged_whatever_its_rule(world: World) -> None:
    await use(world, step(0, (Kind.WHOLE_TEAM, world.company.team)))
    alert = await world.open()
    await world.settle()
    assert [name for name, _, _ in await world.pages(alert)] == ["Ana", "Ben"]


async def test_turns_are_fair_in_one_batch_and_go_on_in_the_next(world: World) -> None:
    c = world.company
    await person(world, "Cleo", team=c.team)
    await use(world, step(0, (Kind.ROUND_ROBIN, c.team)))
    await world.open_many(7)
    await world.decide()
    await world.open_many(5)
    await world.decide()
    rows = await run(world.db, "select u.name from pages p join users u on u.id = p.user_id")
    assert sorted(Counter(r["name"] for r in rows).values()) == [4, 4, 4]
    assert await turns_of(world, c.team) == 12


async def test_processes_that_advance_at_once_give_each_turn_once(world: World) -> None:
    c = world.company
    others = [await person(world, f"P{n}", team=c.team) for n in range(8)]
    await use(world, step(60, (Kind.ROUND_ROBIN, c.team)))
    await world.open_many(40)
    await world.decide()
    await run(world.db, "update escalations set next_at = clock()")

    async def some() -> None:
        async with world.db.unit(c.admin(), "test") as u:
            await advance(u, limit=10)

    await asyncio.gather(*(some() for _ in range(4)))
    rows = await run(world.db, "select user_id from pages")
    assert set(Counter(r["user_id"] for r in rows).values()) == {4}
    assert len(rows) == 40
    assert await turns_of(world, c.team) == 40
    assert set(others) < {r["user_id"] for r in rows}


async def test_a_channel_is_told_and_wakes_nobody(world: World) -> None:
    c = world.company
    secret = new_webhook_secret()
    channel = NewChannel(
        "Ops hook", "webhook", "https://hook.example/t0ken",
        lambda about: KEYS.seal(SECRET_PURPOSE, secret.encode(), about=str(about)),
    )  # fmt: skip
    await use(world, StepDraft(0, (TargetDraft(Kind.WEBHOOK, None, channel),)), step(600, (Kind.USER, c.ben)))
    alert = await world.open()
    await world.settle()
    ((message, to),) = world.webhook.got
    assert (to.address, to.secret) == ("https://hook.example/t0ken", secret)
    assert message.ack_url == ""
    assert "/ack/" not in message.text + message.html + message.short
    assert message.alert_url in message.text
    (page,) = await queries.ledger(world.db, alert)
    assert (page.page.user_id, page.page.user_name, page.reached) == (None, "Ops hook", True)
    assert await notes(world, alert) == []
    await world.acknowledge(alert, c.ana, "Ana Silva")
    await world.settle()
    assert "Ana Silva has it" in world.webhook.got[1][0].subject
    assert "t0ken" not in str(await run(world.db, "select before, after from audit_entries"))


async def test_a_channel_beside_an_empty_schedule_does_not_stop_the_next_step(world: World) -> None:
    c = world.company
    await run(world.db, "delete from shifts")
    hook = TargetDraft(Kind.WEBHOOK, None, NewChannel("Hook", "webhook", "https://hook.example"))
    await use(
        world, StepDraft(0, (hook, TargetDraft(Kind.SCHEDULE, c.schedule))), step(600, (Kind.USER, c.ben))
    )
    alert = await world.open()
    await world.settle()
    assert [p.page.user_name for p in await queries.ledger(world.db, alert)] == ["Hook", "Ben Okafor"]
    assert "Nobody is on call" in (await notes(world, alert))[0][2]


async def test_a_skipped_step_is_noted_and_the_next_one_waits_for_its_own_time(
    world: World, later: Later
) -> None:
    c = world.company
    await use(world, step(0, (Kind.USER, c.ana), when=NEVER), step(300, (Kind.USER, c.ben)))
    alert = await world.open()
    await world.settle()
    assert await world.pages(alert) == []
    assert await notes(world, alert) == [(0, 0, "Skipped: not for P1.")]
    (empty,) = await queries.empty_steps(world.db, alert)
    assert empty.skipped
    await later(seconds=299)
    await world.settle()
    assert await world.pages(alert) == []
    await later(seconds=2)
    await world.settle()
    assert await world.pages(alert) == [("Ben", 0, 1)]


async def test_when_every_step_is_skipped_the_final_step_runs_at_once(world: World) -> None:
    c = world.company
    rescue = await team(world, "Rescue")
    await person(world, "Cleo", team=rescue)
    await use(world, step(0, (Kind.USER, c.ana), when=NEVER), final=Final(rescue), repeats=5)
    alert = await world.open()
    await world.settle()
    assert await world.pages(alert) == [("Cleo", 0, 1)]
    assert "fallback team Rescue" in await ended(world, alert)


async def test_the_fallback_team_has_its_time_after_the_last_step(world: World, later: Later) -> None:
    c = world.company
    rescue = await team(world, "Rescue")
    await person(world, "Cleo", team=rescue)
    await use(world, step(0, (Kind.USER, c.ana)), final=Final(rescue), repeats=1)
    alert = await world.open()
    for seconds in (1, 300, 298):
        await world.settle()
        await later(seconds=seconds)
    await world.settle()
    assert [name for name, _, _ in await world.pages(alert)] == ["Ana", "Ana"]
    assert (await world.escalation(alert))["ended_at"] is None
    await later(seconds=5)
    await world.settle()
    assert (await world.pages(alert))[2:] == [("Cleo", 1, 1)]
    page = (await queries.ledger(world.db, alert))[-1].page
    assert page.reason == "nobody answered, in team Rescue"
    assert (await ended(world, alert)) == (
        "exhausted: Everybody in Payments was paged as often as it says, then the fallback team Rescue. Nobody answered."
    )


async def test_an_empty_schedule_goes_to_the_fallback_at_once_and_says_so(world: World) -> None:
    c = world.company
    rescue = await team(world, "Rescue")
    await person(world, "Cleo", team=rescue)
    await run(world.db, "delete from shifts")
    await use(world, step(0, (Kind.SCHEDULE, c.schedule)), final=Final(rescue))
    alert = await world.open()
    await world.settle()
    assert await world.pages(alert) == [("Cleo", 0, 1)]
    assert [where[:2] for where in await notes(world, alert)] == [(0, 0)]


async def test_a_fallback_that_finds_nobody_ends_with_a_sentence(world: World) -> None:
    await run(world.db, "delete from shifts")
    rescue = await team(world, "Rescue")
    await use(world, step(0, (Kind.SCHEDULE, world.company.schedule)), final=Final(rescue))
    alert = await world.open()
    await world.settle()
    assert (
        await ended(world, alert)
        == "exhausted: Nobody answered, and nobody in the fallback team Rescue can be paged."
    )
    assert [where[:2] for where in await notes(world, alert)] == [(0, 0), (0, 1)]
    assert "fallback team Rescue" in queries.why_quiet(await queries.escalation_of(world.db, alert))


async def test_a_policy_must_say_what_happens_if_nobody_answers(world: World) -> None:
    with pytest.raises(Invalid) as refused:
        async with world.db.unit(world.company.admin(), "test") as u:
            await create_policy(u, PolicyDraft("New", (step(0, (Kind.USER, world.company.ana)),)))
    assert refused.value.field == "final"
    stored = await queries.policy(world.db, world.company.policy)
    assert stored is not None
    assert not stored.rules.final.decided  # It is older than the question.


@pytest.mark.parametrize(("kind", "words"), [(Kind.USER, "person"), (Kind.NEXT, "schedule"), (Kind.ROUND_ROBIN, "team"),
                                             (Kind.CHAT, "channel")])  # fmt: skip
async def test_targets_that_do_not_exist_are_refused(world: World, kind: Kind, words: str) -> None:
    with pytest.raises(Invalid, match=words):
        await use(world, step(0, (kind, new_id())))


async def test_applying_to_what_runs_keeps_its_round_and_step(world: World, later: Later) -> None:
    c = world.company
    cleo = await person(world, "Cleo")
    await use(world, step(0, (Kind.USER, c.ana)), step(600, (Kind.USER, c.ben)), repeats=1)
    alert = await world.open()
    await world.settle()
    await use(world, step(0, (Kind.USER, c.ana)), step(60, (Kind.USER, cleo)), repeats=1)
    await later(seconds=120)
    await world.settle()
    assert len(await world.pages(alert)) == 1  # Frozen, as long as nobody asks.
    async with world.db.unit(c.admin(), "test") as u:
        assert await apply_to_running(u, c.policy) == 1
    await world.settle()
    assert (await world.pages(alert))[1:] == [("Cleo", 0, 1)]
    assert (
        await value(
            world.db,
            "select after ->> 'escalations' from audit_entries where verb = 'policy.apply_to_running'",
        )
        == "1"
    )


@pytest.mark.parametrize("repeats", [0, 1])
async def test_applying_fewer_steps_goes_on_with_the_next_round_or_the_final_step(
    world: World, later: Later, repeats: int
) -> None:
    c = world.company
    rescue = await team(world, "Rescue")
    await run(world.db, "insert into team_members values ($1, $2)", rescue, c.ben)
    steps = [step(n * 60, (Kind.USER, c.ben)) for n in range(4)]
    await use(world, *steps, repeats=repeats, final=Final(rescue))
    alert = await world.open()
    for _ in range(3):
        await world.settle()
        await later(seconds=61)
    await use(world, steps[0], repeats=repeats, repeat_after_s=60, final=Final(rescue))
    async with world.db.unit(c.admin(), "test") as u:
        await apply_to_running(u, c.policy)
    before = len(await world.pages(alert))
    await world.settle()
    (page,) = (await world.pages(alert))[before:]
    assert page == (("Ben", 1, 0) if repeats else ("Ben", 1, 1))


HOURS = [
    Hours(zone, days, time(start), time(end), within)
    for zone in ("UTC", "Europe/Berlin", "Asia/Kolkata")
    for days in ((1, 2, 3, 4, 5), (7,))
    for start, end in ((9, 17), (22, 6), (8, 8))
    for within in (True, False)
]


async def test_the_database_and_the_preview_skip_for_the_same_reasons(db: Database) -> None:
    """Around both clock changes of Berlin, each third hour of a week, with every kind of condition."""
    begins = [datetime(2026, 10, 22, tzinfo=UTC), datetime(2027, 3, 26, 0, 59, tzinfo=UTC)]
    moments = [begin + timedelta(hours=3 * n) for begin in begins for n in range(57)]
    cases = [Conditions(hours) for hours in HOURS]
    cases += [
        Conditions(None, (1, 2)),
        Conditions(None, (), ("DB", "prod")),
        Conditions(None, (), (), ("db", "x")),
    ]
    stored = [c.stored() for c in cases]
    for priority, tags in ((1, ["db"]), (3, ["Prod", "DB"]), (5, [])):
        rows = await run(
            db,
            "select c.n, m.at, why_skipped(c.value, $3, $4, m.at) as why"
            " from jsonb_array_elements($1::jsonb) with ordinality c (value, n) cross join unnest($2::timestamptz[]) m (at)",
            stored, moments, priority, tags,
        )  # fmt: skip
        for row in rows:
            said = cases[row["n"] - 1].why_skipped(priority, tags, row["at"])
            assert said == row["why"], (cases[row["n"] - 1], row["at"])
        assert len(rows) == len(cases) * len(moments)


async def test_a_plan_reads_back_what_was_drafted(world: World) -> None:
    c = world.company
    when = Conditions(HOURS[0], (1, 2), ("db",), ("test",))
    await use(world, step(0, *((kind, of) for kind, of in (
        (Kind.USER, c.ana), (Kind.SCHEDULE, c.schedule), (Kind.NEXT, c.schedule), (Kind.TEAM, c.team),
        (Kind.ROUND_ROBIN, c.team))), when=when), final=Final(c.team))  # fmt: skip
    stored = await queries.policy(world.db, c.policy)
    assert stored is not None
    plan = plan_of(stored.plan)
    assert plan.steps[0].when == when
    assert {t.words for t in plan.steps[0].targets} == {
        "Ana Silva", "Payments on-call", "next in Payments on-call", "team Payments", "Payments in turn",
    }  # fmt: skip
    assert (plan.final.team, plan.final.name) == (c.team, "Payments")


async def test_an_escalation_that_began_before_an_upgrade_goes_on(world: World, later: Later) -> None:
    """Its plan names no kinds, no conditions and no final step."""
    c = world.company
    alert = await world.open()
    await world.settle()
    steps = [
        {"delay_s": 0, "targets": []},
        {"delay_s": 60, "targets": [{"schedule": str(c.schedule), "name": "S"}]},
    ]
    steps.append({"delay_s": 120, "targets": [{"user": str(c.ben), "name": "Ben"}]})
    plan = {"repeats": 0, "repeat_after_s": 300, "steps": steps}
    await run(world.db, "update escalations set plan = $1, next_at = clock()", plan)
    await world.settle()
    await later(seconds=121)
    await world.settle()
    assert [name for name, _, _ in await world.pages(alert)] == ["Ana", "Ana", "Ben"]
    assert await ended(world, alert) == "exhausted: None"


async def test_a_removed_fallback_team_is_asked_for_again(world: World) -> None:
    c = world.company
    rescue = await team(world, "Rescue")
    await use(world, step(0, (Kind.USER, c.ana)), final=Final(rescue))
    alert = await world.open()
    await world.settle()
    await run(world.db, "delete from teams where id = $1", rescue)
    stored = await queries.policy(world.db, c.policy)
    assert stored is not None
    assert not stored.rules.final.decided
    await run(world.db, "update escalations set next_at = clock()")
    await world.settle()
    assert (
        await ended(world, alert)
        == "exhausted: Nobody answered, and nobody in the fallback team Rescue can be paged."
    )


async def test_everybody_failing_lets_the_next_step_go_although_a_channel_was_told(world: World) -> None:
    c = world.company
    hook = TargetDraft(Kind.WEBHOOK, None, NewChannel("Hook", "webhook", "https://hook.example"))
    await use(world, StepDraft(0, (hook, TargetDraft(Kind.USER, c.ana))), step(600, (Kind.USER, c.ben)))
    world.email.script.append(SendFailed("No such box.", retry=False))
    alert = await world.open()
    await world.settle()
    assert [p.page.user_name for p in await queries.ledger(world.db, alert)][-1] == "Ben Okafor"


async def test_a_zone_that_the_database_does_not_know_is_refused(world: World) -> None:
    hours = Hours("Factory/Nowhere", (1,), time(9), time(17))
    with pytest.raises(Invalid, match="time zone"):
        await use(world, step(0, (Kind.USER, world.company.ana), when=Conditions(hours)))
