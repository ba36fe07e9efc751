"""What others see at the same second: linked alerts that change, and who leaves a room."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

from tests.domain.street import declared
from tests.support import Company
from tocsin.alerts import commands as alerts
from tocsin.alerts import promises
from tocsin.alerts.model import Action, Arrival, Signal
from tocsin.incidents import links, queries
from tocsin.incidents.model import Incident
from tocsin.incidents.presence_clock import PresenceClock
from tocsin.kernel.db import ENGINE, Database

Later = Callable[..., Awaitable[None]]


class Ear:
    """Topics of rooms, as the processes hear them."""

    def __init__(self, db: Database) -> None:
        self.db = db
        self.queue: asyncio.Queue[str] = asyncio.Queue()

    async def heard(self) -> list[str]:
        """What was said about incidents since the last time; everything that was sent until now is among it."""
        await self.db.notify("that is all")
        found = set()
        while (topic := await asyncio.wait_for(self.queue.get(), 10)) != "that is all":
            if topic.startswith("incident:"):
                found.add(topic)
        return sorted(found)


@asynccontextmanager
async def listening(db: Database) -> AsyncIterator[Ear]:
    ear = Ear(db)
    connection = await db.pool.acquire()
    await connection.add_listener("tocsin", lambda *a: ear.queue.put_nowait(a[-1]))
    try:
        yield ear
    finally:
        await connection.reset()
        await db.pool.release(connection)


async def linked(db: Database, company: Company, **more: Any) -> tuple[Incident, UUID]:
    """An incident with an open alert."""
    incident = await declared(db, company.as_ana(), **more)
    async with db.unit(company.as_ana(), "web") as u:
        alert = await alerts.report(u, "Checkout is slow", alias="checkout")
    async with db.unit(company.as_ana(), "web") as u:
        await links.link_alert(u, incident.id, alert)
    return incident, alert


def machine(action: Action, company: Company, alias: str = "checkout") -> Arrival:
    from_us = Signal(alias=alias, message="Checkout is slow", action=action)
    return Arrival(from_us, alerts.REPORTED_SCOPE, None, "Prometheus", company.service, "high")


async def test_what_happens_to_a_linked_alert_is_news_in_the_room(db: Database, company: Company) -> None:
    incident, alert = await linked(db, company)
    topic = [f"incident:{incident.id}"]
    async with listening(db) as ear:
        async with db.unit(company.as_ben(), "web") as u:
            await alerts.acknowledge(u, alert)
        assert await ear.heard() == topic
        async with db.unit(company.as_ben(), "web") as u:
            await promises.renew(u, alert)
        assert await ear.heard() == topic
        async with db.unit(company.as_ben(), "web") as u:
            await alerts.unacknowledge(u, alert)
        assert await ear.heard() == topic
        async with db.unit(company.as_ben(), "web") as u:
            await alerts.close(u, alert)
        assert await ear.heard() == topic
        async with db.unit(company.as_ben(), "web") as u:
            await alerts.close(u, alert)
        assert await ear.heard() == []


async def test_what_machines_say_about_a_linked_alert_is_news_too(db: Database, company: Company) -> None:
    incident, _ = await linked(db, company)
    async with listening(db) as ear:
        for action, told in (
            (Action.OPEN, []),
            (Action.ACKNOWLEDGE, [f"incident:{incident.id}"]),
            (Action.CLOSE, [f"incident:{incident.id}"]),
            (Action.CLOSE, []),
        ):
            async with db.unit(ENGINE, "integration") as u:
                await alerts.take_in_batch(u, [machine(action, company)])
            assert await ear.heard() == told


async def test_of_a_private_incident_a_topic_names_an_id_and_only_members_may_watch(
    db: Database, company: Company
) -> None:
    incident, alert = await linked(db, company, private=True)
    async with listening(db) as ear:
        async with db.unit(company.as_ben(), "web") as u:
            await alerts.close(u, alert)
        assert await ear.heard() == [f"incident:{incident.id}"]
    assert await queries.incident_by_id(db, incident.id, company.vic) is None


async def test_who_leaves_a_room_is_noticed(db: Database, company: Company, later: Later) -> None:
    incident, other = (
        await declared(db, company.as_ana()),
        await declared(db, company.as_ana(), "Another one"),
    )
    clock = PresenceClock(db)
    await queries.touch_presence(db, incident.id, company.ben)
    await queries.touch_presence(db, other.id, company.ana)
    await later(seconds=40)
    await queries.touch_presence(db, other.id, company.ana)
    async with listening(db) as ear:
        await clock.turn()
        assert await ear.heard() == []
        await later(seconds=25)
        await clock.turn()
        assert await ear.heard() == [f"incident:{incident.id}"]
        await clock.turn()
        assert await ear.heard() == []
        assert [p.name for p in await queries.presence(db, other.id)] == ["Ana Silva"]
        await queries.touch_presence(db, incident.id, company.ben)
        assert await ear.heard() == [f"incident:{incident.id}"]
