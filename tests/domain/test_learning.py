"""The postmortem that the record wrote, edited by people, exported as Markdown."""

from datetime import date, timedelta

import pytest

from tests.domain.street import again, declared, street
from tests.support import Company
from tocsin.incidents import commands as incidents
from tocsin.incidents import entries, roles
from tocsin.incidents.model import Incident
from tocsin.kernel.db import Database
from tocsin.kernel.errors import Conflict, Invalid, NotFound
from tocsin.learning import commands, queries
from tocsin.learning.model import FIELDS, Postmortem


async def resolved(db: Database, company: Company, severity: int = 1) -> tuple[Incident, Postmortem | None]:
    pumps = street(db)
    incident = await declared(
        db, company.as_ana(), severity=severity, service_id=company.service, impact="No orders"
    )
    async with db.unit(company.as_ana(), "web") as u:
        await roles.take_role(u, incident.id, "incident_manager")
        await entries.say(u, incident.id, "Rolling back <release> 42 *now*")
        await incidents.resolve(u, incident.id, "Rolled back 42")
    await pumps.settle()
    return await again(db, incident), await queries.postmortem_of(db, incident.id)


async def test_a_draft_is_written_from_the_record(db: Database, company: Company) -> None:
    incident, found = await resolved(db, company)
    assert found
    assert set(found.fields) == set(FIELDS)
    assert found.fields["impact"] == "No orders"
    assert found.fields["recovery"].startswith("Rolled back 42")
    assert "Incident manager: Ana Silva" in found.fields["response"]
    assert found.fields["root_cause"] == ""
    text = await queries.markdown_of(db, incident)
    assert text
    assert "Rolling back \\<release\\> 42 \\*now\\*" in text
    assert "- Impact started: not known" in text
    assert text.startswith("# INC-1: Checkout is failing\n")
    assert "joined" not in text


async def test_small_incidents_get_one_on_demand(db: Database, company: Company) -> None:
    incident, found = await resolved(db, company, severity=3)
    assert found is None
    assert await queries.markdown_of(db, incident) is None
    for expected in (True, False):
        async with db.unit(company.as_ben(), "web") as u:
            assert await commands.draft(u, incident.id) is expected


async def test_two_editors_lose_nothing(db: Database, company: Company) -> None:
    incident, found = await resolved(db, company)
    assert found
    async with db.unit(company.as_ana(), "web") as u:
        assert await commands.edit(u, found.id, 1, {"root_cause": "change"}) == 2
    with pytest.raises(Conflict):
        async with db.unit(company.as_ben(), "web") as u:
            await commands.edit(u, found.id, 1, {"lessons": "many"})
    for bad in ({"poem": "x"}, {"lessons": "x" * 50_001}):
        with pytest.raises(Invalid):
            async with db.unit(company.as_ben(), "web") as u:
                await commands.edit(u, found.id, 2, bad)
    async with db.unit(company.as_ben(), "web") as u:
        await commands.choose_timeline(u, found.id, [3, 1, 1, 999, -4])
        await commands.set_status(u, found.id, "review")
        await commands.set_status(u, found.id, "review")
    after = await queries.postmortem_of(db, incident.id)
    assert after
    assert (after.fields["root_cause"], after.timeline, after.status) == ("change", (1, 3), "review")


async def test_priority_actions_get_a_date_by_tier(db: Database, company: Company) -> None:
    _, found = await resolved(db, company)
    assert found
    async with db.unit(company.as_ana(), "web") as u:
        action = await commands.add_action(
            u, found.id, "Alert on queue age", owner_id=company.ben, priority=True
        )
        await commands.add_action(u, found.id, "Write it down", due_on=date(2027, 1, 1))
        await commands.finish_action(u, action)
    later, first = await queries.actions_of(db, found.id)
    assert (later.title, first.owner, first.done_at is not None) == ("Write it down", "Ben Okafor", True)
    assert first.due_on == (await db.clock()).date() + timedelta(weeks=4)


async def test_a_private_one_does_not_exist_for_others(db: Database, company: Company) -> None:
    incident = await declared(db, company.as_ana(), private=True)
    async with db.unit(company.as_ana(), "web") as u:
        await commands.draft(u, incident.id)
    found = await queries.postmortem_of(db, incident.id)
    assert found
    with pytest.raises(NotFound):
        async with db.unit(company.as_ben(), "web") as u:
            await commands.edit(u, found.id, 1, {"lessons": "x"})
