"""The sender: leases, retries, what is dropped, what is marked, and that everything is visible in the ledger."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from tests.domain.paging_world import (
    KEYS,
    LINKS,
    Later,
    Scripted,
    World,
    run,
    seconds_between,
    unfolded,
    value,
)
from tocsin.kernel.db import Database
from tocsin.kernel.errors import NotFound
from tocsin.kernel.ids import new_id
from tocsin.paging import commands, queries
from tocsin.paging.deliver import Sender, bundles
from tocsin.paging.model import MAX_TRIES
from tocsin.paging.transport import SECRET_PURPOSE, Destination, Message, SendFailed, Sent
from tocsin.web.messages import Messages


@pytest.fixture
async def db(dsn: str) -> AsyncIterator[Database]:
    async with unfolded(dsn) as database:
        yield database


class Held(Scripted):
    """Holds every message until the test lets go."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.holding = asyncio.Event()
        self.let_go = asyncio.Event()

    async def send(self, message: Message, to: Destination) -> Sent:
        self.holding.set()
        await self.let_go.wait()
        return await super().send(message, to)


async def test_a_refusal_that_may_pass_is_tried_again_with_growing_pauses(world: World, later: Later) -> None:
    world.email.script = [SendFailed("The mail server is busy.", retry=True)] * 2
    alert = await world.open()
    await world.settle()
    (delivery,) = await world.deliveries(alert)
    assert (delivery["state"], delivery["attempts"], delivery["error"]) == (
        "queued",
        1,
        "The mail server is busy.",
    )
    assert 0 < seconds_between(await world.db.clock(), delivery["due_at"]) <= 2
    await later(seconds=2.1)
    await world.settle()
    (delivery,) = await world.deliveries(alert)
    assert 5 < seconds_between(await world.db.clock(), delivery["due_at"]) <= 10
    await later(seconds=10)
    await world.settle()
    (delivery,) = await world.deliveries(alert)
    assert (delivery["state"], delivery["error"], delivery["vendor_id"]) == ("sent", None, "vendor-3")
    tries = await queries.attempts(world.db, delivery["id"])
    assert [(t.attempt, t.outcome) for t in tries] == [(1, "retry"), (2, "retry"), (3, "sent")]


async def test_it_gives_up_after_twelve_tries_and_says_so(world: World, later: Later) -> None:
    await run(world.db, "delete from escalation_steps where position = 1")
    world.email.script = [SendFailed("No answer.", retry=True)] * MAX_TRIES
    alert = await world.open()
    for _ in range(MAX_TRIES):
        await world.settle()
        await run(
            world.db, "update escalations set next_at = clock() + interval '1 year' where ended_at is null"
        )
        await later(minutes=5)
    (delivery,) = await world.deliveries(alert)
    assert (delivery["state"], delivery["attempts"]) == ("failed", MAX_TRIES)
    assert delivery["error"] == "No answer. Given up after 12 tries."


async def test_waits_as_long_as_the_other_side_asks(world: World, later: Later) -> None:
    world.email.script = [SendFailed("Too many requests.", retry=True, after=120)]
    alert = await world.open()
    await world.settle()
    await later(seconds=119)
    await world.settle()
    assert len(world.email.got) == 1
    await later(seconds=2)
    await world.settle()
    assert await world.states(alert) == [("Ana", "email", "sent")]


async def test_a_failure_for_good_makes_the_next_method_due_at_once(world: World) -> None:
    await world.add_webhook(world.company.ana, delay_s=600)
    world.email.script = [SendFailed("No such mailbox.", retry=False)]
    alert = await world.open()
    await world.settle()
    assert await world.states(alert) == [("Ana", "email", "failed"), ("Ana", "webhook", "sent")]
    assert await world.pages(alert) == [("Ana", 0, 0)]


async def test_when_every_message_failed_the_next_step_runs_at_once(world: World) -> None:
    world.email.script = [SendFailed("No such mailbox.", retry=False)]
    alert = await world.open()
    await world.settle()
    assert await world.states(alert) == [("Ana", "email", "failed"), ("Ben", "email", "sent")]


