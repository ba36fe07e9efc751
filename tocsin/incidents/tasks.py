"""Tasks, decisions, and the board of what is known and what is not."""

from datetime import datetime, timedelta
from uuid import UUID

from tocsin.incidents.change import lock_open, me, person
from tocsin.incidents.item_kinds import (
    DecisionMade,
    DecisionUndone,
    FactKnown,
    TaskCancelled,
    TaskDone,
    TaskMade,
    TaskReopened,
    TaskTaken,
    UnknownAnswered,
    UnknownNamed,
)
from tocsin.incidents.item_model import ItemKind
from tocsin.incidents.items import begin, evidence, go_on, locked, must_be_open, reason, words
from tocsin.kernel.commands import command
from tocsin.kernel.db import Unit
from tocsin.kernel.errors import Conflict, Invalid

FARTHEST = timedelta(days=30)


@command("task.make")
async def make(
    u: Unit, incident_id: UUID, line: str, *, owner_id: UUID | None = None, due_at: datetime | None = None
) -> int:
    """Something is to be done; answers its number. Nobody need have it yet; `due_at` lies within 30 days."""
    incident, now = await lock_open(u, incident_id), await u.clock()
    if due_at is not None and not now < due_at <= now + FARTHEST:
        raise Invalid("due_at", "A task is due within the next 30 days.")
    owner = await person(u, owner_id) if owner_id else ""
    return await begin(u, incident, TaskMade(words(line), owner_id, owner, now, due_at))


@command("task.take")
async def take(u: Unit, incident_id: UUID, seq: int, user_id: UUID | None = None) -> None:
    """Somebody has it from now on: oneself, or who is named."""
    incident, item = await locked(u, incident_id, seq, ItemKind.TASK)
    must_be_open(item)
    to = user_id or me(u)
    name = await person(u, to)
    if item.owner_id != to:
        await go_on(u, incident, item, TaskTaken(seq, item.text, to, name, await u.clock()))


@command("task.finish")
async def finish(u: Unit, incident_id: UUID, seq: int, outcome: str = "") -> None:
    """It is done. Only the first one does it."""
    incident, item = await locked(u, incident_id, seq, ItemKind.TASK)
    must_be_open(item)
    await go_on(u, incident, item, TaskDone(seq, item.text, reason(outcome, "outcome")))


@command("task.reopen")
async def reopen(u: Unit, incident_id: UUID, seq: int) -> None:
    """It is to be done after all."""
    incident, item = await locked(u, incident_id, seq, ItemKind.TASK)
    if not item.open:
        await go_on(u, incident, item, TaskReopened(seq, item.text, await u.clock()))


@command("task.cancel")
async def cancel(u: Unit, incident_id: UUID, seq: int, why: str = "") -> None:
    """It need not be done."""
    incident, item = await locked(u, incident_id, seq, ItemKind.TASK)
    must_be_open(item)
    await go_on(u, incident, item, TaskCancelled(seq, item.text, reason(why)))


@command("decision.make")
async def decide(u: Unit, incident_id: UUID, line: str, *, why: str = "", undo: str = "") -> int:
    """What was decided, why, and how to undo it; answers its number."""
    incident = await lock_open(u, incident_id)
    said = words(line).rstrip(".")
    return await begin(
        u, incident, DecisionMade(said, u.actor.id, u.actor.name, await u.clock(), reason(why), reason(undo, "undo"))
    )  # fmt: skip


@command("decision.undo")
async def undo(u: Unit, incident_id: UUID, seq: int, why: str = "") -> None:
    """A decision does not stand any more; both stay in the record."""
    incident, item = await locked(u, incident_id, seq, ItemKind.DECISION)
    if not item.open:
        raise Conflict(f"The decision #{seq} was taken back already.")
    await go_on(u, incident, item, DecisionUndone(seq, item.text, reason(why)))


@command("board.ask")
async def ask(u: Unit, incident_id: UUID, line: str) -> int:
    """A question that nobody can answer yet; answers its number."""
    incident = await lock_open(u, incident_id)
    return await begin(u, incident, UnknownNamed(words(line), u.actor.id, u.actor.name, await u.clock()))


@command("board.answer")
async def answer(u: Unit, incident_id: UUID, seq: int, outcome: str) -> None:
    """What was not known is known now."""
    incident, item = await locked(u, incident_id, seq, ItemKind.FACT)
    must_be_open(item)
    said = reason(outcome, "outcome")
    if not said:
        raise Invalid("outcome", "Say what is known now.")
    await go_on(u, incident, item, UnknownAnswered(seq, item.text, said))


@command("board.know")
async def know(u: Unit, incident_id: UUID, line: str, link: str = "") -> int:
    """Something is known for certain, perhaps with an entry or a link that shows it; answers its number."""
    incident = await lock_open(u, incident_id)
    shown = (evidence(link),) if link.strip() else ()
    return await begin(u, incident, FactKnown(words(line), u.actor.id, u.actor.name, await u.clock(), shown))
