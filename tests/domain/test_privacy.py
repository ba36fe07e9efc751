"""Private incidents: named people and teams see them, nobody else, and whoever is taken out loses them at once."""

import asyncio
from uuid import UUID

import pytest

from tests.domain.street import again, declared
from tests.support import Company
from tocsin.chatops.grammar import say_or_do
from tocsin.incidents import commands, entries, parts, privacy, queries, roles, updates
from tocsin.incidents.model import Incident
from tocsin.kernel.db import Actor, Database
from tocsin.kernel.errors import Conflict, Invalid, NotFound
from tocsin.kernel.sql import Statement
from tocsin.people import commands as accounts
from tocsin.record.queries import entries_after


async def sees(db: Database, incident: Incident, viewer: UUID | None) -> bool:
    """By key, by id and in lists: all say the same."""
    found = {
        await queries.incident_by_key(db, incident.key, viewer) is not None,
        await queries.incident_by_id(db, incident.id, viewer) is not None,
        incident.key in {card.key for card in await queries.incident_cards(db, viewer)},
    }
    assert len(found) == 1
    return found.pop()


async def do(db: Database, actor: Actor, incident: Incident, line: str) -> None:
    async with db.unit(actor, "web") as u:
        await say_or_do(u, incident, line)


async def test_a_team_sees_it_while_its_people_are_in_the_team(db: Database, company: Company) -> None:
    incident = await declared(db, company.admin(), private=True)
    assert await sees(db, incident, company.ada)
    assert not await sees(db, incident, company.ana)
    async with db.unit(company.admin(), "web") as u:
        await privacy.let_team_in(u, incident.id, company.team)
        await privacy.let_team_in(u, incident.id, company.team)
    assert [(t.name, t.people) for t in await privacy.teams(db, incident.id)] == [("Payments", 2)]
    assert await sees(db, incident, company.ana)
    async with db.unit(company.admin(), "web") as u:
        await accounts.remove_member(u, company.team, company.ana)
    assert not await sees(db, incident, company.ana)
    assert await sees(db, incident, company.ben)
    async with db.unit(company.as_ben(), "web") as u:
        await parts.join(u, incident.id)
        await privacy.remove_team(u, incident.id, company.team)
    assert not await sees(db, incident, company.ben)
    assert [r.user_id for r in await queries.responders(db, incident.id)] == [company.ada], (
        "who sees it not takes no part"
    )
    kinds = [e.kind for e in await entries_after(db, incident.id)]
    assert kinds == ["incident_declared", "team_let_in", "responder_joined", "team_taken_out"]


async def test_whoever_leaves_a_team_is_told_at_once(db: Database, company: Company) -> None:
    """The rooms that watch ask anew, although the incident itself did not change."""
    incident = await declared(db, company.admin(), private=True)
    async with db.unit(company.admin(), "web") as u:
        await privacy.let_team_in(u, incident.id, company.team)
    told = asyncio.Event()
    connection = await db.pool.acquire()
    await connection.add_listener(
        "tocsin", lambda *a: told.set() if a[-1] == f"incident:{incident.id}" else None
    )
    async with db.unit(company.admin(), "web") as u:
        await accounts.remove_member(u, company.team, company.ana)
    await asyncio.wait_for(told.wait(), 10)
    await connection.reset()
    await db.pool.release(connection)


async def test_made_private_later_and_opened_again(db: Database, company: Company) -> None:
    incident = await declared(db, company.as_ana())
    async with db.unit(company.as_ben(), "web") as u:
        await roles.take_role(u, incident.id, "tech_lead")
    await do(db, company.admin(), incident, "/private somebody's data")
    for viewer, may in (
        (company.ana, True),
        (company.ben, True),
        (company.ada, True),
        (company.vic, False),
        (None, False),
    ):
        assert await sees(db, incident, viewer) is may
    said = (await entries_after(db, incident.id))[-1]
    assert said.payload == {"people": ["Ada Admin", "Ana Silva", "Ben Okafor"], "why": "somebody's data"}
    await do(db, company.admin(), incident, "/private")
    with pytest.raises(Invalid, match="If you are sure"):
        await do(db, company.admin(), incident, "/open-to-all")
    with pytest.raises(Invalid, match="sure"):
        async with db.unit(company.admin(), "web") as u:
            await privacy.make_public(u, incident.id)
    await do(db, company.admin(), incident, "/open-to-all sure it was test data")
    assert await sees(db, incident, company.vic)
    await do(db, company.admin(), incident, "/open-to-all sure")
    with pytest.raises(Invalid, match="already"):
        await do(db, company.admin(), incident, "/let-in vic")
    assert (await again(db, incident)).head == 4


