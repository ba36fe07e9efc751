"""An incident's checklist: checked off by the record and by people; versions; what a playbook changes."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest

from tests.domain.street import again, declared
from tests.domain.test_incidents import sentences
from tests.support import Company
from tocsin.chatops.grammar import say_or_do
from tocsin.incidents import commands as incidents
from tocsin.incidents import edits, roles, updates
from tocsin.incidents.model import Incident
from tocsin.incidents.rhythm import rhythm_of
from tocsin.kernel.db import Actor, Database
from tocsin.kernel.errors import Conflict, Forbidden, Invalid, NotFound
from tocsin.kernel.work import BatchPump, Pumps
from tocsin.playbooks import commands, queries, work
from tocsin.playbooks.model import StepState

Later = Callable[..., Awaitable[None]]
OURS = """
severities:
  1: {words: Bad, first_update_min: 5, cadence_min: 10, late_min: 2, stale_min: 7}
  2: {words: So so, first_update_min: 60, cadence_min: 60}
  3: {words: Fine}
roles: {}
steps:
  - {id: call, text: Call the boss, severities: [1], due_min: 3}
  - {id: told, text: Tell them, evidence: update}
"""


@pytest.fixture
def pumps(db: Database) -> Pumps:
    db.follows = lambda kind: work.FOLLOWS.get(kind, [])
    return Pumps(db, [BatchPump(db, kind, handle) for kind, handle in work.BATCHES.items()])


async def act(
    db: Database, actor: Actor, what: Callable[..., Awaitable[Any]], *args: Any, **more: Any
) -> Any:
    async with db.unit(actor, "web") as u:
        return await what(u, *args, **more)


async def states(db: Database, incident: Incident) -> dict[str, str]:
    return {c.step.id: str(c.state) for c in await queries.checklist_of(db, await again(db, incident))}


async def test_the_record_checks_off_by_itself(
    db: Database, company: Company, pumps: Pumps, later: Later
) -> None:
    incident = await declared(db, company.as_ana(), impact="Nobody can pay")
    await pumps.settle()
    before = await states(db, incident)
    assert (before["assess-impact"], before["take-command"], before["first-update"]) == (
        "done",
        "open",
        "open",
    )
    assert "security-lead" not in before
    await act(db, company.as_ana(), roles.take_role, incident.id, "incident_manager")
    await later(minutes=7)
    await act(
        db, company.as_ana(), updates.publish_update, incident.id, audience="stakeholders", state="Looking."
    )
    checks = {c.step.id: c for c in await queries.checklist_of(db, await again(db, incident))}
    assert checks["take-command"].by == "Ana Silva"
    first = checks["first-update"]
    assert first.after
    assert timedelta(minutes=7) <= first.after < timedelta(minutes=8)
    assert first.shown
    await later(minutes=30)
    assert (await states(db, incident))["count-cases"] == "late"
    await act(db, company.as_ana(), incidents.resolve, incident.id, "over")
    assert (await states(db, incident))["count-cases"] == "open", "after the end nothing is late"


async def test_people_check_leave_out_and_open_again(db: Database, company: Company, pumps: Pumps) -> None:
    incident = await declared(db, company.as_ana())
    await pumps.settle()
    await act(db, company.as_ben(), commands.check, incident.id, "count-cases", "41 cases")
    await act(db, company.as_ben(), commands.check, incident.id, "public-update", "internal only", skip=True)
    assert ((await states(db, incident))["count-cases"], (await states(db, incident))["public-update"]) == (
        "done",
        "skipped",
    )
    assert (await sentences(db, incident))[-2:] == [
        "did the step “Ask support how many cases there are, and tell them the key”: 41 cases",
        "left out the step “Tell customers on the status page”: internal only",
    ]
    await act(db, company.as_ana(), commands.uncheck, incident.id, "count-cases")
    await act(db, company.as_ana(), commands.uncheck, incident.id, "count-cases")
    assert (await states(db, incident))["count-cases"] == "open"
    with pytest.raises(Invalid, match="Say why"):
        await act(db, company.as_ana(), commands.check, incident.id, "count-cases", skip=True)
    with pytest.raises(Invalid, match="no step named"):
        await act(db, company.as_ana(), commands.check, incident.id, "dance")
    async with db.unit(company.as_ana(), "web") as u:
        await say_or_do(u, incident, "/check count-cases 50 by now")
        await say_or_do(u, incident, "/skip escalate we are enough")
        await say_or_do(u, incident, "/uncheck escalate")
    assert (await states(db, incident))["count-cases"] == "done"
    private = await declared(db, company.as_ana(), private=True)
    with pytest.raises(NotFound):
        await act(db, company.as_ben(), commands.check, private.id, "count-cases")


async def test_a_new_version_is_for_new_incidents_and_changed_severities(
    db: Database, company: Company, pumps: Pumps
) -> None:
    old = await declared(db, company.as_ana(), severity=2)
    await pumps.settle()
    assert await act(db, company.admin(), commands.apply, OURS, 0, "ours") == 1
    new = await declared(db, company.as_ana(), severity=2)
    await pumps.settle()
    assert set(await states(db, new)) == {"told"}
    assert "first-update" in await states(db, old)
    assert new.update_due_at
    assert abs(new.update_due_at - new.declared_at - timedelta(minutes=60)) < timedelta(seconds=5)
    await act(db, company.as_ana(), incidents.set_severity, old.id, 1, why="all")
    await pumps.settle()
    assert set(await states(db, old)) == {"call", "told"}
    assert (await sentences(db, old))[-1] == "applied the playbook for SEV1: 1 more step"
    due = (await again(db, old)).update_due_at
    assert due
    assert due - await db.clock() <= timedelta(minutes=10)
    rhythm = await rhythm_of(db, 1)
    assert (rhythm.first_update_min, rhythm.cadence_min, rhythm.late_min, rhythm.stale_min) == (5, 10, 2, 7)
    assert [v.why for v in await queries.versions(db)] == ["ours"]
    assert (await queries.playbook(db, 0)).version == 0


async def test_two_who_edit_at_once_do_not_overwrite_each_other(db: Database, company: Company) -> None:
    tries = [act(db, company.admin(), commands.apply, OURS, 0, f"try {n}") for n in range(3)]
    found = await asyncio.gather(*tries, return_exceptions=True)
    assert sum(f == 1 for f in found) == 1
    assert sum(isinstance(f, Conflict) for f in found) == 2
    with pytest.raises(Forbidden):
        await act(db, company.as_ana(), commands.apply, OURS, 1)
    with pytest.raises(Invalid):
        await act(db, company.admin(), commands.apply, "steps: 1", 1)


async def test_what_was_checked_stays_when_the_severity_is_another(
    db: Database, company: Company, pumps: Pumps
) -> None:
    incident = await declared(db, company.as_ana(), severity=1)
    await pumps.settle()
    await act(db, company.as_ana(), commands.check, incident.id, "escalate", "all are here")
    await act(db, company.as_ana(), incidents.set_severity, incident.id, 3, why="less")
    await pumps.settle()
    now = await states(db, incident)
    assert now["escalate"] == StepState.DONE
    assert "delegate" not in now


async def test_a_role_has_its_instructions(db: Database, company: Company) -> None:
    incident = await declared(db, company.as_ana())
    guide = await queries.role_instructions(db, incident.id, "tech_lead")
    assert guide
    assert "theory" in guide.instructions
    assert await queries.role_instructions(db, incident.id, "jester") is None


async def test_words_taken_out_of_the_record_go_from_the_checklist(
    db: Database, company: Company, pumps: Pumps
) -> None:
    incident = await declared(db, company.as_ana())
    await pumps.settle()
    await act(db, company.as_ana(), say_or_do, incident, "/check first-update the password is hunter2")
    checks = {c.step.id: c for c in await queries.checklist_of(db, await again(db, incident))}
    assert checks["first-update"].note == "the password is hunter2"
    await act(db, company.as_ana(), edits.redact_entry, incident.id, checks["first-update"].seq, "a secret")
    await pumps.settle()
    checks = {c.step.id: c for c in await queries.checklist_of(db, await again(db, incident))}
    assert (checks["first-update"].state, checks["first-update"].note) == (StepState.DONE, "")
