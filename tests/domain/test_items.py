"""Claims, hypotheses, tasks, decisions, the board: nobody works twice without knowing, and the items are what their entries say."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from tests.domain.street import declared, street
from tests.domain.test_incidents import sentences
from tests.support import Company, told_by
from tocsin.chatops.grammar import say_or_do
from tocsin.duty import nudges
from tocsin.incidents import claims, commands, queries, tasks, updates
from tocsin.incidents.item_clock import ItemClock
from tocsin.incidents.item_model import Board, Item, ItemState
from tocsin.incidents.item_queries import board_of, items_of, unknowns_of
from tocsin.incidents.items import COLUMNS, LooksAlike
from tocsin.incidents.model import Incident
from tocsin.kernel.db import Actor, Database
from tocsin.kernel.errors import Conflict, Invalid, NotFound, TocsinError
from tocsin.kernel.sql import Statement
from tocsin.kernel.work import BatchPump, Pumps
from tocsin.learning import queries as learning
from tocsin.record.kinds import decode
from tocsin.record.queries import entries_after

Later = Callable[..., Awaitable[None]]


async def fold_items(db: Database, incident_id: UUID) -> None:
    """Folds the entries about items into rows and compares them with the stored ones. Of items whose words were taken out it is only
    known that they are there; of a single entry without its words, which columns it may have set."""
    folded: dict[int, dict[str, Any]] = {}
    taken_out, unsure = set(), set()
    for entry in await entries_after(db, incident_id, 0, 100_000):
        if entry.redacted_at is not None:
            columns = told_by(entry.kind, "item")
            if "kind" in columns:
                taken_out.add(entry.seq)
            unsure |= columns - {"kind", "text"}
            continue
        if entry.kind == "incident_imported":
            unsure.add("nudged_at")  # Nobody is reminded of what is over.
        payload = decode(entry.kind, entry.payload)
        if hasattr(payload, "item"):
            row = folded.setdefault(getattr(payload, "seq", entry.seq), {})
            row.update(payload.item())
    stored = {item.seq: asdict(item) for item in await items_of(db, incident_id)}
    # One that was imported without its words is no item here.
    assert folded.keys() - taken_out <= stored.keys() <= folded.keys() | taken_out
    for seq, row in folded.items():
        if seq in taken_out:
            continue
        for column in set(COLUMNS) - unsure:
            said, kept = row.get(column), stored[seq][column]
            assert (said or None) == (kept or None), (
                f"#{seq} {column}: {kept!r}, but its entries say {said!r}"
            )


async def board(db: Database, incident: Incident) -> Board:
    return await board_of(db, incident.id)


async def do(db: Database, actor: Actor, act: Callable[..., Awaitable[Any]], *args: Any, **more: Any) -> Any:
    async with db.unit(actor, "web") as u:
        return await act(u, *args, **more)


async def test_a_claim_lives(db: Database, company: Company) -> None:
    incident = await declared(db, company.as_ana())
    seq = await do(db, company.as_ana(), claims.claim, incident.id, "the  connection\npool", company.service)
    (one,) = (await board(db, incident)).claims
    assert (one.seq, one.text, one.owner, one.service) == (
        seq,
        "the connection pool",
        "Ana Silva",
        "Checkout",
    )
    await do(db, company.as_ben(), claims.join, incident.id, seq)
    await do(db, company.as_ben(), claims.join, incident.id, seq)
    assert (await board(db, incident)).claims[0].people == ("Ben Okafor",)
    await do(db, company.as_ana(), claims.hand, incident.id, seq, company.ben)
    assert (await board(db, incident)).claims[0].owner == "Ben Okafor"
    await do(db, company.as_ben(), claims.finish, incident.id, seq, "it is full of idle connections")
    with pytest.raises(Conflict, match="done already"):
        await do(db, company.as_ana(), claims.finish, incident.id, seq)
    assert (await sentences(db, incident))[1:] == [
        "is looking at the connection pool (service: Checkout)", f"joined with Ana Silva: “the connection pool” (#{seq})",
        f"handed “the connection pool” (#{seq}) to Ben Okafor",
        f"finished “the connection pool” (#{seq}): it is full of idle connections",
    ]  # fmt: skip
    await fold_items(db, incident.id)


@pytest.mark.parametrize(
    ("first", "second", "same_service"),
    [
        ("Redis memory", "redis memory is full", False),
        ("connection pool of checkout", "the connection pools", False),
        ("slow queries on the replica", "replica: slow queries", False),
        ("checkout deploys of today", "what was deployed to checkout", True),
    ],
)
async def test_a_second_claim_like_the_first_asks_whether_to_join(
    db: Database, company: Company, first: str, second: str, same_service: bool
) -> None:
    incident = await declared(db, company.as_ana())
    about = company.service if same_service else None
    seq = await do(db, company.as_ana(), claims.claim, incident.id, first, about)
    with pytest.raises(LooksAlike, match="Ana Silva is looking at") as caught:
        await do(db, company.as_ben(), claims.claim, incident.id, second, about)
    assert [a.seq for a in caught.value.alike] == [seq]
    assert len((await board(db, incident)).claims) == 1, "nothing was saved"
    await do(db, company.as_ben(), claims.claim, incident.id, second, about, anyway=True)
    assert len((await board(db, incident)).claims) == 2
    await fold_items(db, incident.id)


async def test_different_things_and_finished_ones_do_not_ask(db: Database, company: Company) -> None:
    incident = await declared(db, company.as_ana())
    seq = await do(db, company.as_ana(), claims.claim, incident.id, "Redis memory")
    await do(db, company.as_ben(), claims.claim, incident.id, "certificates of the gateway")
    await do(db, company.as_ana(), claims.claim, incident.id, "Redis memory of the second node")
    await do(db, company.as_ana(), claims.drop, incident.id, seq, "not it")
    for item in (await board(db, incident)).claims[:2]:
        if item.open:
            await do(db, company.as_ana(), claims.drop, incident.id, item.seq)
    await do(db, company.as_ben(), claims.claim, incident.id, "Redis memory")


async def test_two_claim_the_same_at_once_and_only_one_is_not_asked(db: Database, company: Company) -> None:
    incident = await declared(db, company.as_ana())
    tries = [do(db, actor, claims.claim, incident.id, "the load balancer") for actor in (company.as_ana(), company.as_ben(), company.admin())]  # fmt: skip
    found = await asyncio.gather(*tries, return_exceptions=True)
    assert sum(isinstance(f, int) for f in found) == 1
    assert sum(isinstance(f, LooksAlike) for f in found) == 2


async def test_a_double_click_claims_once(db: Database, company: Company) -> None:
    incident, seqs = await declared(db, company.as_ana()), []
    for _ in range(2):
        async with db.unit(company.as_ana(), "web", "one-click") as u:
            seqs.append(await claims.claim(u, incident.id, "the cache"))
    assert seqs[0] == seqs[1]
    assert len((await board(db, incident)).claims) == 1


async def test_a_hypothesis_has_a_verdict_that_may_change(db: Database, company: Company) -> None:
    incident = await declared(db, company.as_ana())
    seq = await do(db, company.as_ana(), claims.claim, incident.id, "a bad deploy", hypothesis=True)
    await do(db, company.as_ben(), claims.add_evidence, incident.id, seq, "2")
    await do(db, company.as_ben(), claims.add_evidence, incident.id, seq, "https://grafana.example/d/1")
    await do(db, company.as_ben(), claims.add_evidence, incident.id, seq, "#2")
    await do(db, company.as_ben(), claims.judge, incident.id, seq, "supported", "errors began with it")
    await do(db, company.as_ana(), claims.judge, incident.id, seq, "disproved", "they began before")
    (one,) = (await board(db, incident)).hypotheses
    assert (one.state, one.outcome) == (ItemState.DISPROVED, "they began before")
    assert one.evidence == ("#2", "https://grafana.example/d/1")
    for bad in ("javascript:alert(1)", "x", "", "ftp://example.org"):
        with pytest.raises(Invalid):
            await do(db, company.as_ana(), claims.add_evidence, incident.id, seq, bad)
    with pytest.raises(Invalid, match="Verdict must be"):
        await do(db, company.as_ana(), claims.judge, incident.id, seq, "done")
    await fold_items(db, incident.id)


async def test_decisions_keep_their_reason_and_their_undo(db: Database, company: Company) -> None:
    incident = await declared(db, company.as_ana())
    seq = await do(
        db, company.as_ana(), tasks.decide, incident.id, "Roll back.", why="errors rose", undo="deploy 142"
    )
    assert (await sentences(db, incident))[
        -1
    ] == "decided: Roll back, because errors rose. To undo: deploy 142"
    await do(db, company.as_ben(), tasks.undo, incident.id, seq, "it made things worse")
    with pytest.raises(Conflict, match="taken back already"):
        await do(db, company.as_ben(), tasks.undo, incident.id, seq)
    (one,) = (await board(db, incident)).decisions
    assert (one.state, one.outcome, one.undo) == (ItemState.DROPPED, "it made things worse", "deploy 142")
    await fold_items(db, incident.id)


async def test_tasks_and_the_postmortem_that_they_become(db: Database, company: Company) -> None:
    pumps = street(db)
    incident = await declared(db, company.as_ana())
    due = await db.clock() + timedelta(minutes=20)
    kept = await do(
        db, company.as_ana(), tasks.make, incident.id, "Write a runbook", owner_id=company.ben, due_at=due
    )
    done = await do(db, company.as_ana(), tasks.make, incident.id, "Restart the pods")
    await do(db, company.as_ben(), tasks.take, incident.id, done)
    await do(db, company.as_ben(), tasks.finish, incident.id, done, "twice")
    gone = await do(db, company.as_ana(), tasks.make, incident.id, "Call the vendor")
    await do(db, company.as_ana(), tasks.cancel, incident.id, gone, "they called")
    await do(db, company.as_ana(), tasks.reopen, incident.id, gone)
    await do(db, company.as_ana(), tasks.cancel, incident.id, gone)
    assert [t.seq for t in (await board(db, incident)).tasks] == [kept, gone, done]
    with pytest.raises(Invalid):
        await do(db, company.as_ana(), tasks.make, incident.id, "Too late", due_at=due - timedelta(days=1))
    await fold_items(db, incident.id)
    await do(db, company.as_ana(), commands.resolve, incident.id, "fixed")
    await pumps.settle()
    document = await learning.postmortem_of(db, incident.id)
    assert document
    assert [(a.title, a.owner) for a in await learning.actions_of(db, document.id)] == [
        ("Write a runbook", "Ben Okafor")
    ]


async def test_the_board_is_what_every_update_answers(db: Database, company: Company) -> None:
    incident = await declared(db, company.as_ana())
    seq = await do(db, company.as_ana(), tasks.ask, incident.id, "How many customers?")
    await do(db, company.as_ana(), tasks.ask, incident.id, "Since when?")
    await do(db, company.as_ben(), tasks.know, incident.id, "Only cards of one bank", "#1")
    assert await unknowns_of(db, incident.id) == ["How many customers?", "Since when?"]
    await do(db, company.as_ben(), tasks.answer, incident.id, seq, "about 400")
    assert await unknowns_of(db, incident.id) == ["Since when?"]
    known = (await board(db, incident)).known
    assert [(k.text, k.outcome, k.evidence) for k in known] == [
        ("Only cards of one bank", "", ("#1",)),
        ("How many customers?", "about 400", ()),
    ]
    with pytest.raises(Invalid, match="Say what is known"):
        await do(
            db,
            company.as_ben(),
            tasks.answer,
            incident.id,
            known[0].seq + 0 if known[0].open else seq + 1,
            " ",
        )
    await fold_items(db, incident.id)


async def test_a_claim_without_a_sign_of_life_is_asked_about_once(
    db: Database, company: Company, later: Later
) -> None:
    follows = nudges.FOLLOWS
    db.follows = lambda kind: follows.get(kind, [])
    pumps = Pumps(
        db, [ItemClock(db), *(BatchPump(db, kind, handle) for kind, handle in nudges.BATCHES.items())]
    )
    incident = await declared(db, company.as_ana())
    seq = await do(db, company.as_ana(), claims.claim, incident.id, "the cache")
    late = await do(
        db,
        company.as_ana(),
        tasks.make,
        incident.id,
        "tell support",
        owner_id=company.ben,
        due_at=await db.clock() + timedelta(minutes=5),
    )
    await pumps.settle()
    assert await queries.duties_of(db, company.ben) == []
    await later(minutes=16)
    await pumps.settle()
    await pumps.settle()
    said = await sentences(db, incident)
    assert said[-2:] == [
        f"asks Ana Silva: is anybody still on “the cache” (#{seq})?", f"notes that a task is late: “tell support” (#{late}), Ben Okafor",
    ]  # fmt: skip
    sent = await db.rows(
        Statement(
            "test",
            "select u.name, message from deliveries d join users u on u.id = d.user_id where purpose = 'notice' order by u.name",
        )
    )
    assert [(r["name"], r["message"]["subject"]) for r in sent] == [
        ("Ana Silva", f"{incident.key}: are you still on it?"), ("Ben Okafor", f"{incident.key}: a task of yours is late"),
    ]  # fmt: skip
    mine = [d for d in await queries.duties_of(db, company.ana) if d.answers and "cache" in d.text]
    assert [a.words for a in mine[0].answers] == ["Still on it", "Let it go"]
    assert [d.text for d in await queries.duties_of(db, company.ben)] == ["Your task is late: tell support"]
    await do(db, company.as_ana(), claims.renew, incident.id, seq)
    assert not [d for d in await queries.duties_of(db, company.ana) if "cache" in d.text]
    await later(minutes=16)
    await pumps.settle()
    assert sum("is anybody still on" in s for s in await sentences(db, incident)) == 2, (
        "silent again: asked again"
    )
    await do(db, company.as_ana(), commands.resolve, incident.id, "over")
    await later(hours=3)
    await pumps.settle()
    assert sum("is anybody still on" in s for s in await sentences(db, incident)) == 2
    await fold_items(db, incident.id)


async def test_of_a_private_incident_a_message_says_nothing(
    db: Database, company: Company, later: Later
) -> None:
    db.follows = lambda kind: nudges.FOLLOWS.get(kind, [])
    pumps = Pumps(
        db, [ItemClock(db), *(BatchPump(db, kind, handle) for kind, handle in nudges.BATCHES.items())]
    )
    incident = await declared(db, company.as_ana(), "Somebody reads our mail", private=True)
    await do(db, company.as_ana(), claims.claim, incident.id, "the mail gateway's log")
    with pytest.raises(NotFound):
        await do(db, company.as_ben(), claims.claim, incident.id, "the mail gateway's log")
    await later(minutes=20)
    await pumps.settle()
    (row,) = await db.rows(Statement("test", "select message from deliveries where purpose = 'notice'"))
    assert "mail" not in f"{row['message']['subject']} {row['message']['text']}"
    assert await queries.duties_of(db, company.ben) == []


async def test_nothing_is_begun_after_the_end_and_numbers_must_fit(db: Database, company: Company) -> None:
    incident = await declared(db, company.as_ana())
    seq = await do(db, company.as_ana(), tasks.make, incident.id, "Restart")
    for act in (claims.join, claims.finish, tasks.undo, claims.renew):
        with pytest.raises(NotFound, match="There is no"):
            await do(db, company.as_ana(), act, incident.id, seq)
    with pytest.raises(NotFound):
        await do(db, company.as_ana(), tasks.finish, incident.id, 4711)
    await do(db, company.as_ana(), commands.resolve, incident.id, "")
    with pytest.raises(Conflict, match="resolved"):
        await do(db, company.as_ana(), tasks.finish, incident.id, seq)


async def test_all_of_it_by_lines_in_a_room(db: Database, company: Company) -> None:
    incident = await declared(db, company.as_ana())

    async def line(actor: Actor, text: str) -> int:
        async with db.unit(actor, "web") as u:
            return await say_or_do(u, incident, text)

    claim = await line(company.as_ana(), "/claim redis memory")
    with pytest.raises(Invalid, match=f"Write /join-claim {claim}, or /claim! redis memory all the same"):
        await line(company.as_ben(), "/claim redis memory")
    await line(company.as_ben(), f"/join-claim #{claim}")
    await line(company.as_ben(), f"/still-on {claim}")
    await line(company.as_ana(), f"/hand {claim} to Ben")
    await line(company.as_ben(), f"/finish {claim} it is fine")
    guess = await line(company.as_ben(), "/hypothesis the new certificate")
    await line(company.as_ana(), f"/evidence {guess} #1")
    await line(company.as_ana(), f"/disproved {guess} old one served")
    decision = await line(company.as_ana(), "/decide fail over because the disk is full; undo: fail back")
    await line(company.as_ana(), f"/undo-decision {decision} it came back")
    task = await line(company.as_ana(), "/task order a disk @Ben in 2 hours")
    (made,) = (await board(db, incident)).tasks
    assert (made.owner, made.text) == ("Ben Okafor", "order a disk")
    assert made.due_at
    assert timedelta(minutes=119) < made.due_at - await db.clock() <= timedelta(hours=2)
    await line(company.as_ana(), f"/task-take {task}")
    await line(company.as_ana(), f"/task-done {task} arrives tomorrow")
    await line(company.as_ana(), f"/task-reopen {task}")
    await line(company.as_ana(), f"/task-cancel {task}")
    question = await line(company.as_ana(), "/unknown is data lost?")
    await line(company.as_ana(), f"/answer {question} no")
    await line(company.as_ana(), "/known the primary is up")
    with pytest.raises(Invalid, match="the number is the one of its entry"):
        await line(company.as_ana(), "/finish it")
    with pytest.raises(Invalid, match="exactly one person"):
        await line(company.as_ana(), "/task do it @Nobody")
    await fold_items(db, incident.id)


@pytest.mark.parametrize("seed", range(6))
async def test_whatever_three_people_do_at_once_the_items_are_what_their_entries_say(
    db: Database, company: Company, seed: int
) -> None:
    chance = random.Random(seed)  # noqa: S311 - chance, no secret
    incident = await declared(db, company.as_ana())
    subjects = ["the cache", "the cache of checkout", "redis memory", "memory of redis", "a bad deploy"]

    async def one(actor: Actor) -> None:
        for _ in range(25):
            items: list[Item] = await items_of(db, incident.id)
            seq = chance.choice(items).seq if items else 2
            act = chance.choice([
                lambda u: claims.claim(u, incident.id, chance.choice(subjects), hypothesis=chance.random() < 0.4, anyway=chance.random() < 0.4),
                lambda u: tasks.make(u, incident.id, "do it", owner_id=chance.choice([None, company.ben])),
                lambda u: tasks.ask(u, incident.id, "why?"), lambda u: tasks.decide(u, incident.id, "wait"),
                lambda u, s=seq: claims.join(u, incident.id, s), lambda u, s=seq: claims.renew(u, incident.id, s),
                lambda u, s=seq: claims.finish(u, incident.id, s, "so"), lambda u, s=seq: claims.drop(u, incident.id, s),
                lambda u, s=seq: claims.hand(u, incident.id, s, company.ben),
                lambda u, s=seq: claims.judge(u, incident.id, s, chance.choice(["supported", "disproved", "open"])),
                lambda u, s=seq: claims.add_evidence(u, incident.id, s, f"#{s}"),
                lambda u, s=seq: tasks.finish(u, incident.id, s), lambda u, s=seq: tasks.take(u, incident.id, s),
                lambda u, s=seq: tasks.reopen(u, incident.id, s), lambda u, s=seq: tasks.undo(u, incident.id, s),
                lambda u, s=seq: tasks.answer(u, incident.id, s, "because"),
                lambda u: updates.publish_update(u, incident.id, audience="responders", state="Looking."),
            ])  # fmt: skip
            try:
                async with db.unit(actor, "web") as u:
                    await act(u)
            except TocsinError:
                pass

    await asyncio.gather(*(one(actor) for actor in (company.as_ana(), company.as_ben(), company.admin())))
    await fold_items(db, incident.id)
