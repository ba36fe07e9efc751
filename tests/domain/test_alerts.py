"""Alerts: taken in many at once, deduplicated, counted; acknowledged, snoozed, handed over, closed."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest

from tests.support import Company
from tocsin.alerts import commands, queries
from tocsin.alerts.model import Action, Alert, Arrival, Outcome, Signal, fit, state_of
from tocsin.kernel.db import Actor, Database
from tocsin.kernel.errors import Conflict, Forbidden, Invalid, NotFound, NotSignedIn
from tocsin.record.kinds import decode
from tocsin.record.queries import entries_after

PROBE = Actor(None, "Probe", "integration")


def arrival(company: Company, alias: str, action: Action = Action.OPEN, **more: object) -> Arrival:
    signal = fit(Signal(action=action, alias=alias, message=f"{alias} is broken", **more))
    return Arrival(signal, company.scope, company.integration, "Probe", company.service, "high", uuid4())


async def take(db: Database, arrivals: Sequence[Arrival]) -> list[Outcome]:
    async with db.unit(PROBE, "intake") as u:
        return await commands.take_in(u, arrivals)


async def opened(db: Database, company: Company, alias: str = "disk") -> Alert:
    (outcome,) = await take(db, [arrival(company, alias)])
    assert outcome.id
    found = await queries.alert_by_id(db, outcome.id)
    assert found
    return found


async def again(db: Database, alert: Alert) -> Alert:
    found = await queries.alert_by_id(db, alert.id)
    assert found
    return found


async def state(db: Database, alert: Alert) -> str:
    return str(state_of(await again(db, alert), await db.clock()))


async def test_the_same_problem_is_one_alert_that_counts(db: Database, company: Company) -> None:
    first, *rest = await take(db, [arrival(company, "disk") for _ in range(3)])
    assert (first.created, [o.created for o in rest]) == (True, [False, False])
    (more,) = await take(db, [arrival(company, "disk")])
    assert (more.number, more.status) == (first.number, "Alert count is incremented")
    assert first.id
    alert = await queries.alert_by_id(db, first.id)
    assert alert
    assert (alert.count, alert.head) == (4, 1), "an occurrence is a count, not an entry"


async def test_order_within_a_batch_is_kept(db: Database, company: Company) -> None:
    outcomes = await take(
        db,
        [
            arrival(company, "a"), arrival(company, "a", Action.CLOSE), arrival(company, "a"),
            arrival(company, "a", Action.ACKNOWLEDGE), arrival(company, "a", Action.ACKNOWLEDGE),
            arrival(company, "b", Action.CLOSE),
        ],
    )  # fmt: skip
    assert [o.success for o in outcomes] == [True, True, True, True, False, False]
    assert outcomes[0].id == outcomes[1].id != outcomes[2].id == outcomes[3].id
    assert outcomes[5].status == "There is no open alert with alias [b]."
    first, second = (await queries.alerts(db, state="all", limit=10))[::-1]
    assert (str(state_of(first, await db.clock())), str(state_of(second, await db.clock()))) == (
        "closed",
        "acknowledged",
    )


async def test_scopes_do_not_meet(db: Database, company: Company) -> None:
    mine = arrival(company, "disk")
    other = Arrival(mine.signal, uuid4(), None, "Other", None, "low")
    outcomes = await take(db, [mine, other])
    assert outcomes[0].id != outcomes[1].id
    assert {o.created for o in outcomes} == {True}


async def test_what_became_of_a_request(db: Database, company: Company) -> None:
    asked = arrival(company, "disk", Action.CLOSE)
    await take(db, [asked])
    assert asked.request_id
    found = await queries.request(db, asked.request_id)
    assert found
    assert (found.success, found.action, found.alias) == (False, "Close", "disk")
    assert await queries.request(db, uuid4()) is None


async def test_a_request_that_did_not_go_through_a_batch(db: Database, company: Company) -> None:
    """Kept once: a repeat of the same request does not rewrite what was answered."""
    alert, request = await opened(db, company), uuid4()
    done = Outcome(alert.id, alert.number, alert.alias, success=True, status="Note added")
    for outcome in (done, replace(done, success=False, status="Something else")):
        async with db.unit(PROBE, "intake") as u:
            await commands.keep_request(u, request, company.integration, "AddNote", outcome)
    found = await queries.request(db, request)
    assert found
    assert (found.alert_id, found.action, found.success, found.status) == (
        alert.id,
        "AddNote",
        True,
        "Note added",
    )


async def test_the_second_of_two_equal_signals_hears_what_it_would_alone(
    db: Database, company: Company
) -> None:
    """One batch or one by one: the same answers."""
    actions = [Action.OPEN, Action.OPEN, Action.ACKNOWLEDGE, Action.ACKNOWLEDGE, Action.CLOSE, Action.CLOSE]
    together = await take(db, [arrival(company, "a", action) for action in actions])
    alone = [(await take(db, [arrival(company, "b", action)]))[0] for action in actions]
    assert [(o.success, o.created, o.status.replace("[a]", "[b]")) for o in together] == [
        (o.success, o.created, o.status) for o in alone
    ]


async def test_entries_have_no_gap_whoever_acts_when(db: Database, company: Company) -> None:
    """Two people and a machine at once: every change has its number, and the row is what the entries say."""
    alert = await opened(db, company)

    async def note(n: int) -> None:
        async with db.unit(company.as_ben() if n % 2 else company.as_ana(), "web") as u:
            await commands.note(u, alert.id, f"line {n}")
            await commands.acknowledge(u, alert.id)

    signals = [arrival(company, "disk", action) for action in (Action.ACKNOWLEDGE, Action.OPEN)]
    await asyncio.gather(*(note(n) for n in range(8)), *(take(db, [signal]) for signal in signals))
    entries = await entries_after(db, alert.id)
    after = await again(db, alert)
    assert [e.seq for e in entries] == list(range(1, after.head + 1))
    assert sum(e.kind == "alert_noted" for e in entries) == 8
    assert (after.count, await state(db, alert)) == (2, "acknowledged")


async def test_a_batch_longer_than_a_page_is_listed_whole(db: Database, company: Company) -> None:
    """Alerts of one batch have the same time; paging through the list must not lose any of them."""
    await take(db, [arrival(company, f"a{n}") for n in range(25)])
    found: list[Alert] = []
    while more := await queries.alerts(db, before=found[-1].number if found else None, limit=10):
        found += more
    assert len(found) == len({a.id for a in found}) == 25
    assert [a.number for a in found] == sorted((a.number for a in found), reverse=True)


async def test_a_repeated_request_acts_once(db: Database, company: Company) -> None:
    alert = await opened(db, company)
    for _ in range(2):
        async with db.unit(company.as_ana(), "api", "key-1") as u:
            await commands.note(u, alert.id, "once")
    assert (await again(db, alert)).head == 2
    with pytest.raises(Conflict, match="something else"):
        async with db.unit(company.as_ana(), "api", "key-1") as u:
            await commands.close(u, alert.id)
    async with db.unit(company.as_ben(), "api", "key-1") as u:
        await commands.note(u, alert.id, "another's key")
    assert (await again(db, alert)).head == 3


async def test_two_processes_with_the_same_aliases_neither_lose_nor_lock(
    db: Database, company: Company
) -> None:
    aliases = [f"alias-{n}" for n in range(60)]
    batches = [aliases, aliases[::-1], aliases[30:] + aliases[:30], aliases]
    await asyncio.gather(*(take(db, [arrival(company, a) for a in batch]) for batch in batches))
    found = await queries.alerts(db, state="active", limit=200)
    assert sorted(a.alias for a in found) == sorted(aliases)
    assert {a.count for a in found} == {4}


async def test_long_and_strange_values_are_clamped_and_marked(db: Database, company: Company) -> None:
    signal = fit(
        Signal(
            alias="x" * 5000,
            message="m\x00" + "n" * 5000,
            description="d" * 20_000,
            tags=("t",) * 3,
            details={"k" * 300: "v" * 9000},
        )
    )
    (outcome,) = await take(db, [Arrival(signal, company.scope, None, "Probe", None, "high")])
    assert outcome.id
    alert = await queries.alert_by_id(db, outcome.id)
    assert alert
    assert (len(alert.message), len(alert.alias), alert.tags) == (500, 512, ("t",))
    assert set(alert.clamped) >= {"message", "description", "details"}


async def test_acknowledged_by_one_taken_over_by_another(db: Database, company: Company) -> None:
    alert = await opened(db, company)
    async with db.unit(company.as_ana(), "web") as u:
        await commands.acknowledge(u, alert.id, note="looking")
        await commands.acknowledge(u, alert.id)
    assert (await again(db, alert)).owner_id == company.ana
    async with db.unit(company.as_ben(), "web") as u:
        await commands.acknowledge(u, alert.id)
    after = await again(db, alert)
    assert (after.acknowledged_by, after.owner_id) == ("Ben Okafor", company.ben)
    said = [decode(e.kind, e.payload).sentence() for e in await entries_after(db, alert.id)]
    assert said == ["opened it as P3: disk is broken", "acknowledged it: looking", "acknowledged it"]
    async with db.unit(company.as_ben(), "web") as u:
        await commands.unacknowledge(u, alert.id)
    assert await state(db, alert) == "open"


async def test_snoozed_until_later(db: Database, company: Company, later) -> None:
    alert = await opened(db, company)
    now = await db.clock()
    for until in (now - timedelta(minutes=1), now + timedelta(days=31)):
        with pytest.raises(Invalid):
            async with db.unit(company.as_ana(), "web") as u:
                await commands.snooze(u, alert.id, until)
    async with db.unit(company.as_ana(), "web") as u:
        await commands.acknowledge(u, alert.id)
        await commands.snooze(u, alert.id, now + timedelta(minutes=30))
    assert await state(db, alert) == "snoozed"
    await later(minutes=31)
    assert await state(db, alert) == "open", "an acknowledgement ended with the snooze"


async def test_handed_over_noted_and_closed(db: Database, company: Company) -> None:
    alert = await opened(db, company)
    async with db.unit(company.as_ana(), "web") as u:
        await commands.reassign(u, alert.id, company.ben)
        await commands.note(u, alert.id, "It is the log volume")
        await commands.close(u, alert.id, note="cleaned up")
        await commands.close(u, alert.id)
    assert (await again(db, alert)).closed_by == "Ana Silva"
    for act in (commands.acknowledge, commands.unacknowledge):
        with pytest.raises(Conflict, match="closed by Ana Silva"):
            async with db.unit(company.as_ben(), "web") as u:
                await act(u, alert.id)
    (outcome,) = await take(db, [arrival(company, "disk")])
    assert outcome.created, "a closed alert's alias is free again"
    with pytest.raises(Invalid):
        async with db.unit(company.as_ana(), "web") as u:
            await commands.reassign(u, alert.id, uuid4())


async def test_many_at_once_skip_what_is_over(db: Database, company: Company) -> None:
    ids = [(await opened(db, company, f"a{n}")).id for n in range(3)]
    async with db.unit(company.as_ana(), "web") as u:
        await commands.close(u, ids[0])
        assert await commands.acknowledge_many(u, [*ids, ids[1], uuid4()]) == 2
        assert await commands.close_many(u, ids) == 2
        assert await commands.close_many(u, ids) == 0
    closed = await queries.alerts(db, state="closed", limit=9)
    assert sorted(a.head for a in closed) == [2, 3, 3], "no entry for what changed nothing"


async def test_a_report_by_a_person(db: Database, company: Company) -> None:
    async with db.unit(company.as_ana(), "api", "key-1") as u:
        first = await commands.report(u, "Checkout is slow", service="checkout", priority=2, alias="slow")
    async with db.unit(company.as_ana(), "api", "key-1") as u:
        assert (
            await commands.report(u, "Checkout is slow", service="checkout", priority=2, alias="slow")
            == first
        )
    alert = await queries.alert_by_id(db, first)
    assert alert
    assert (alert.service_id, alert.count, alert.urgency) == (company.service, 1, "high")
    with pytest.raises(Invalid, match="no service named"):
        async with db.unit(company.as_ana(), "api") as u:
            await commands.report(u, "x", service="nothing")


async def test_who_may(db: Database, company: Company) -> None:
    alert = await opened(db, company)
    with pytest.raises(Forbidden):
        async with db.unit(company.as_vic(), "web") as u:
            await commands.acknowledge(u, alert.id)
    with pytest.raises(NotSignedIn):
        async with db.unit(PROBE, "intake") as u:
            await commands.reassign(u, alert.id, company.ana)
    with pytest.raises(NotFound):
        async with db.unit(company.as_ana(), "web") as u:
            await commands.close(u, uuid4())


async def test_lists_find_and_count(db: Database, company: Company) -> None:
    alert = await opened(db, company, "disk-1")
    await opened(db, company, "disk-2")
    async with db.unit(company.as_ana(), "web") as u:
        await commands.acknowledge(u, alert.id)
    counts = await queries.counts(db)
    assert (counts["open"], counts["acknowledged"]) == (1, 1)
    assert [a.alias for a in await queries.alerts(db, state="acknowledged", limit=5)] == ["disk-1"]
    assert [a.alias for a in await queries.alerts(db, state="all", text="disk-2", limit=5)] == ["disk-2"]
    assert (await queries.open_by_service(db))[company.service]["open"] >= 1
    named = await queries.alert_named(db, str(alert.number))
    assert named
    assert named.id == alert.id
    assert await queries.alert_named(db, "no-number") is None
