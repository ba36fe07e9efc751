"""Reading what people work on. Whether the reader may see the incident was asked before, but for `waiting_for`."""

from uuid import UUID

from tocsin.incidents.item_model import Board, Item, ItemKind, Waiting, board
from tocsin.kernel.db import Reader
from tocsin.kernel.sql import Statements

sql = Statements("tocsin.incidents", "items.sql")


async def items_of(db: Reader, incident_id: UUID) -> list[Item]:
    """Every item of an incident, in order of number."""
    return await db.all(Item, sql.items_of, incident_id, None)


async def board_of(db: Reader, incident_id: UUID) -> Board:
    """The same, sorted as people look at them."""
    return board(await items_of(db, incident_id))


async def unknowns_of(db: Reader, incident_id: UUID) -> list[str]:
    """The questions that are open; every update has to say that they are."""
    return [i.text for i in await items_of(db, incident_id) if i.kind is ItemKind.FACT and i.open]


async def open_tasks_of(db: Reader, incident_id: UUID) -> list[Item]:
    """What is still to be done."""
    return [i for i in await items_of(db, incident_id) if i.kind is ItemKind.TASK and i.open]


async def waiting_for(db: Reader, user_id: UUID) -> list[Waiting]:
    """Claims and tasks of somebody that wait for a sign from them, in the incidents they may see."""
    return await db.all(Waiting, sql.waiting_for, user_id)
