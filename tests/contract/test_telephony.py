"""SMS and calls, both ways: fail-over, receipts, "4" by reply and by key; against servers that imitate what Twilio and
Telnyx publish, with their signatures. test_twilio_emulated.py has a Twilio that keeps state."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tests.contract.phones import Phones, phones_of, telnyx_url, twilio_url
from tests.contract.vendors import CASES, PHONE, Vendor, heard, serving
from tests.domain.paging_world import run, unfolded, value
from tests.support import Company
from tocsin.duty.readiness_work import receipt_token
from tocsin.integrations.twilio import sign
from tocsin.kernel.db import ENGINE, Database
from tocsin.kernel.ids import new_id
from tocsin.paging.queries import attempts
from tocsin.people.model import Purpose
from tocsin.people.sign_in import make_link

SMS_OK = CASES["sms by Twilio"].good
CALL_OK = CASES["call by Twilio"].good
SID = SMS_OK[1]["sid"]


@pytest.fixture
async def db(dsn: str) -> AsyncIterator[Database]:
    async with unfolded(dsn) as database:
        yield database


@pytest.fixture
async def vendor() -> AsyncIterator[Vendor]:
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
    db: Database, dsn: str, company: Company, vendor: Vendor, second: Vendor, tmp_path: Path
) -> AsyncIterator[Phones]:
    """Twilio first, then Telnyx."""
    async with phones_of(
        db,
        dsn,
        company,
        tmp_path,
        TOCSIN_TWILIO_URL=twilio_url(vendor.root),
        TOCSIN_TELNYX_URL=telnyx_url(second.root),
    ) as found:
        yield found


async def paged(phones: Phones, message: str = "Checkout is failing") -> Any:
    alert = await phones.open(message=message)
    await phones.settle()
    return alert


def test_the_signature_is_the_one_of_twilios_own_library() -> None:
    fields = [
        ("CallSid", "CA1234567890ABCDE"), ("Digits", "1234"), ("From", "+14158675309"), ("To", "+18005551212"),
        ("Caller", "+14158675309"),
    ]  # fmt: skip
    assert (
        sign("12345", "https://mycompany.com/myapp.php?foo=1&bar=2", fields) == "RSOYDt4T1cUTdK1PDd93/VVr8B8="
    )


async def test_an_sms_fits_one_segment_and_says_what_to_do(phones: Phones, vendor: Vendor) -> None:
    alert = await paged(phones, "Checkout “is” failing… for all")
    (asked,) = vendor.asked
    assert asked.path == "/2010-04-01/Accounts/AC0123/Messages.json"
    assert asked.headers["Authorization"].startswith("Basic ")
    message = await phones.message(alert)
    assert dict(asked.form) == {
        "To": PHONE, "From": "+15551234567",
        "Body": f'[P1 #{await phones.number(alert)}] Checkout "is" failing... for all - ack: reply 4',
        "ValidityPeriod": "600", "StatusCallback": f"http://tocsin.example/in/twilio/status/{message['id']}",
    }  # fmt: skip
    assert (message["state"], message["vendor_id"]) == ("sent", f"twilio:{SID}")


async def test_a_receipt_becomes_delivered(phones: Phones) -> None:
    alert = await paged(phones)
    message = await phones.message(alert)
    path = f"/in/twilio/status/{message['id']}"
    assert (await phones.twilio(path, {"MessageSid": SID, "MessageStatus": "sent"})).status == 200
    assert (await phones.message(alert))["state"] == "sent"
    for _ in range(2):
        told = await phones.twilio(path, {"MessageSid": SID, "MessageStatus": "delivered"})
        assert (told.status, told.headers["content-type"].partition(";")[0]) == (200, "text/xml")
    message = await phones.message(alert)
    assert message["state"] == "delivered"
    assert message["delivered_at"] is not None


async def test_a_receipt_that_fails_lets_the_next_method_go_at_once(phones: Phones, vendor: Vendor) -> None:
    await phones.only(phones.company.ana, ("sms", 0), ("voice", 120))
    alert = await paged(phones)
    message = await phones.message(alert)
    fields = {"MessageSid": SID, "MessageStatus": "undelivered", "ErrorCode": "30003"}
    await phones.twilio(f"/in/twilio/status/{message['id']}", fields)
    failed = await phones.message(alert)
    assert failed["state"] == "failed"
    assert failed["error"] == "The message did not reach the telephone (error 30003)."
    vendor.says(*CALL_OK)
    await phones.settle()
    assert (await phones.message(alert, "voice"))["state"] == "sent"


async def test_a_receipt_may_come_before_our_own_note(phones: Phones, db: Database) -> None:
    """The vendor's word arrives while the row still says that it is being sent."""
    first, other = await paged(phones), await paged(phones, "Another")
    for alert, status in ((first, "failed"), (other, "delivered")):
        message = await phones.message(alert)
        await run(
            db,
            "update deliveries set state = 'sending', vendor_id = null, sent_at = null, attempts = 1, tried = '{}',"
            " receipt_due_at = null, leased_until = clock() - interval '1 second' where id = $1",
            message["id"],
        )
        fields = {"MessageSid": SID, "MessageStatus": status}
        await phones.twilio(f"/in/twilio/status/{message['id']}", fields)
        assert (await phones.message(alert))["state"] == "sending"
    await phones.settle()
    assert (await phones.message(first))["state"] == "failed"
    assert (await phones.message(other))["state"] == "delivered"


