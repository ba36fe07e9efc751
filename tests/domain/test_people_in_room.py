"""How people take part in an incident: on it, watching, invited, released; and who should rest."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from tests.domain.street import declared
from tests.support import Company
from tocsin.chatops.grammar import say_or_do
from tocsin.duty import people_tell, role_tell
from tocsin.duty.room_people import people_of, relief_of
from tocsin.incidents import commands, parts, queries
from tocsin.incidents.model import Incident
from tocsin.kernel.db import Actor, Database, Row
from tocsin.kernel.errors import Conflict, Forbidden, Invalid
from tocsin.kernel.ids import new_id
from tocsin.kernel.sql import Statement
from tocsin.kernel.work import BatchPump, Pumps
from tocsin.record.kinds import decode
from tocsin.record.queries import entries_after

Later = Callable[..., Awaitable[None]]
FOLLOWS = {**role_tell.FOLLOWS, **people_tell.FOLLOWS, **parts.FOLLOWS}


@pytest.fixture(autouse=True)
def following(db: Database) -> None:
    """Messages and releases follow the record, as in the app."""
    db.follows = lambda kind: FOLLOWS.get(kind, ())


@pytest.fixture
async def incident(db: Database, company: Company) -> Incident:
    """Declared by Ana, who is in it."""
    return await declared(db, company.as_ana())


async def settle(db: Database) -> None:
    batches = {**role_tell.BATCHES, **people_tell.BATCHES, **parts.BATCHES}
    await Pumps(db, [BatchPump(db, kind, handle) for kind, handle in batches.items()]).settle()


async def run(db: Database, text: str, *args: Any) -> list[Row]:
    return await db.rows(Statement("test", text), *args)


async def said(db: Database, incident: Incident) -> list[str]:
    return [decode(e.kind, e.payload).sentence() for e in await entries_after(db, incident.id)]


async def in_room(db: Database, incident: Incident) -> list[tuple[str, str]]:
    return [(p.name.split()[0], p.part) for p in await people_of(db, incident.id)]


async def line(db: Database, actor: Actor, incident: Incident, text: str) -> None:
    async with db.unit(actor, "web") as u:
        await say_or_do(u, incident, text)


async def test_on_it_watching_left_with_one_tap(db: Database, company: Company, incident: Incident) -> None:
    for text in ("/watch", "/watch", "/onit", "/join", "/watch", "/leave"):
        await line(db, company.as_ben(), incident, text)
    assert (await said(db, incident))[1:] == ["is watching", "is on it", "is watching", "left"]
    await line(db, company.as_ben(), incident, "/join")
    assert (await said(db, incident))[-1] == "joined"
    assert await in_room(db, incident) == [("Ana", "on_it"), ("Ben", "on_it")]


async def test_whoever_has_a_role_does_not_only_watch(
    db: Database, company: Company, incident: Incident
) -> None:
    await line(db, company.as_ben(), incident, "/watch")
    await line(db, company.as_ben(), incident, "/take scribe")
    assert ("Ben", "on_it") in await in_room(db, incident)
    with pytest.raises(Conflict, match="You are scribe"):
        await line(db, company.as_ben(), incident, "/watch")


async def test_who_is_invited_is_expected_until_they_come(
    db: Database, company: Company, incident: Incident, later: Later
) -> None:
    await line(db, company.as_ana(), incident, "/invite Ben: the ledger is yours")
    await line(db, company.as_ana(), incident, "/invite ben@example.org")
    await settle(db)
    assert (await said(db, incident))[1:] == ["invited Ben Okafor: the ledger is yours"]
    ((subject, url),) = [
        (r["subject"], r["url"])
        for r in await run(
            db, "select message->>'subject' as subject, message->>'url' as url from deliveries"
        )
    ]
    assert (subject, url) == ("Ana Silva asks you to come to INC-1", "/incidents/INC-1#people")
    assert await in_room(db, incident) == [("Ana", "on_it"), ("Ben", "invited")]
    await line(db, company.as_ben(), incident, "/watch")
    assert ("Ben", "watching") in await in_room(db, incident)
    with pytest.raises(Conflict, match="takes part already"):
        await line(db, company.as_ana(), incident, "/invite Ben")
    await line(db, company.as_ben(), incident, "/leave")
    assert await in_room(db, incident) == [("Ana", "on_it")], "who came and left is not expected"
    await later(minutes=3)
    await line(db, company.as_ana(), incident, "/invite Ben")
    assert await in_room(db, incident) == [("Ana", "on_it"), ("Ben", "invited")]


async def test_into_a_private_incident_an_invitation_opens_the_door(db: Database, company: Company) -> None:
    incident = await declared(db, company.as_ana(), "Payroll leaked", private=True)
    async with db.unit(company.as_ana(), "web") as u:
        await parts.invite(u, incident.id, company.ben, why="Payroll")
    await settle(db)
    (row,) = await run(db, "select message::text as all from deliveries")
    assert "Payroll" not in row["all"]
    assert await queries.incident_by_id(db, incident.id, company.ben)
    assert (await said(db, incident))[-2:] == [
        "let Ben Okafor see this incident",
        "invited Ben Okafor: Payroll",
    ]


async def test_a_manager_sends_people_off_with_thanks(
    db: Database, company: Company, incident: Incident
) -> None:
    await line(db, company.as_ana(), incident, "/take im")
    await line(db, company.as_ben(), incident, "/take scribe")
    with pytest.raises(Forbidden, match="The incident manager releases"):
        await line(db, company.as_ben(), incident, "/release Ana")
    with pytest.raises(Conflict, match="Ben Okafor is scribe"):
        await line(db, company.as_ana(), incident, "/release Ben")
    await line(db, company.as_ben(), incident, "/giveup scribe")
    await line(db, company.as_ana(), incident, "/release Ben: great find, sleep well")
    await line(db, company.as_ana(), incident, "/release Ben")
    assert (await said(db, incident))[-1] == "released Ben Okafor: great find, sleep well"
    assert await in_room(db, incident) == [("Ana", "on_it")]
    assert await queries.duties_of(db, company.ben) == []
    await settle(db)
    (row,) = await run(db, "select message->>'text' as text from deliveries")
    assert row["text"].startswith("great find, sleep well\n")
    assert "Get some sleep." in row["text"]


async def test_an_invitation_ends_with_a_release(db: Database, company: Company, incident: Incident) -> None:
    await line(db, company.as_ana(), incident, "/invite Ben")
    async with db.unit(company.as_ana(), "web") as u:
        await parts.release(u, incident.id, company.ben)
    assert (await said(db, incident))[-1] == "released Ben Okafor, with thanks"
    assert await in_room(db, incident) == [("Ana", "on_it")]


async def test_who_only_watches_goes_when_it_is_resolved(
    db: Database, company: Company, incident: Incident
) -> None:
    await line(db, company.as_ben(), incident, "/watch")
    await line(db, company.admin(), incident, "/onit")
    async with db.unit(company.as_ana(), "web") as u:
        await commands.resolve(u, incident.id, "rolled back")
    await settle(db)
    await settle(db)
    assert (await said(db, incident))[-1] == "released who was watching: Ben Okafor"
    assert await in_room(db, incident) == [("Ada", "on_it"), ("Ana", "on_it")]
    async with db.unit(company.admin(), "web") as u:
        assert await parts.release_watchers(u, incident.id) == 0


async def test_all_at_once_each_once(db: Database, company: Company, incident: Incident) -> None:
    same = [line(db, company.as_ben(), incident, "/watch") for _ in range(4)]
    await asyncio.gather(
        *same, line(db, company.admin(), incident, "/onit"), line(db, company.admin(), incident, "/onit")
    )
    assert sorted((await said(db, incident))[1:]) == ["is watching", "joined"]


async def test_a_card_says_what_one_asks_about_somebody(
    db: Database, company: Company, incident: Incident, later: Later
) -> None:
    await line(db, company.as_ana(), incident, "/take tl")
    await line(db, company.as_ben(), incident, "/watch")
    await run(
        db,
        "insert into presence (incident_id, user_id) values ($1, $2), ($1, $3)",
        incident.id,
        company.ana,
        company.ada,
    )
    ana, ben, ada = await people_of(db, incident.id)
    assert (ana.name, ana.roles, ana.here, ana.on_call_since is not None) == (
        "Ana Silva",
        ("Tech lead",),
        True,
        True,
    )
    assert (ben.name, ben.part, ben.here, ben.last_at is not None) == ("Ben Okafor", "watching", False, True)
    assert (ada.name, ada.part, ada.pages_week) == ("Ada Admin", "looking", 0)
    await later(minutes=2)
    assert [p.name for p in await people_of(db, incident.id)] == ["Ana Silva", "Ben Okafor"]


async def test_two_hundred_people_with_roles_first(
    db: Database, company: Company, incident: Incident
) -> None:
    for n in range(200):
        user = new_id()
        await run(
            db,
            "insert into users (id, email, name) values ($1, $2, $3)",
            user,
            f"p{n}@example.org",
            f"Person {n:03}",
        )
        await run(
            db, "insert into incident_responders (incident_id, user_id, part) values ($1, $2, $3)",
            incident.id, user, "watching" if n % 2 else "on_it",
        )  # fmt: skip
    await line(db, company.as_ben(), incident, "/take scribe")
    found = await people_of(db, incident.id)
    assert len(found) == 202
    assert [p.name for p in found[:3]] == ["Ben Okafor", "Ana Silva", "Person 000"]
    parts_in_order = [p.part for p in found]
    assert parts_in_order == sorted(parts_in_order, key=["on_it", "watching"].index)


async def test_after_hours_of_it_somebody_awake_is_proposed(
    db: Database, company: Company, incident: Incident, later: Later
) -> None:
    await run(
        db,
        "update users set time_zone = 'UTC', work_starts = '00:00', work_ends = '23:59', work_days = '{1,2,3,4,5,6,7}'",
    )
    await line(db, company.as_ana(), incident, "/take im")
    assert await relief_of(db, incident) == []
    await later(hours=7)
    (relief,) = await relief_of(db, incident)
    assert (relief.holder.name, relief.why.split(" on it")[0]) == ("Ana Silva", "7 hours")
    assert [f.name for f in relief.by] == ["Ada Admin", "Ben Okafor"], (
        "not the one who only looks, nor herself"
    )
    async with db.unit(company.as_ana(), "web") as u:
        await commands.resolve(u, incident.id, "")
    resolved = await queries.incident_by_id(db, incident.id, company.ana)
    assert resolved
    assert await relief_of(db, resolved) == []


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("/offer scribe to Zoe", "must fit exactly one"), ("/offer crown to Ben", "must be one of"), ("/accept", "No role is offered to you"),
        ("/decline: busy", "No role is offered to you"), ("/takeback", "Nothing is offered"), ("/give im to Ana", "why"),
        ("/invite", "must fit exactly one"), ("/release A", "It fits: Ada Admin, Ana Silva"),
    ],
)  # fmt: skip
async def test_what_a_line_lacks_is_said(
    db: Database, company: Company, incident: Incident, text: str, why: str
) -> None:
    await line(db, company.as_ben(), incident, "/take im")
    with pytest.raises(Invalid, match=why):
        await line(db, company.as_ana(), incident, text)


async def test_a_role_is_offered_and_answered_in_lines(
    db: Database, company: Company, incident: Incident
) -> None:
    await line(db, company.as_ana(), incident, "/take tech lead")
    await line(db, company.as_ana(), incident, "/offer tl to Ben: see #12")
    await line(db, company.as_ben(), incident, "/decline: on a train")
    await line(db, company.as_ana(), incident, "/offer tl to Ben at 09:00")
    await line(db, company.as_ben(), incident, "/accept tl")
    await line(db, company.as_ana(), incident, "/takeback")
    await line(db, company.as_ana(), incident, "/offer tl to Ben")
    await line(db, company.as_ben(), incident, "/accept")
    told = (await said(db, incident))[1:]
    assert told[2] == "declined the role tech lead: on a train; Ana Silva keeps it"
    assert told[4].startswith("agreed to take the role tech lead at ")
    assert told[5] == "took back the offer of the role tech lead to Ben Okafor"
    assert told[-1] == "accepted the role tech lead, was Ana Silva"


async def test_a_viewer_only_looks(db: Database, company: Company, incident: Incident) -> None:
    for text in ("/watch", "/onit", "/invite Ben", "/release Ben", "/take scribe"):
        with pytest.raises(Forbidden):
            await line(db, company.as_vic(), incident, text)
    await line(db, company.as_ana(), incident, "/take scribe")
    with pytest.raises(Conflict, match="Transfer or give up"):
        await line(db, company.as_ana(), incident, "/leave")
