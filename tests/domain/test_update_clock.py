"""The update clock: reminded before, paged when due, and again when late; each once, whatever dies; one tap says it still holds."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest

from tests.domain.street import again, declared
from tests.domain.test_incidents import sentences
from tests.support import Company
from tocsin.alerts import commands as alerts
from tocsin.duty import nudges
from tocsin.incidents import bonds, commands, paged, parts, queries, roles, updates
from tocsin.incidents.model import Incident
from tocsin.incidents.work import UpdateClock, UpdateWatch
from tocsin.kernel.db import Actor, Database
from tocsin.kernel.errors import Conflict, Invalid, NotFound
from tocsin.kernel.sql import Statement
from tocsin.kernel.work import BatchPump, Pumps

Later = Callable[..., Awaitable[None]]


@pytest.fixture
def pumps(db: Database) -> Pumps:
    follows = {**nudges.FOLLOWS, **paged.FOLLOWS, **parts.FOLLOWS}
    db.follows = lambda kind: follows.get(kind, [])
    batches = {**nudges.BATCHES, **paged.BATCHES, **parts.BATCHES}
    return Pumps(db, [UpdateClock(db), UpdateWatch(db), *(BatchPump(db, k, h) for k, h in batches.items())])


async def paged_people(db: Database) -> list[tuple[str, bool]]:
    """Whom pages went to, in order, and whether their alert is closed."""
    rows = await db.rows(
        Statement(
            "test",
            "select u.name, a.closed_at from pages p join users u on u.id = p.user_id join alerts a on a.id = p.alert_id order by p.created_at, u.name",
        )
    )
    return [(r["name"], r["closed_at"] is not None) for r in rows]


async def notices(db: Database) -> list[tuple[str, str]]:
    rows = await db.rows(
        Statement(
            "test",
            "select u.name, message from deliveries d join users u on u.id = d.user_id where purpose = 'notice' order by u.name",
        )
    )
    return [(r["name"], r["message"]["subject"]) for r in rows]


async def act(
    db: Database, actor: Actor, what: Callable[..., Awaitable[Any]], *args: Any, **more: Any
) -> Any:
    async with db.unit(actor, "web") as u:
        return await what(u, *args, **more)


async def staffed(db: Database, company: Company, **more: Any) -> Incident:
    """Ana manages, Ben speaks."""
    incident = await declared(db, company.as_ana(), **more)
    await act(db, company.as_ana(), roles.take_role, incident.id, "incident_manager")
    await act(db, company.as_ana(), roles.transfer_role, incident.id, "communications_manager", company.ben)
    return incident


async def test_reminder_then_page_then_page_to_the_manager(
    db: Database, company: Company, pumps: Pumps, later: Later
) -> None:
    incident = await staffed(db, company)
    await pumps.settle()
    assert await notices(db) == []
    await later(minutes=11)
    await pumps.settle()
    await pumps.settle()
    assert [name for name, _ in await notices(db)] == ["Ben Okafor"]
    assert (await notices(db))[0][1].startswith(f"An update of {incident.key} is due at ")
    assert await paged_people(db) == []
    await later(minutes=5)
    await pumps.settle()
    assert await paged_people(db) == [("Ben Okafor", False)]
    assert "an update was promised for" in " ".join(await sentences(db, incident))
    await later(minutes=5)
    await pumps.settle()
    await pumps.settle()
    assert await paged_people(db) == [("Ben Okafor", False), ("Ana Silva", False)]
    await later(hours=5)
    await pumps.settle()
    assert len(await paged_people(db)) == 2, "each once"
    await act(
        db,
        company.as_ben(),
        updates.publish_update,
        incident.id,
        audience="stakeholders",
        state="Rolling back.",
    )
    assert [closed for _, closed in await paged_people(db)] == [True, True]
    said = await sentences(db, incident)
    assert sum("reminds Ben Okafor" in s for s in said) == 1
    assert sum("did not come" in s for s in said) == 1


async def test_nobody_owes_an_update_of_what_was_merged(
    db: Database, company: Company, pumps: Pumps, later: Later
) -> None:
    incident, into = await staffed(db, company), await declared(db, company.as_ana(), "The same")
    await act(db, company.admin(), parts.watch, incident.id)
    await later(minutes=16)
    await pumps.settle()
    assert ("Ben Okafor", False) in await paged_people(db)
    await act(db, company.as_ana(), bonds.merge, incident.id, into.id)
    await pumps.settle()
    assert ("Ben Okafor", True) in await paged_people(db)
    assert {r.name for r in await queries.responders(db, incident.id)} == {"Ana Silva", "Ben Okafor"}


async def test_a_new_promise_begins_anew(db: Database, company: Company, pumps: Pumps, later: Later) -> None:
    incident = await staffed(db, company)
    for _ in range(2):
        await act(
            db, company.as_ben(), updates.publish_update, incident.id, audience="responders", state="Looking."
        )
        await later(minutes=31)
        await pumps.settle()
    assert [name for name, _ in await paged_people(db)] == ["Ben Okafor", "Ben Okafor"]
    await act(db, company.as_ana(), commands.resolve, incident.id, "over")
    assert all(closed for _, closed in await paged_people(db))
    await later(hours=2)
    await pumps.settle()
    assert len(await paged_people(db)) == 2, "nobody is asked after the end"


async def test_an_update_in_time_leaves_everybody_alone(
    db: Database, company: Company, pumps: Pumps, later: Later
) -> None:
    incident = await staffed(db, company)
    for _ in range(4):
        await act(
            db, company.as_ben(), updates.publish_update, incident.id, audience="responders", state="Looking."
        )
        await later(minutes=24)
        await pumps.settle()
    assert (await notices(db), await paged_people(db)) == ([], [])


async def test_without_a_communications_manager_the_manager_is_asked_and_then_who_declared(
    db: Database, company: Company, pumps: Pumps, later: Later
) -> None:
    incident = await declared(db, company.as_ana())
    await act(db, company.as_ben(), roles.take_role, incident.id, "incident_manager")
    await later(minutes=16)
    await pumps.settle()
    assert await paged_people(db) == [("Ben Okafor", False)]
    await later(minutes=6)
    await pumps.settle()
    assert [n for n, _ in await paged_people(db)] == ["Ben Okafor", "Ana Silva"]


async def test_with_nobody_in_a_role_the_service_s_policy_is_asked(
    db: Database, company: Company, pumps: Pumps, later: Later
) -> None:
    incident = await declared(db, company.as_ana(), service_id=company.service)
    await later(minutes=16)
    await pumps.settle()
    assert await paged_people(db)
    assert "paged Checkout" in " ".join(await sentences(db, incident))


async def test_a_stall_does_both_in_order_and_skips_the_reminder(
    db: Database, company: Company, pumps: Pumps, later: Later
) -> None:
    await staffed(db, company)
    await later(hours=3)
    await pumps.settle()
    assert sorted(n for n, _ in await paged_people(db)) == ["Ana Silva", "Ben Okafor"]
    assert await notices(db) == []


async def test_two_processes_page_once(db: Database, company: Company, later: Later) -> None:
    await staffed(db, company)
    await later(minutes=16)
    await asyncio.gather(*(UpdateWatch(db).turn() for _ in range(4)))
    assert await paged_people(db) == [("Ben Okafor", False)]


async def test_of_a_private_incident_the_page_says_nothing(
    db: Database, company: Company, pumps: Pumps, later: Later
) -> None:
    incident = await declared(db, company.as_ana(), "Somebody reads our mail", private=True)
    await later(minutes=16)
    await pumps.settle()
    rows = await db.rows(Statement("test", "select message, description from alerts"))
    assert [r["message"] for r in rows] == ["An update is due in a private incident."]
    assert incident.key not in rows[0]["description"]
    assert await paged_people(db) == [("Ana Silva", False)]


async def test_acknowledging_the_page_lets_nobody_in(
    db: Database, company: Company, pumps: Pumps, later: Later
) -> None:
    incident = await declared(db, company.as_ana(), "Somebody reads our mail", private=True)
    await later(minutes=16)
    await pumps.settle()
    (row,) = await db.rows(Statement("test", "select id from alerts"))
    await act(db, company.as_ben(), alerts.acknowledge, row["id"])
    await pumps.settle()
    assert await queries.incident_by_key(db, incident.key, company.ben) is None


async def test_still_true_repeats_the_last_words_and_promises(
    db: Database, company: Company, later: Later
) -> None:
    incident = await staffed(db, company)
    with pytest.raises(Conflict, match="no update yet"):
        await act(db, company.as_ben(), updates.still_true, incident.id)
    assert [a.words for d in await queries.duties_of(db, company.ben) for a in d.answers] == ["Write it"]
    await act(
        db, company.as_ben(), updates.publish_update, incident.id, audience="stakeholders", state="Payments fail in Europe",
        status_now=["rolling back"], unknowns="since when",
    )  # fmt: skip
    assert [a.words for d in await queries.duties_of(db, company.ben) for a in d.answers] == [
        "Write it",
        "Still true",
    ]
    await later(minutes=29)
    await act(db, company.as_ben(), updates.still_true, incident.id)
    after = await again(db, incident)
    assert after.update_due_at
    assert timedelta(minutes=29) < after.update_due_at - await db.clock() <= timedelta(minutes=30)
    newest, first = await queries.updates(db, incident.id)
    assert (newest.state, newest.status_now, newest.unknowns, newest.audience) == (
        first.state,
        first.status_now,
        first.unknowns,
        first.audience,
    )
    assert (await sentences(db, incident))[-1].startswith(
        "said that nothing has changed for stakeholders: Payments fail in Europe."
    )
    await act(db, company.as_ben(), updates.still_true, incident.id, 45)
    due = (await again(db, incident)).update_due_at
    assert due
    assert timedelta(minutes=44) < due - await db.clock() <= timedelta(minutes=45)
    with pytest.raises(Invalid):
        await act(db, company.as_ben(), updates.still_true, incident.id, 999_999)
    private = await declared(db, company.as_ana(), private=True)
    with pytest.raises(NotFound):
        await act(db, company.as_ben(), updates.still_true, private.id)


async def test_a_rise_in_severity_brings_the_promise_nearer(db: Database, company: Company) -> None:
    incident = await declared(db, company.as_ana(), severity=3)
    far = await db.clock() + timedelta(hours=4)
    await act(
        db,
        company.as_ana(),
        updates.publish_update,
        incident.id,
        audience="responders",
        state="Slow.",
        next_update_at=far,
    )
    await act(db, company.as_ana(), commands.set_severity, incident.id, 1, why="all of them")
    due = (await again(db, incident)).update_due_at
    assert due
    assert due <= await db.clock() + timedelta(minutes=30)