async def test_a_failure_of_the_vendor_that_was_left_does_not_count(phones: Phones) -> None:
    alert = await paged(phones)
    message = await phones.message(alert)
    await phones.twilio(
        f"/in/twilio/status/{message['id']}", {"MessageSid": "SM9", "MessageStatus": "failed"}
    )
    assert (await phones.message(alert))["state"] == "sent"


async def test_the_second_vendor_is_tried_at_once(
    phones: Phones, vendor: Vendor, second: Vendor, db: Database
) -> None:
    vendor.says(500)
    alert = await paged(phones)
    message = await phones.message(alert)
    assert (message["state"], message["attempts"]) == ("sent", 2)
    assert message["vendor_id"] == CASES["sms by Telnyx"].vendor_id
    first, then = await attempts(db, message["id"])
    assert (first.vendor, first.outcome, first.fault) == ("sms/twilio", "retry", True)
    assert first.detail == f"{vendor.root} answered 500."
    assert (then.vendor, then.outcome, then.fault) == ("sms/telnyx", "sent", False)
    body = second.asked[0].json
    assert second.asked[0].path == "/v2/messages"
    assert (body["to"], body["from"], body["type"]) == (PHONE, "+15557654321", "SMS")
    assert body["webhook_url"] == f"http://tocsin.example/in/telnyx/status/{message['id']}"


async def test_the_order_of_a_country_is_the_operators(
    db: Database, dsn: str, company: Company, vendor: Vendor, second: Vendor, tmp_path: Path
) -> None:
    async with phones_of(
        db, dsn, company, tmp_path, TOCSIN_TWILIO_URL=twilio_url(vendor.root), TOCSIN_TELNYX_URL=telnyx_url(second.root),
        TOCSIN_SMS_ORDER="*=twilio +49=telnyx",
    ) as phones:  # fmt: skip
        await paged(phones)
    assert (len(vendor.asked), len(second.asked)) == (0, 1)


@pytest.mark.parametrize("text", ["4", "ack", " ACK ", "4."])
async def test_a_reply_acknowledges_the_page_that_was_sent_last(
    phones: Phones, vendor: Vendor, text: str
) -> None:
    first = await paged(phones, "First")
    last = await paged(phones, "Last")
    told = await phones.twilio("/in/twilio/sms", {"From": PHONE, "Body": text, "MessageSid": "SM1"})
    assert (told.status, told.text) == (200, "<Response/>")
    assert await phones.owner(last) == "Ana Silva"
    assert await phones.owner(first) is None
    await phones.settle()
    assert dict(vendor.asked[-1].form)["Body"] == f"You have [P1 #{await phones.number(last)}] Last"


async def test_a_reply_may_name_an_older_one(phones: Phones) -> None:
    first, last = await paged(phones, "First"), await paged(phones, "Last")
    number = await phones.number(first)
    await phones.twilio("/in/twilio/sms", {"From": PHONE, "Body": f"4 #{number}", "MessageSid": "SM1"})
    assert (await phones.owner(first), await phones.owner(last)) == ("Ana Silva", None)