async def test_a_third_failed_try_lets_the_next_method_go(world: World, later: Later) -> None:
    await world.add_webhook(world.company.ana, delay_s=3600)
    world.email.script = [SendFailed("Down.", retry=True)] * 9
    alert = await world.open()
    for pause in (0, 2.1, 10.1):
        await later(seconds=pause)
        await world.settle()
    assert ("Ana", "webhook", "sent") in await world.states(alert)


async def test_acknowledged_between_queue_and_claim_is_never_sent(world: World) -> None:
    alert = await world.open()
    await world.decide()
    assert await world.states(alert) == [("Ana", "email", "queued")]
    await run(world.db, "update alerts set acknowledged_at = clock() where id = $1", alert)
    await world.settle()
    assert world.email.got == []
    assert await world.states(alert) == [("Ana", "email", "cancelled")]


async def test_a_process_that_died_while_sending_is_followed_by_a_marked_repeat(
    world: World, later: Later
) -> None:
    alert = await world.open()
    await world.decide()
    claimed = await world.db.rows(bundles.claim_deliveries, ["email"], [10], 60.0, [], 0.0, [], [])
    assert len(claimed) == 1
    await world.settle()
    assert world.email.got == []
    await later(seconds=61)
    await world.settle()
    (delivery,) = await world.deliveries(alert)
    assert (delivery["state"], delivery["attempts"], delivery["maybe_repeated"]) == ("sent", 2, True)
    (page,) = await queries.ledger(world.db, alert)
    assert page.deliveries[0].words == "sent (may have been sent twice)"
    assert "may have reached you before" in world.email.got[0][0].text


async def test_the_late_result_of_a_lost_lease_changes_nothing(world: World, later: Later) -> None:
    held = Held("email")
    first = Sender(world.db, {"email": held}, Messages(), LINKS)
    alert = await world.open()
    await world.decide()
    await first.turn()
    await held.holding.wait()
    await later(seconds=61)
    world.email.script = [SendFailed("Busy.", retry=True)]
    await world.settle()
    held.let_go.set()
    await first.close()
    (delivery,) = await world.deliveries(alert)
    assert (delivery["state"], delivery["attempts"], delivery["error"]) == ("queued", 2, "Busy.")


async def test_a_transport_that_hangs_holds_up_no_other(world: World) -> None:
    held = Held("email")
    sender = Sender(world.db, {"email": held, "webhook": world.webhook}, Messages(), LINKS)
    await world.add_webhook(world.company.ana, delay_s=0)
    await world.open_many(80)
    await world.decide()
    while await sender.turn():
        pass
    await held.holding.wait()
    async with asyncio.timeout(20):
        while len(world.webhook.got) < 80:
            await asyncio.sleep(0)  # the sender's own tasks go on meanwhile
            await sender.turn()
    assert held.got == []
    assert (
        await value(
            world.db, "select count(*) from deliveries where state = 'sending' and transport = 'email'"
        )
        == 50
    )
    held.let_go.set()
    await sender.drain()
    assert await value(world.db, "select count(*) from deliveries where state = 'sent'") == 160


async def test_a_thousand_are_sent_once_each_by_two_senders(world: World) -> None:
    other = world.new_sender()
    await world.open_many(1000)
    await world.decide()
    async with asyncio.timeout(60):
        while await value(world.db, "select count(*) from deliveries where state in ('queued', 'sending')"):
            await asyncio.gather(world.sender.turn(), other.turn())
            await asyncio.gather(world.sender.drain(), other.drain())
    assert len({m.key for m, _ in world.email.got}) == len(world.email.got) == 1000


async def test_an_unknown_transport_fails_visibly(world: World) -> None:
    await run(
        world.db, "update contact_methods set transport = 'pigeon' where user_id = $1", world.company.ana
    )
    alert = await world.open()
    await world.settle()
    first = (await world.deliveries(alert))[0]
    assert (first["state"], first["error"]) == ("failed", "This installation has no transport named pigeon.")
    assert await world.pages(alert) == [("Ana", 0, 0), ("Ben", 0, 1)]


async def test_a_broken_transport_is_a_failed_try_without_its_words(world: World) -> None:
    world.email.script = [ValueError("password=hunter2")]
    alert = await world.open()
    await world.settle()
    (delivery,) = await world.deliveries(alert)
    assert (delivery["state"], delivery["error"]) == ("queued", "Sending broke with ValueError.")


