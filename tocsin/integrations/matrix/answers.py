"""What came back: reactions, answers and readings, from one answer of `/sync`."""

import re
from collections.abc import AsyncIterator, Iterator, Mapping
from typing import Any
from uuid import UUID

from tocsin.integrations.matrix.server import Homeserver, below, object_of, part
from tocsin.kernel.log import logger
from tocsin.paging.chat import Tapped
from tocsin.paging.telephony import acknowledges
from tocsin.paging.transport import SendFailed

log = logger(__name__)

#: Our own word in a message: which delivery it is, and for whom.
OURS = "org.tocsin"
#: Reactions that say "I have it"; skin tones and the selector of a coloured shape do not count.
YES = frozenset("👍✅✔👌")
_SHADES = re.compile("[\ufe0f\U0001f3fb-\U0001f3ff]")
#: How often one answer's message is asked for.
TRIES = 3
#: Newest messages of a room in which a bare "ack" looks for its page.
BACK = 30


class Answers:
    """Reads events, and asks the homeserver for the messages that they point at."""

    def __init__(self, server: Homeserver) -> None:
        self._server = server

    async def taps(self, synced: Any) -> AsyncIterator[Tapped]:
        """Answers of people, each with the page that it is about."""
        bot = await self._server.bot()
        for room, event in _events(synced, "timeline"):
            if event.get("sender") == bot:
                continue
            message = await self._about(room, event, bot)
            if message and part(message, "content", OURS, "page"):
                yield _tapped(room, event, message)

    async def read(self, synced: Any) -> AsyncIterator[UUID]:
        """Messages of ours that whoever they were for has seen."""
        bot = await self._server.bot()
        for room, event in _events(synced, "ephemeral"):
            for event_id, kinds in below(event, "content").items():
                readers = [*below(kinds, "m.read"), *below(kinds, "m.read.private")]
                if not set(readers) - {bot}:
                    continue
                message = await self._message(room, event_id, bot)
                if message and part(message, "content", OURS, "for") in readers:
                    yield UUID(message["content"][OURS]["delivery"])

    async def _about(self, room: str, event: dict[str, Any], bot: str) -> dict[str, Any] | None:
        """The page that an event answers, if it is an answer."""
        relation = part(event, "content", "m.relates_to")
        if event.get("type") == "m.reaction":
            yes = _SHADES.sub("", str(part(relation, "key"))) in YES
            return await self._message(room, part(relation, "event_id"), bot) if yes else None
        mine, number = acknowledges(_words(event))
        if not mine:
            return None
        if target := part(relation, "m.in_reply_to", "event_id"):
            return await self._message(room, target, bot)
        return await self._newest(room, number, bot)

    async def _message(self, room: str, event_id: Any, bot: str) -> dict[str, Any] | None:
        """One of our own messages; nobody else's."""
        if not isinstance(event_id, str):
            return None
        return _own(await self._looked_up("rooms/{}/event/{}", room, event_id), bot)

    async def _newest(self, room: str, number: int | None, bot: str) -> dict[str, Any] | None:
        """The page that was written last, or the one about this alert."""
        back = {"dir": "b", "limit": str(BACK)}
        chunk = (await self._looked_up("rooms/{}/messages", room, query=back)).get("chunk")
        for event in chunk if isinstance(chunk, list) else ():
            found = _own(event, bot)
            about = part(found, "content", OURS)
            if part(about, "page") and number in (None, part(about, "alert")):
                return found
        return None

    async def _looked_up(
        self, path: str, *parts: str, query: Mapping[str, str] | None = None
    ) -> Mapping[str, Any]:
        """What the homeserver has there, or nothing. One answer that cannot be read must not hold up all others for ever:
        whoever gave it gets no word that it counted, and the page goes on."""
        for _ in range(TRIES):
            try:
                return object_of(await self._server.ask("GET", path, *parts, query=query))
            except SendFailed as failed:
                if not failed.retry:
                    break
                log.warning("answer_not_read", error=str(failed))
        return {}


def _events(synced: Any, where: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Room and event, of rooms that the bot is in."""
    for room, found in below(synced, "rooms", "join").items():
        events = part(found, where, "events")
        for event in events if isinstance(events, list) else ():
            if isinstance(event, dict):
                yield room, event


def _words(event: dict[str, Any]) -> str:
    """What was typed, without the quotation that older programs put before an answer."""
    if event.get("type") != "m.room.message" or part(event, "content", "msgtype") != "m.text":
        return ""
    lines = str(part(event, "content", "body")).splitlines()
    return "\n".join(line for line in lines if not line.startswith(">")).strip()


def _own(event: Any, bot: str) -> dict[str, Any] | None:
    """This event, if we wrote it about a delivery."""
    delivery = part(event, "content", OURS, "delivery")
    if part(event, "sender") != bot or not isinstance(delivery, str):
        return None
    try:
        UUID(delivery)
    except ValueError:
        return None
    return dict(event)


def _tapped(room: str, event: dict[str, Any], message: dict[str, Any]) -> Tapped:
    about = message["content"][OURS]
    return Tapped(
        UUID(about["delivery"]),
        event.get("sender") == about.get("for"),
        "",
        f"{room} {event.get('event_id')}",
    )