async def test_a_reply_that_is_told_twice_counts_once(phones: Phones, vendor: Vendor) -> None:
    await paged(phones)
    for _ in range(2):
        await phones.twilio("/in/twilio/sms", {"From": PHONE, "Body": "4", "MessageSid": "SM1"})
        await phones.settle()
    assert [dict(a.form)["Body"].partition(" ")[0] for a in vendor.asked] == ["[P1", "You"]


@pytest.mark.parametrize(
    ("sender", "text"), [("+15550009999", "4"), (PHONE, "what?"), (PHONE, "44"), ("", "4")]
)
async def test_other_words_and_other_numbers_do_nothing(phones: Phones, sender: str, text: str) -> None:
    alert = await paged(phones)
    told = await phones.twilio("/in/twilio/sms", {"From": sender, "Body": text, "MessageSid": "SM1"})
    assert told.status == 200
    assert await phones.owner(alert) is None


@pytest.mark.parametrize("path", ["sms", "status", "key"])
@pytest.mark.parametrize("signature", ["", "AAAA", "RSOYDt4T1cUTdK1PDd93/VVr8B8="])
async def test_what_twilio_did_not_sign_is_refused(phones: Phones, path: str, signature: str) -> None:
    alert = await paged(phones)
    message = await phones.message(alert)
    where = "/in/twilio/sms" if path == "sms" else f"/in/twilio/{path}/{message['id']}"
    fields = {"From": PHONE, "Body": "4", "MessageSid": SID, "MessageStatus": "failed", "Digits": "4"}
    assert (await phones.twilio(where, fields, signature)).status == 403
    assert await phones.owner(alert) is None
    assert (await phones.message(alert))["state"] == "sent"


async def test_a_signature_holds_for_its_fields_and_address_alone(phones: Phones) -> None:
    fields = {"From": PHONE, "Body": "4", "MessageSid": "SM1"}
    signed = sign("SECRETSECRET", "http://tocsin.example/in/twilio/sms", list(fields.items()))
    assert (await phones.twilio("/in/twilio/sms", fields, signed)).status == 200
    assert (await phones.twilio("/in/twilio/sms", fields | {"Body": "ack"}, signed)).status == 403
    assert (await phones.twilio("/in/twilio/sms?x=1", fields, signed)).status == 403


async def test_without_an_account_nobody_is_believed(
    db: Database, dsn: str, company: Company, tmp_path: Path
) -> None:
    async with phones_of(db, dsn, company, tmp_path) as phones:
        fields = {"From": PHONE, "Body": "4"}
        empty = sign("", "http://tocsin.example/in/twilio/sms", list(fields.items()))
        assert (await phones.twilio("/in/twilio/sms", fields, empty)).status == 403
        assert (await phones.telnyx("/in/telnyx/sms", {})).status == 403


async def test_a_call_is_read_out_and_key_4_acknowledges(phones: Phones, vendor: Vendor) -> None:
    await phones.only(phones.company.ana, ("voice", 0))
    vendor.says(*CALL_OK)
    alert = await paged(phones, "Checkout <is> failing & burning")
    fields = dict(vendor.asked[0].form)
    assert vendor.asked[0].path.endswith("/Calls.json")
    words = heard(fields["Twiml"])
    assert words.count("Checkout <is> failing & burning") == 2
    assert words.count("Press 4 to acknowledge.") == 2
    message = await phones.message(alert, "voice")
    key = f"/in/twilio/key/{message['id']}"
    assert f'action="http://tocsin.example{key}"' in fields["Twiml"]
    wrong = await phones.twilio(key, {"CallSid": "CA1", "Digits": "9"})
    assert "Press 4" in heard(wrong.text)
    assert f"http://tocsin.example{key}" in wrong.text
    assert await phones.owner(alert) is None
    told = await phones.twilio(key, {"CallSid": "CA1", "Digits": "4"})
    assert heard(told.text) == "Acknowledged. It is yours. Goodbye."
    assert await phones.owner(alert) == "Ana Silva"
    again = await phones.twilio(key, {"CallSid": "CA1", "Digits": "4"})
    assert heard(again.text) == "Ana Silva has it already. Goodbye."


