"""One grammar: lines are said, lines that start with a slash are done."""

import pytest

from tests.domain.street import again, declared
from tests.support import Company
from tocsin.alerts.commands import acknowledge
from tocsin.chatops.grammar import VERBS, Told, say_or_do
from tocsin.incidents import paged, queries
from tocsin.kernel.db import Database
from tocsin.kernel.errors import Invalid
from tocsin.kernel.work import BatchPump, Pumps
from tocsin.record.kinds import decode
from tocsin.record.queries import newest_entries


async def test_lines_and_commands(db: Database, company: Company) -> None:
    incident = await declared(db, company.as_ana(), severity=3)
    lines = (
        "hello", "//etc is full", "/severity sev1 all customers", "/status identified", "/take im", "/give im to ben: she sleeps",
        "/impact no orders", "/summary No orders", "/update We roll back.", "/join", "/resolve rolled back",
    )  # fmt: skip
    for line in lines:
        async with db.unit(company.as_ana(), "web") as u:
            seq = await say_or_do(u, incident, line)
        assert seq == await queries.head(db, incident.id)
    after = await again(db, incident)
    assert (after.severity, after.status, after.summary, after.impact) == (
        1,
        "resolved",
        "No orders",
        "no orders",
    )
    assert [e.payload["text"] for e in await newest_entries(db, incident.id) if e.kind == "message"] == [
        "hello",
        "/etc is full",
    ]
    assert [r.name for r in await queries.roles(db, incident.id)] == ["Ben Okafor"]


@pytest.mark.parametrize(
    "line",
    ["/dance", "/severity 9", "/take crown", "/give im to zoe", "/alert 99", "/status happy", "", "/update"],
)
async def test_what_is_wrong_says_what_works(db: Database, company: Company, line: str) -> None:
    incident = await declared(db, company.as_ana())
    with pytest.raises(Invalid):
        async with db.unit(company.as_ana(), "web") as u:
            await say_or_do(u, incident, line)
    assert await queries.head(db, incident.id) == 1


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("/resovle it works", "There is no command /resovle. Did you mean /resolve? /help lists them."),
        ("/Sevrity 1", "There is no command /Sevrity. Did you mean /severity? /help lists them."),
        ("/task-dnoe 4", "There is no command /task-dnoe. Did you mean /task-done? /help lists them."),
        ("/xyzzy", "There is no command /xyzzy. /help lists them."),
        ("/" + "x" * 5000, f"There is no command /{'x' * 40}. /help lists them."),
        ("/help resovle", "There is no command /resovle. Did you mean /resolve? /help lists them."),
    ],
)
async def test_a_typo_is_told_what_may_be_meant(db: Database, company: Company, line: str, said: str) -> None:
    incident = await declared(db, company.as_ana())
    with pytest.raises(Invalid) as refused:
        async with db.unit(company.as_ana(), "web") as u:
            await say_or_do(u, incident, line)
    assert str(refused.value) == said


async def test_help_lists_what_there_is(db: Database, company: Company) -> None:
    incident = await declared(db, company.as_ana())
    answers = []
    for line in ("/help", "/help /resolve"):
        with pytest.raises(Told) as told:
            async with db.unit(company.as_ana(), "web") as u:
                await say_or_do(u, incident, line)
        answers.append(str(told.value))
    assert [line.split(": ")[0] for line in answers[0].split("\n")] == [
        v.usage.split(": ")[0] for v in VERBS.values()
    ]
    assert answers[1] == f"{VERBS['resolve'].usage}: {VERBS['resolve'].does}"
    assert await queries.head(db, incident.id) == 1


def test_every_verb_is_described() -> None:
    assert all(verb.usage.startswith(f"/{name}") and verb.does for name, verb in VERBS.items())


async def test_a_page_is_linked_told_and_answered(db: Database, company: Company) -> None:
    incident = await declared(db, company.as_ana())
    db.follows = lambda kind: paged.FOLLOWS.get(kind, ())
    async with db.unit(company.as_ana(), "web") as u:
        await say_or_do(u, incident, "/page ben okafor replica lag grows")
    (alert,) = await queries.alerts_of(db, incident.id)
    assert alert.message == "replica lag grows"
    async with db.unit(company.as_ben(), "link") as u:
        await acknowledge(u, alert.id)
    await Pumps(db, [BatchPump(db, kind, handle) for kind, handle in paged.BATCHES.items()]).settle()
    entries = (await newest_entries(db, incident.id))[-2:]
    assert [decode(e.kind, e.payload).sentence() for e in entries] == [
        f"paged Ben Okafor (#{alert.number})",
        f"noted that Ben Okafor answered the page #{alert.number} and takes part",
    ]
    assert "Ben Okafor" in [r.name for r in await queries.responders(db, incident.id)]


@pytest.mark.parametrize(("who", "let_in"), [("ben", True), ("ada", False)])
async def test_only_who_was_paged_is_let_into_a_private_incident(
    db: Database, company: Company, who: str, let_in: bool
) -> None:
    incident = await declared(db, company.as_ana(), private=True)
    db.follows = lambda kind: paged.FOLLOWS.get(kind, ())
    async with db.unit(company.as_ana(), "web") as u:
        await say_or_do(u, incident, '/page "ben"')
    (alert,) = await queries.alerts_of(db, incident.id)
    assert incident.summary not in alert.message
    assert incident.key not in alert.message
    actor = {"ben": company.as_ben(), "ada": company.admin()}[who]
    async with db.unit(actor, "web") as u:
        await acknowledge(u, alert.id)
    await Pumps(db, [BatchPump(db, kind, handle) for kind, handle in paged.BATCHES.items()]).settle()
    assert (await queries.incident_by_id(db, incident.id, actor.id) is not None) is let_in


async def test_a_page_to_an_unclear_name_pages_nobody(db: Database, company: Company) -> None:
    incident = await declared(db, company.as_ana())
    for line, expected in (
        ("/page payments lag", "may be"),
        ("/page", "Say whom"),
        ("/page zoe", "nobody and nothing"),
    ):
        with pytest.raises(Invalid, match=expected):
            async with db.unit(company.as_ana(), "web") as u:
                await say_or_do(u, incident, line)
    assert await queries.alerts_of(db, incident.id) == []
