"""The engine: whom it pages, when, and when it stops."""

from collections.abc import AsyncIterator

import pytest

from tests.domain.paging_world import Later, World, around_the_clock, run, seconds_between, unfolded, value
from tocsin.kernel.db import Database
from tocsin.kernel.ids import new_id
from tocsin.paging import queries


@pytest.fixture
async def db(dsn: str) -> AsyncIterator[Database]:
    async with unfolded(dsn) as database:
        yield database


async def test_the_first_step_runs_with_the_beginning(world: World) -> None:
    alert = await world.open()
    await world.settle()
    assert await world.pages(alert) == [("Ana", 0, 0)]
    assert await world.states(alert) == [("Ana", "email", "sent")]
    (message, to) = world.email.got[0]
    assert to.address == "ana@example.org"
    assert "Checkout is failing" in message.subject[:40]


async def test_the_second_step_comes_after_its_delay_and_repeats_as_often_as_the_policy_says(
    world: World, later: Later
) -> None:
    alert = await world.open()
    await world.settle()
    await later(seconds=290)
    await world.settle()
    assert await world.pages(alert) == [("Ana", 0, 0)]
    await later(seconds=11)
    await world.settle()
    assert await world.pages(alert) == [("Ana", 0, 0), ("Ben", 0, 1)]
    await later(seconds=301)
    await world.settle()
    assert (await world.pages(alert))[2:] == [("Ana", 1, 0)]
    await later(seconds=301)
    await world.settle()
    assert (await world.pages(alert))[3:] == [("Ben", 1, 1)]
    escalation = await world.escalation(alert)
    assert escalation["end_reason"] == "exhausted"
    await later(days=1)
    await world.settle()
    assert len(await world.pages(alert)) == 4
    assert "Nobody answered" in queries.why_quiet(await queries.escalation_of(world.db, alert))


async def test_hundreds_begin_and_are_paged_together(world: World) -> None:
    alerts = await world.open_many(700)
    await world.decide()
    assert await value(world.db, "select count(*) from pages where step = 0") == 700
    assert await value(world.db, "select count(*) from deliveries where state = 'queued'") == 700
    assert await value(
        world.db, "select count(distinct alert_id) from escalations where ended_at is null"
    ) == len(alerts)


@pytest.mark.parametrize(
    ("prepare", "service", "words"),
    [
        ("select 1", None, "belongs to no service"),
        ("update services set escalation_policy_id = null", "checkout", "Checkout has no escalation policy"),
        (
            "update escalation_policies set archived_at = clock()",
            "checkout",
            "Checkout has no escalation policy",
        ),
        ("delete from escalation_steps", "checkout", "policy Payments has no steps"),
    ],
)
async def test_an_alert_that_pages_nobody_says_why(
    world: World, prepare: str, service: str | None, words: str
) -> None:
    await run(world.db, prepare)
    alert = await world.open(service=service)
    await world.settle()
    escalation = await queries.escalation_of(world.db, alert)
    assert escalation is not None
    assert escalation.end_reason == "nobody"
    assert not escalation.running
    assert words in queries.why_quiet(escalation)
    assert await queries.next_steps(world.db, escalation) == []


async def test_acknowledging_ends_drops_and_tells_the_others(world: World, later: Later) -> None:
    await world.add_webhook(world.company.ben, delay_s=600)
    alert = await world.open()
    await world.settle()
    await later(seconds=301)
    await world.settle()
    world.email.forget()
    await world.acknowledge(alert, world.company.ana, "Ana Silva")
    await world.settle()
    assert (await world.escalation(alert))["end_reason"] == "acknowledged"
    assert ("Ben", "webhook", "cancelled") in await world.states(alert)
    assert await world.states(alert, "notice") == [("Ben", "email", "sent")]
    (notice, _) = world.email.got[0]
    assert "Ana Silva has it" in notice.subject[:40]
    assert notice.ack_url == ""
    ana = next(p.page for p in await queries.ledger(world.db, alert) if p.page.user_id == world.company.ana)
    assert ana.acknowledged_at is not None
    await later(days=1)
    await world.settle()
    assert len(world.email.got) == 1


async def test_closing_ends_and_gives_the_all_clear_to_whoever_was_paged_in_vain(world: World) -> None:
    alert = await world.open()
    await world.settle()
    await world.close(alert)
    await world.settle()
    assert (await world.escalation(alert))["end_reason"] == "closed"
    assert await world.states(alert, "all_clear") == [("Ana", "email", "sent")]
    assert "Closed by Monitor" in world.email.got[-1][0].subject


async def test_closing_what_somebody_has_wakes_nobody(world: World) -> None:
    alert = await world.open()
    await world.settle()
    await world.acknowledge(alert, world.company.ana, "Ana Silva")
    await world.settle()
    world.email.forget()
    await world.close(alert)
    await world.settle()
    assert world.email.got == []


async def test_unacknowledging_begins_anew(world: World) -> None:
    alert = await world.open()
    await world.settle()
    await world.acknowledge(alert, world.company.ana, "Ana Silva")
    await world.settle()
    world.email.forget()
    await world.change(alert, "alert_unacknowledged", "acknowledged_at = null", world.company.ana)
    await world.settle()
    assert world.email.addresses() == ["ana@example.org"]
    assert (await world.escalation(alert))["ended_at"] is None


async def test_snoozing_pauses_and_then_pages_from_the_first_step(world: World, later: Later) -> None:
    alert = await world.open()
    await world.settle()
    world.email.forget()
    await world.change(
        alert, "alert_snoozed", "snoozed_until = clock() + interval '1 hour'", world.company.ana
    )
    await world.settle()
    await later(minutes=59)
    await world.settle()
    assert world.email.got == []
    await later(minutes=2)
    await world.settle()
    assert world.email.addresses() == ["ana@example.org"]
    assert await world.pages(alert) == [("Ana", 0, 0), ("Ana", 0, 0)]


