"""What is overdue: one line in the room, one answer of the API, and what the people hear whose it is."""

import re
from datetime import timedelta

from tests.contract.api import Api
from tests.contract.browsing import Browser
from tests.domain.street import again, declared
from tests.domain.test_catchup import Later, do
from tests.support import Company
from tocsin.incidents import commands, queries
from tocsin.incidents.roles import take_role, transfer_role
from tocsin.incidents.tasks import make
from tocsin.incidents.updates import publish_update
from tocsin.kernel.db import Database
from tocsin.playbooks.commands import check
from tocsin.playbooks.overdue import overdue_of
from tocsin.playbooks.queries import checklist_of

LINE = re.compile(r'<p class="late small" id="overdue">(.*?)</p>', re.DOTALL)


def told(html: str) -> str:
    """The line in words; empty when there is none."""
    found = LINE.search(html)
    return re.sub(r"<[^>]+>", "", found[1]) if found else ""


async def test_the_first_screen_says_what_is_overdue(
    browser: Browser, api: Api, db: Database, company: Company, later: Later
) -> None:
    incident = await declared(db, company.as_ana())
    page = f"/incidents/{incident.key}"
    assert told(await browser.see(page)) == ""
    assert (await api.good("GET", page))["overdue"] == {"update_due_at": None, "tasks": [], "steps": []}
    await do(db, company.as_ana(), take_role, incident.id, "incident_manager")
    due = incident.declared_at + timedelta(minutes=10)
    seq = await do(db, company.as_ana(), make, incident.id, "Call the vendor", due_at=due)
    await later(minutes=21)
    seen = await browser.see(page)
    late = [c for c in await checklist_of(db, await again(db, incident)) if c.state == "late"]
    assert "take-command" not in [c.step.id for c in late]
    assert re.fullmatch(rf"Overdue: update [^,]+, 1 task, {len(late)} steps", told(seen)), told(seen)
    line = LINE.search(seen)
    assert line
    assert re.findall(r'href="([^"]+)"', line[1]) == [
        f"{page}#act", f"{page}#item-{seq}", f"{page}#step-{late[0].step.id}",
    ]  # fmt: skip
    assert all(f'id="{there}"' in seen for there in ("act", f"item-{seq}", f"step-{late[0].step.id}"))
    shown = (await api.good("GET", page))["overdue"]
    assert shown["tasks"] == [seq]
    assert [(s["id"], s["text"]) for s in shown["steps"]] == [(c.step.id, c.step.text) for c in late]
    assert shown["update_due_at"]
    await do(db, company.as_ana(), commands.resolve, incident.id, "over")
    assert told(await browser.see(page)) == ""
    assert not (await overdue_of(db, await again(db, incident))).something


async def test_it_agrees_with_the_checklist_whatever_happened(
    db: Database, company: Company, later: Later
) -> None:
    """The one statement of the first look knows what the checklist knows, from fewer entries."""
    incident = await declared(db, company.as_ana())
    ana = company.as_ana()
    acts = (
        (commands.set_impact, "Nobody can pay"), (commands.set_impact, ""), (commands.set_service, company.service),
        (take_role, "incident_manager"), (take_role, "tech_lead"), (check, "count-cases"), (commands.set_status, "mitigated"),
    )  # fmt: skip
    await later(minutes=60)
    for what, *args in acts:
        await do(db, ana, what, incident.id, *args)
        now = await again(db, incident)
        late = [c.step.id for c in await checklist_of(db, now) if c.state == "late"]
        assert [s.id for s in (await overdue_of(db, now)).steps] == late, what
    await do(db, ana, publish_update, incident.id, audience="public", state="We look.", title="Checkout")
    now = await again(db, incident)
    found = await overdue_of(db, now)
    assert found.update_due_at is None
    assert [s.id for s in found.steps] == [
        c.step.id for c in await checklist_of(db, now) if c.state == "late"
    ]


async def test_a_late_update_and_late_steps_reach_the_manager(
    browser: Browser, db: Database, company: Company, later: Later
) -> None:
    """Ana manages, Ben speaks: the update is Ben's and Ana hears of it; a step that nobody's role has is the manager's."""
    incident = await declared(db, company.as_ana())
    await do(db, company.as_ana(), take_role, incident.id, "incident_manager")
    await do(db, company.as_ana(), transfer_role, incident.id, "communications_manager", company.ben)
    incident = await again(db, incident)
    assert await queries.expected_of(db, incident, company.ana) == []
    await later(minutes=40)
    (ana,) = await queries.expected_of(db, incident, company.ana)
    (ben,) = await queries.expected_of(db, incident, company.ben)
    assert (ana.text, ana.tone, ana.due_at) == (
        "Ben Okafor owes an update, it is overdue",
        "needed",
        ben.due_at,
    )
    assert ben.text == "An update is overdue"
    assert [d.text for d in await queries.duties_of(db, company.ana)] == [ana.text]
    mine = (
        (await browser.see(f"/incidents/{incident.key}"))
        .partition('id="room-mine"')[2]
        .partition('id="record"')[0]
    )
    assert "A step is overdue: Name the faulty service" in mine, "nobody is tech lead"
    assert "A step is overdue: Ask support" in mine
    assert "A step is overdue: Tell stakeholders" not in mine, "that is Ben's"
    assert f'action="/incidents/{incident.key}/step-check"' in mine
