"""Matrix: what a homeserver may answer besides what it should, and what strangers may write into a room. The real one is in
tests/real/test_matrix.py; here it is imitated by what its specification publishes."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import orjson
import pytest

from tests.contract.test_transports_email import page
from tests.contract.vendors import ANA, BOT, CASES, MATRIX, SECRET, Vendor, serving
from tests.domain.paging_world import run, value
from tocsin.app import compose
from tocsin.integrations.matrix import INFO, Matrix
from tocsin.integrations.matrix.rooms import alias_of
from tocsin.integrations.matrix.way import body_of
from tocsin.kernel.db import Database
from tocsin.kernel.net import Outbound
from tocsin.paging.chat import NOT_YOURS, Outcome, Tapped
from tocsin.paging.listen import LISTEN, PACE, PAUSE, Lost, begin, listen_once
from tocsin.paging.transport import BadAddress, Destination, SendFailed
from tocsin.settings import PrivateTargets, load

ROOM, EVENT = "!room:chat.test", "$page:chat.test"
ABOUT = {"delivery": str(UUID(int=7)), "for": ANA, "page": True, "alert": 42}
PAGE = {
    "sender": BOT,
    "type": "m.room.message",
    "event_id": EVENT,
    "content": {"body": "x", "org.tocsin": ABOUT},
}
STEPS = CASES["matrix"].steps
EVENTS = STEPS | {f"{MATRIX}/rooms/{ROOM}/event/{EVENT}": PAGE}


@pytest.fixture
async def vendor() -> AsyncIterator[Vendor]:
    async with serving() as found:
        found.says(*CASES["matrix"].good)
        found.steps = EVENTS
        yield found


@pytest.fixture
async def outbound() -> AsyncIterator[Outbound]:
    async with Outbound(PrivateTargets(everything=True)) as found:
        yield found


@pytest.fixture
def way(vendor: Vendor, outbound: Outbound) -> Matrix:
    return Matrix(outbound, vendor.root, f"syt_{SECRET}", timeout=2)


async def test_a_page_is_written_once_for_its_delivery(vendor: Vendor, way: Matrix) -> None:
    message = page("<b>bold</b> & more")
    await way.send(message, Destination(ANA))
    (asked,) = vendor.asked
    assert asked.method == "PUT"
    assert asked.path == f"{MATRIX}/rooms/{ROOM}/send/m.room.message/{message.key.hex}"
    assert asked.headers["Authorization"] == f"Bearer syt_{SECRET}"
    body = asked.json
    assert body["msgtype"] == "m.text"
    assert body["formatted_body"].startswith("<strong>[P1 #42] &lt;b&gt;bold&lt;/b&gt; &amp; more</strong>")
    assert body["m.mentions"] == {"user_ids": [ANA]}
    assert body["org.tocsin"] == {"delivery": str(message.key), "for": ANA, "page": True, "alert": 42}


@pytest.mark.parametrize("words", ["x" * 100_000, "&" * 100_000, "ü😀" * 20_000, "\0\ud83d"])
def test_an_event_stays_within_what_a_homeserver_takes(words: str) -> None:
    """65,536 bytes with everything around it: https://spec.matrix.org/v1.11/client-server-api/#size-limits."""
    assert len(orjson.dumps(body_of(page(words, description=words), ANA))) < 63_000


@pytest.mark.parametrize(
    ("status", "code", "retry", "words"),
    [
        (401, "M_UNKNOWN_TOKEN", False, "token"),
        (403, "M_USER_LOCKED", False, "locked it"),
        (403, "M_FORBIDDEN", False, "M_FORBIDDEN"),
        (429, "M_LIMIT_EXCEEDED", True, "wait"),
        (502, "M_UNKNOWN", True, "502"),
        (400, f"{SECRET} <b>", False, "400"),
    ],
)
async def test_a_refusal_marks_nobody_as_gone(
    vendor: Vendor, way: Matrix, status: int, code: str, words: str, *, retry: bool
) -> None:
    vendor.says(status, {"errcode": code, "error": SECRET, "retry_after_ms": 4000})
    with pytest.raises(SendFailed) as failed:
        await way.send(page(), Destination(ANA))
    assert (failed.value.retry, failed.value.gone) == (retry, False)
    assert failed.value.after == (4 if status == 429 else None)
    assert words in str(failed.value)
    assert SECRET not in str(failed.value)


async def test_a_room_that_refused_is_looked_for_again(vendor: Vendor, way: Matrix) -> None:
    vendor.says(403, {"errcode": "M_FORBIDDEN"})
    for _ in range(2):
        with pytest.raises(SendFailed):
            await way.send(page(), Destination(ANA))
    aliases = [asked for asked in vendor.steps_asked if asked.path.startswith(f"{MATRIX}/directory")]
    assert len(aliases) == 2


