"""Incidents: declared, worked, updated, resolved; the record says all of it and private ones stay private."""

import asyncio
from datetime import timedelta

import pytest

from tests.domain.street import again, declared
from tests.support import Company
from tocsin.alerts import commands as alerts
from tocsin.alerts.queries import alert_by_id
from tocsin.incidents import commands, edits, entries, links, parts, people, privacy, queries, roles, updates
from tocsin.incidents.model import Incident, Status
from tocsin.incidents.work import UpdateClock
from tocsin.kernel.db import Database
from tocsin.kernel.errors import Conflict, Forbidden, Invalid, NotFound
from tocsin.kernel.work import Pumps
from tocsin.record.kinds import decode
from tocsin.record.queries import entries_after


async def sentences(db: Database, incident: Incident) -> list[str]:
    return [
        decode(e.kind, e.payload).sentence()
        for e in await entries_after(db, incident.id)
        if not e.redacted_at
    ]


async def test_two_fields_are_enough(db: Database, company: Company) -> None:
    incident = await declared(db, company.as_ana())
    assert (incident.key, incident.severity, incident.status) == ("INC-1", 1, Status.INVESTIGATING)
    assert (
        incident.update_due_at == incident.declared_at + timedelta(minutes=15)
        or incident.update_due_at is not None
    )
    assert incident.impact_started_at is None, "a time nobody knows stays empty"
    assert [r.name for r in await queries.responders(db, incident.id)] == ["Ana Silva"]
    assert await sentences(db, incident) == ["declared INC-1 as SEV1: Checkout is failing"]


async def test_numbers_have_no_gaps_even_at_once(db: Database, company: Company) -> None:
    found = await asyncio.gather(*(declared(db, company.as_ana(), f"Problem {n}") for n in range(12)))
    assert sorted(int(i.key[4:]) for i in found) == list(range(1, 13))


async def test_declaring_from_an_alert_links_and_acknowledges_it(db: Database, company: Company) -> None:
    async with db.unit(company.as_ben(), "api") as u:
        alert_id = await alerts.report(u, "Checkout is down", service="Checkout")
    incident = await declared(db, company.as_ana(), alert_id=alert_id)
    alert = await alert_by_id(db, alert_id)
    assert alert
    assert alert.acknowledged_by == "Ana Silva"
    assert incident.service_id == company.service
    assert incident.detected_at == alert.created_at
    assert incident.acknowledged_at is not None
    assert [a.number for a in await queries.alerts_of(db, incident.id)] == [alert.number]
    assert [c.key for c in await queries.incidents_of_alert(db, alert_id, company.ben)] == [incident.key]
    async with db.unit(company.as_ana(), "web") as u:
        await links.link_alert(u, incident.id, alert_id)
        await links.unlink_alert(u, incident.id, alert_id)
    assert await queries.alerts_of(db, incident.id) == []


async def test_a_double_click_declares_once(db: Database, company: Company) -> None:
    keys = []
    for _ in range(2):
        async with db.unit(company.as_ana(), "web", "click-1") as u:
            keys.append(await commands.declare(u, "Checkout is failing", 2))
    assert keys == ["INC-1", "INC-1"]
    assert len(await queries.incident_cards(db, company.ana)) == 1


async def test_the_state_changes_with_its_entries(db: Database, company: Company) -> None:
    incident = await declared(db, company.as_ana(), severity=3)
    assert incident.update_due_at is None
    async with db.unit(company.as_ben(), "web") as u:
        await commands.set_severity(u, incident.id, 1, why="All customers")
        await commands.set_severity(u, incident.id, 1)
        await commands.set_status(u, incident.id, "identified")
        await commands.set_status(u, incident.id, "mitigated")
        await commands.set_summary(u, incident.id, "No card payments")
        await commands.set_impact(u, incident.id, "No orders since 03:07")
        await commands.set_service(u, incident.id, company.service)
        assert await entries.say(u, incident.id, "  Rolling back \x00 42 ") == 8
    incident = await again(db, incident)
    assert (incident.severity, incident.status, incident.head) == (1, "mitigated", 8)
    assert incident.mitigated_at is not None
    assert incident.update_due_at is not None, "a rise to SEV1 starts the rhythm"
    said = await sentences(db, incident)
    assert said[1] == "set the severity to SEV1, was SEV3: All customers"
    assert said[-1] == "Rolling back  42"


