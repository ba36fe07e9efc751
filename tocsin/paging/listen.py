"""Chats that are asked for what people answered. One due row per chat: one process waits for answers, any takes it over.

1. The row is claimed, and the chat asked for what came after the position that is kept; it answers when something does.
2. Each answer acknowledges, each reading is noted. Doing it twice changes nothing, so a process may die in between.
3. The new position is kept, then the row made due again.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol
from uuid import UUID

from tocsin.kernel import work
from tocsin.kernel.db import ENGINE, Database
from tocsin.kernel.log import logger
from tocsin.kernel.sql import Statements
from tocsin.kernel.work import Job, Work
from tocsin.paging.chat import NOT_YOURS, Outcome, Tapped, acknowledge, note_read
from tocsin.paging.transport import SendFailed

sql = Statements("tocsin.paging", "listen.sql")
log = logger(__name__)
LISTEN = "paging.listen"
#: After a chat could not be asked; and after it had nothing to say, lest one that does not wait is asked without end.
PAUSE, PACE = timedelta(seconds=10), timedelta(seconds=0.3)


@dataclass(frozen=True, slots=True)
class Said:
    """What came since the last time: answers, and messages that whoever they were for has read."""

    position: str
    answers: tuple[Tapped, ...] = ()
    read: tuple[UUID, ...] = ()


class Lost(Exception):
    """The chat does not know the position that it is asked from."""


class Listener(Protocol):
    """A chat that is asked. `ready`: whether the operator set it up."""

    @property
    def name(self) -> str: ...

    @property
    def ready(self) -> bool: ...

    async def listen(self, position: str | None) -> Said:
        """Waits for answers, half a minute at most; with None only where to begin. Raises SendFailed, Lost."""
        ...

    async def settle(self, tapped: Tapped, outcome: Outcome) -> None:
        """Says in the chat what came of an answer. Never raises."""
        ...


async def listen_once(database: Database, chat: Listener) -> timedelta:
    """One turn. When the next one is due."""
    position = await database.value(sql.position_of, chat.name)
    try:
        said = await chat.listen(position)
    except Lost:
        await database.run(sql.forget_position, chat.name)
        return PACE
    except SendFailed as failed:
        log.warning("chat_not_heard", chat=chat.name, error=str(failed))
        return PAUSE
    for tapped in said.answers:
        outcome = Outcome(NOT_YOURS, done=False)
        if tapped.own:
            outcome = await acknowledge(database, tapped.delivery)
        await chat.settle(tapped, outcome)
    for delivery in said.read:
        await note_read(database, delivery)
    await database.run(sql.keep_position, chat.name, said.position)
    return timedelta() if said.answers or said.read else PACE


def jobs(chats: Iterable[Listener]) -> Mapping[str, Job]:
    """For a pump of their own: a turn lasts as long as nobody answers."""
    by_name = {chat.name: chat for chat in chats}

    async def listen(database: Database, row: Work) -> None:
        chat = by_name.get(str(row.payload.get("chat")))
        if chat is None or not chat.ready:
            return  # Set up no more; the next start with it begins again.
        pause = await listen_once(database, chat)
        async with database.unit(ENGINE, "engine") as u:
            due_at = await u.clock() + pause
            await work.add(u, LISTEN, {"chat": chat.name}, key=chat.name, due_at=due_at)

    return {LISTEN: listen}


async def begin(database: Database, chats: Iterable[Listener]) -> None:
    """Called at every start: one row per chat for all processes."""
    async with database.unit(ENGINE, "engine") as u:
        for chat in chats:
            if chat.ready:
                await work.add(u, LISTEN, {"chat": chat.name}, key=chat.name)