def test_names_are_names() -> None:
    assert INFO.accept(ANA, "").address == ANA
    assert INFO.accept("@ana:[::1]:8448", "").address == "@ana:[::1]:8448"
    for wrong in (
        "ana",
        "@ana",
        "ana:chat.test",
        "@ana:chat test",
        "@a b:chat.test",
        "#room:chat.test",
        "@ana:" + "x" * 300,
    ):
        with pytest.raises(BadAddress):
            INFO.accept(wrong, "")


def test_each_person_has_one_room_and_two_bots_have_two() -> None:
    assert alias_of(BOT, ANA) == alias_of(BOT, ANA)
    assert len({alias_of(BOT, ANA), alias_of(BOT, "@ben:chat.test"), alias_of("@other:chat.test", ANA)}) == 3
    assert alias_of(BOT, ANA).endswith(":chat.test")


async def test_without_a_bot_it_is_not_ready(way: Matrix) -> None:
    async with Outbound() as outbound:
        for bare in (Matrix(outbound, None, None), Matrix(outbound, "https://x.example", None)):
            assert not bare.ready
            with pytest.raises(SendFailed, match="TOCSIN_MATRIX"):
                await bare.send(page(), Destination(ANA))


# -- what comes back


def synced(*events: Any, receipts: Any = None) -> dict[str, Any]:
    ephemeral = {"events": [{"type": "m.receipt", "content": receipts}]} if receipts else {}
    return {
        "next_batch": "s2",
        "rooms": {"join": {ROOM: {"timeline": {"events": list(events)}, "ephemeral": ephemeral}}},
    }


def reaction(key: Any = "👍", to: Any = EVENT, by: str = ANA) -> dict[str, Any]:
    relation = {"rel_type": "m.annotation", "event_id": to, "key": key}
    return {"type": "m.reaction", "sender": by, "event_id": "$answer", "content": {"m.relates_to": relation}}


async def heard(
    vendor: Vendor, way: Matrix, *events: Any, receipts: Any = None
) -> tuple[list[bool], list[UUID]]:
    """Of each answer whether it is the person's own; and what was read."""
    vendor.says(200, synced(*events, receipts=receipts))
    said = await way.listen("s1")
    assert said.position == "s2"
    assert {tapped.delivery for tapped in said.answers} <= {UUID(int=7)}
    return [tapped.own for tapped in said.answers], list(said.read)


@pytest.mark.parametrize("key", ["👍", "👍️", "👍🏿", "✅", "✔️", "👌🏻"])
async def test_these_reactions_acknowledge(vendor: Vendor, way: Matrix, key: str) -> None:
    assert await heard(vendor, way, reaction(key)) == ([True], [])


@pytest.mark.parametrize("key", ["👎", "👀", "", "no", None, 1, {"a": "👍"}, "👍👍"])
async def test_others_do_not(vendor: Vendor, way: Matrix, key: Any) -> None:
    assert await heard(vendor, way, reaction(key)) == ([], [])


async def test_whose_answer_it_is_is_told_by_whom_we_wrote_to(vendor: Vendor, way: Matrix) -> None:
    assert await heard(vendor, way, reaction(by="@ben:chat.test"), reaction(), reaction(by=BOT)) == (
        [False, True],
        [],
    )


@pytest.mark.parametrize(
    "message",
    [
        PAGE | {"sender": ANA},
        PAGE | {"content": {"body": "x"}},
        PAGE | {"content": {"org.tocsin": ABOUT | {"page": False}}},
        PAGE | {"content": {"org.tocsin": ABOUT | {"delivery": "no id"}}},
        PAGE | {"content": {"org.tocsin": ABOUT | {"delivery": 7}}},
        PAGE | {"content": "text"},
        {},
    ],
)
async def test_only_a_page_that_we_wrote_can_be_answered(vendor: Vendor, way: Matrix, message: Any) -> None:
    vendor.steps = STEPS | {f"{MATRIX}/rooms/{ROOM}/event/{EVENT}": message}
    assert await heard(vendor, way, reaction()) == ([], [])


@pytest.mark.parametrize(
    "event",
    [
        {}, {"type": "m.reaction"}, reaction(to=None), reaction(to={"x": 1}), {"type": "m.room.message", "sender": ANA, "content": None},
        {"type": "m.room.message", "sender": ANA, "content": {"msgtype": "m.text", "body": 4}},
        {"type": "m.room.message", "sender": ANA, "content": {"msgtype": "m.notice", "body": "ack"}}, "text", None,
    ],
)  # fmt: skip
async def test_whatever_people_write_breaks_nothing(vendor: Vendor, way: Matrix, event: Any) -> None:
    vendor.steps = EVENTS | {f"{MATRIX}/rooms/{ROOM}/messages": {"chunk": "none"}}
    assert await heard(vendor, way, event, reaction()) == ([True], [])