async def test_times_are_found_out_later_and_never_in_the_future(db: Database, company: Company) -> None:
    incident = await declared(db, company.as_ana())
    now = await db.clock()
    async with db.unit(company.as_ana(), "web") as u:
        await commands.set_times(
            u, incident.id, impact_started_at=now - timedelta(hours=1), detected_at=None, mitigated_at=None
        )
    assert (await again(db, incident)).impact_started_at == now - timedelta(hours=1)
    with pytest.raises(Invalid, match="future"):
        async with db.unit(company.as_ana(), "web") as u:
            await commands.set_times(
                u,
                incident.id,
                impact_started_at=now + timedelta(hours=1),
                detected_at=None,
                mitigated_at=None,
            )


async def test_a_role_is_held_by_one_and_moves_by_name(db: Database, company: Company) -> None:
    incident = await declared(db, company.as_ana())
    assert [d.tone for d in await queries.expected_of(db, incident, company.ana)] == ["soon"]
    async with db.unit(company.as_ana(), "web") as u:
        await roles.take_role(u, incident.id, "incident_manager")
        await roles.take_role(u, incident.id, "incident_manager")
    with pytest.raises(Conflict, match="Ana Silva is incident manager"):
        async with db.unit(company.as_ben(), "web") as u:
            await roles.take_role(u, incident.id, "incident_manager")
    async with db.unit(company.as_ana(), "web") as u:
        await roles.transfer_role(u, incident.id, "incident_manager", company.ben, why="she sleeps")
    (holder,) = await queries.roles(db, incident.id)
    assert holder.name == "Ben Okafor"
    with pytest.raises(Conflict, match="Transfer or give up"):
        async with db.unit(company.as_ben(), "web") as u:
            await people.leave(u, incident.id)
    async with db.unit(company.as_ben(), "web") as u:
        await roles.give_up_role(u, incident.id, "incident_manager")
        await people.leave(u, incident.id)
        await parts.join(u, incident.id)
        await parts.join(u, incident.id)
    assert (await sentences(db, incident))[1:] == [
        "took the role incident manager",
        "gave the role incident manager to Ben Okafor, was Ana Silva: she sleeps",
        "gave up the role incident manager; nobody holds it now",
        "left",
        "joined",
    ]
    with pytest.raises(Invalid):
        async with db.unit(company.as_ben(), "web") as u:
            await roles.take_role(u, incident.id, "king")


async def test_an_update_promises_the_next_one(db: Database, company: Company) -> None:
    incident = await declared(db, company.as_ana())
    async with db.unit(company.as_ana(), "web") as u:
        await updates.publish_update(
            u,
            incident.id,
            audience="public",
            state="Payments fail.",
            status_now=["We look"],
            status="identified",
        )
    after = await again(db, incident)
    (update,) = await queries.updates(db, incident.id)
    assert after.status == "identified"
    assert after.first_update_at is not None
    assert update.next_update_at == after.update_due_at
    assert after.update_due_at is not None
    assert timedelta(minutes=29) < after.update_due_at - update.created_at < timedelta(minutes=31)
    assert await queries.is_published(db, incident.id)
    for bad in (
        {"audience": "moon"},
        {"state": " "},
        {"next_update_at": await db.clock()},
        {"status": "resolved"},
        {"status_now": ["x"] * 11},
    ):
        with pytest.raises(Invalid):
            async with db.unit(company.as_ana(), "web") as u:
                await updates.publish_update(
                    u, incident.id, **({"audience": "responders", "state": "x"} | bad)
                )
    assert len(await queries.updates(db, incident.id)) == 1


async def test_a_missed_update_becomes_one_entry(db: Database, company: Company, later) -> None:
    incident = await declared(db, company.as_ana())
    pumps = Pumps(db, [UpdateClock(db)])
    await pumps.settle()
    assert len(await entries_after(db, incident.id)) == 1
    await later(minutes=16)
    await pumps.settle()
    await pumps.settle()
    assert [e.kind for e in await entries_after(db, incident.id)] == ["incident_declared", "update_missed"]
    async with db.unit(company.as_ana(), "web") as u:
        await updates.publish_update(u, incident.id, audience="responders", state="Still looking.")
    await later(minutes=31)
    await pumps.settle()
    assert [e.kind for e in await entries_after(db, incident.id)][2:] == ["update_published", "update_missed"]