async def test_what_the_public_knows_is_not_made_private(db: Database, company: Company) -> None:
    incident = await declared(db, company.as_ana())
    async with db.unit(company.as_ana(), "web") as u:
        await updates.publish_update(
            u, incident.id, audience="public", state="Payments fail", title="Payments fail"
        )
    with pytest.raises(Conflict, match="status page"):
        await do(db, company.as_ana(), incident, "/private")


async def test_people_are_let_in_and_taken_out_by_name(db: Database, company: Company) -> None:
    incident = await declared(db, company.as_ana(), private=True)
    await do(db, company.as_ana(), incident, "/let-in ben")
    await do(db, company.as_ben(), incident, "/let-in team payments")
    await do(db, company.as_ben(), incident, "/take-out team Payments")
    await do(db, company.as_ben(), incident, "/take-out ana")
    assert not await sees(db, incident, company.ana), "whoever declared it can be taken out, too"
    with pytest.raises(NotFound):
        await do(db, company.as_ana(), incident, "still here")
    with pytest.raises(Conflict, match="Nobody could see"):
        await do(db, company.as_ben(), incident, "/take-out ben")
    assert await sees(db, incident, company.ben)
    await do(db, company.as_ben(), incident, "/let-in ana")
    await do(db, company.as_ben(), incident, "/give im to ana")
    with pytest.raises(Conflict, match="Ana Silva is incident manager"):
        await do(db, company.as_ben(), incident, "/take-out ana")
    for line in ("/let-in team Nobodies", "/take-out team", "/let-in zoe"):
        with pytest.raises(Invalid):
            await do(db, company.as_ben(), incident, line)


async def test_a_role_that_was_given_shows_the_incident_for_good(db: Database, company: Company) -> None:
    incident = await declared(db, company.as_ana(), private=True)
    await do(db, company.as_ana(), incident, "/take im")
    async with db.unit(company.as_ana(), "web") as u:
        await roles.transfer_role(u, incident.id, "incident_manager", company.ben, why="I sleep")
    await do(db, company.as_ben(), incident, "/take-out ana")
    await do(db, company.as_ben(), incident, "/giveup im")
    assert await sees(db, incident, company.ben), "somebody always sees it"


async def test_who_sees_it_last_by_a_role_keeps_the_role(db: Database, company: Company) -> None:
    incident = await declared(db, company.as_ana(), private=True)
    await do(db, company.as_ana(), incident, "/take im")
    await db.run(Statement("test", "delete from incident_members where incident_id = $1"), incident.id)
    with pytest.raises(Conflict, match="Nobody could see"):
        await do(db, company.as_ana(), incident, "/giveup im")
    assert await sees(db, incident, company.ana)


async def test_commands_of_an_outsider_find_nothing(db: Database, company: Company) -> None:
    incident = await declared(db, company.as_ana(), private=True)
    for act in (
        lambda u: privacy.make_public(u, incident.id, sure=True),
        lambda u: privacy.make_private(u, incident.id),
        lambda u: privacy.add_member(u, incident.id, company.ben),
        lambda u: privacy.remove_member(u, incident.id, company.ana),
        lambda u: privacy.let_team_in(u, incident.id, company.team),
        lambda u: privacy.remove_team(u, incident.id, company.team),
        lambda u: entries.say(u, incident.id, "x"),
        lambda u: commands.resolve(u, incident.id),
    ):
        with pytest.raises(NotFound, match=r"^There is no such incident\.$"):
            async with db.unit(company.as_ben(), "web") as u:
                await act(u)


async def test_presence_ends_with_the_sight(db: Database, company: Company) -> None:
    incident = await declared(db, company.as_ana(), private=True)
    await do(db, company.as_ana(), incident, "/let-in ben")
    await queries.touch_presence(db, incident.id, company.ben)
    await do(db, company.as_ana(), incident, "/take-out ben")
    assert await queries.presence(db, incident.id) == []
