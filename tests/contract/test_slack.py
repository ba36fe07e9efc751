"""Slack: its methods as it publishes them, its refusals, and taps on our button, signed as it signs them."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

import orjson
import pytest
from jsonschema import Draft4Validator

from tests.contract.asgi import Told, ask
from tests.contract.phones import FORM
from tests.contract.test_transports_email import page
from tests.contract.vendors import CASES, SECRET, Vendor, serving
from tests.domain.paging_world import World, run, unfolded, value
from tests.support import Company
from tocsin.app import Running, compose
from tocsin.integrations.slack import INFO, Slack, body_of, sign
from tocsin.kernel.db import Database
from tocsin.kernel.ids import new_id
from tocsin.kernel.net import Outbound
from tocsin.paging.transport import BadAddress, Destination, SendFailed, Transport
from tocsin.settings import PrivateTargets, load

ANA = "U0123ABCD"
SIGNING = f"{SECRET} of the app".replace(" ", "-")
STEPS = {
    "/conversations.open": {"ok": True, "channel": {"id": "D069C7QFK"}},
    "/users.lookupByEmail": {"ok": True, "user": {"id": ANA, "name": "ana"}},
}


@pytest.fixture
async def vendor() -> AsyncIterator[Vendor]:
    async with serving() as found:
        found.says(*CASES["slack"].good)
        found.steps = STEPS
        yield found


@pytest.fixture
async def transport(vendor: Vendor) -> AsyncIterator[Transport]:
    async with Outbound(PrivateTargets(everything=True)) as outbound:
        yield CASES["slack"].make(outbound, vendor.root, 5.0)


async def test_a_page_has_a_button_that_names_it_and_a_link(vendor: Vendor, transport: Transport) -> None:
    message = page("<!channel> *down* & out")
    await transport.send(message, Destination(ANA))
    (opened,), (asked,) = vendor.steps_asked, vendor.asked
    assert opened.json == {"users": ANA}
    assert asked.headers["Authorization"] == f"Bearer xoxb-{SECRET}"
    body = asked.json
    assert body["channel"] == "D069C7QFK"
    assert body["text"] == "[P1 #42] &lt;!channel&gt; *down* &amp; out"
    assert {block["text"]["type"] for block in body["blocks"] if "text" in block} == {"plain_text"}
    acknowledge, opens = body["blocks"][-1]["elements"]
    assert (acknowledge["action_id"], acknowledge["value"]) == ("acknowledge", f"{message.key} {ANA}")
    assert opens["url"] == "https://tocsin.example/ack/TOKEN"


#: https://docs.slack.dev/reference/block-kit/blocks: what is used here, with its limits.
_PLAIN = {"type": "object", "required": ["type", "text"], "properties": {"type": {"enum": ["plain_text"]}}}
BLOCKS = {
    "type": "array", "minItems": 1, "maxItems": 50,
    "items": {"anyOf": [
        {"required": ["text"], "properties": {"type": {"enum": ["header"]}, "text": _PLAIN | {"properties": {"text": {"minLength": 1, "maxLength": 150}}}}},
        {"required": ["text"], "properties": {"type": {"enum": ["section"]}, "text": _PLAIN | {"properties": {"text": {"minLength": 1, "maxLength": 3000}}}}},
        {"required": ["elements"], "properties": {"type": {"enum": ["actions"]}, "elements": {"minItems": 1, "maxItems": 25, "items": {
            "required": ["type", "text", "action_id"],
            "properties": {"value": {"maxLength": 2000}, "url": {"maxLength": 3000}, "action_id": {"maxLength": 255}},
        }}}},
    ]},
}  # fmt: skip


@pytest.mark.parametrize("words", ["x", "x" * 10_000, "ü" * 5_000, "\0", "\ud83d"])
def test_whatever_an_alert_says_stays_within_the_limits_of_blocks(words: str) -> None:
    for message in (page(words, description=words), replace(page(words), ack_url="", alert_url="")):
        Draft4Validator(BLOCKS).validate(orjson.loads(orjson.dumps(body_of(message, ANA)["blocks"])))


async def test_somebody_is_found_by_mail_and_asked_for_once(vendor: Vendor, transport: Transport) -> None:
    for _ in range(2):
        await transport.send(page(), Destination("ana@lantern.example"))
    looked, opened = vendor.steps_asked
    assert (looked.path, looked.form) == ("/users.lookupByEmail", [("email", "ana@lantern.example")])
    assert opened.json == {"users": ANA}
    assert len(vendor.asked) == 2
    assert vendor.asked[0].json["blocks"][-1]["elements"][0]["value"].endswith(ANA)


@pytest.mark.parametrize(
    ("error", "retry", "gone", "words"),
    [
        ("channel_not_found", False, True, "no such member"),
        ("user_disabled", False, True, "deactivated"),
        ("invalid_auth", False, False, "TOCSIN_SLACK_TOKEN"),
        ("account_inactive", False, False, "app was removed"),
        ("missing_scope", False, False, "chat:write"),
        ("msg_too_long", False, False, "(msg_too_long)"),
        ("ratelimited", True, False, "try again later"),
        ("internal_error", True, False, "try again later"),
        ("fatal_error", True, False, "try again later"),
        (f"{SECRET} <b>", False, False, "(no reason)"),
    ],
)
async def test_a_refusal_is_a_sentence_and_the_persons_fault_only_if_it_is(
    vendor: Vendor, transport: Transport, error: str, words: str, *, retry: bool, gone: bool
) -> None:
    vendor.says(200, {"ok": False, "error": error})
    with pytest.raises(SendFailed) as failed:
        await transport.send(page(), Destination(ANA))
    assert (failed.value.retry, failed.value.gone) == (retry, gone)
    assert words in str(failed.value)


async def test_somebody_whom_slack_does_not_know_is_gone(vendor: Vendor, transport: Transport) -> None:
    vendor.steps = STEPS | {"/users.lookupByEmail": {"ok": False, "error": "users_not_found"}}
    with pytest.raises(SendFailed) as failed:
        await transport.send(page(), Destination("nobody@lantern.example"))
    assert failed.value.gone
    assert vendor.asked == []


async def test_a_conversation_that_went_away_is_asked_for_again(vendor: Vendor, transport: Transport) -> None:
    await transport.send(page(), Destination(ANA))
    vendor.says(200, {"ok": False, "error": "channel_not_found"})
    with pytest.raises(SendFailed):
        await transport.send(page(), Destination(ANA))
    vendor.says(*CASES["slack"].good)
    await transport.send(page(), Destination(ANA))
    assert [asked.path for asked in vendor.steps_asked] == ["/conversations.open"] * 2


async def test_without_a_signing_secret_there_is_no_button_that_nobody_hears(vendor: Vendor) -> None:
    async with Outbound(PrivateTargets(everything=True)) as outbound:
        await Slack(outbound, "xoxb-1", None, vendor.root).send(page(), Destination(ANA))
        assert [e["action_id"] for e in vendor.asked[0].json["blocks"][-1]["elements"]] == ["open"]
        bare = Slack(outbound, None, None, vendor.root)
        assert not bare.ready
        with pytest.raises(SendFailed, match="TOCSIN_SLACK_TOKEN"):
            await bare.send(page(), Destination(ANA))


def test_addresses_are_members_or_mail() -> None:
    assert INFO.accept(ANA, "").address == ANA
    assert INFO.accept("Ana@Lantern.example", "").address == "ana@lantern.example"
    for wrong in ("ana", "@ana", "C0123ABCD", "U1", "a@b", "a b@c.d", "Ü0123ABCD", "u0123abcd", "username1"):
        with pytest.raises(BadAddress):
            INFO.accept(wrong, "")


# -- taps


@pytest.fixture
async def db(dsn: str) -> AsyncIterator[Database]:
    async with unfolded(dsn) as database:
        yield database


class Workspace(World):
    """The app with a Slack app of its own; Ana is reached there."""

    def __init__(self, db: Database, company: Company, running: Running, vendor: Vendor) -> None:
        self.running, self.vendor = running, vendor
        super().__init__(db, company)

    def new_sender(self) -> Any:
        return self.running.sender

    async def message(self) -> tuple[UUID, dict[str, Any]]:
        """A new alert, and what was posted to Ana about it."""
        alert = await self.open()
        await self.settle()
        return alert, self.vendor.asked[-1].json

    async def tap(
        self, posted: dict[str, Any], by: str = ANA, *, age: int = 0, secret: str = SIGNING, action: int = 0
    ) -> Told:
        """As Slack tells of a tap: https://docs.slack.dev/reference/interaction-payloads/block_actions-payload."""
        tapped = posted["blocks"][-1]["elements"][action]
        payload = {
            "type": "block_actions", "user": {"id": by, "username": "x", "team_id": "T1"}, "api_app_id": "A1", "token": "x",
            "trigger_id": "1.2.3", "container": {"type": "message", "channel_id": "D069C7QFK"}, "channel": {"id": "D069C7QFK"},
            "message": {"type": "message", "text": posted["text"], "blocks": posted["blocks"], "ts": "1.2"},
            "response_url": f"{self.vendor.root}/actions/T1/2/abc", "actions": [tapped | {"action_ts": "1.2"}],
        }  # fmt: skip
        return await self.post(urlencode({"payload": orjson.dumps(payload).decode()}).encode(), age, secret)

    async def post(self, body: bytes, age: int = 0, secret: str = SIGNING) -> Told:
        at = str(int((await self.db.clock()).timestamp()) - age)
        headers = FORM | {"X-Slack-Request-Timestamp": at, "X-Slack-Signature": sign(secret, at, body)}
        return await ask(self.running.front, "POST", "/in/slack/interactions", body, headers)

    async def owner(self, alert: UUID) -> str | None:
        found: str | None = await value(self.db, "select acknowledged_by from alerts where id = $1", alert)
        return found or None

    def said(self) -> dict[str, Any]:
        """What was said where the button was."""
        asked = self.vendor.asked[-1]
        assert asked.path == "/actions/T1/2/abc"
        found: dict[str, Any] = asked.json
        return found