async def test_resolve_ends_it_and_reopen_begins_again(db: Database, company: Company) -> None:
    async with db.unit(company.as_ben(), "api") as u:
        alert_id = await alerts.report(u, "Checkout is down")
    incident = await declared(db, company.as_ana(), alert_id=alert_id)
    async with db.unit(company.as_ana(), "web") as u:
        await commands.resolve(u, incident.id, "Rolled back", close_alerts=True)
    with pytest.raises(Conflict, match="already"):
        async with db.unit(company.as_ben(), "web") as u:
            await commands.resolve(u, incident.id)
    over = await again(db, incident)
    assert (over.status, over.update_due_at) == ("resolved", None)
    alert = await alert_by_id(db, alert_id)
    assert alert
    assert alert.closed_at is not None
    with pytest.raises(Conflict, match="is resolved"):
        async with db.unit(company.as_ana(), "web") as u:
            await commands.set_status(u, incident.id, "monitoring")
    async with db.unit(company.as_ana(), "web") as u:
        await entries.say(u, incident.id, "Thanks all")
        await commands.reopen(u, incident.id)
        await commands.reopen(u, incident.id)
        await commands.cancel(u, incident.id, "A test")
    assert (await sentences(db, incident))[-2:] == ["opened it again", "cancelled it: A test"]


async def test_words_are_taken_out_by_their_author_or_an_administrator(
    db: Database, company: Company
) -> None:
    incident = await declared(db, company.as_ana())
    async with db.unit(company.as_ana(), "web") as u:
        seq = await entries.say(u, incident.id, "the password is hunter2")
    with pytest.raises(Forbidden):
        async with db.unit(company.as_ben(), "web") as u:
            await edits.redact_entry(u, incident.id, seq, "secret")
    async with db.unit(company.admin(), "web") as u:
        await edits.redact_entry(u, incident.id, seq, "secret")
        await edits.redact_entry(u, incident.id, seq, "secret")
    found = await entries_after(db, incident.id)
    assert (found[1].payload, found[1].redacted_by) == ({}, "Ada Admin")
    assert [e.kind for e in found[2:]] == ["entry_redacted"]
    with pytest.raises(Conflict, match="summary"):
        async with db.unit(company.admin(), "web") as u:
            await edits.redact_entry(u, incident.id, 1, "no")


async def test_a_private_incident_does_not_exist_for_others(db: Database, company: Company) -> None:
    incident = await declared(db, company.as_ana(), "Data breach at checkout", private=True)
    assert not incident.key.removeprefix("INC-").isdigit()
    for other in (company.ben, company.ada, None):
        assert await queries.incident_by_key(db, incident.key, other) is None
        assert await queries.incident_cards(db, other) == []
    assert await queries.look_alikes(db, "Data breach at checkout", None, company.ana) == []
    with pytest.raises(NotFound):
        async with db.unit(company.admin(), "web") as u:
            await entries.say(u, incident.id, "hello")
    with pytest.raises(Invalid, match="private"):
        async with db.unit(company.as_ana(), "web") as u:
            await updates.publish_update(u, incident.id, audience="public", state="Oh no")
    async with db.unit(company.as_ana(), "web") as u:
        await privacy.add_member(u, incident.id, company.ben)
    assert await queries.incident_by_key(db, incident.key, company.ben)
    assert (await declared(db, company.as_ana(), "Another")).key == "INC-1", "its number tells nothing"
    async with db.unit(company.as_ana(), "web") as u:
        await privacy.remove_member(u, incident.id, company.ben)
    assert await queries.incident_by_key(db, incident.key, company.ben) is None


async def test_look_alikes_by_words_and_service(db: Database, company: Company) -> None:
    await declared(db, company.as_ana(), "Checkout fails for all customers", service_id=company.service)
    await declared(db, company.as_ana(), "Nightly backup is slow")
    found = await queries.look_alikes(db, "checkout failing for customers", None, company.ben)
    assert [c.summary for c in found] == ["Checkout fails for all customers"]
    found = await queries.look_alikes(db, "Something else", company.service, company.ben)
    assert [c.summary for c in found] == ["Checkout fails for all customers"]
    assert [c.summary for c in await queries.incident_cards(db, company.ben, text="100%_")] == []
    assert len(await queries.incident_cards(db, company.ben, text="inc-1")) == 1


async def test_who_is_in_the_room(db: Database, company: Company, later) -> None:
    incident = await declared(db, company.as_ana())
    await queries.touch_presence(db, incident.id, company.ben)
    assert [p.name for p in await queries.presence(db, incident.id)] == ["Ben Okafor"]
    await later(minutes=2)
    assert await queries.presence(db, incident.id) == []


async def test_viewers_look_and_bad_input_is_refused(db: Database, company: Company) -> None:
    with pytest.raises(Forbidden):
        await declared(db, company.as_vic())
    for bad in ({"summary": " "}, {"summary": "x" * 301}, {"severity": 4}, {"impact": "x" * 5001}):
        with pytest.raises(Invalid):
            await declared(db, company.as_ana(), **bad)
    assert await queries.incident_cards(db, company.ana) == []
