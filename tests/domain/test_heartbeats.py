"""Heartbeats: silence is one alert, the next ping closes it, and what Tocsin could not hear is forgiven."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from uuid import UUID

import pytest

from tests.support import Company
from tocsin.alerts import heartbeats
from tocsin.alerts.heartbeat_clock import HeartbeatClock
from tocsin.alerts.heartbeat_model import Heartbeat, HeartbeatDraft, HeartbeatState, in_words
from tocsin.alerts.queries import alerts
from tocsin.kernel.crypto import Keys
from tocsin.kernel.db import Actor, Database
from tocsin.kernel.errors import Conflict, Forbidden, Invalid, NotFound
from tocsin.kernel.sql import Statement
from tocsin.kernel.work import Pumps

Later = Callable[..., Awaitable[None]]
KEYS = Keys(b"0" * 32)
HOUR = HeartbeatDraft("Nightly backup", 3600, 300, 2)


async def made(db: Database, company: Company, draft: HeartbeatDraft = HOUR) -> UUID:
    async with db.unit(company.admin(), "web") as u:
        return await heartbeats.create_heartbeat(u, draft)


async def ping(db: Database, heartbeat: UUID, number: int | None = None) -> None:
    async with db.unit(heartbeats.PINGER, "heartbeat") as u:
        await heartbeats.ping(u, heartbeat, came_from="curl/8", number=number)


async def look(db: Database) -> None:
    """Whatever is due now."""
    await Pumps(db, [HeartbeatClock(db)]).settle()


async def silent(db: Database, later: Later, minutes: int) -> None:
    """Time passes with somebody looking every minute, as a running process does."""
    for _ in range(minutes):
        await later(minutes=1)
        await look(db)


async def state(db: Database, heartbeat: UUID) -> HeartbeatState:
    found = await heartbeats.heartbeat_by_id(db, heartbeat)
    return found.state(await db.clock())


async def opened(db: Database) -> list[tuple[str, bool]]:
    """Its alerts: what they say, and whether they are closed. Oldest first."""
    return [(a.message, a.closed_at is not None) for a in reversed(await alerts(db, state="all"))]


async def test_nothing_is_expected_before_the_first_ping(
    db: Database, company: Company, later: Later
) -> None:
    heartbeat = await made(db, company)
    await later(days=3)
    await look(db)
    assert await state(db, heartbeat) is HeartbeatState.WAITING
    assert await opened(db) == []


async def test_silence_is_one_alert_and_the_next_ping_closes_it(
    db: Database, company: Company, later: Later
) -> None:
    heartbeat = await made(db, company)
    await ping(db, heartbeat)
    await silent(db, later, 59)
    assert await state(db, heartbeat) is HeartbeatState.HEALTHY
    await silent(db, later, 3)
    assert await state(db, heartbeat) is HeartbeatState.LATE
    assert await opened(db) == []
    await silent(db, later, 5)
    assert await state(db, heartbeat) is HeartbeatState.MISSED
    await silent(db, later, 5)
    assert await opened(db) == [("No heartbeat from Nightly backup", False)]
    (alert,) = await alerts(db, state="all")
    assert (alert.priority, alert.source, alert.tags) == (2, "Heartbeats", ("heartbeat",))
    assert "reports every 1 hour" in alert.description
    await ping(db, heartbeat)
    assert await state(db, heartbeat) is HeartbeatState.HEALTHY
    assert await opened(db) == [("No heartbeat from Nightly backup", True)]
    await silent(db, later, 66)
    assert [closed for _, closed in await opened(db)] == [True, False], "the next silence is another alert"


async def test_pings_that_nobody_could_hear_are_forgiven(
    db: Database, company: Company, later: Later
) -> None:
    """Tocsin was away for two hours: what was due meanwhile has its time again, and silence after that is an alert."""
    heartbeat = await made(db, company)
    await ping(db, heartbeat)
    await silent(db, later, 2)
    await later(hours=2)
    await look(db)
    assert await opened(db) == []
    await silent(db, later, 64)
    assert await opened(db) == []
    await silent(db, later, 3)
    assert await opened(db) == [("No heartbeat from Nightly backup", False)]


async def test_pausing_and_archiving_close_its_alert(db: Database, company: Company, later: Later) -> None:
    heartbeat, other = await made(db, company), await made(db, company, HeartbeatDraft("Mail queue", 60, 0))
    for each in (heartbeat, other):
        await ping(db, each)
    await silent(db, later, 66)
    assert [closed for _, closed in await opened(db)] == [False, False]
    async with db.unit(company.as_ana(), "web") as u:
        await heartbeats.pause_heartbeat(u, heartbeat)
        await heartbeats.archive_heartbeat(u, other)
    assert [closed for _, closed in await opened(db)] == [True, True]
    await ping(db, heartbeat)
    await silent(db, later, 70)
    assert await state(db, heartbeat) is HeartbeatState.PAUSED
    async with db.unit(company.as_ana(), "web") as u:
        await heartbeats.resume_heartbeat(u, heartbeat)
    assert await state(db, heartbeat) is HeartbeatState.WAITING
    with pytest.raises(NotFound):
        await ping(db, other)


async def test_a_change_counts_from_the_last_ping(db: Database, company: Company, later: Later) -> None:
    heartbeat = await made(db, company)
    await ping(db, heartbeat)
    await silent(db, later, 10)
    async with db.unit(company.admin(), "web") as u:
        await heartbeats.change_heartbeat(u, heartbeat, HeartbeatDraft("Backup", 300, 60))
    await look(db)
    assert await opened(db) == [("No heartbeat from Backup", False)]


async def test_its_service_says_how_urgent_it_is(db: Database, company: Company, later: Later) -> None:
    await db.run(Statement("test", "update services set urgency = 'low'"))
    service = await db.value(Statement("test", "select id from services limit 1"))
    heartbeat = await made(db, company, HeartbeatDraft("Backup", 60, 0, 1, service))
    await ping(db, heartbeat)
    await silent(db, later, 2)
    (alert,) = await alerts(db, state="all")
    assert (alert.service_id, alert.urgency) == (service, "low")


async def test_another_address_ends_the_first(db: Database, company: Company) -> None:
    heartbeat = await made(db, company)
    now = await db.clock()

    async def address() -> tuple[Heartbeat, str]:
        found = await heartbeats.heartbeat_by_id(db, heartbeat)
        return found, heartbeats.address_of(KEYS, "https://t.example", found)

    _, first = await address()
    token = first.rpartition("/")[2]
    assert heartbeats.pinged_at(KEYS, token, now) == (heartbeat, 1)
    await ping(db, *heartbeats.pinged_at(KEYS, token, now))
    async with db.unit(company.as_ana(), "web") as u:
        assert await heartbeats.renew_address(u, heartbeat) == 2
    with pytest.raises(NotFound):
        await ping(db, *heartbeats.pinged_at(KEYS, token, now))
    _, second = await address()
    await ping(db, *heartbeats.pinged_at(KEYS, second.rpartition("/")[2], now))
    for wrong in ("", "x", token[:-2], KEYS.sign("calendar", {"h": heartbeat.hex, "n": 1}, None)):
        with pytest.raises(NotFound):
            heartbeats.pinged_at(KEYS, wrong, now)


@pytest.mark.parametrize(
    ("draft", "field"),
    [
        (HeartbeatDraft("", 60), "name"),
        (HeartbeatDraft("x" * 101, 60), "name"),
        (HeartbeatDraft("x", 29), "interval_s"),
        (HeartbeatDraft("x", 367 * 86_400), "interval_s"),
        (HeartbeatDraft("x", 60, -1), "grace_s"),
        (HeartbeatDraft("x", 60, 0, 6), "priority"),
        (HeartbeatDraft("x", 60, description="y" * 2001), "description"),
    ],
)
async def test_what_is_wrong_is_named(
    db: Database, company: Company, draft: HeartbeatDraft, field: str
) -> None:
    with pytest.raises(Invalid) as refused:
        await made(db, company, draft)
    assert refused.value.field == field


async def test_who_may(db: Database, company: Company) -> None:
    heartbeat = await made(db, company)
    with pytest.raises(Conflict):
        await made(db, company)
    with pytest.raises(Forbidden):
        async with db.unit(company.as_vic(), "web") as u:
            await heartbeats.create_heartbeat(u, HeartbeatDraft("Mine", 60))
    async with db.unit(Actor(None, "Prometheus", "integration"), "opsgenie") as u:
        await heartbeats.ping(u, heartbeat)


async def test_an_idle_clock_looks_once_a_minute_and_not_without_heartbeats(
    db: Database, company: Company, later: Later
) -> None:
    clock = HeartbeatClock(db)
    due = Statement("test", f"select ({clock.due_sql})")
    assert await db.value(due) is None
    await ping(db, await made(db, company))
    assert (await db.value(due)) - await db.clock() <= timedelta(minutes=1)
    await later(minutes=1)
    await look(db)
    assert (await db.value(due)) - await db.clock() > timedelta(seconds=50)


def test_lengths_in_words() -> None:
    assert [in_words(n) for n in (30, 60, 90, 3600, 86_400, 172_800)] == [
        "30 seconds", "1 minute", "90 seconds", "1 hour", "1 day", "2 days",
    ]  # fmt: skip
