"""A page in a real Matrix homeserver (Synapse), with a person who reacts, answers and reads as their program would."""

import asyncio
import hashlib
import hmac
import json
import subprocess
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import quote
from uuid import UUID

import pytest

from tests.contract.test_transports_email import page
from tests.domain.paging_world import World, run, unfolded, value
from tests.product.harness import free_port, until
from tests.shape.source import ROOT
from tests.support import Company
from tocsin.app import Running, compose
from tocsin.integrations.matrix import Matrix
from tocsin.kernel.db import Database
from tocsin.kernel.ids import new_id
from tocsin.kernel.net import NetError, Outbound
from tocsin.paging.listen import PAUSE, listen_once
from tocsin.paging.model import Purpose
from tocsin.paging.transport import Destination, Message, SendFailed, Sent
from tocsin.settings import PrivateTargets, load

PYTHON = ROOT / ".venv/synapse/bin/python"
SHARED = "a secret that only this test and its homeserver know"
OFTEN = {"per_second": 1000, "burst_count": 1000}

pytestmark = pytest.mark.skipif(not PYTHON.exists(), reason="Synapse is not installed: see bin/packages")


def configuration(folder: Path, port: int) -> dict[str, Any]:
    """One process on SQLite that talks to nobody. JSON is YAML."""
    return {
        "server_name": "chat.test", "public_baseurl": f"http://127.0.0.1:{port}/", "pid_file": str(folder / "pid"),
        "listeners": [{"port": port, "bind_addresses": ["127.0.0.1"], "type": "http", "tls": False, "resources": [{"names": ["client"]}]}],
        "database": {"name": "sqlite3", "args": {"database": str(folder / "hs.db")}},
        "media_store_path": str(folder / "media"), "signing_key_path": str(folder / "sign.key"), "log_config": str(folder / "log.yaml"),
        "registration_shared_secret": SHARED, "macaroon_secret_key": SHARED, "form_secret": SHARED, "report_stats": False, "bcrypt_rounds": 4,
        "trusted_key_servers": [], "suppress_key_server_warning": True, "federation_domain_whitelist": [],
        **dict.fromkeys(("rc_message", "rc_registration", "rc_room_creation"), OFTEN),
        "rc_login": dict.fromkeys(("address", "account", "failed_attempts"), OFTEN),
        "rc_joins": dict.fromkeys(("local", "remote"), OFTEN), "rc_invites": dict.fromkeys(("per_room", "per_user", "per_issuer"), OFTEN),
    }  # fmt: skip