@pytest.mark.parametrize("status", [403, 500])
async def test_one_answer_that_cannot_be_looked_up_holds_up_no_other(
    vendor: Vendor, way: Matrix, status: int
) -> None:
    broken = f"{MATRIX}/rooms/{ROOM}/event/$broken"
    vendor.faults = {broken: status, f"{MATRIX}/rooms/{ROOM}/messages": status}
    bare = {"type": "m.room.message", "sender": ANA, "content": {"msgtype": "m.text", "body": "ack"}}
    assert await heard(vendor, way, reaction(to="$broken"), bare, reaction()) == ([True], [])
    assert 1 <= sum(asked.path == broken for asked in vendor.asked) <= 3


async def test_only_the_persons_own_reading_counts(vendor: Vendor, way: Matrix) -> None:
    ben = {EVENT: {"m.read": {"@ben:chat.test": {"ts": 1}}}}
    assert await heard(vendor, way, receipts=ben) == ([], [])
    ana = {
        EVENT: {"m.read.private": {ANA: {"ts": 1}}},
        "$other": {"m.read": {BOT: {}}},
        "$odd": None,
        "$list": {"m.read": 4},
    }
    assert await heard(vendor, way, receipts=ana) == ([], [UUID(int=7)])


async def test_the_first_time_nothing_old_counts(vendor: Vendor, way: Matrix) -> None:
    vendor.says(200, synced(reaction()))
    said = await way.listen(None)
    assert (said.position, said.answers) == ("s2", ())
    assert vendor.asked[0].query["timeout"] == "0"


async def test_a_position_that_is_not_known_any_more_begins_anew(
    vendor: Vendor, way: Matrix, db: Database
) -> None:
    vendor.says(200, synced())
    assert await listen_once(db, way) == PACE
    assert await value(db, "select position from chat_positions where chat = 'matrix'") == "s2"
    vendor.says(400, {"errcode": "M_UNKNOWN", "error": "Invalid stream token"})
    with pytest.raises(Lost):
        await way.listen("s2")
    assert await listen_once(db, way) == PACE
    assert await value(db, "select count(*) from chat_positions") == 0


@pytest.mark.parametrize("fault", ["close", "hang", "garbage", "500"])
async def test_a_homeserver_that_is_away_is_asked_again_later_and_from_the_same_place(
    vendor: Vendor, outbound: Outbound, db: Database, fault: str
) -> None:
    way = Matrix(outbound, vendor.root, "syt_0123", timeout=0.3, wait=0)
    await run(db, "insert into chat_positions (chat, position) values ('matrix', 's1')")
    match fault:
        case "garbage":
            vendor.says(200, b"<html>")
        case "500":
            vendor.says(500, {"errcode": "M_UNKNOWN"})
        case _:
            vendor.mode = fault
    assert await listen_once(db, way) == PAUSE
    assert await value(db, "select position from chat_positions") == "s1"


async def test_saying_what_came_of_it_never_fails(vendor: Vendor, way: Matrix) -> None:
    tapped = Tapped(UUID(int=7), own=True, back=f"{ROOM} $answer")
    vendor.says(200, {"event_id": "$x"})
    for _ in range(2):
        await way.settle(tapped, Outcome("Ana has it.", done=True))
    one, two = vendor.asked
    assert one.path == two.path, "twice is once"
    assert one.json["m.relates_to"] == {"m.in_reply_to": {"event_id": "$answer"}}
    vendor.mode = "close"
    await way.settle(tapped, Outcome(NOT_YOURS, done=False))


async def test_one_process_listens_and_the_next_turn_is_due_at_once(
    vendor: Vendor, db: Database, dsn: str, tmp_path: Any
) -> None:
    vendor.says(200, synced())
    settings = {
        "TOCSIN_DATA": str(tmp_path),
        "TOCSIN_URL": "http://test",
        "TOCSIN_MATRIX_URL": vendor.root,
        "TOCSIN_MATRIX_TOKEN": f"syt_{SECRET}",
    }
    running = compose(load(settings), db, dsn)
    chats = [running.site.transports["matrix"]]
    for _ in range(2):
        await begin(db, chats)  # type: ignore[arg-type] # it is one
    pumping = asyncio.ensure_future(running.pumps.run())
    for _ in range(1000):
        if len(vendor.asked) >= 2:
            break
        await asyncio.wait([pumping], timeout=0.01)
    running.pumps.stop()
    await running.close()
    await pumping
    assert await value(db, "select count(*) from work where kind = $1", LISTEN) == 1
    assert [asked.query.get("since") for asked in vendor.asked[:2]] == [None, "s2"]