@pytest.fixture
async def workspace(
    db: Database, dsn: str, company: Company, tmp_path: Path, vendor: Vendor
) -> AsyncIterator[Workspace]:
    settings = {
        "TOCSIN_DATA": str(tmp_path), "TOCSIN_URL": "http://test", "TOCSIN_ALLOW_PRIVATE_TARGETS": "1",
        "TOCSIN_SLACK_TOKEN": f"xoxb-{SECRET}", "TOCSIN_SLACK_SIGNING_SECRET": SIGNING, "TOCSIN_SLACK_API": vendor.root,
    }  # fmt: skip
    running = compose(load(settings), db, dsn)
    method = new_id()
    await run(db, "delete from contact_methods where user_id = $1", company.ana)
    await run(
        db, "insert into contact_methods (id, user_id, transport, address, verified_at) values ($1, $2, 'slack', $3, clock())",
        method, company.ana, ANA,
    )  # fmt: skip
    await run(
        db, "insert into notification_rules (id, user_id, urgency, contact_method_id, delay_s) values ($1, $2, 'high', $3, 0)",
        new_id(), company.ana, method,
    )  # fmt: skip
    yield Workspace(db, company, running, vendor)
    await running.close()


async def test_a_tap_acknowledges_as_whoever_was_paged_and_the_button_goes(workspace: Workspace) -> None:
    alert, posted = await workspace.message()
    told = await workspace.tap(posted)
    assert (told.status, told.body) == (200, b"")
    assert await workspace.owner(alert) == "Ana Silva"
    said = workspace.said()
    assert said["replace_original"]
    assert said["text"].endswith("Ana Silva has it.")
    assert posted["text"] in said["text"]
    again = await workspace.tap(posted)
    assert again.status == 200
    assert workspace.said()["text"].endswith("Ana Silva has it.")


