"""Vendors: who is asked, who rests, who is probed, and what happens when a receipt does not come."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID

import pytest

from tests.domain.paging_world import LINKS, Later, Scripted, World, around_the_clock, run, unfolded, value
from tests.support import Company
from tocsin.kernel.db import Database
from tocsin.kernel.errors import Forbidden, NotFound
from tocsin.kernel.ids import new_id
from tocsin.kernel.work import JobPump, Pumps
from tocsin.paging import vendors
from tocsin.paging.deliver import Sender
from tocsin.paging.inbound import Receipt, take_receipt
from tocsin.paging.overdue import Overdue
from tocsin.paging.queries import attempts, ledger
from tocsin.paging.switchboard import Switchboard
from tocsin.paging.transport import Destination, Message, SendFailed, Sent, TransportInfo
from tocsin.paging.vendor_model import PATIENCE, Result, fold
from tocsin.web.messages import Messages


@pytest.fixture
async def db(dsn: str) -> AsyncIterator[Database]:
    async with unfolded(dsn) as database:
        yield database


def down(text: str = "It answered 500.", *, retry: bool = True, fault: bool = True) -> SendFailed:
    return SendFailed(text, retry=retry, fault=fault)


@dataclass
class Phone(Scripted):
    """SMS by vendors whose answers the test lines up: an error per vendor that stays until it is taken away."""

    name: str = "sms"
    names: list[str] = field(default_factory=lambda: ["twilio", "telnyx"])
    broken: dict[str, SendFailed] = field(default_factory=dict)
    mute: set[str] = field(default_factory=set)
    asked: list[str] = field(default_factory=list)
    checked: list[str] = field(default_factory=list)
    #: Set by a test: sends wait for it.
    gate: asyncio.Event | None = None
    #: Set when so many were asked.
    wanted: int = 0
    enough: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def info(self) -> TransportInfo:
        return replace(Scripted("sms").info, receipts=True)

    def vendors(self, _address: str) -> list[str]:
        return self.names

    def tells(self, vendor: str) -> bool:
        return vendor not in self.mute

    async def send_by(self, vendor: str, message: Message, to: Destination) -> Sent:
        self.asked.append(vendor)
        self.got.append((message, to))
        if len(self.asked) == self.wanted:
            self.enough.set()
        if self.gate is not None:
            await self.gate.wait()
        if vendor in self.broken:
            raise self.broken[vendor]
        return Sent(f"{vendor}:{len(self.asked)}")

    def can_check(self, vendor: str) -> bool:
        return vendor != "gateway"

    async def check(self, vendor: str) -> None:
        self.checked.append(vendor)
        if vendor in self.broken:
            raise self.broken[vendor]


class Town(World):
    """Ana is reached by SMS, by one of two vendors; an hour later by mail."""

    def __init__(self, db: Database, company: Company) -> None:
        self.phone = Phone()
        super().__init__(db, company)
        transports = {"email": self.email, "webhook": self.webhook, "sms": self.phone}
        self.switchboard = Switchboard(db, transports, PATIENCE)
        self.overdue = Overdue(db, self.switchboard)
        jobs = JobPump(db, vendors.jobs(transports, self.switchboard))
        self.pumps = Pumps(db, [*(r.pump for r in self.deciding._running), jobs, self.overdue, self.sender])

    def new_sender(self) -> Sender:
        transports = {"email": self.email, "webhook": self.webhook, "sms": self.phone}
        return Sender(self.db, transports, Messages(), LINKS)

    async def reach(self, user: UUID, *ways: tuple[str, int], urgency: str = "high") -> None:
        await run(self.db, "delete from contact_methods where user_id = $1", user)
        for transport, delay in ways:
            method = new_id()
            await run(
                self.db,
                "insert into contact_methods (id, user_id, transport, address, verified_at) values ($1, $2, $3, $4, clock())",
                method, user, transport, {"sms": "+4915123456789", "email": "ana@example.org"}.get(transport, "https://hook.example/x"),
            )  # fmt: skip
            await run(
                self.db,
                "insert into notification_rules (id, user_id, urgency, contact_method_id, delay_s) values ($1, $2, $3, $4, $5)",
                new_id(), user, urgency, method, delay,
            )  # fmt: skip

    async def sms(self, alert: UUID) -> Any:
        (found,) = [d for d in await self.deliveries(alert) if d["transport"] == "sms"]
        return found

    async def rest(self, vendor: str) -> Any:
        rows = await run(self.db, "select * from vendors where vendor = $1", vendor)
        return rows[0] if rows else None

    async def page(self) -> UUID:
        alert = await self.open()
        await self.settle()
        return alert

    async def wear_out(self, vendor: str) -> None:
        """Lets it fail until it rests."""
        self.phone.broken[vendor] = down()
        for _ in range(3):
            await self.page()
        assert (await self.rest(f"sms/{vendor}"))["resting_until"] is not None
        self.phone.asked.clear()


@pytest.fixture
async def town(db: Database, company: Company) -> Town:
    found = Town(db, company)
    await around_the_clock(db)
    await found.reach(company.ana, ("sms", 0), ("email", 3600))
    # One step and no repeat: pages of other people would only blur the picture.
    await run(db, "delete from escalation_steps where position = 1")
    await run(db, "update escalation_policies set repeats = 0")
    return found


# -- receipts


async def test_no_receipt_in_time_sends_it_to_the_next_vendor_once(town: Town, later: Later) -> None:
    alert = await town.page()
    await later(seconds=59)
    await town.settle()
    assert town.phone.asked == ["twilio"]
    await later(seconds=2)
    await town.settle()
    assert town.phone.asked == ["twilio", "telnyx"]
    message = await town.sms(alert)
    assert (message["state"], message["vendor_id"], message["maybe_repeated"]) == ("sent", "telnyx:2", True)
    assert "may have reached you before" in town.phone.got[1][0].text
    tries = [(t.attempt, t.outcome, t.vendor) for t in await attempts(town.db, message["id"])]
    assert tries == [(1, "sent", "sms/twilio"), (1, "overdue", "sms/twilio"), (2, "sent", "sms/telnyx")]


async def test_when_no_vendor_is_left_the_next_method_goes_at_once(town: Town, later: Later) -> None:
    alert = await town.page()
    for _ in range(2):
        await later(seconds=61)
        await town.settle()
    assert ("Ana", "email", "sent") in await town.states(alert)
    message = await town.sms(alert)
    assert (message["state"], message["receipt_due_at"]) == ("sent", None)
    assert message["error"] == "No receipt came in time. The person's next way goes at once."
    await later(minutes=30)
    await town.settle()
    assert town.phone.asked == ["twilio", "telnyx"]


async def test_a_receipt_in_time_ends_the_waiting(town: Town, later: Later) -> None:
    alert = await town.page()
    message = await town.sms(alert)
    await later(seconds=10)
    await take_receipt(town.db, Receipt(message["id"], "twilio:1", "delivered"))
    await later(seconds=90)
    await town.settle()
    assert town.phone.asked == ["twilio"]
    assert await value(town.db, "select count(*) from deliveries where receipt_due_at is not null") == 0
    (told,) = [t for t in await attempts(town.db, message["id"]) if t.receipt]
    assert (told.vendor, told.outcome) == ("sms/twilio", "delivered")
    assert told.took_ms is not None
    assert 10_000 <= told.took_ms < 20_000


async def test_a_late_receipt_of_the_first_vendor_still_counts(town: Town, later: Later) -> None:
    alert = await town.page()
    await later(seconds=61)
    await town.settle()
    message = await town.sms(alert)
    await take_receipt(town.db, Receipt(message["id"], "twilio:1", "delivered"))
    assert (await town.sms(alert))["state"] == "delivered"
    await later(seconds=61)
    await town.settle()
    assert await town.states(alert) == [("Ana", "sms", "delivered"), ("Ana", "email", "queued")]


async def test_somebody_who_answered_is_not_written_to_again(town: Town, later: Later) -> None:
    alert = await town.page()
    await town.acknowledge(alert, town.company.ben, "Ben Okafor")
    await later(seconds=61)
    await town.settle()
    assert await town.states(alert) == [("Ana", "sms", "sent"), ("Ana", "email", "cancelled")]
    assert await value(town.db, "select count(*) from deliveries where receipt_due_at is not null") == 0


async def test_what_was_handed_over_and_is_no_longer_needed_stays_sent(town: Town, later: Later) -> None:
    """Acknowledged between the missed receipt and the next vendor."""
    alert = await town.page()
    await later(seconds=61)
    await town.overdue.turn()
    assert (await town.sms(alert))["state"] == "queued"
    await town.acknowledge(alert, town.company.ben, "Ben Okafor")
    await town.settle()
    assert (await town.sms(alert))["state"] == "sent"
    assert [d["message"]["text"] for d in await town.deliveries(alert, "notice")] == ["Ben Okafor has it."]


async def test_low_urgency_waits_longer_and_a_vendor_without_receipts_is_believed(
    town: Town, later: Later
) -> None:
    await town.reach(town.company.ana, ("sms", 0), urgency="low")
    await town.open(priority=5)
    await town.settle()
    await later(seconds=299)
    await town.settle()
    assert town.phone.asked == ["twilio"]
    town.phone.mute = {"telnyx"}
    await later(seconds=2)
    await town.settle()
    await later(hours=1)
    await town.settle()
    assert town.phone.asked == ["twilio", "telnyx"]


async def test_two_processes_move_a_message_on_once(town: Town, later: Later) -> None:
    await town.page()
    await later(seconds=61)
    other = Overdue(town.db, town.switchboard)
    await asyncio.gather(town.overdue.turn(), other.turn())
    assert await value(town.db, "select count(*) from delivery_attempts where outcome = 'overdue'") == 1
    await town.settle()
    assert town.phone.asked == ["twilio", "telnyx"]


async def test_a_process_that_died_with_an_overdue_message_is_followed(town: Town, later: Later) -> None:
    alert = await town.page()
    await later(seconds=61)
    taken = await town.db.rows(vendors.sql.take_overdue, 200)
    assert len(taken) == 1
    await town.settle()
    assert (town.phone.asked, (await town.sms(alert))["state"]) == (["twilio"], "sent")
    await later(seconds=31)
    await town.settle()
    assert town.phone.asked == ["twilio", "telnyx"]


# -- errors


async def test_every_vendor_is_asked_in_a_round_and_then_the_next_method_goes(
    town: Town, later: Later
) -> None:
    town.phone.broken = {"twilio": down(), "telnyx": down("There was no answer.")}
    alert = await town.page()
    assert town.phone.asked == ["twilio", "telnyx"]
    message = await town.sms(alert)
    assert (message["state"], message["tried"], message["error"]) == ("queued", [], "There was no answer.")
    town.phone.broken.clear()
    await later(seconds=2.1)
    await town.settle()
    assert (await town.sms(alert))["state"] == "sent"


async def test_a_vendor_that_cannot_is_not_asked_again_in_the_next_round(town: Town, later: Later) -> None:
    town.phone.broken = {"twilio": down("Not to this country.", retry=False, fault=False), "telnyx": down()}
    await town.page()
    await later(seconds=2.1)
    await town.settle()
    assert town.phone.asked == ["twilio", "telnyx", "telnyx"]


async def test_when_all_say_that_they_cannot_it_has_failed(town: Town) -> None:
    town.phone.broken = {n: down("No such number.", retry=False, fault=False) for n in ("twilio", "telnyx")}
    alert = await town.page()
    assert await town.states(alert) == [("Ana", "sms", "failed"), ("Ana", "email", "sent")]
    assert (await town.sms(alert))["error"] == "No such number."
    assert (await town.rest("sms/twilio")) is None


async def test_what_one_vendor_has_is_not_sent_by_it_again_after_the_other_failed(
    town: Town, later: Later
) -> None:
    alert = await town.page()
    town.phone.broken = {"telnyx": down()}
    await later(seconds=61)
    await town.settle()
    await later(minutes=10)
    await town.settle()
    assert town.phone.asked == ["twilio", "telnyx"]
    assert await town.states(alert) == [("Ana", "sms", "failed"), ("Ana", "email", "sent")]


# -- rest and probe


async def test_three_faults_in_a_row_rest_a_vendor_and_others_go_first(town: Town) -> None:
    await town.wear_out("twilio")
    alert = await town.page()
    assert town.phone.asked == ["telnyx"]
    assert (await town.sms(alert))["attempts"] == 1


async def test_after_the_rest_one_message_goes_first_and_its_success_ends_it(
    town: Town, later: Later
) -> None:
    await town.wear_out("twilio")
    town.phone.broken.clear()
    await later(seconds=31)
    await town.open_many(5)
    await town.settle()
    assert sorted(town.phone.asked) == ["telnyx"] * 4 + ["twilio"]
    assert (await town.rest("sms/twilio"))["resting_until"] is None
    town.phone.asked.clear()
    await town.page()
    assert town.phone.asked == ["twilio"]


async def test_a_probe_that_fails_makes_the_rest_longer(town: Town, later: Later) -> None:
    await town.wear_out("twilio")
    lengths = []
    for _ in range(7):
        row = await town.rest("sms/twilio")
        lengths.append(round((row["resting_until"] - row["rested_at"]).total_seconds()))
        await later(seconds=lengths[-1] + 1)
        await town.page()
    assert lengths == [30, 60, 120, 240, 480, 900, 900]


async def test_two_processes_send_one_probe(town: Town, later: Later) -> None:
    await town.wear_out("twilio")
    town.phone.broken.clear()
    await later(seconds=31)
    town.phone.gate, town.phone.wanted = asyncio.Event(), 6
    other = town.new_sender()
    await town.open_many(6)
    await town.decide()
    await run(town.db, "update deliveries set due_at = clock() where state = 'queued' and transport = 'sms'")
    await asyncio.gather(town.sender.turn(), other.turn())
    async with asyncio.timeout(10):
        await town.phone.enough.wait()
    assert sorted(town.phone.asked) == ["telnyx"] * 5 + ["twilio"]
    town.phone.gate.set()
    await other.close()


async def test_a_process_that_died_with_the_probe_is_followed_by_another_probe(
    town: Town, later: Later
) -> None:
    await town.wear_out("twilio")
    town.phone.broken.clear()
    await later(seconds=31)
    assert await town.db.row(vendors.sql.claim_probe, "sms/twilio") is not None
    town.phone.mute = {"twilio", "telnyx"}
    await run(town.db, "update deliveries set receipt_due_at = null")
    await town.page()
    assert town.phone.asked == ["telnyx"]
    await later(seconds=61)
    await town.page()
    assert town.phone.asked == ["telnyx", "twilio"]


async def test_the_only_vendor_is_tried_although_it_rests(town: Town) -> None:
    town.phone.names = ["twilio"]
    await town.reach(town.company.ana, ("sms", 0))
    await town.wear_out("twilio")
    await town.page()
    assert town.phone.asked == ["twilio"]


async def test_a_way_that_rests_lets_the_next_one_go_first(town: Town, later: Later) -> None:
    town.phone.names = ["twilio"]
    await town.wear_out("twilio")
    town.email.forget()
    alert = await town.page()
    assert town.phone.asked == []
    assert await town.states(alert) == [("Ana", "email", "sent"), ("Ana", "sms", "queued")]
    (page,) = await ledger(town.db, alert)
    assert "rests after failures" in next(t.detail for t in page.attempts if t.outcome == "passed_over")
    held = next(d for d in page.deliveries if d.transport == "sms")
    assert held.words == "queued: sms by Twilio rests after failures: the next way goes first."
    town.phone.broken.clear()
    await later(seconds=31)
    await town.settle()
    assert (await town.sms(alert))["state"] == "sent"


async def test_when_all_ways_rest_they_are_tried_all_the_same(town: Town) -> None:
    town.phone.names = ["twilio"]
    await town.wear_out("twilio")
    town.email.script = [down() for _ in range(3)]
    for _ in range(3):
        await town.page()
    assert (await town.rest("email"))["resting_until"] is not None
    town.email.forget()
    alert = await town.page()
    assert len(town.email.got) == 1
    assert ("Ana", "email", "sent") in await town.states(alert)


async def test_while_it_rests_the_next_method_does_not_wait_for_three_tries(town: Town) -> None:
    await town.reach(town.company.ana, ("email", 0), ("webhook", 3600))
    town.email.script = [down()] * 3
    await town.open_many(3)
    await town.settle()
    assert len(town.webhook.got) >= 1


async def test_bad_numbers_rest_nobody_and_a_success_forgives(town: Town) -> None:
    town.phone.names = ["twilio"]
    town.phone.broken = {"twilio": down("No such number.", retry=False, fault=False)}
    for _ in range(5):
        await town.page()
    assert await town.rest("sms/twilio") is None
    for broken in ({"twilio": down()}, {}, {"twilio": down()}, {"twilio": down()}):
        town.phone.broken = broken
        await run(town.db, "delete from deliveries where state = 'queued'")
        await town.page()
    row = await town.rest("sms/twilio")
    assert (row["failures"], row["resting_until"]) == (2, None)


async def test_a_vendor_that_mostly_fails_rests_although_some_succeed(town: Town) -> None:
    await town.page()
    await run(
        town.db,
        "insert into delivery_attempts (delivery_id, attempt, outcome, vendor, fault)"
        " select d.id, n, 'retry', 'sms/twilio', n % 3 > 0 from deliveries d, generate_series(10, 40) n"
        " where d.transport = 'sms'",
    )
    town.phone.broken = {"twilio": down()}
    await town.page()
    row = await town.rest("sms/twilio")
    assert row["failures"] == 1
    assert row["resting_until"] is not None


async def test_hosts_of_users_rest_apart(town: Town) -> None:
    await town.reach(town.company.ana, ("webhook", 0))
    await town.page()
    assert await value(town.db, "select vendor from vendors") == "webhook/hook.example"


async def test_working_vendors_cost_no_row_per_batch(town: Town) -> None:
    await town.page()
    before = await value(town.db, "select xmin::text from vendors where vendor = 'sms/twilio'")
    await town.page()
    assert await value(town.db, "select xmin::text from vendors where vendor = 'sms/twilio'") == before


# -- asking


async def test_a_responder_asks_a_vendor_now_and_success_ends_the_rest(town: Town, company: Company) -> None:
    await town.wear_out("twilio")
    async with town.db.unit(company.as_ana(), "web") as u:
        await vendors.probe(u, "sms/twilio")
    await town.settle()
    row = await town.rest("sms/twilio")
    assert (town.phone.checked, row["resting_until"] is None) == (["twilio"], False)
    town.phone.broken.clear()
    async with town.db.unit(company.as_ana(), "web") as u:
        await vendors.probe(u, "sms/twilio")
    await town.settle()
    assert (await town.rest("sms/twilio"))["resting_until"] is None
    assert await value(town.db, "select count(*) from audit_entries where verb = 'vendor.probe'") == 2


async def test_viewers_and_unknown_vendors_are_refused(town: Town, company: Company) -> None:
    with pytest.raises(Forbidden):
        async with town.db.unit(company.as_vic(), "web") as u:
            await vendors.probe(u, "sms/twilio")
    with pytest.raises(NotFound):
        async with town.db.unit(company.as_ana(), "web") as u:
            await vendors.probe(u, "sms/nobody")


async def test_health_counts_what_came_of_the_tries(town: Town, later: Later) -> None:
    town.phone.broken = {"twilio": down()}
    alert = await town.page()
    message = await town.sms(alert)
    await later(seconds=5)
    await take_receipt(town.db, Receipt(message["id"], "telnyx:2", "delivered"))
    found = await vendors.health(town.db)
    assert list(found) == ["sms/telnyx", "sms/twilio"]
    good, bad = found["sms/telnyx"][0], found["sms/twilio"][0]
    assert (good.hours, good.taken, good.arrived, good.success, bad.faults, bad.success) == (
        1,
        1,
        1,
        1.0,
        1,
        0.0,
    )
    assert good.receipt_p50 is not None
    assert 5000 <= good.receipt_p50 < 15000
    assert bad.last_error == "It answered 500."
    await later(hours=2)
    assert [w.taken for w in (await vendors.health(town.db))["sms/telnyx"]] == [0, 1, 1]


def result(outcome: str, *, fault: bool = False) -> Result:
    return Result(new_id(), 1, outcome, vendor="email", fault=fault, error="Broken.")


@pytest.mark.parametrize(
    ("results", "succeeded", "failures"),
    [
        ([result("retry", fault=True), result("sent")], True, 0),
        ([result("sent"), result("retry", fault=True), result("failed", fault=True)], True, 2),
        ([result("retry", fault=True), result("failed")], False, 1),
    ],
)
def test_a_batch_is_folded_in_its_order(results: list[Result], *, succeeded: bool, failures: int) -> None:
    (found,) = fold(results)
    assert (found.succeeded, found.failures) == (succeeded, failures)


def test_refusals_alone_say_nothing() -> None:
    assert fold([result("failed"), replace(result("sent"), vendor="")]) == []
