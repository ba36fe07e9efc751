"""A button in a chat message: what the chat's vendor tells us of a tap, and what the message says afterwards."""

from dataclasses import dataclass, field
from typing import Protocol
from uuid import UUID

from tocsin.kernel.db import Actor, Database
from tocsin.kernel.errors import Forbidden, NotFound
from tocsin.kernel.sql import Statements
from tocsin.paging.commands import acknowledge_message, mark_seen
from tocsin.paging.inbound import Call, Receipt, take_receipt

sql = Statements("tocsin.paging")
DOOR = "chat"
#: Until the page says whose it is.
SOMEBODY = Actor(None, "Somebody", "public")
NOT_YOURS = "This page went to somebody else. Open it to acknowledge in your own name."


@dataclass(frozen=True, slots=True)
class Tapped:
    """Somebody tapped "Acknowledge". `own`: it was whoever the message went to. `back`: the vendor's address of the message."""

    delivery: UUID
    own: bool
    title: str = ""
    back: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a tap, in words; `done`: the message needs its button no more."""

    words: str
    done: bool


class Chat(Protocol):
    """A chat that calls us at `/in/NAME/interactions`."""

    @property
    def name(self) -> str: ...

    def tapped(self, call: Call) -> Tapped | None:
        """What the request says, None for taps that are nothing to us. Raises Forbidden unless the vendor signed it."""
        ...

    async def settle(self, tapped: Tapped, outcome: Outcome) -> None:
        """Says it where the button was. Never raises: it changes nothing that matters."""
        ...


async def acknowledge(database: Database, delivery: UUID) -> Outcome:
    """As the person whom this message paged; the door has checked that it was they who answered."""
    try:
        async with database.unit(SOMEBODY, DOOR) as u:
            answer = await acknowledge_message(u, delivery)
    except (NotFound, Forbidden) as error:
        return Outcome(str(error), done=True)
    if answer["state"] == "closed":
        return Outcome("This alert is closed already.", done=True)
    what = f"all {answer['count']}" if "count" in answer else "it"
    return Outcome(f"{answer['by']} has {what}.", done=True)


async def note_read(database: Database, delivery: UUID) -> None:
    """Whoever was paged has seen this message: so it has arrived, and the page was seen."""
    await take_receipt(database, Receipt(delivery, "", "delivered", "It was read."))
    page_id = await database.value(sql.page_of_delivery, delivery)
    if page_id is not None:
        async with database.unit(SOMEBODY, DOOR) as u:
            await mark_seen(u, page_id)