async def test_what_somebody_else_taps_counts_for_nothing_and_only_they_hear_so(workspace: Workspace) -> None:
    alert, posted = await workspace.message()
    assert (await workspace.tap(posted, by="U0999ZZZZ")).status == 200
    assert await workspace.owner(alert) is None
    assert workspace.said() == {
        "text": "This page went to somebody else. Open it to acknowledge in your own name.",
        "replace_original": False, "response_type": "ephemeral",
    }  # fmt: skip


async def test_an_alert_that_is_over_says_so(workspace: Workspace) -> None:
    alert, posted = await workspace.message()
    await run(workspace.db, "update alerts set closed_at = clock() where id = $1", alert)
    await workspace.tap(posted)
    assert workspace.said()["text"].endswith("This alert is closed already.")


async def test_the_link_beside_it_changes_nothing(workspace: Workspace) -> None:
    """Slack tells of taps on links too, and shows an error to people when nobody answers."""
    alert, posted = await workspace.message()
    count = len(workspace.vendor.asked)
    assert (await workspace.tap(posted, action=1)).status == 200
    assert await workspace.owner(alert) is None
    assert len(workspace.vendor.asked) == count


@pytest.mark.parametrize(("age", "secret"), [(0, "another signing secret"), (301, SIGNING), (-301, SIGNING)])
async def test_what_slack_did_not_sign_lately_is_refused(workspace: Workspace, age: int, secret: str) -> None:
    alert, posted = await workspace.message()
    assert (await workspace.tap(posted, age=age, secret=secret)).status == 403
    assert await workspace.owner(alert) is None


async def test_no_signature_at_all_is_refused(workspace: Workspace) -> None:
    for headers in ({}, {"X-Slack-Request-Timestamp": "9" * 30}, {"X-Slack-Request-Timestamp": "٣"}):
        told = await ask(
            workspace.running.front, "POST", "/in/slack/interactions", b"payload=%7B%7D", headers
        )
        assert told.status == 403


@pytest.mark.parametrize(
    "body", [b"", b"payload", b"payload=", b"payload=%7B%7D", b"payload=[]", b"payload=%FF", b"\xff\xfe",
             b"payload=%7B%22type%22%3A%22block_actions%22%2C%22actions%22%3A%5B1%5D%7D"],
)  # fmt: skip
async def test_what_is_signed_but_no_tap_is_said_to_be_none(workspace: Workspace, body: bytes) -> None:
    assert (await workspace.post(body)).status == 422


async def test_a_tap_counts_although_slack_does_not_let_us_change_the_message(workspace: Workspace) -> None:
    alert, posted = await workspace.message()
    workspace.vendor.mode = "close"
    assert (await workspace.tap(posted)).status == 200
    assert await workspace.owner(alert) == "Ana Silva"
