"""Catching up: what changed since the last visit, told in one stable line; and the brief, built from structure by rule."""

from collections.abc import Awaitable, Callable
from typing import Any

import tocsin.app  # noqa: F401 - the composition root registers every kind
from tests.domain.street import again, declared
from tests.support import Company
from tocsin.incidents import catchup, claims, commands, entries, queries, roles, tasks, updates
from tocsin.incidents.model import Incident
from tocsin.incidents.since import COUNTED, TOLD_KINDS, sentence
from tocsin.kernel.db import Actor, Database
from tocsin.record.kinds import KINDS

Later = Callable[..., Awaitable[None]]


async def do(db: Database, actor: Actor, act: Callable[..., Awaitable[Any]], *args: Any, **more: Any) -> Any:
    async with db.unit(actor, "web") as u:
        return await act(u, *args, **more)


async def a_night(db: Database, company: Company) -> Incident:
    """Declared by Ana, then worked on by her while Ben is away."""
    incident = await declared(db, company.as_ana(), severity=2)
    await queries.touch_presence(db, incident.id, company.ben)
    return incident


async def told(db: Database, incident: Incident, company: Company) -> str | None:
    found = await catchup.since_last_visit(db, await again(db, incident), company.ben)
    return sentence(found.points) if found else None


async def work(db: Database, company: Company, incident: Incident) -> None:
    ana, one = company.as_ana(), incident.id
    await do(db, ana, commands.set_severity, one, 1, "all customers")
    await do(db, ana, roles.take_role, one, "incident_manager")
    for guess in ("a bad deploy", "the network"):
        seq = await do(db, ana, claims.claim, one, guess, hypothesis=True)
        await do(db, ana, claims.judge, one, seq, "disproved", "it began before")
    await do(db, ana, tasks.decide, one, "fail over", why="the primary is full", undo="fail back")
    for n in range(34):
        await do(db, ana, entries.say, one, f"line {n}")


async def test_who_was_away_is_told_what_changed(db: Database, company: Company, later: Later) -> None:
    incident = await a_night(db, company)
    await later(minutes=9)
    await work(db, company, incident)
    assert await told(db, incident, company) is not None, "the first visit has everything to tell"
    await do(db, company.as_ben(), catchup.caught_up, incident.id, incident.head)
    await do(db, company.as_ana(), entries.say, incident.id, "only nine minutes")
    assert await told(db, incident, company) is None, "who is there sees it happen"


async def test_the_line_is_stable_and_the_weightiest_first(
    db: Database, company: Company, later: Later
) -> None:
    incident = await a_night(db, company)
    await later(minutes=48)
    await work(db, company, incident)
    said = await told(db, incident, company)
    assert said == (
        "severity raised to SEV1, Ana Silva is incident manager, 2 hypotheses disproved, 1 decision, "
        "2 new hypotheses, 34 messages"
    )
    found = await catchup.since_last_visit(db, await again(db, incident), company.ben)
    assert found is not None
    assert found.seq == 1
    assert found.at is not None
    assert [p.seq for p in found.points] == sorted(p.seq for p in found.points[:2]) + [
        p.seq for p in found.points[2:]
    ]
    # The room is open again: the visit before stays told until it is read, also when the page is loaded once more.
    await queries.touch_presence(db, incident.id, company.ben)
    await later(minutes=2)
    await queries.touch_presence(db, incident.id, company.ben)
    assert await told(db, incident, company) == said
    await do(db, company.as_ben(), catchup.caught_up, incident.id, 10_000)
    assert await told(db, incident, company) is None
    await later(minutes=11)
    await do(db, company.as_ana(), commands.resolve, incident.id, "it works")
    assert await told(db, incident, company) == "resolved"


async def test_ones_own_entries_are_no_news(db: Database, company: Company, later: Later) -> None:
    incident = await a_night(db, company)
    await later(hours=1)
    await do(db, company.as_ben(), entries.say, incident.id, "by telephone")
    assert await told(db, incident, company) is None


async def test_a_status_that_an_update_repeats_did_not_move(
    db: Database, company: Company, later: Later
) -> None:
    incident = await a_night(db, company)
    await later(hours=1)
    ana = company.as_ana()
    await do(db, ana, updates.publish_update, incident.id, audience="responders", state="We look.")
    assert await told(db, incident, company) == "1 update"
    await do(db, ana, commands.set_status, incident.id, "identified")
    await do(
        db,
        ana,
        updates.publish_update,
        incident.id,
        audience="responders",
        state="Found.",
        status="monitoring",
    )
    assert await told(db, incident, company) == "status monitoring, 2 updates"
    await do(db, ana, commands.set_severity, incident.id, 3, "less")
    await do(db, ana, commands.set_severity, incident.id, 2, "more")
    await do(db, ana, commands.set_impact, incident.id, "Nobody can pay")
    await do(db, ana, roles.take_role, incident.id, "scribe")
    await do(db, ana, roles.give_up_role, incident.id, "scribe")
    assert await told(db, incident, company) == (
        "severity changed and back at SEV2, status monitoring, impact described anew, nobody is scribe, 2 updates"
    )


async def test_the_brief_says_the_same_for_the_same_facts(db: Database, company: Company) -> None:
    incident = await declared(db, company.as_ana(), impact="Nobody can pay", service_id=company.service)
    await work(db, company, incident)
    ana, one = company.as_ana(), incident.id
    claim = await do(db, ana, claims.claim, one, "the connection pool")
    task = await do(db, ana, tasks.make, one, "tell support")
    unknown = await do(db, ana, tasks.ask, one, "is data lost?")
    await do(
        db, ana, updates.publish_update, one, audience="responders", state="We look.",
        status_now=("the pool is full",), next_steps=("restart it",), unknowns="is data lost?",
    )  # fmt: skip
    now = await again(db, incident)
    brief = await catchup.brief_of(db, now)
    assert brief == await catchup.brief_of(db, now)
    sections = {s.title: [(line.text, line.seq) for line in s.lines] for s in brief.sections}
    assert list(sections) == [
        "State", "Impact", "Disproved", "Somebody is on it", "Decided", "Open tasks", "Not known yet", "Next update",
        "Next steps, as last published",
    ]  # fmt: skip
    assert sections["State"][0][0].startswith("SEV1, investigating, since 20")
    assert sections["State"][0][0].endswith("UTC, service Checkout")
    assert sections["State"][1] == ("Incident manager: Ana Silva", None)
    assert sections["Impact"] == [("Nobody can pay", None)]
    assert [text for text, _ in sections["Disproved"]] == [
        "a bad deploy: it began before",
        "the network: it began before",
    ]
    assert sections["Somebody is on it"] == [("Ana Silva: the connection pool", claim)]
    assert sections["Decided"][0][0] == "fail over, because the primary is full; to undo: fail back"
    assert sections["Open tasks"] == [("nobody: tell support", task)]
    assert sections["Not known yet"] == [("is data lost?", unknown)]
    assert [text for text, _ in sections["Next steps, as last published"]] == ["restart it"]
    assert f"- the network: it began before (#{sections['Disproved'][1][1]})" in brief.text


def test_every_counted_kind_exists() -> None:
    assert set(COUNTED) - set(KINDS) == set()
    assert TOLD_KINDS - set(KINDS) == set()
    assert not set(COUNTED) & TOLD_KINDS
