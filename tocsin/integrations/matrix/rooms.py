"""The room that the bot has with a person.

Each has an alias made of both names, which only one room can have: processes that write to somebody at once meet in one
room, and nothing is stored here that a restart or another database could lose. Rooms are not encrypted: the bot would
need keys that all processes share. Nobody but the bot may turn that on, as the bot could not read the answers.
"""

import hashlib

from tocsin.integrations.matrix.server import Denied, Homeserver, object_of
from tocsin.paging.exchange import read
from tocsin.paging.transport import SendFailed


def alias_of(bot: str, person: str) -> str:
    """`#tocsin-0123…:example.org`, on the bot's own server."""
    digest = hashlib.sha256(f"{bot} {person}".encode()).hexdigest()[:32]
    return f"#tocsin-{digest}:{bot.partition(':')[2]}"


class Rooms:
    """Finds rooms and makes them. What was found is kept for this process."""

    def __init__(self, server: Homeserver) -> None:
        self._server = server
        self._known: dict[str, str] = {}

    async def with_(self, person: str) -> tuple[str, bool]:
        """The room's id, and whether the person has accepted the invitation. Whoever left is invited again."""
        if person not in self._known:
            self._known[person] = await self._find(person) or await self._make(person)
        room = self._known[person]
        membership = await self._membership(room, person)
        if membership not in ("join", "invite"):
            await self._invite(room, person)
        return room, membership == "join"

    def forget(self, person: str) -> None:
        """The next message looks for the room again."""
        self._known.pop(person, None)

    async def _find(self, person: str) -> str:
        alias = alias_of(await self._server.bot(), person)
        try:
            answer = await self._server.ask("GET", "directory/room/{}", alias)
        except Denied as denied:
            if denied.code == "M_NOT_FOUND":
                return ""
            raise
        return str(read(answer, "room_id")["room_id"])

    async def _make(self, person: str) -> str:
        name = alias_of(await self._server.bot(), person)[1:].partition(":")[0]
        wanted = {
            "preset": "private_chat", "is_direct": True, "invite": [person], "room_alias_name": name, "name": "Tocsin",
            "topic": "Pages. React with 👍 or answer ack to acknowledge.",
            "power_level_content_override": {"events": {"m.room.encryption": 100}},
        }  # fmt: skip
        try:
            return str(read(await self._server.ask("POST", "createRoom", json=wanted), "room_id")["room_id"])
        except Denied as denied:
            refused = denied
        # Another process may have been first: M_ROOM_IN_USE, or in the same moment something without a name.
        if found := await self._find(person):
            return found
        raise refused

    async def _membership(self, room: str, person: str) -> str:
        try:
            answer = await self._server.ask("GET", "rooms/{}/state/m.room.member/{}", room, person)
        except Denied as denied:
            if denied.code == "M_NOT_FOUND":
                return ""
            self.forget(person)
            if denied.code == "M_FORBIDDEN":
                # Another process is making the room at this moment, and has given it its name already.
                raise SendFailed("The bot is not in its room with this person yet.", retry=True) from denied
            raise
        return str(object_of(answer).get("membership", ""))

    async def _invite(self, room: str, person: str) -> None:
        await self._server.ask("POST", "rooms/{}/invite", room, json={"user_id": person})
