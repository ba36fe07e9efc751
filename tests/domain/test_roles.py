"""Roles: who may take which, offers that the other side accepts, hand-overs at a time; whatever happens at once."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from tests.domain.street import again, declared
from tests.support import Company
from tocsin.chatops.grammar import say_or_do
from tocsin.duty import role_tell
from tocsin.incidents import commands, privacy, role_definitions, role_offers, roles
from tocsin.incidents.model import Incident
from tocsin.incidents.queries import incident_by_id, offers_to, offers_waiting, touch_presence
from tocsin.incidents.queries import roles as holders
from tocsin.incidents.role_brief import brief_of
from tocsin.incidents.role_clock import RoleClock
from tocsin.incidents.role_definitions import RoleDraft
from tocsin.kernel.db import Actor, Database, Row
from tocsin.kernel.errors import Conflict, Forbidden, Invalid, NotFound, TocsinError
from tocsin.kernel.sql import Statement
from tocsin.kernel.work import BatchPump, Pumps
from tocsin.record.kinds import decode
from tocsin.record.queries import entries_after

Later = Callable[..., Awaitable[None]]
TL = "tech_lead"


@pytest.fixture(autouse=True)
def following(db: Database) -> None:
    """Messages follow the record, as in the app."""
    db.follows = lambda kind: role_tell.FOLLOWS.get(kind, ())


async def settle(db: Database) -> None:
    """The clock of offers, and the messages that follow."""
    batches = [BatchPump(db, kind, handle) for kind, handle in role_tell.BATCHES.items()]
    await Pumps(db, [RoleClock(db), *batches]).settle()


async def run(db: Database, text: str, *args: Any) -> list[Row]:
    return await db.rows(Statement("test", text), *args)


async def messages(db: Database) -> list[tuple[str, str]]:
    """To whom, and how it begins."""
    rows = await run(
        db,
        "select u.name, d.message ->> 'subject' as subject from deliveries d join users u on u.id = d.user_id"
        " where d.purpose = 'notice' order by d.queued_at, u.name",
    )
    return [(row["name"].split()[0], row["subject"]) for row in rows]


async def said(db: Database, incident: Incident) -> list[str]:
    return [decode(e.kind, e.payload).sentence() for e in await entries_after(db, incident.id)]


async def take(db: Database, actor: Actor, incident: Incident, role: str = TL, despite: str = "") -> None:
    async with db.unit(actor, "web") as u:
        await roles.take_role(u, incident.id, role, despite=despite)


async def offer(
    db: Database, actor: Actor, incident: Incident, to: UUID, role: str = TL, **more: Any
) -> UUID:
    async with db.unit(actor, "web") as u:
        return await role_offers.offer_role(u, incident.id, role, to, **more)


async def accept(db: Database, actor: Actor, offer_id: UUID) -> None:
    async with db.unit(actor, "web") as u:
        await role_offers.accept_role(u, offer_id)


async def decline(db: Database, actor: Actor, offer_id: UUID, why: str = "") -> None:
    async with db.unit(actor, "web") as u:
        await role_offers.decline_role(u, offer_id, why=why)


async def say(db: Database, actor: Actor, incident: Incident, text: str) -> None:
    async with db.unit(actor, "web") as u:
        await say_or_do(u, incident, text)


async def lead(db: Database, incident: Incident, role: str = TL) -> str | None:
    return next((h.name for h in await holders(db, incident.id) if h.role == role), None)


@pytest.fixture
async def incident(db: Database, company: Company) -> Incident:
    """Ana is tech lead."""
    found = await declared(db, company.as_ana())
    await take(db, company.as_ana(), found)
    return found


async def test_the_holder_keeps_a_role_until_the_other_side_accepts(
    db: Database, company: Company, incident: Incident
) -> None:
    offer_id = await offer(db, company.as_ana(), incident, company.ben, brief="Rolling back 42")
    assert await lead(db, incident) == "Ana Silva"
    (waiting,) = await offers_to(db, company.ben)
    assert (waiting.by_name, waiting.from_name, waiting.words, waiting.brief) == (
        "Ana Silva", "Ana Silva", "tech lead", "Rolling back 42",
    )  # fmt: skip
    with pytest.raises(Forbidden, match="offered to Ben Okafor"):
        await accept(db, company.admin(), offer_id)
    await accept(db, company.as_ben(), offer_id)
    await accept(db, company.as_ben(), offer_id)
    assert await lead(db, incident) == "Ben Okafor"
    assert await offers_to(db, company.ben) == []
    assert (await said(db, incident))[-2:] == [
        "offered the role tech lead to Ben Okafor", "accepted the role tech lead, was Ana Silva",
    ]  # fmt: skip
    await settle(db)
    assert await messages(db) == [], "who has answered before the message went is not told"


async def test_an_offer_is_told_and_a_refusal_too(db: Database, company: Company, incident: Incident) -> None:
    offer_id = await offer(db, company.as_ana(), incident, company.ben)
    await settle(db)
    await decline(db, company.as_ben(), offer_id, "I am on a train")
    await decline(db, company.as_ben(), offer_id)
    await settle(db)
    assert await lead(db, incident) == "Ana Silva"
    assert (await said(db, incident))[-1] == (
        "declined the role tech lead: I am on a train; Ana Silva keeps it"
    )
    assert await messages(db) == [
        ("Ben", "Ana Silva offers you tech lead of INC-1"), ("Ana", "Ben Okafor declined tech lead of INC-1"),
    ]  # fmt: skip
    with pytest.raises(Conflict, match="Ana Silva is tech lead"):
        await accept(db, company.as_ben(), offer_id)


async def test_without_an_answer_it_is_asked_again_and_then_lapses(
    db: Database, company: Company, incident: Incident, later: Later
) -> None:
    await offer(db, company.as_ana(), incident, company.ben)
    await settle(db)
    await later(minutes=6)
    await settle(db)
    assert (await said(db, incident))[-1] == "asked Ben Okafor again to take the role tech lead"
    await later(minutes=10)
    await settle(db)
    await settle(db)
    assert await lead(db, incident) == "Ana Silva"
    assert (await said(db, incident))[-1] == (
        "noted that the role tech lead did not go to Ben Okafor, who did not answer in time; Ana Silva keeps it"
    )
    assert await messages(db) == [
        ("Ben", "Ana Silva offers you tech lead of INC-1"),
        ("Ben", "Still open: Ana Silva offers you tech lead of INC-1"),
        ("Ana", "Ben Okafor did not answer about tech lead of INC-1"),
    ]


async def test_a_planned_hand_over_moves_at_its_time_if_it_was_accepted(
    db: Database, company: Company, incident: Incident, later: Later
) -> None:
    at = await db.clock() + timedelta(hours=2)
    offer_id = await offer(db, company.as_ana(), incident, company.ben, effective_at=at)
    await accept(db, company.as_ben(), offer_id)
    await settle(db)
    assert await lead(db, incident) == "Ana Silva", "agreed is not yet handed over"
    await later(minutes=91)
    await settle(db)
    assert (await said(db, incident))[-1].startswith("reminded: Ben Okafor takes the role tech lead at ")
    await later(minutes=30)
    await settle(db)
    assert await lead(db, incident) == "Ben Okafor"
    last = (await entries_after(db, incident.id))[-1]
    assert (last.door, decode(last.kind, last.payload).sentence()) == (
        "engine", "handed the role tech lead to Ben Okafor as agreed, was Ana Silva",
    )  # fmt: skip
    assert sorted(who for who, _ in await messages(db)) == ["Ana", "Ana", "Ben"]


async def test_a_planned_hand_over_waits_for_the_yes_and_then_gives_up(
    db: Database, company: Company, incident: Incident, later: Later
) -> None:
    at = await db.clock() + timedelta(hours=1)
    late = await offer(db, company.as_ana(), incident, company.ben, effective_at=at)
    await later(minutes=61)
    await settle(db)
    assert await lead(db, incident) == "Ana Silva", "nobody has accepted"
    await accept(db, company.as_ben(), late)
    assert await lead(db, incident) == "Ben Okafor", "after its time it moves with the yes"
    at = await db.clock() + timedelta(minutes=10)
    await offer(db, company.as_ben(), incident, company.ana, effective_at=at)
    await later(minutes=26)
    await settle(db)
    assert await lead(db, incident) == "Ben Okafor"
    assert "did not answer in time" in (await said(db, incident))[-1]


@pytest.mark.parametrize("minutes", [-1, 60 * 24 * 8])
async def test_a_time_is_ahead_and_near(
    db: Database, company: Company, incident: Incident, minutes: int
) -> None:
    at = await db.clock() + timedelta(minutes=minutes)
    with pytest.raises(Invalid, match="within the next 7 days"):
        await offer(db, company.as_ana(), incident, company.ben, effective_at=at)


async def test_others_offer_only_while_the_holder_is_away(
    db: Database, company: Company, incident: Incident, later: Later
) -> None:
    await touch_presence(db, incident.id, company.ana)
    with pytest.raises(Forbidden, match="Ana Silva is tech lead and in the room"):
        await offer(db, company.as_ben(), incident, company.ada)
    await take(db, company.admin(), incident, "incident_manager")
    first = await offer(db, company.admin(), incident, company.ben)
    with pytest.raises(Forbidden, match="in the room"):
        async with db.unit(company.as_ben(), "web") as u:
            await role_offers.withdraw_offer(u, first)
    async with db.unit(company.as_ana(), "web") as u:
        await role_offers.withdraw_offer(u, first, why="not now")
        await role_offers.withdraw_offer(u, first)
    assert (await said(db, incident))[-1] == (
        "took back the offer of the role tech lead to Ben Okafor: not now"
    )
    await later(minutes=3)
    await offer(db, company.as_ben(), incident, company.ada)
    with pytest.raises(Conflict, match="offered to Ada Admin already"):
        await offer(db, company.as_ana(), incident, company.ben)


async def test_two_take_one_role_at_once(db: Database, company: Company) -> None:
    incident = await declared(db, company.admin())
    answers = await asyncio.gather(
        take(db, company.as_ana(), incident), take(db, company.as_ben(), incident), return_exceptions=True
    )
    winner = await lead(db, incident)
    assert winner in ("Ana Silva", "Ben Okafor")
    (refused,) = [str(answer) for answer in answers if answer is not None]
    assert refused.startswith(f"{winner} is tech lead. ")


async def test_accepted_and_taken_back_at_once(db: Database, company: Company, incident: Incident) -> None:
    offer_id = await offer(db, company.as_ana(), incident, company.ben)

    async def take_back() -> None:
        async with db.unit(company.as_ana(), "web") as u:
            await role_offers.withdraw_offer(u, offer_id)

    answers = await asyncio.gather(
        accept(db, company.as_ben(), offer_id), take_back(), return_exceptions=True
    )
    refused = [answer for answer in answers if answer is not None]
    assert len(refused) == 1
    assert isinstance(refused[0], Conflict)
    moved = answers[0] is None
    assert await lead(db, incident) == ("Ben Okafor" if moved else "Ana Silva")
    assert f"{await lead(db, incident)} is tech lead" in str(refused[0])


async def test_at_once_only_with_a_reason_and_what_was_offered_is_over(
    db: Database, company: Company, incident: Incident
) -> None:
    offer_id = await offer(db, company.as_ana(), incident, company.ada)
    with pytest.raises(Invalid, match="Offer the role, or say why"):
        async with db.unit(company.as_ben(), "web") as u:
            await roles.transfer_role(u, incident.id, TL, company.ben)
    async with db.unit(company.as_ben(), "web") as u:
        await roles.transfer_role(u, incident.id, TL, company.ben, why="Ana does not answer")
    assert (await said(db, incident))[-1] == (
        "gave the role tech lead to Ben Okafor, was Ana Silva: Ana does not answer"
    )
    with pytest.raises(Conflict, match=r"not open any more\. Ben Okafor is tech lead"):
        await accept(db, company.admin(), offer_id)


async def test_nobody_is_locked_out_of_a_role_for_some(db: Database, company: Company) -> None:
    async with db.unit(company.admin(), "web") as u:
        name = await role_definitions.define(
            u, RoleDraft("Security lead", "Keep the evidence.", named=True, user_ids=(company.ana,))
        )
    incident = await declared(db, company.as_ben())
    assert await role_definitions.takeable(db, company.ben) == {
        "incident_manager", "tech_lead", "communications_manager", "scribe",
    }  # fmt: skip
    with pytest.raises(Conflict, match="security lead is for Ana Silva"):
        await take(db, company.as_ben(), incident, name)
    await take(db, company.as_ben(), incident, name, "nobody else is awake")
    assert (await said(db, incident))[-1] == (
        "took the role security lead all the same, although not named for it: nobody else is awake"
    )
    with pytest.raises(Conflict, match="is for Ana Silva"):
        await offer(db, company.as_ben(), incident, company.ada, name)
    offer_id = await offer(db, company.as_ben(), incident, company.ana, name)
    await accept(db, company.as_ana(), offer_id)
    assert await lead(db, incident, name) == "Ana Silva"


async def test_members_of_a_team_may(db: Database, company: Company) -> None:
    async with db.unit(company.admin(), "web") as u:
        await role_definitions.change_role(
            u, TL, RoleDraft("Tech lead", named=True, team_ids=(company.team,))
        )
    incident = await declared(db, company.admin())
    with pytest.raises(Conflict, match="members of Payments"):
        await take(db, company.admin(), incident)
    await take(db, company.as_ben(), incident)


async def test_roles_of_ones_own(db: Database, company: Company, incident: Incident) -> None:
    with pytest.raises(Forbidden):
        async with db.unit(company.as_ana(), "web") as u:
            await role_definitions.define(u, RoleDraft("Liaison"))
    async with db.unit(company.admin(), "web") as u:
        assert await role_definitions.define(u, RoleDraft("  Customer liaison ")) == "customer_liaison"
    for draft in (RoleDraft("customer LIAISON"), RoleDraft("Tech Lead")):
        with pytest.raises(Conflict, match="already"):
            async with db.unit(company.admin(), "web") as u:
                await role_definitions.define(u, draft)
    with pytest.raises(Invalid):
        async with db.unit(company.admin(), "web") as u:
            await role_definitions.define(u, RoleDraft("…"))
    await take(db, company.as_ben(), incident, "customer_liaison")
    async with db.unit(company.admin(), "web") as u:
        await role_definitions.change_role(u, "customer_liaison", RoleDraft("Customer voice", "Listen."))
        await role_definitions.put_away(u, "customer_liaison")
    assert [h.title for h in await holders(db, incident.id)] == ["Tech lead", "Customer voice"]
    with pytest.raises(Invalid, match="must be one of"):
        await take(db, company.as_ana(), incident, "customer_liaison")
    async with db.unit(company.as_ana(), "web") as u:
        await roles.transfer_role(u, incident.id, "Customer voice", company.ana, why="Ben sleeps")
    async with db.unit(company.as_ana(), "web") as u:
        await roles.give_up_role(u, incident.id, "customer_liaison")
    assert [h.title for h in await holders(db, incident.id)] == ["Tech lead"]
    with pytest.raises(Invalid, match="must be one of"):
        async with db.unit(company.as_ana(), "web") as u:
            await roles.transfer_role(u, incident.id, "customer_liaison", company.ben)
    with pytest.raises(Conflict, match="stay"):
        async with db.unit(company.admin(), "web") as u:
            await role_definitions.put_away(u, "scribe")
    with pytest.raises(NotFound):
        async with db.unit(company.admin(), "web") as u:
            await role_definitions.change_role(u, "crown", RoleDraft("Crown"))
    async with db.unit(company.admin(), "web") as u:
        assert await role_definitions.define(u, RoleDraft("Customer liaison", "Back")) == "customer_liaison"


async def test_a_private_incident_is_opened_for_who_is_asked_and_says_nothing_outside(
    db: Database, company: Company, later: Later
) -> None:
    incident = await declared(db, company.as_ana(), "Payroll leaked", private=True)
    await take(db, company.as_ana(), incident)
    assert await incident_by_id(db, incident.id, company.ben) is None
    at = await db.clock() + timedelta(hours=1)
    offer_id = await offer(db, company.as_ana(), incident, company.ben, brief="Payroll", effective_at=at)
    assert await incident_by_id(db, incident.id, company.ben) is not None
    await settle(db)
    ((subject, text),) = [
        (row["subject"], row["text"])
        for row in await run(
            db, "select message->>'subject' as subject, message->>'text' as text from deliveries"
        )
    ]
    assert "Payroll" not in subject + text
    await accept(db, company.as_ben(), offer_id)
    async with db.unit(company.as_ana(), "web") as u:
        await privacy.remove_member(u, incident.id, company.ben)
    assert await offers_to(db, company.ben) == []
    with pytest.raises(NotFound):
        await decline(db, company.as_ben(), offer_id)
    await later(minutes=61)
    await settle(db)
    assert await lead(db, incident) == "Ana Silva", "who was taken out does not come back with a role"
    assert await incident_by_id(db, incident.id, company.ben) is None


async def test_nothing_moves_in_what_is_over(
    db: Database, company: Company, incident: Incident, later: Later
) -> None:
    at = await db.clock() + timedelta(minutes=45)
    offer_id = await offer(db, company.as_ana(), incident, company.ben, effective_at=at)
    await accept(db, company.as_ben(), offer_id)
    await run(db, "update role_offers set by_user_id = null")
    async with db.unit(company.as_ana(), "web") as u:
        await commands.resolve(u, incident.id, "done")
    await later(minutes=46)
    await settle(db)
    assert await lead(db, incident) == "Ana Silva"
    assert (await again(db, incident)).resolved_at is not None
    with pytest.raises(Conflict, match="resolved"):
        await offer(db, company.as_ana(), incident, company.ben)


async def test_a_brief_is_made_from_the_state(db: Database, company: Company, incident: Incident) -> None:
    await say(db, company.as_ben(), incident, "/claim the database")
    brief = await brief_of(db, incident.id)
    assert brief.splitlines()[0] == "SEV1, investigating: Checkout is failing"
    assert "Under way: claim by Ben Okafor: the database" in brief
    assert "Next update promised for " in brief
    assert brief.endswith("Tech lead: Ana Silva")


def replayed(entries: list[Any]) -> tuple[dict[str, UUID], dict[UUID, str]]:
    """Holders and offers as the record alone tells them."""
    held: dict[str, UUID] = {}
    offers: dict[UUID, tuple[str, str]] = {}
    for entry in entries:
        p = decode(entry.kind, entry.payload)
        match entry.kind:
            case "role_taken":
                held[p.role] = entry.actor_id
            case "role_transferred":
                held[p.role] = p.to_id
            case "role_given_up":
                held.pop(p.role)
            case "role_offered":
                offers[p.offer_id] = (p.role, "open")
            case "role_offer_accepted":
                offers[p.offer_id] = (p.role, "accepted")
            case "role_offer_closed":
                offers[p.offer_id] = (p.role, p.outcome)
        if entry.kind in ("role_taken", "role_transferred"):
            over = "moved" if getattr(p, "how", "") else "withdrawn"
            offers |= {
                i: (r, over) for i, (r, s) in offers.items() if r == p.role and s in ("open", "accepted")
            }
    return held, {offer_id: state for offer_id, (_, state) in offers.items()}


@pytest.mark.parametrize("seed", range(12))
async def test_any_interleaving_equals_its_replay(
    db: Database, company: Company, later: Later, seed: int
) -> None:
    """Three people do what comes to their mind, two at a time; rows are what the record says, and a role has one holder."""
    drawn = random.Random(seed)  # noqa: S311 - the same each time
    incident = await declared(db, company.as_ana())
    actors = [company.as_ana(), company.as_ben(), company.admin()]
    ids = [company.ana, company.ben, company.ada]
    for _ in range(14):
        moves = [_drawn(db, drawn, incident, drawn.choice(actors), drawn.choice(ids)) for _ in range(2)]
        for answer in await asyncio.gather(*moves, return_exceptions=True):
            assert answer is None or isinstance(answer, TocsinError), repr(answer)
        if drawn.random() < 0.3:
            await later(minutes=drawn.choice((3, 6, 40)))
            await RoleClock(db).turn()
        held, offers = replayed(await entries_after(db, incident.id))
        rows = await run(db, "select role, user_id from incident_roles where incident_id = $1", incident.id)
        assert {row["role"]: row["user_id"] for row in rows} == held
        rows = await run(db, "select id, state from role_offers where incident_id = $1", incident.id)
        assert {row["id"]: row["state"] for row in rows} == offers


async def _drawn(db: Database, drawn: random.Random, incident: Incident, actor: Actor, to: UUID) -> None:
    what, role = drawn.randrange(7), drawn.choice((TL, "scribe"))
    planned, why = drawn.random() < 0.5, drawn.choice(("", "asleep"))
    waiting = await offers_waiting(db, incident.id)
    chosen = drawn.choice(waiting).id if waiting else None
    at = await db.clock() + timedelta(minutes=20) if planned else None
    async with db.unit(actor, "web") as u:
        if what == 0:
            await roles.take_role(u, incident.id, role)
        elif what == 1:
            await roles.transfer_role(u, incident.id, role, to, why=why)
        elif what == 2:
            await roles.give_up_role(u, incident.id, role)
        elif chosen is None or what == 3:
            await role_offers.offer_role(u, incident.id, role, to, effective_at=at)
        elif what == 4:
            await role_offers.withdraw_offer(u, chosen)
    if chosen is not None and what >= 5:
        found = next(o for o in waiting if o.id == chosen)
        yes = Actor(found.to_user_id, found.to_name, "user", "member")
        await (accept(db, yes, chosen) if what == 5 else decline(db, yes, chosen))