@pytest.mark.parametrize(
    ("status", "state"),
    [
        ("completed", "delivered"),
        ("no-answer", "failed"),
        ("busy", "failed"),
        ("failed", "failed"),
        ("ringing", "sent"),
    ],
)
async def test_how_a_call_ended_is_its_receipt(
    phones: Phones, vendor: Vendor, status: str, state: str
) -> None:
    await phones.only(phones.company.ana, ("voice", 0))
    vendor.says(*CALL_OK)
    alert = await paged(phones)
    message = await phones.message(alert, "voice")
    await phones.twilio(
        f"/in/twilio/status/{message['id']}", {"CallSid": CALL_OK[1]["sid"], "CallStatus": status}
    )
    assert (await phones.message(alert, "voice"))["state"] == state


async def test_a_number_is_confirmed_by_key_4(phones: Phones, db: Database) -> None:
    await phones.only(phones.company.ana, ("voice", 0))
    method = await value(
        db, "update contact_methods set verified_at = null where transport = 'voice' returning id"
    )
    async with db.unit(ENGINE, "engine") as u:
        token = await make_link(u, Purpose.VERIFICATION, phones.company.ana, method)
    path = f"/in/twilio/key/{new_id()}?link=verify/{token}"
    for _ in range(2):
        told = await phones.twilio(path, {"CallSid": "CA1", "Digits": "4"})
    assert heard(told.text) == "This is no longer there. Goodbye."
    assert await value(db, "select verified_at from contact_methods where id = $1", method) is not None


async def test_a_weekly_test_is_confirmed_by_key_4(phones: Phones, db: Database) -> None:
    method = await value(db, "select id from contact_methods where user_id = $1", phones.company.ana)
    test_id = new_id()
    await run(
        db,
        "insert into method_tests (id, contact_method_id, delivery_id) values ($1, $2, $1)",
        test_id,
        method,
    )
    token = receipt_token(phones.running.site.keys, test_id, (await db.clock()).replace(year=2099))
    told = await phones.twilio(f"/in/twilio/key/{new_id()}?link=receipt/{token}", {"Digits": "4"})
    assert "has arrived" in heard(told.text)
    assert await value(db, "select receipt_at from method_tests where id = $1", test_id) is not None


@pytest.mark.parametrize("link", ["verify/nothing", "receipt/nothing", "reset/x", "x", "../../etc"])
async def test_a_link_that_leads_nowhere_is_said_to(phones: Phones, link: str) -> None:
    told = await phones.twilio(f"/in/twilio/key/{new_id()}?link={link}", {"Digits": "4"})
    assert heard(told.text) == "This is no longer there. Goodbye."


@pytest.mark.parametrize("path", ["/in/twilio/nothing", "/in/twilio/status/nothing", "/in/telnyx/nothing/1"])
async def test_other_addresses_are_not_there(phones: Phones, path: str) -> None:
    ask = phones.telnyx if "telnyx" in path else phones.twilio
    assert (await ask(path, {})).status == 404


def event(kind: str, **payload: Any) -> dict[str, Any]:
    return {"data": {"event_type": kind, "id": "e1", "record_type": "event", "payload": payload}}


async def by_telnyx(phones: Phones, vendor: Vendor) -> Any:
    vendor.says(500)
    alert = await paged(phones)
    return alert, await phones.message(alert)


@pytest.mark.parametrize(
    ("kind", "status", "state"),
    [
        ("message.finalized", "delivered", "delivered"), ("message.finalized", "delivery_failed", "failed"),
        ("message.finalized", "sending_failed", "failed"), ("message.finalized", "delivery_unconfirmed", "sent"),
        ("message.sent", "sent", "sent"),
    ],
)  # fmt: skip
async def test_receipts_of_telnyx(phones: Phones, vendor: Vendor, kind: str, status: str, state: str) -> None:
    alert, message = await by_telnyx(phones, vendor)
    body = event(
        kind, id=message["vendor_id"].partition(":")[2], to=[{"phone_number": PHONE, "status": status}],
        errors=[{"code": "40008", "title": "Undeliverable"}],
    )  # fmt: skip
    assert (await phones.telnyx(f"/in/telnyx/status/{message['id']}", body)).status == 200
    found = await phones.message(alert)
    assert found["state"] == state
    assert ("40008" in (found["error"] or "")) is (state == "failed")