async def test_handing_over_pages_the_new_owner_at_once_even_when_acknowledged(world: World) -> None:
    alert = await world.open()
    await world.settle()
    await world.acknowledge(alert, world.company.ana, "Ana Silva")
    await world.settle()
    world.email.forget()
    await world.change(alert, "alert_reassigned", f"owner_id = '{world.company.ben}'", world.company.ana)
    await world.settle()
    assert world.email.addresses() == ["ben@example.org"]
    assert "handed over by Ana Silva" in world.email.got[0][0].text


async def test_taking_it_oneself_pages_nobody(world: World) -> None:
    alert = await world.open()
    await world.settle()
    world.email.forget()
    await world.change(
        alert, "alert_reassigned", f"owner_id = '{world.company.ben}'", world.company.ben, "Ben"
    )
    await world.settle()
    assert world.email.got == []


async def test_a_step_that_finds_nobody_says_so_and_the_next_runs_at_once(world: World) -> None:
    await run(world.db, "delete from shifts")
    alert = await world.open()
    await world.settle()
    assert await world.pages(alert) == [("Ben", 0, 1)]
    (empty,) = await queries.empty_steps(world.db, alert)
    assert (empty.round, empty.step) == (0, 0)
    assert "Nobody is on call" in empty.reason


async def test_a_policy_that_finds_nobody_at_all_still_tries_every_round(world: World, later: Later) -> None:
    await run(world.db, "delete from shifts")
    await run(world.db, "update users set disabled_at = clock() where id = $1", world.company.ben)
    alert = await world.open()
    await world.settle()
    assert (await world.escalation(alert))["round"] == 1
    await later(minutes=11)
    await world.settle()
    assert (await world.escalation(alert))["end_reason"] == "exhausted"
    assert len(await queries.empty_steps(world.db, alert)) == 4


async def test_a_person_without_rules_is_paged_by_verified_methods_only(world: World) -> None:
    await run(world.db, "delete from notification_rules")
    alert = await world.open()
    await world.settle()
    assert await world.states(alert) == [("Ana", "email", "sent")]


async def test_a_person_whom_nothing_reaches_is_a_visible_failure_and_the_next_step_runs(
    world: World,
) -> None:
    await run(world.db, "delete from contact_methods where user_id = $1", world.company.ana)
    alert = await world.open()
    await world.settle()
    first, second = await world.deliveries(alert)
    assert (first["who"], first["state"]) == ("Ana", "failed")
    assert "no contact method" in first["error"]
    assert (second["who"], second["state"]) == ("Ben", "sent")
    (empty,) = await queries.empty_steps(world.db, alert)
    assert "contact method" in empty.reason


async def test_an_unverified_method_without_a_rule_is_not_used(world: World) -> None:
    await run(world.db, "delete from notification_rules")
    await run(world.db, "update contact_methods set verified_at = null where user_id = $1", world.company.ana)
    alert = await world.open()
    await world.settle()
    assert [d["state"] for d in await world.deliveries(alert) if d["who"] == "Ana"] == ["failed"]


async def test_rules_wait_their_delay_and_their_urgency(world: World, later: Later) -> None:
    await around_the_clock(world.db)
    await world.add_webhook(world.company.ana, delay_s=120)
    urgent, calm = await world.open(priority=1), await world.open(priority=5)
    await world.settle()
    assert await world.states(urgent) == [("Ana", "email", "sent"), ("Ana", "webhook", "queued")]
    assert await world.states(calm) == [("Ana", "email", "sent")]
    await later(seconds=121)
    await world.settle()
    assert await world.states(urgent) == [("Ana", "email", "sent"), ("Ana", "webhook", "sent")]


async def test_the_policy_is_frozen_when_it_begins(world: World, later: Later) -> None:
    alert = await world.open()
    await world.settle()
    await run(world.db, "delete from escalation_steps")
    await later(seconds=301)
    await world.settle()
    assert await world.pages(alert) == [("Ana", 0, 0), ("Ben", 0, 1)]


async def test_the_plan_shown_is_the_plan_that_happens(world: World, later: Later) -> None:
    alert = await world.open()
    await world.settle()
    shown = await queries.next_steps(world.db, await queries.escalation_of(world.db, alert))
    assert [(s.round, s.step, s.people) for s in shown] == [
        (0, 1, ("Ben Okafor",)),
        (1, 0, ("Ana Silva",)),
        (1, 1, ("Ben Okafor",)),
    ]
    for step in shown:
        before = len(await world.pages(alert))
        pause = seconds_between(await world.db.clock(), step.at)
        await later(seconds=pause - 1)
        await world.settle()
        assert len(await world.pages(alert)) == before
        await later(seconds=2)
        await world.settle()
        name = step.people[0].split()[0]
        assert (await world.pages(alert))[before:] == [(name, step.round, step.step)]


async def test_a_disabled_person_is_not_paged(world: World) -> None:
    await run(world.db, "update users set disabled_at = clock() where id = $1", world.company.ana)
    alert = await world.open()
    await world.settle()
    assert await world.pages(alert) == [("Ben", 0, 1)]


async def test_somebody_named_twice_is_paged_once(world: World) -> None:
    await run(
        world.db,
        "insert into escalation_targets (id, policy_id, position, user_id) values ($1, $2, 0, $3)",
        new_id(), world.company.policy, world.company.ana,
    )  # fmt: skip
    alert = await world.open()
    await world.settle()
    assert await world.pages(alert) == [("Ana", 0, 0)]
