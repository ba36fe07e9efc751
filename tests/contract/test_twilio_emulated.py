"""SMS and calls against a Twilio that keeps state and signs what it sends: npm's `emulate`, on Playwright's Node.

It is not Twilio's own; what it publishes of itself is that it imitates their API. An outbound call does not fetch or play
anything there, so a small telephone of ours reads the markup and presses the key.
"""

import asyncio
import json
import socket
import subprocess
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import aiohttp
import playwright
import pytest
from aiohttp import web

from tests.contract.asgi import ask
from tests.contract.phones import Phones, phones_of, twilio_url
from tests.contract.vendors import PHONE, SECRET, heard
from tests.domain.paging_world import unfolded
from tests.shape.source import ROOT
from tests.support import Company
from tocsin.kernel.db import Database

SCRIPT = ROOT / ".venv/emulate/node_modules/emulate/dist/index.js"
NODE = Path(playwright.__file__).parent / "driver" / "node"
SID = "AC" + "0" * 32
OURS = "+15551234567"

pytestmark = pytest.mark.skipif(not SCRIPT.exists(), reason="emulate is not installed: see bin/packages")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class Emulated:
    """The vendor, and the server of ours that it calls."""

    root: str
    ours: str
    client: aiohttp.ClientSession
    phones: Phones | None = None

    async def simulate(self, what: str, **fields: str) -> None:
        async with self.client.post(f"{self.root}/_twilio/simulate/{what}", data=fields) as answer:
            assert answer.status < 300, await answer.text()

    async def listed(self, what: str) -> list[dict[str, Any]]:
        async with self.client.get(f"{self.root}/2010-04-01/Accounts/{SID}/{what}.json") as answer:
            return (await answer.json())[what.lower()]

    async def serve(self, request: web.Request) -> web.Response:
        assert self.phones
        told = await ask(
            self.phones.running.front,
            request.method,
            request.path_qs,
            await request.read(),
            dict(request.headers),
        )
        return web.Response(status=told.status, body=told.body, content_type="text/xml")


@pytest.fixture
def program(tmp_path: Path) -> Iterator[tuple[str, str]]:
    port, ours = free_port(), free_port()
    number = {
        "phone_number": OURS,
        "friendly_name": "pages",
        "sms_url": f"http://127.0.0.1:{ours}/in/twilio/sms",
    }
    account = {"sid": SID, "auth_token": SECRET, "friendly_name": "Tocsin"}
    seed = tmp_path / "seed.json"
    seed.write_text(json.dumps({"twilio": {"account": account, "phone_numbers": [number]}}), encoding="utf-8")
    command = [NODE, SCRIPT, "start", "--service", "twilio", "--port", str(port), "--seed", seed]
    with (tmp_path / "log").open("w") as log:
        running = subprocess.Popen(command, stdout=log, stderr=log, cwd=tmp_path)
        yield f"http://127.0.0.1:{port}", f"http://127.0.0.1:{ours}"
        running.terminate()
        running.wait(10)


@pytest.fixture
async def twilio(program: tuple[str, str]) -> AsyncIterator[Emulated]:
    async with aiohttp.ClientSession(
        headers={"Authorization": aiohttp.encode_basic_auth(SID, SECRET)}
    ) as client:
        found = Emulated(*program, client)
        async with asyncio.timeout(30):
            while not await answers(client, found.root):
                pass  # asking takes its time
        app = web.Application()
        app.router.add_route("*", "/{tail:.*}", found.serve)
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", int(found.ours.rpartition(":")[2])).start()
        yield found
        await runner.cleanup()


async def answers(client: aiohttp.ClientSession, root: str) -> bool:
    try:
        async with client.get(root):
            return True
    except aiohttp.ClientError:
        return False


@pytest.fixture
async def db(dsn: str) -> AsyncIterator[Database]:
    async with unfolded(dsn) as database:
        yield database


@pytest.fixture
async def phones(
    twilio: Emulated, db: Database, dsn: str, company: Company, tmp_path: Path
) -> AsyncIterator[Phones]:
    url = twilio_url(twilio.root, SID)
    async with phones_of(db, dsn, company, tmp_path / "data", twilio.ours, TOCSIN_TWILIO_URL=url) as found:
        twilio.phones = found
        yield found


async def test_an_sms_is_sent_confirmed_and_answered(phones: Phones, twilio: Emulated) -> None:
    alert = await phones.open(message="Checkout is failing")
    await phones.settle()
    (stored,) = await twilio.listed("Messages")
    assert stored["body"] == f"[P1 #{await phones.number(alert)}] Checkout is failing - ack: reply 4"
    assert (stored["to"], stored["from"]) == (PHONE, OURS)
    await twilio.simulate("message-status", MessageSid=stored["sid"], Status="delivered")
    assert (await phones.message(alert))["state"] == "delivered"
    await twilio.simulate("inbound-message", To=OURS, From=PHONE, Body="4")
    assert await phones.owner(alert) == "Ana Silva"
    await phones.settle()
    assert [m["body"] for m in await twilio.listed("Messages") if m["body"].startswith("You have")]


async def test_an_sms_that_is_lost_is_seen_to_be(phones: Phones, twilio: Emulated) -> None:
    alert = await phones.open()
    await phones.settle()
    (stored,) = await twilio.listed("Messages")
    await twilio.simulate("message-status", MessageSid=stored["sid"], Status="undelivered")
    assert (await phones.message(alert))["state"] == "failed"


async def test_a_call_is_made_answered_and_acknowledged(phones: Phones, twilio: Emulated) -> None:
    await phones.only(phones.company.ana, ("voice", 0))
    alert = await phones.open(message="Checkout is failing")
    await phones.settle()
    message = await phones.message(alert, "voice")
    (call,) = await twilio.listed("Calls")
    assert message["vendor_id"] == f"twilio:{call['sid']}"
    await twilio.simulate("call-status", CallSid=call["sid"], Status="completed")
    assert (await phones.message(alert, "voice"))["state"] == "delivered"
    told = await phones.twilio(f"/in/twilio/key/{message['id']}", {"CallSid": call["sid"], "Digits": "4"})
    assert "Acknowledged" in heard(told.text)
    assert ET.fromstring(told.text).tag == "Response"  # noqa: S314 - our own
    assert await phones.owner(alert) == "Ana Silva"


async def test_a_wrong_token_is_a_sentence(
    twilio: Emulated, db: Database, dsn: str, company: Company, tmp_path: Path
) -> None:
    url = twilio_url(twilio.root, SID, "wrong")
    async with phones_of(db, dsn, company, tmp_path / "data", twilio.ours, TOCSIN_TWILIO_URL=url) as phones:
        alert = await phones.open()
        await phones.settle()
        message = await phones.message(alert)
    assert message["state"] == "failed"
    assert "Twilio refused it (401" in message["error"]