async def test_hostile_errors_do_not_spoil_the_batch(world: World) -> None:
    world.email.script = [SendFailed("nul \0 and half \ud800" + "x" * 5000, retry=True)]
    alert = await world.open()
    other = await world.open()
    await world.settle()
    states = sorted([(await world.deliveries(a))[0]["state"] for a in (alert, other)])
    assert states == ["queued", "sent"]


async def test_gone_for_good_is_not_tried_again_until_a_test_gets_through(world: World) -> None:
    method = await world.add_webhook(world.company.ana, delay_s=0)
    world.webhook.script = [SendFailed("The hook is gone.", retry=False, gone=True)]
    await world.open()
    await world.settle()
    assert await queries.unusable_methods(world.db, world.company.ana) == {method: "The hook is gone."}
    second = await world.open()
    await world.settle()
    assert await world.states(second) == [("Ana", "email", "sent")]
    await run(
        world.db,
        "insert into deliveries (user_id, contact_method_id, transport, address, purpose) values ($1, $2, 'webhook', 'x', 'test')",
        world.company.ana, method,
    )  # fmt: skip
    await world.settle()
    assert await queries.unusable_methods(world.db, world.company.ana) == {}


async def test_who_asked_for_a_test_page_says_that_it_arrived(world: World) -> None:
    db, company = world.db, world.company
    method = await value(db, "select id from contact_methods where user_id = $1", company.ana)
    async with db.unit(company.as_ana(), "web") as u:
        delivery_id = await commands.test_page(u, method)
    with pytest.raises(NotFound):
        async with db.unit(company.as_ana(), "web") as u:
            await commands.confirm_test(u, delivery_id)
    await world.settle()
    with pytest.raises(NotFound):
        async with db.unit(company.as_ben(), "web") as u:
            await commands.confirm_test(u, delivery_id)
    for _ in range(2):
        async with db.unit(company.as_ana(), "web") as u:
            await commands.confirm_test(u, delivery_id)
    last = await queries.last_test(db, company.ana)
    assert last
    assert (last.id, last.state) == (delivery_id, "seen")
    assert last.seen_at is not None
    assert await queries.last_test(db, company.ben) is None


async def test_the_secret_reaches_the_transport_opened(world: World) -> None:
    method = await world.add_webhook(world.company.ana, delay_s=0)
    sealed = KEYS.seal(SECRET_PURPOSE, b"whsec_x", about=str(method))
    await run(world.db, "update contact_methods set secret = $2 where id = $1", method, sealed)
    await world.open()
    await world.settle()
    ((_, to),) = world.webhook.got
    assert to.secret == "whsec_x"
    assert "whsec_x" not in repr(to)


async def test_a_secret_sealed_by_another_installation_fails_with_a_sentence(world: World) -> None:
    method = await world.add_webhook(world.company.ana, delay_s=0)
    await run(world.db, "update contact_methods set secret = $2 where id = $1", method, b"\x01" + b"0" * 40)
    alert = await world.open()
    await world.settle()
    failed = next(d for d in await world.deliveries(alert) if d["transport"] == "webhook")
    assert failed["state"] == "failed"
    assert "master secret is another one" in failed["error"]


async def test_a_link_is_blanked_once_it_is_sent(world: World) -> None:
    message = {
        "subject": "Join Tocsin",
        "text": "You are invited.",
        "url": "https://tocsin.example/invitation/SECRET",
    }
    delivery = new_id()
    await world.db.run(
        queries.sql.queue_message, delivery, None, None, "email", "new@example.org", "link", message
    )
    await world.settle()
    ((sent, to),) = world.email.got
    assert to.address == "new@example.org"
    assert sent.subject == "Join Tocsin"
    assert message["url"] in sent.text
    assert message["url"] in sent.html
    assert await value(world.db, "select message from deliveries where id = $1", delivery) is None


async def test_closing_the_sender_leaves_the_rest_to_others(world: World) -> None:
    held = Held("email")
    sender = Sender(world.db, {"email": held}, Messages(), LINKS)
    await world.open()
    await world.decide()
    await sender.turn()
    await held.holding.wait()
    await sender.close(grace=0.05)
    assert await sender.turn() is False
    assert await value(world.db, "select count(*) from deliveries where state = 'sending'") == 1
