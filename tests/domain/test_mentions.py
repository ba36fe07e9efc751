"""Who is addressed with @ hears of it, wherever they are, once; of a private incident only those who may see it."""

import pytest

from tests.domain.street import declared
from tests.support import Company
from tocsin.duty import mentioned
from tocsin.incidents import edits, entries, privacy, queries, roles, said_read
from tocsin.incidents.model import Incident
from tocsin.incidents.people_names import offered_names
from tocsin.kernel.db import Actor, Database
from tocsin.kernel.sql import Statement
from tocsin.kernel.work import BatchPump, Pumps

NOTICES = (
    "select u.name, d.message ->> 'subject' as subject, d.message ->> 'text' as text, d.message ->> 'url' as url"
    " from deliveries d join users u on u.id = d.user_id where d.purpose = 'notice' order by d.due_at, u.name"
)


@pytest.fixture
async def pumps(db: Database) -> Pumps:
    db.follows = lambda kind: mentioned.FOLLOWS.get(kind, ())
    return Pumps(db, [BatchPump(db, kind, handle) for kind, handle in mentioned.BATCHES.items()])


@pytest.fixture
async def incident(db: Database, company: Company) -> Incident:
    return await declared(db, company.as_ana())


async def says(db: Database, actor: Actor, incident: Incident, line: str) -> int:
    async with db.unit(actor, "web") as u:
        return await entries.say(u, incident.id, line)


async def notices(db: Database, pumps: Pumps) -> list[tuple[str, str, str, str]]:
    await pumps.settle()
    return [(r["name"], r["subject"], r["text"], r["url"]) for r in await db.rows(Statement("test", NOTICES))]


async def test_whoever_is_addressed_is_told_once(
    db: Database, company: Company, incident: Incident, pumps: Pumps
) -> None:
    seq = await says(db, company.as_ana(), incident, "@Ben Okafor and @ben, look at redis. I, @ana, cannot")
    where = f"/incidents/{incident.key}/entries/{seq}"
    told = [
        (
            "Ben Okafor",
            f"Ana Silva mentioned you in {incident.key}",
            "@Ben Okafor and @ben, look at redis. I, @ana, cannot",
            where,
        )
    ]
    assert await notices(db, pumps) == told, "once, and nobody about their own words"
    async with db.unit(company.as_ana(), "web") as u:
        await edits.edit_entry(u, incident.id, seq, "@Ben Okafor and @Vic, look at redis")
    found = await notices(db, pumps)
    assert [n[0] for n in found] == ["Ben Okafor", "Vic Viewer"], "an edit tells those who are new"
    assert found[1][2] == "@Ben Okafor and @Vic, look at redis"
    assert [m.seq for m in await said_read.mentions_of(db, company.ben)] == [seq]
    await queries.touch_presence(db, incident.id, company.ben)
    assert await said_read.mentions_of(db, company.ben) == [], "whoever has looked has seen it"


async def test_teams_and_roles_are_addressed(
    db: Database, company: Company, incident: Incident, pumps: Pumps
) -> None:
    async with db.unit(company.as_ben(), "web") as u:
        await roles.take_role(u, incident.id, "incident_manager")
    await says(db, company.as_ana(), incident, "@im please")
    assert [n[0] for n in await notices(db, pumps)] == ["Ben Okafor"]
    await says(db, company.admin(), incident, "@Payments please, and @scribe")
    assert [n[0] for n in await notices(db, pumps)] == ["Ben Okafor", "Ana Silva", "Ben Okafor"]
    names = [n.name for n in await offered_names(db, incident)]
    assert names[:4] == ["im", "tl", "cm", "scribe"]
    assert {"Ana Silva", "Ben Okafor", "Payments"} <= set(names)


async def test_whoever_looks_at_the_room_is_not_sent_a_message(
    db: Database, company: Company, incident: Incident, pumps: Pumps
) -> None:
    await queries.touch_presence(db, incident.id, company.ben)
    await says(db, company.as_ana(), incident, "@Ben Okafor look")
    assert await notices(db, pumps) == []


async def test_a_private_incident_tells_only_those_who_may_see_it(
    db: Database, company: Company, pumps: Pumps
) -> None:
    hidden = await declared(db, company.as_ana(), "Leak of customers", private=True)
    seq = await says(db, company.as_ana(), hidden, "@Ben Okafor the dump is on zanzibar")
    assert await notices(db, pumps) == []
    assert await said_read.mentions_of(db, company.ben) == []
    assert [(o.name, o.seq) for o in await said_read.mentioned_outside(db, hidden.id)] == [
        ("Ben Okafor", seq)
    ]
    assert {n.name: n.sees for n in await offered_names(db, hidden)}["Ben Okafor"] is False
    async with db.unit(company.as_ana(), "web") as u:
        await privacy.add_member(u, hidden.id, company.ben)
    told = await notices(db, pumps)
    assert [n[0] for n in told] == ["Ben Okafor"], "let in, they hear of what addressed them"
    assert "zanzibar" not in str(told)
    assert "Leak" not in str(told)
    assert await said_read.mentioned_outside(db, hidden.id) == []


async def test_what_was_taken_out_tells_nobody(
    db: Database, company: Company, incident: Incident, pumps: Pumps
) -> None:
    seq = await says(db, company.as_ana(), incident, "@Ben Okafor the password is hunter2")
    async with db.unit(company.as_ana(), "web") as u:
        await edits.redact_entry(u, incident.id, seq, "a password")
    assert await notices(db, pumps) == []
    assert await said_read.mentions_of(db, company.ben) == []
