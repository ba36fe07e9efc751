"""Vendors that misbehave as real ones do: 429, 500, garbage, a closed connection, silence, and no receipt ever.

Against servers that imitate what Twilio and Telnyx publish (see vendors.py); the whole app, turned by hand.
"""

from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from tests.contract.api import api_of
from tests.contract.phones import Phones, phones_of, telnyx_url, twilio_url
from tests.contract.vendors import CASES, SECRET, Vendor, serving
from tests.domain.paging_world import Later, run, unfolded, value
from tests.support import Company
from tocsin.kernel.db import Database
from tocsin.paging.queries import attempts
from tocsin.paging.vendors import PROBE

SMS_OK = CASES["sms by Twilio"].good


@pytest.fixture
async def db(dsn: str) -> AsyncIterator[Database]:
    async with unfolded(dsn) as database:
        yield database


@pytest.fixture
async def first() -> AsyncIterator[Vendor]:
    async with serving() as found:
        found.says(*SMS_OK)
        yield found


@pytest.fixture
async def second() -> AsyncIterator[Vendor]:
    async with serving() as found:
        found.says(*CASES["sms by Telnyx"].good)
        yield found


@pytest.fixture
async def phones(
    db: Database, dsn: str, company: Company, first: Vendor, second: Vendor, tmp_path: Path
) -> AsyncIterator[Phones]:
    async with phones_of(
        db, dsn, company, tmp_path, TOCSIN_TWILIO_URL=twilio_url(first.root), TOCSIN_TELNYX_URL=telnyx_url(second.root),
        TOCSIN_RECEIPT_PATIENCE="sms=30",
    ) as found:  # fmt: skip
        found.pumps = found.running.pumps
        yield found


def closes(vendor: Vendor) -> None:
    vendor.mode = "close"


def hangs(vendor: Vendor) -> None:
    vendor.mode = "hang"


@pytest.mark.parametrize(
    ("misbehave", "words", "fault"),
    [
        (lambda v: v.says(429, {}, retry_after="120"), "answered 429", False),
        (lambda v: v.says(500), "answered 500", True),
        (lambda v: v.says(201, b"<html>welcome</html>"), "not as this service does", True),
        (lambda v: v.says(401, {"code": 20003}), "error 20003", True),
        (lambda v: v.says(400, {"code": 21408}), "error 21408", False),
        (closes, "", True),
    ],
)
async def test_whatever_one_vendor_does_the_next_is_asked_at_once(
    phones: Phones,
    first: Vendor,
    second: Vendor,
    misbehave: Callable[[Vendor], None],
    words: str,
    *,
    fault: bool,
) -> None:
    misbehave(first)
    alert = await phones.open()
    await phones.settle()
    message = await phones.message(alert)
    assert (message["state"], message["vendor_id"]) == ("sent", CASES["sms by Telnyx"].vendor_id)
    failed, sent = await attempts(phones.db, message["id"])
    assert words in failed.detail
    assert SECRET not in failed.detail
    assert (failed.vendor, failed.fault, sent.vendor) == ("sms/twilio", fault, "sms/telnyx")
    assert len(second.asked) == 1


async def test_a_vendor_that_hangs_is_left_after_its_time_out(phones: Phones, first: Vendor) -> None:
    hangs(first)
    phones.running.site.transports["sms"]._vendors["twilio"]._timeout = 0.2  # type: ignore[attr-defined]
    alert = await phones.open()
    await phones.settle()
    message = await phones.message(alert)
    assert (message["state"], message["maybe_repeated"]) == ("sent", True)
    failed, _ = await attempts(phones.db, message["id"])
    assert failed.took_ms is not None
    assert 150 <= failed.took_ms < 5000


async def test_a_vendor_that_takes_it_and_never_tells_is_left_for_the_next(
    phones: Phones, second: Vendor, later: Later
) -> None:
    alert = await phones.open()
    await phones.settle()
    await later(seconds=31)
    await phones.settle()
    message = await phones.message(alert)
    assert (message["vendor_id"], len(second.asked)) == (CASES["sms by Telnyx"].vendor_id, 1)
    payload = {"id": message["vendor_id"].partition(":")[2], "to": [{"status": "delivered"}]}
    event = {"data": {"event_type": "message.finalized", "payload": payload}}
    assert (await phones.telnyx(f"/in/telnyx/status/{message['id']}", event)).status == 200
    assert (await phones.message(alert))["state"] == "delivered"
    told = [(t.vendor, t.outcome) for t in await attempts(phones.db, message["id"]) if t.receipt]
    assert told == [("sms/twilio", "overdue"), ("sms/telnyx", "delivered")]


async def test_a_vendor_that_was_rested_is_asked_by_its_own_question(
    phones: Phones, first: Vendor, db: Database, dsn: str, company: Company, tmp_path: Path
) -> None:
    first.says(503)
    for _ in range(3):
        await phones.open()
        await phones.settle()
    assert await value(db, "select resting_until > clock() from vendors where vendor = 'sms/twilio'")
    first.says(200, {"sid": "AC0123"})
    first.asked.clear()
    async with api_of(db, dsn, company, tmp_path) as api:
        asked = await api.ask("POST", "/vendors/probe", {"vendor": "sms/twilio"})
        assert asked.status == 202
        rows = {v["vendor"]: v for v in (await api.good("GET", "/vendors"))["vendors"]}
        assert rows["sms/twilio"]["windows"][0]["faults"] == 3
        assert (await api.ask("POST", "/vendors/probe", {"vendor": "sms/nobody"})).status == 404
    await phones.settle()
    assert [(a.method, a.path) for a in first.asked] == [("GET", "/2010-04-01/Accounts/AC0123.json")]
    assert await value(db, "select resting_until from vendors where vendor = 'sms/twilio'") is None
    assert await value(db, "select count(*) from work where kind = $1", PROBE) == 0


async def test_telnyx_is_asked_for_our_balance(phones: Phones, second: Vendor) -> None:
    second.says(200, {"data": {"balance": "1.00"}})
    await phones.running.site.transports["sms"].check("telnyx")  # type: ignore[attr-defined]
    assert (second.asked[0].path, second.asked[0].headers["Authorization"]) == (
        "/v2/balance",
        f"Bearer {SECRET}",
    )


async def test_idle_costs_one_query_of_all_pumps(phones: Phones) -> None:
    """What is overdue stands in the one query that looks when something is due."""
    await run(phones.db, "update deliveries set receipt_due_at = null")
    due = {running.pump.name: at for running, at, _ in await phones.running.pumps._due()}
    assert due["overdue_receipts"] is None
