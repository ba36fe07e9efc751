"""Pages of one cause as one message: nothing lost in it, the first never delayed, one failure that counts for all."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from random import Random
from uuid import UUID

import pytest

from tests.domain.paging_world import (
    KEYS,
    LINKS,
    Later,
    Scripted,
    World,
    around_the_clock,
    run,
    seconds_between,
    unfolded,
    value,
)
from tocsin.kernel.db import Actor, Database
from tocsin.kernel.errors import NotFound
from tocsin.kernel.ids import new_id
from tocsin.paging import commands, queries
from tocsin.paging.deliver import Sender, bundles
from tocsin.paging.links import bundle_of_token
from tocsin.paging.model import Restraint
from tocsin.paging.overdue import Overdue
from tocsin.paging.switchboard import Switchboard
from tocsin.paging.transport import Destination, Message, SendFailed, Sent, TransportInfo
from tocsin.web.messages import SHORT, Messages

LINK = Actor(None, "link", "public")


@pytest.fixture
async def db(dsn: str) -> AsyncIterator[Database]:
    async with unfolded(dsn) as database:
        yield database


class ForPeople(Scripted):
    """Read by a person: pages of one cause go together."""

    @property
    def info(self) -> TransportInfo:
        return replace(super().info, bundles=True)


class Bundling(World):
    """E-mail bundles, webhooks do not, as in the product."""

    restraint = Restraint()

    def new_sender(self) -> Sender:
        self.email = self.email if isinstance(self.email, ForPeople) else ForPeople("email")
        transports = {"email": self.email, "webhook": self.webhook}
        return Sender(self.db, transports, Messages(), LINKS, restraint=self.restraint)


class Limited(Bundling):
    restraint = Restraint(gather_s=0, an_hour={"email": 2})


@pytest.fixture
async def world(db: Database, company: object) -> Bundling:
    await around_the_clock(db)
    return Bundling(db, company)  # type: ignore[arg-type]


async def of(world: World, ids: list[UUID], purpose: str = "page") -> list[tuple[str, str]]:
    """Who, and how the message stands, of each alert."""
    return [(d["who"], d["state"]) for alert in ids for d in await world.deliveries(alert, purpose)]


async def test_what_is_due_together_is_one_message_at_once_and_each_keeps_its_page(world: Bundling) -> None:
    ids = await world.open_many(12)
    await world.settle()
    ((message, _),) = world.email.got
    assert message.heading == "12 alerts of Checkout"
    assert message.subject.startswith("12 alerts of Checkout · [P1 #")
    numbers = {row["number"] for row in await run(world.db, "select number from alerts")}
    assert all(f"#{number}]" in message.text and f"#{number}]" in message.html for number in numbers)
    assert await of(world, ids) == [("Ana", "sent")] * 12
    shown = [d for alert in ids for p in await queries.ledger(world.db, alert) for d in p.deliveries]
    assert [(d.beside, d.words) for d in shown] == [(11, "sent, in a bundle with 11 others")] * 12
    assert len({d.sent_at for d in shown}) == 1


async def test_a_first_page_goes_alone_and_what_follows_is_gathered_until_its_window_ends(
    world: Bundling, later: Later
) -> None:
    first = await world.open()
    await world.settle()
    assert [m.heading for m, _ in world.email.got] == [""]
    rest = await world.open_many(3)
    await world.settle()
    await later(seconds=20)
    rest += await world.open_many(2)
    await world.settle()
    assert len(world.email.got) == 1
    (waiting,) = (await queries.ledger(world.db, rest[0]))[0].deliveries
    assert waiting.gathering
    assert waiting.words == "gathered with others of the same cause, to go as one message"
    sent_at = (await world.deliveries(first))[0]["sent_at"]
    assert 59 < seconds_between(sent_at, waiting.due_at) <= 61
    await later(seconds=41)
    await world.settle()
    assert [m.heading for m, _ in world.email.got] == ["", "5 more alerts of Checkout"]
    assert await of(world, rest) == [("Ana", "sent")] * 5


async def test_what_is_worse_than_what_was_told_does_not_wait(world: Bundling, later: Later) -> None:
    await run(world.db, "delete from notification_rules")
    await world.open(priority=4)
    await world.settle()
    await world.open(priority=2)
    await world.settle()
    await world.open(priority=1)
    await world.settle()
    assert len(world.email.got) == 3
    await world.open_many(2, priority=1)
    await world.settle()
    assert len(world.email.got) == 3
    await later(seconds=61)
    await world.settle()
    assert [m.heading for m, _ in world.email.got][3:] == ["2 more alerts of Checkout"]


async def test_machines_get_each_alert(world: Bundling) -> None:
    await world.add_webhook(world.company.ana, delay_s=0)
    await world.open_many(4)
    await world.settle()
    assert len(world.webhook.got) == 4
    assert [m.heading for m, _ in world.webhook.got] == [""] * 4
    assert len(world.email.got) == 1


async def test_a_clock_that_goes_back_leaves_no_window_open(world: Bundling) -> None:
    await world.open()
    await world.settle()
    await run(world.db, "update bundle_windows set opened_at = opened_at + interval '1 hour'")
    await world.open()
    await world.settle()
    assert [m.heading for m, _ in world.email.got] == ["", ""]


async def test_a_receipt_is_missed_as_long_as_one_page_of_the_message_is_needed(
    world: Bundling, later: Later
) -> None:
    await world.add_webhook(world.company.ana, delay_s=600)
    ids = await world.open_many(2)
    await world.settle()
    await run(
        world.db,
        "update deliveries set receipt_due_at = clock() + interval '10 s', tried = '{email}' where carries > 0",
    )
    carrier = await value(
        world.db, "select p.alert_id from deliveries d join pages p on p.id = d.page_id where d.carries > 0"
    )
    await world.acknowledge(carrier, world.company.ben, "Ben")
    await later(seconds=11)
    await Overdue(world.db, Switchboard(world.db, {"email": world.email}, {})).turn()
    (kept,) = await run(world.db, "select outcome from delivery_attempts where outcome = 'overdue'")
    assert kept["outcome"] == "overdue"
    (needed,) = [alert for alert in ids if alert != carrier]
    await world.settle()
    assert sorted(await world.states(needed)) == [("Ana", "email", "sent"), ("Ana", "webhook", "sent")]


async def test_another_cause_is_another_message(world: Bundling) -> None:
    other = new_id()
    await run(
        world.db,
        "insert into services (id, name, team_id, escalation_policy_id) select $2, 'Search', team_id, escalation_policy_id"
        " from services where id = $1",
        world.company.service, other,
    )  # fmt: skip
    await world.open_many(2)
    await world.open_many(2, service=other)
    await world.settle()
    assert sorted(m.heading for m, _ in world.email.got) == ["2 alerts of Checkout", "2 alerts of Search"]


async def test_whoever_is_asked_for_by_name_gets_a_page_of_its_own_at_once(world: Bundling) -> None:
    ids = await world.open_many(2)
    await world.settle()
    async with world.db.unit(Actor(world.company.ben, "Ben", "user", "admin"), "test") as u:
        await commands.page_person(u, ids[0], world.company.ana)
    await world.settle()
    assert [m.heading for m, _ in world.email.got] == ["2 alerts of Checkout", ""]


async def test_a_bundle_that_fails_fails_for_every_page_and_the_next_method_goes_for_each(
    world: Bundling,
) -> None:
    await world.add_webhook(world.company.ana, delay_s=600)
    world.email.script = [SendFailed("No such mailbox.", retry=False)]
    ids = await world.open_many(5)
    await world.settle()
    assert [await world.states(alert) for alert in ids] == [
        [("Ana", "email", "failed"), ("Ana", "webhook", "sent")]
    ] * 5
    assert len(world.webhook.got) == 5


async def test_when_every_message_failed_the_next_step_runs_for_all_of_them(world: Bundling) -> None:
    world.email.script = [SendFailed("No such mailbox.", retry=False)]
    ids = await world.open_many(3)
    await world.settle()
    assert [await world.states(alert) for alert in ids] == [
        [("Ana", "email", "failed"), ("Ben", "email", "sent")]
    ] * 3


async def test_a_bundle_that_is_tried_again_is_one_message_again(world: Bundling, later: Later) -> None:
    world.email.script = [SendFailed("Busy.", retry=True)]
    ids = await world.open_many(3)
    await world.settle()
    assert await of(world, ids) == [("Ana", "queued")] * 3
    await later(seconds=2.1)
    await world.settle()
    assert [m.heading for m, _ in world.email.got] == ["3 alerts of Checkout"] * 2
    assert await of(world, ids) == [("Ana", "sent")] * 3
    assert [(await world.deliveries(alert))[0]["attempts"] for alert in ids] == [2, 2, 2]


async def test_what_waits_behind_a_message_that_failed_waits_no_longer(world: Bundling) -> None:
    held = asyncio.Event()
    let_go = asyncio.Event()

    class Holds(ForPeople):
        async def send(self, message: object, to: object) -> object:  # type: ignore[override]
            held.set()
            await let_go.wait()
            raise SendFailed("Gone.", retry=False)

    sender = Sender(world.db, {"email": Holds("email")}, Messages(), LINKS, restraint=Restraint())
    await world.open()
    await world.decide()
    await sender.turn()
    await held.wait()
    (second,) = await world.open_many(1)
    await world.decide()
    await sender.turn()
    assert await world.states(second) == [("Ana", "email", "queued")]
    (waiting,) = await world.deliveries(second)
    assert seconds_between(await world.db.clock(), waiting["due_at"]) > 50
    let_go.set()
    await sender.drain()
    (waiting,) = await world.deliveries(second)
    assert waiting["state"] == "failed" or seconds_between(await world.db.clock(), waiting["due_at"]) <= 0
    await sender.close()


async def claim(db: Database, gather_s: float = 60.0) -> list[dict[str, object]]:
    rows = await db.rows(bundles.claim_deliveries, ["email"], [100], 60.0, ["email"], gather_s, [], [])
    return [dict(row) for row in rows if row["state"] == "sending"]


async def test_a_process_that_dies_with_a_bundle_loses_none_and_marks_all(
    world: Bundling, later: Later
) -> None:
    ids = await world.open_many(6)
    await world.decide()
    (taken,) = await claim(world.db)
    assert taken["carries"] == 5
    await world.settle()
    assert world.email.got == []
    await later(seconds=61)
    await world.settle()
    ((message, _),) = world.email.got
    assert (message.heading, message.maybe_repeated) == ("6 alerts of Checkout", True)
    rows = [(await world.deliveries(alert))[0] for alert in ids]
    assert [(r["state"], r["maybe_repeated"], r["attempts"]) for r in rows] == [("sent", True, 2)] * 6


async def test_the_pages_of_a_dead_process_are_not_dropped_with_the_one_that_carried_them(
    world: Bundling, later: Later
) -> None:
    ids = await world.open_many(3)
    await world.decide()
    (taken,) = await claim(world.db)
    (carrier,) = [alert for alert in ids if (await world.deliveries(alert))[0]["id"] == taken["id"]]
    await world.acknowledge(carrier, world.company.ben, "Ben")
    await world.decide()
    await later(seconds=61)
    await world.settle()
    rest = [alert for alert in ids if alert != carrier]
    assert await of(world, [carrier]) == [("Ana", "cancelled")]
    assert await of(world, rest) == [("Ana", "sent")] * 2
    assert [m.heading for m, _ in world.email.got if m.ack_url] == ["2 alerts of Checkout"]


async def test_pages_whose_carrier_is_gone_go_by_themselves(world: Bundling, later: Later) -> None:
    ids = await world.open_many(3)
    await world.decide()
    (taken,) = await claim(world.db)
    await run(world.db, "delete from deliveries where id = $1", taken["id"])
    await later(minutes=7)
    await world.settle()
    assert [each for each in await of(world, ids) if each[0] == "Ana"] == [("Ana", "sent")] * 2


async def test_many_processes_send_one_message_for_one_cause(world: Bundling) -> None:
    await world.open_many(40)
    await world.decide()
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(claim(world.db)) for _ in range(6)]
    going = [row for task in tasks for row in task.result()]
    listed = sum(1 + int(str(row["carries"])) for row in going)
    waiting = await value(world.db, "select count(*) from deliveries where state = 'queued'")
    assert len(going) == 1
    assert listed + waiting == 40


async def test_one_tap_acknowledges_all_and_each_alert_has_its_own_entry(world: Bundling) -> None:
    ids = await world.open_many(4)
    await world.settle()
    ((message, _),) = world.email.got
    bundle = bundle_of_token(KEYS, message.ack_url.rpartition("/")[2], await world.db.clock())
    async with world.db.unit(LINK, "link") as u:
        assert await commands.mark_bundle_seen(u, bundle)
    assert await of(world, ids) == [("Ana", "seen")] * 4
    async with world.db.unit(LINK, "link") as u:
        answer = await commands.acknowledge_bundle(u, bundle)
    assert (answer["state"], answer["count"], answer["by"]) == ("acknowledged", "4", "Ana Silva")
    rows = await run(
        world.db, "select stream, actor, door from entries where kind = 'alert_acknowledged' order by stream"
    )
    assert [(r["stream"], r["actor"], r["door"]) for r in rows] == [
        (i, "Ana Silva", "link") for i in sorted(ids)
    ]
    assert await value(world.db, "select count(*) from pages where acknowledged_at is not null") == 4
    async with world.db.unit(LINK, "link") as u:
        assert (await commands.acknowledge_bundle(u, bundle))["state"] == "already"


async def test_a_link_speaks_for_what_its_message_listed_and_for_nothing_that_came_later(
    world: Bundling, later: Later
) -> None:
    await world.open_many(2)
    await world.settle()
    ((message, _),) = world.email.got
    await later(seconds=61)
    (new,) = await world.open_many(1)
    await world.settle()
    bundle = bundle_of_token(KEYS, message.ack_url.rpartition("/")[2], await world.db.clock())
    async with world.db.unit(LINK, "link") as u:
        await commands.acknowledge_bundle(u, bundle)
    assert await value(world.db, "select acknowledged_at from alerts where id = $1", new) is None
    with pytest.raises(NotFound):
        async with world.db.unit(LINK, "link") as u:
            await commands.acknowledge_bundle(u, new_id())


async def test_the_others_hear_of_it_in_one_message(world: Bundling, later: Later) -> None:
    ids = await world.open_many(5)
    await world.settle()
    await later(minutes=6)
    await world.settle()
    assert ("Ben", "sent") in await of(world, ids[:1])
    world.email.forget()
    for alert in ids:
        await world.acknowledge(alert, world.company.ana, "Ana Silva")
    await world.settle()
    notices = [m for m, _ in world.email.got if not m.ack_url]
    assert [m.subject[:36] for m in notices] == ["Ana Silva has it · 5 alerts of Check"]


async def test_a_reminder_goes_by_itself_with_its_own_link(world: Bundling) -> None:
    await world.open_many(2)
    await world.settle()
    world.email.forget()
    await run(
        world.db,
        "insert into deliveries (page_id, user_id, contact_method_id, transport, address, purpose, message)"
        " select page_id, user_id, contact_method_id, transport, address, 'notice',"
        ' \'{"text": "Still on it?", "own_link": true}\' from deliveries',
    )
    await world.settle()
    assert [m.heading for m, _ in world.email.got] == ["", ""]
    assert sum("/ack/" in m.text for m, _ in world.email.got) == 2


async def test_a_flood_lists_fifty_and_counts_the_rest(world: Bundling) -> None:
    await world.open_many(80, message="x" * 400)
    await world.settle()
    ((message, _),) = world.email.got
    assert message.heading == "80 alerts of Checkout"
    assert "and 29 more" in message.text
    assert len(message.short) <= SHORT


async def test_more_than_a_place_should_get_is_held_back_visibly_but_never_a_first_page(
    db: Database, company: object, later: Later
) -> None:
    await around_the_clock(db)
    world = Limited(db, company)  # type: ignore[arg-type]
    await world.add_webhook(world.company.ana, delay_s=600, urgency="low")
    urgent = await world.open_many(3, priority=1)
    await world.settle()
    assert await of(world, urgent) == [("Ana", "sent")] * 3
    (low,) = await world.open_many(1, priority=5)
    await world.settle()
    assert sorted(await world.states(low)) == [("Ana", "email", "queued"), ("Ana", "webhook", "sent")]
    (item,) = await queries.ledger(world.db, low)
    (shown,) = [d for d in item.deliveries if d.transport == "email"]
    assert shown.words == "queued: Held back: 2 messages to this address in the last hour."
    assert 3500 < seconds_between(await world.db.clock(), shown.due_at) <= 3601
    assert [t.words for t in item.attempts if t.delivery_id == shown.id] == ["held back"]
    await later(seconds=seconds_between(await world.db.clock(), shown.due_at) + 1)
    await world.settle()
    assert ("Ana", "email", "sent") in await world.states(low)


class Moody(ForPeople):
    """Sometimes busy, sometimes refusing for good; remembers what it took."""

    def __init__(self, dice: Random) -> None:
        super().__init__("email")
        self.dice = dice
        self.taken: list[Message] = []

    async def send(self, message: Message, to: Destination) -> Sent:
        roll = self.dice.random()
        if roll < 0.3:
            raise SendFailed("Busy.", retry=True)
        if roll < 0.35:
            raise SendFailed("Refused.", retry=False)
        self.taken.append(message)
        return await super().send(message, to)


@pytest.mark.parametrize("seed", range(4))
async def test_whatever_happens_each_page_arrives_or_has_visibly_failed(
    world: Bundling, later: Later, seed: int
) -> None:
    """Three processes, a mail server in a bad mood, processes that die with what they took, alerts that end."""
    dice = Random(seed)  # noqa: S311 - no secret
    mail = Moody(dice)
    senders = [
        Sender(world.db, {"email": mail, "webhook": world.webhook}, Messages(), LINKS) for _ in range(3)
    ]
    ids: list[UUID] = []
    over: set[UUID] = set()
    for _ in range(14):
        ids += await world.open_many(dice.randint(0, 7), priority=dice.choice([1, 2, 4]))
        await world.decide()
        if dice.random() < 0.3:
            await claim(world.db)
        async with asyncio.TaskGroup() as group:
            for sender in senders:
                group.create_task(sender.turn())
        await asyncio.gather(*(sender.drain() for sender in senders))
        open_ones = [alert for alert in ids if alert not in over]
        if open_ones and dice.random() < 0.4:
            gone = dice.choice(open_ones)
            over.add(gone)
            await world.close(gone)
        await later(seconds=dice.choice([1, 15, 40, 65]))
    for _ in range(30):
        await world.decide()
        await senders[0].turn()
        await senders[0].drain()
        await later(seconds=65)
    for sender in senders:
        await sender.close()
    waiting = await value(
        world.db,
        "select count(*) from deliveries where state = 'sending' or state = 'queued' and due_at < clock() - interval '10 minutes'",
    )
    assert waiting == 0
    for alert in ids:
        if alert in over:
            continue
        number = await value(world.db, "select number from alerts where id = $1", alert)
        told = [m for m in mail.taken if f"#{number}]" in m.text]
        states = {d["state"] for d in await world.deliveries(alert)}
        assert told or states == {"failed"}, (number, states)
        if "sent" in states:
            assert told, "sent without a message that names it"