@pytest.fixture(scope="module")
def homeserver(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder, port = Path(tmp_path_factory.mktemp("synapse")), free_port()
    (folder / "hs.yaml").write_text(json.dumps(configuration(folder, port)), encoding="utf-8")
    (folder / "log.yaml").write_text('{"version": 1, "root": {"level": "WARNING"}}', encoding="utf-8")
    command = [PYTHON, "-m", "synapse.app.homeserver", "-c", folder / "hs.yaml"]
    with (folder / "out").open("w") as out:
        subprocess.run([*command, "--generate-keys"], check=True, cwd=folder, stdout=out, stderr=out)
        with subprocess.Popen(command, cwd=folder, stdout=out, stderr=out) as running:
            root = f"http://127.0.0.1:{port}"
            until(lambda: asyncio.run(_healthy(root)), f"Synapse\n{(folder / 'out').read_text()[-2000:]}")
            yield root
            running.terminate()


async def _healthy(root: str) -> bool:
    async with Outbound(PrivateTargets(everything=True)) as outbound:
        try:
            return (await outbound.request("GET", f"{root}/health", timeout=1)).status == 200
        except NetError:
            return False


@dataclass
class Account:
    """Somebody's program at the homeserver."""

    outbound: Outbound
    root: str
    token: str = ""

    async def ask(self, method: str, path: str, body: Any = None, *, check: bool = True) -> Any:
        headers = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        answer = await self.outbound.request(method, self.root + path, headers=headers, json=body)
        assert answer.status == 200 or not check, (path, answer.body)
        return answer.json()

    async def of(self, method: str, *parts: str, body: Any = None) -> Any:
        path = "/".join(quote(part, safe="") for part in parts)
        return await self.ask(method, f"/_matrix/client/v3/{path}", body)

    async def registered(self, name: str) -> "Account":
        """A new account, by the homeserver's shared secret."""
        where = "/_synapse/admin/v1/register"
        nonce = (await self.ask("GET", where))["nonce"]
        signed = b"\0".join([nonce.encode(), name.encode(), b"pw", b"notadmin"])
        mac = hmac.new(SHARED.encode(), signed, hashlib.sha1).hexdigest()
        body = {"nonce": nonce, "username": name, "password": "pw", "admin": False, "mac": mac}
        found = await self.ask("POST", where, body)
        return Account(self.outbound, self.root, found["access_token"])

    async def joined(self) -> str:
        """Accepts the invitation; the room's id."""
        rooms = (await self.of("GET", "sync"))["rooms"]
        (room,) = rooms["invite"]
        await self.of("POST", "join", room, body={})
        return str(room)

    async def heard(self, room: str) -> list[dict[str, Any]]:
        """The messages of a room, newest first."""
        found = await self.ask(
            "GET", f"/_matrix/client/v3/rooms/{quote(room, safe='')}/messages?dir=b&limit=20"
        )
        return [event for event in found["chunk"] if event["type"] == "m.room.message"]

    async def say(self, room: str, kind: str, content: Any) -> None:
        await self.of("PUT", "rooms", room, "send", kind, new_id().hex, body=content)

    async def react(self, room: str, event: str, key: str = "👍️") -> None:
        relation = {"rel_type": "m.annotation", "event_id": event, "key": key}
        await self.say(room, "m.reaction", {"m.relates_to": relation})

    async def write(self, room: str, words: str, to: str = "") -> None:
        relation = {"m.relates_to": {"m.in_reply_to": {"event_id": to}}} if to else {}
        await self.say(room, "m.room.message", {"msgtype": "m.text", "body": words, **relation})


class Chat(World):
    """The app with a bot at the homeserver; Ana is reached there, and has accepted."""

    def __init__(self, db: Database, company: Company, running: Running) -> None:
        self.running = running
        super().__init__(db, company)

    def new_sender(self) -> Any:
        return self.running.sender

    @property
    def way(self) -> Any:
        return self.running.site.transports["matrix"]

    async def listen(self) -> None:
        assert await listen_once(self.db, self.way) < PAUSE

    async def paged(self) -> tuple[UUID, str]:
        """A new alert, and the event that pages Ana."""
        alert = await self.open()
        await self.settle()
        event = await value(
            self.db,
            "select d.vendor_id from deliveries d join pages p on p.id = d.page_id where p.alert_id = $1 and d.purpose = 'page'",
            alert,
        )
        assert event, await run(self.db, "select state, error from deliveries")
        return alert, event

    async def owner(self, alert: UUID) -> str | None:
        found: str | None = await value(self.db, "select acknowledged_by from alerts where id = $1", alert)
        return found or None


@pytest.fixture
async def outbound() -> AsyncIterator[Outbound]:
    async with Outbound(PrivateTargets(everything=True)) as found:
        yield found


@pytest.fixture
async def db(dsn: str) -> AsyncIterator[Database]:
    async with unfolded(dsn) as database:
        yield database


@pytest.fixture
async def world(
    homeserver: str, outbound: Outbound, db: Database, dsn: str, company: Company, tmp_path: Path
) -> AsyncIterator["Room"]:
    """Each test has people of its own at the one homeserver."""
    nobody, tail = Account(outbound, homeserver), new_id().hex[-8:]
    bot, ana = await nobody.registered(f"bot{tail}"), await nobody.registered(f"ana{tail}")
    settings = {
        "TOCSIN_DATA": str(tmp_path), "TOCSIN_URL": "http://test", "TOCSIN_MATRIX_URL": homeserver, "TOCSIN_MATRIX_TOKEN": bot.token,
        "TOCSIN_GATHER_S": "0",
    }  # fmt: skip
    running = compose(load(settings), db, dsn)
    method, name = new_id(), f"@ana{tail}:chat.test"
    await run(db, "delete from contact_methods where user_id = $1", company.ana)
    await run(
        db, "insert into contact_methods (id, user_id, transport, address, verified_at) values ($1, $2, 'matrix', $3, clock())",
        method, company.ana, name,
    )  # fmt: skip
    await run(
        db, "insert into notification_rules (id, user_id, urgency, contact_method_id, delay_s) values ($1, $2, 'high', $3, 0)",
        new_id(), company.ana, method,
    )  # fmt: skip
    chat = Chat(db, company, running)
    await chat.listen()
    yield Room(chat, bot, ana, name, nobody)
    await running.close()


@dataclass
class Room:
    """What a test has: the app, the bot's account, Ana's, her name, and nobody's."""

    chat: Chat
    bot: Account
    ana: Account
    name: str
    nobody: Account


async def test_a_page_arrives_and_a_reaction_acknowledges(world: Room) -> None:
    chat, ana = world.chat, world.ana
    alert, event = await chat.paged()
    note = await value(chat.db, "select detail from delivery_attempts where outcome = 'sent'")
    assert "not accepted" in note
    room = await ana.joined()
    (message,) = await ana.heard(room)
    assert message["event_id"] == event
    assert "👍" in message["content"]["body"]
    await ana.react(room, event, "👀")
    await chat.listen()
    assert await chat.owner(alert) is None
    await ana.react(room, event)
    await chat.listen()
    assert await chat.owner(alert) == "Ana Silva"
    newest = (await ana.heard(room))[0]
    assert (newest["content"]["msgtype"], newest["content"]["body"]) == ("m.notice", "Ana Silva has it.")


async def test_ack_answers_the_last_page_a_number_another_and_a_reply_its_own(world: Room) -> None:
    chat, ana = world.chat, world.ana
    first, first_event = await chat.paged()
    room = await ana.joined()
    second, _ = await chat.paged()
    third, _ = await chat.paged()
    await ana.write(room, "who is on call tomorrow?")
    await chat.listen()
    assert await chat.owner(third) is None
    await ana.write(room, "Ack")
    await chat.listen()
    assert (await chat.owner(third), await chat.owner(second)) == ("Ana Silva", None)
    number = await value(chat.db, "select number from alerts where id = $1", second)
    await ana.write(room, f"ack #{number}")
    await chat.listen()
    assert (await chat.owner(second), await chat.owner(first)) == ("Ana Silva", None)
    await ana.write(room, "> <@bot:chat.test> [P1 #1] x\n\nack", to=first_event)
    await chat.listen()
    assert await chat.owner(first) == "Ana Silva"


async def test_what_somebody_else_answers_counts_for_nothing(world: Room) -> None:
    chat = world.chat
    alert, event = await chat.paged()
    room = await world.ana.joined()
    ben = await world.nobody.registered(f"ben{new_id().hex[-8:]}")
    name = (await ben.of("GET", "account", "whoami"))["user_id"]
    await world.bot.of("POST", "rooms", room, "invite", body={"user_id": name})
    await ben.joined()
    await ben.react(room, event)
    await ben.write(room, "ack")
    await chat.listen()
    assert await chat.owner(alert) is None
    assert "went to somebody else" in (await ben.heard(room))[0]["content"]["body"]


async def test_a_message_that_only_looks_like_ours_is_not(world: Room) -> None:
    chat = world.chat
    alert, _ = await chat.paged()
    room = await world.ana.joined()
    ours = (await world.ana.heard(room))[0]["content"]
    ben = await world.nobody.registered(f"ben{new_id().hex[-8:]}")
    name = (await ben.of("GET", "account", "whoami"))["user_id"]
    await world.bot.of("POST", "rooms", room, "invite", body={"user_id": name})
    await ben.joined()
    await ben.say(room, "m.room.message", ours | {"org.tocsin": ours["org.tocsin"] | {"for": name}})
    await ben.react(room, (await ben.heard(room))[0]["event_id"])
    await chat.listen()
    assert await chat.owner(alert) is None


async def test_reading_it_is_seen(world: Room) -> None:
    chat, ana = world.chat, world.ana
    alert, event = await chat.paged()
    room = await ana.joined()
    await ana.of("POST", "rooms", room, "receipt", "m.read", event, body={})
    await chat.listen()
    assert await value(chat.db, "select state from deliveries where purpose = 'page'") == "seen"
    assert await chat.owner(alert) is None


async def _sent_in_the_end(way: Matrix, message: Message, to: Destination) -> Sent:
    """As the sender does it: again when that can help."""
    for _ in range(200):
        try:
            return await way.send(message, to)
        except SendFailed as failed:
            if not failed.retry:
                raise
    raise AssertionError("tried in vain")


async def test_the_same_page_twice_is_one_message_and_all_processes_meet_in_one_room(
    world: Room, outbound: Outbound, homeserver: str
) -> None:
    ways = [Matrix(outbound, homeserver, world.bot.token) for _ in range(3)]
    message, to = page(), Destination(world.name)
    sent = await asyncio.gather(*(_sent_in_the_end(way, message, to) for way in ways))
    assert len({each.vendor_id for each in sent}) == 1
    room = await world.ana.joined()
    assert len(await world.ana.heard(room)) == 1
    notice = replace(page(), purpose=Purpose.NOTICE, ack_url="", subject="Ben has it")
    again = await Matrix(outbound, homeserver, world.bot.token).send(notice, to)
    assert again.note == ""
    assert [m["event_id"] for m in await world.ana.heard(room)] == [again.vendor_id, sent[0].vendor_id]
    assert "React" not in (await world.ana.heard(room))[0]["content"]["body"]


async def test_whoever_left_is_invited_again(world: Room, outbound: Outbound, homeserver: str) -> None:
    way, to = Matrix(outbound, homeserver, world.bot.token), Destination(world.name)
    await way.send(page(), to)
    room = await world.ana.joined()
    await world.ana.of("POST", "rooms", room, "leave", body={})
    sent = await way.send(page(), to)
    assert "not accepted" in sent.note
    assert await world.ana.joined() == room
    assert (await world.ana.heard(room))[0]["event_id"] == sent.vendor_id


async def test_answers_while_nobody_listened_are_heard_afterwards(
    world: Room, outbound: Outbound, homeserver: str
) -> None:
    chat, ana = world.chat, world.ana
    alert, event = await chat.paged()
    room = await ana.joined()
    await chat.listen()
    await ana.react(room, event)
    # A process that starts anew has nothing but the position in the database.
    await listen_once(chat.db, Matrix(outbound, homeserver, world.bot.token))
    assert await chat.owner(alert) == "Ana Silva"


async def test_nobody_else_may_encrypt_the_room(world: Room) -> None:
    await world.chat.paged()
    room = await world.ana.joined()
    where = f"/_matrix/client/v3/rooms/{quote(room, safe='')}/state/m.room.encryption"
    denied = await world.ana.ask("PUT", where, {"algorithm": "m.megolm.v1.aes-sha2"}, check=False)
    assert denied["errcode"] == "M_FORBIDDEN"


async def test_a_token_that_is_no_more_is_the_operators(
    world: Room, outbound: Outbound, homeserver: str
) -> None:
    way = Matrix(outbound, homeserver, "syt_nothing")
    with pytest.raises(SendFailed, match="M_UNKNOWN_TOKEN") as failed:
        await way.send(page(), Destination(world.name))
    assert (failed.value.retry, failed.value.gone) == (False, False)
    assert await listen_once(world.chat.db, way) == PAUSE