async def test_a_reply_by_telnyx_acknowledges(phones: Phones, vendor: Vendor) -> None:
    alert, _ = await by_telnyx(phones, vendor)
    body = event("message.received", id="m1", text="4", **{"from": {"phone_number": PHONE}})
    assert (await phones.telnyx("/in/telnyx/sms", body)).status == 200
    assert await phones.owner(alert) == "Ana Silva"


@pytest.mark.parametrize("how", [{"forged": True}, {"age": 400}, {"age": -400}])
async def test_what_telnyx_did_not_sign_or_long_ago_is_refused(
    phones: Phones, vendor: Vendor, how: dict[str, Any]
) -> None:
    alert, _ = await by_telnyx(phones, vendor)
    body = event("message.received", id="m1", text="4", **{"from": {"phone_number": PHONE}})
    assert (await phones.telnyx("/in/telnyx/sms", body, **how)).status == 403
    assert await phones.owner(alert) is None


@pytest.mark.parametrize(
    "body", [{}, [], {"data": 1}, {"data": {"event_type": "x"}}, {"data": {"payload": None}}]
)
async def test_nonsense_that_is_signed_is_not_found(phones: Phones, body: Any) -> None:
    assert (await phones.telnyx("/in/telnyx/sms", body)).status == 404


async def test_a_call_by_telnyx_takes_key_4_and_tells_its_end(
    phones: Phones, vendor: Vendor, second: Vendor
) -> None:
    await phones.only(phones.company.ana, ("voice", 0))
    vendor.says(503)
    second.says(*CASES["call by Telnyx"].good)
    alert = await paged(phones)
    assert second.asked[0].path == "/v2/texml/calls/77"
    message = await phones.message(alert, "voice")
    told = await phones.telnyx(f"/in/telnyx/key/{message['id']}", {"CallSid": "v3:9X2v", "Digits": "4"})
    assert "Acknowledged" in heard(told.text)
    await phones.telnyx(f"/in/telnyx/call/{message['id']}", {"CallSid": "v3:9X2v", "CallStatus": "completed"})
    assert (await phones.message(alert, "voice"))["state"] == "delivered"
    assert await phones.owner(alert) == "Ana Silva"


async def test_an_account_for_sms_alone_makes_no_calls(
    db: Database, dsn: str, company: Company, vendor: Vendor, second: Vendor, tmp_path: Path
) -> None:
    service = twilio_url(vendor.root).replace("+15551234567", "MG0123")
    async with phones_of(
        db, dsn, company, tmp_path, TOCSIN_TWILIO_URL=service,
        TOCSIN_TELNYX_URL=telnyx_url(second.root).replace("&application=77", ""),
    ) as phones:  # fmt: skip
        ways = phones.running.site.transports
        assert (ways["sms"].ready, ways["voice"].ready) == (True, False)
        await paged(phones)
    fields = dict(vendor.asked[0].form)
    assert fields["MessagingServiceSid"] == "MG0123"
    assert "From" not in fields


async def test_a_number_that_wrote_stop_is_not_tried_any_more(
    phones: Phones, vendor: Vendor, second: Vendor, db: Database
) -> None:
    vendor.says(400, {"code": 21610, "message": "Attempt to send to unsubscribed recipient", "status": 400})
    second.says(422, {"errors": [{"code": "40300", "title": "Blocked due to STOP message"}]})
    alert = await paged(phones)
    message = await phones.message(alert)
    assert message["state"] == "failed"
    tries = await attempts(db, message["id"])
    assert ["error 21610" in tries[0].detail, "error 40300" in tries[1].detail] == [True, True]
    assert await value(db, "select count(*) from unusable_methods") == 1


