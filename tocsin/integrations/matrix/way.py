"""The transport: writes a page into the room with a person, and listens for what comes back."""

import hashlib
import re
from html import escape
from typing import Any

import orjson

from tocsin.integrations.matrix.answers import OURS, Answers
from tocsin.integrations.matrix.rooms import Rooms
from tocsin.integrations.matrix.server import Denied, Homeserver, object_of
from tocsin.kernel.net import Outbound
from tocsin.paging.chat import Outcome, Tapped
from tocsin.paging.exchange import TIMEOUT_S, clipped, read
from tocsin.paging.listen import Lost, Said
from tocsin.paging.transport import BadAddress, Destination, Field, Message, SendFailed, Sent, TransportInfo

#: Bytes; a whole event may have 65,536, and the words stand in it twice, one time with markup.
MOST = 10_000
#: Seconds that the homeserver waits for something to tell us; the job's lease is a minute.
WAIT_S = 25
_NAME = re.compile(r"@[^:\s\0]+:[\w.\-\[\]:]+")
#: Of all that a homeserver could tell: messages, reactions, who has read what.
_FILTER = orjson.dumps({
    "presence": {"types": []}, "account_data": {"types": []},
    "room": {
        "account_data": {"types": []}, "state": {"types": []}, "ephemeral": {"types": ["m.receipt"]},
        "timeline": {"types": ["m.room.message", "m.reaction"], "limit": 50},
    },
}).decode()  # fmt: skip
ASK = 'React with 👍 or answer "ack" to acknowledge.'


def _accept(address: str, _secret: str) -> Destination:
    if not _NAME.fullmatch(address) or len(address) > 255:
        raise BadAddress("That is no Matrix name: it looks like @ana:example.org.")
    return Destination(address)


INFO = TransportInfo(
    name="matrix",
    title="Matrix",
    fields=(Field("address", "Matrix name", "As @ana:example.org; accept the bot's invitation when it comes."),),
    at_once=20, accept=_accept, doc="matrix.md",
    bundles=True,
)  # fmt: skip


class Matrix:
    """The transport `matrix`, and the chat that is asked for answers. Not ready without a homeserver and a token."""

    name = "matrix"

    def __init__(
        self,
        outbound: Outbound,
        url: str | None,
        token: str | None,
        *,
        timeout: float = TIMEOUT_S,
        wait: float = WAIT_S,
    ) -> None:
        self._timeout = timeout
        self._wait = wait
        self._server = Homeserver(outbound, url, token, timeout) if url and token else None
        if self._server:
            self._rooms, self._answers = Rooms(self._server), Answers(self._server)

    @property
    def info(self) -> TransportInfo:
        return INFO

    @property
    def ready(self) -> bool:
        return self._server is not None

    async def send(self, message: Message, to: Destination) -> Sent:
        """One message; a repeat with the same key is the same event, whose id is the vendor's."""
        server = self._needed()
        room, accepted = await self._rooms.with_(to.address)
        try:
            answer = await server.ask(
                "PUT", "rooms/{}/send/m.room.message/{}", room, message.key.hex, json=body_of(message, to.address),
                idempotency_key=str(message.key),
            )  # fmt: skip
        except Denied:
            self._rooms.forget(to.address)
            raise
        note = "" if accepted else "The invitation to the room is not accepted yet."
        return Sent(vendor_id=str(read(answer, "event_id")["event_id"])[:200], note=note)

    def _needed(self) -> Homeserver:
        if self._server is None:
            raise SendFailed("No Matrix bot is set up (TOCSIN_MATRIX_URL, TOCSIN_MATRIX_TOKEN).", retry=False)
        return self._server

    async def listen(self, position: str | None) -> Said:
        """Waits for what comes after this position. The first time only finds out where we are: older answers are not ours."""
        server = self._needed()
        asked = {
            "filter": _FILTER,
            "set_presence": "offline",
            "timeout": str(int(1000 * self._wait) if position else 0),
        }
        if position:
            asked["since"] = position
        try:
            answer = await server.ask("GET", "sync", query=asked, timeout=self._wait + self._timeout)
        except Denied as denied:
            if position and denied.code in ("M_UNKNOWN", "M_INVALID_PARAM", "M_UNKNOWN_POS"):
                raise Lost from denied
            raise
        synced = object_of(answer)
        at = str(read(answer, "next_batch")["next_batch"])
        if position is None:
            return Said(at)
        taps = [tapped async for tapped in self._answers.taps(synced)]
        return Said(at, tuple(taps), tuple([each async for each in self._answers.read(synced)]))

    async def settle(self, tapped: Tapped, outcome: Outcome) -> None:
        """Answers the answer, quietly; twice is once."""
        room, _, event = tapped.back.partition(" ")
        txn = f"answer-{hashlib.sha256(tapped.back.encode()).hexdigest()[:32]}"
        words = {
            "msgtype": "m.notice", "body": outcome.words,
            "m.relates_to": {"m.in_reply_to": {"event_id": event}},
        }  # fmt: skip
        try:
            await self._needed().ask("PUT", "rooms/{}/send/m.room.message/{}", room, txn, json=words)
        except SendFailed:
            return  # The acknowledgement stands, and the alert says so.


def body_of(message: Message, person: str) -> dict[str, Any]:
    """Plain words and the same with a bold title; `org.tocsin` says what it is about to whoever hears the answer."""
    title, text = clipped(message.subject, 500), clipped(message.text, MOST).strip()
    parts = [part for part in (title, text, ASK if message.ack_url else "") if part]
    first, *rest = (escape(part).replace("\n", "<br>") for part in parts)
    about: dict[str, Any] = {"delivery": str(message.key), "for": person, "page": bool(message.ack_url)}
    if message.alert:
        about["alert"] = message.alert.number
    return {
        # A notice would ring nobody's telephone.
        "msgtype": "m.text",
        "body": "\n\n".join(parts),
        "format": "org.matrix.custom.html",
        "formatted_body": "".join([f"<strong>{first}</strong>", *(f"<p>{each}</p>" for each in rest)]),
        "m.mentions": {"user_ids": [person]} if message.urgent else {},
        OURS: about,
    }