async def test_any_gateway_carries_sms_with_the_link(
    db: Database, dsn: str, company: Company, vendor: Vendor, tmp_path: Path
) -> None:
    async with phones_of(
        db, dsn, company, tmp_path,
        TOCSIN_SMS_GATEWAY=f"GET {vendor.root.replace('//', '//user:secret@')}/send?to={{to}}&text={{text}}&ref={{id}}",
    ) as phones:  # fmt: skip
        alert = await paged(phones, "50 % & {to} “x”")
        message = await phones.message(alert)
    (asked,) = vendor.asked
    assert (asked.method, asked.path) == ("GET", "/send")
    assert (asked.query["to"], asked.query["ref"]) == (PHONE, str(message["id"]))
    head, _, link = asked.query["text"].rpartition(" ")
    assert head == f'[P1 #{await phones.number(alert)}] 50 % & {{to}} "x"'
    assert link.startswith("http://tocsin.example/ack/")
    assert asked.headers["Authorization"] == "Basic dXNlcjpzZWNyZXQ="
    assert (message["state"], message["vendor_id"]) == ("sent", f"gateway:{message['id']}")


async def test_a_gateway_that_wants_a_form(
    db: Database, dsn: str, company: Company, vendor: Vendor, tmp_path: Path
) -> None:
    async with phones_of(
        db, dsn, company, tmp_path, TOCSIN_SMS_GATEWAY=f"POST {vendor.root}/sms",
        TOCSIN_SMS_GATEWAY_BODY="phone={to}&body={text}", TOCSIN_SMS_GATEWAY_HEADER="X-Key: abc",
    ) as phones:  # fmt: skip
        await paged(phones, 'a & b = "c"')
    (asked,) = vendor.asked
    fields = dict(asked.form)
    assert fields["phone"] == PHONE
    assert 'a & b = "c"' in fields["body"]
    assert asked.headers["X-Key"] == "abc"
    assert asked.headers["Content-Type"] == "application/x-www-form-urlencoded"


async def test_one_key_or_one_reply_takes_every_alert_of_a_message(
    db: Database, dsn: str, company: Company, vendor: Vendor, tmp_path: Path
) -> None:
    gathered = {"TOCSIN_TWILIO_URL": twilio_url(vendor.root), "TOCSIN_GATHER_S": "60"}
    async with phones_of(db, dsn, company, tmp_path, **gathered) as phones:
        alerts = [await phones.open(message=text) for text in ("One", "Two", "Three")]
        await phones.settle()
        (asked,) = vendor.asked
        worst = await phones.number(alerts[0])
        assert dict(asked.form)["Body"] == f"3 alerts of Checkout - [P1 #{worst}] One - ack: reply 4"
        await phones.twilio("/in/twilio/sms", {"From": PHONE, "Body": f"4 #{worst}", "MessageSid": "SM1"})
        assert [await phones.owner(alert) for alert in alerts] == ["Ana Silva", None, None]
        await phones.twilio("/in/twilio/sms", {"From": PHONE, "Body": "4", "MessageSid": "SM2"})
        assert [await phones.owner(alert) for alert in alerts] == ["Ana Silva"] * 3


async def test_a_call_about_several_says_how_many_and_its_key_takes_all(
    db: Database, dsn: str, company: Company, vendor: Vendor, tmp_path: Path
) -> None:
    gathered = {"TOCSIN_TWILIO_URL": twilio_url(vendor.root), "TOCSIN_GATHER_S": "60"}
    async with phones_of(db, dsn, company, tmp_path, **gathered) as phones:
        await phones.only(company.ana, ("voice", 0))
        alerts = [await phones.open(message=text) for text in ("One", "Two", "Three")]
        await phones.settle()
        (asked,) = vendor.asked
        said = dict(asked.form)["Twiml"]
        assert "This is Tocsin with 3 alerts of Checkout. The worst: Priority 1" in said
        assert "Press 4 to acknowledge all of them." in said
        carrier = await value(db, "select id from deliveries where carries > 0")
        told = await phones.twilio(f"/in/twilio/key/{carrier}", {"Digits": "4"})
        assert "Acknowledged. All 3 are yours. Goodbye." in told.text
        assert [await phones.owner(alert) for alert in alerts] == ["Ana Silva"] * 3
