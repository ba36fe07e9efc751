"""Drafting, editing and finishing a postmortem, and its actions."""

from collections.abc import Mapping, Sequence
from datetime import date
from uuid import UUID

from tocsin.incidents.change import change, lock
from tocsin.incidents.item_queries import open_tasks_of
from tocsin.incidents.model import Incident
from tocsin.incidents.queries import service_of
from tocsin.kernel.commands import command
from tocsin.kernel.db import Unit
from tocsin.kernel.errors import Conflict, Invalid, NotFound
from tocsin.kernel.ids import new_id
from tocsin.kernel.sql import Statements
from tocsin.learning.facts import facts_of
from tocsin.learning.kinds import PostmortemDrafted, PostmortemStatusChanged
from tocsin.learning.model import (
    FIELDS,
    LONGEST,
    DocumentStatus,
    Postmortem,
    chosen,
    due_of_priority,
    filled,
)

sql = Statements("tocsin.learning")
MAX_TIMELINE = 5000


@command("postmortem.draft")
async def draft(u: Unit, incident_id: UUID) -> bool:
    """Writes a draft from the record; answers False when the incident has a document already. Tasks that are still open
    become its first actions."""
    incident, postmortem_id = await lock(u, incident_id), new_id()
    facts = await facts_of(u, incident)
    made = await u.value(
        sql.insert,
        postmortem_id,
        incident_id,
        u.actor.id,
        filled(facts),
        list(chosen(facts.lines)),
        u.actor.name,
    )
    if made:
        for task in await open_tasks_of(u, incident_id):
            await u.run(sql.add_action, new_id(), postmortem_id, task.text[:300], task.owner_id, False, None)
        await change(u, incident, PostmortemDrafted(len(facts.lines)))
    return bool(made)


@command("postmortem.edit")
async def edit(u: Unit, postmortem_id: UUID, version: int, fields: Mapping[str, str]) -> int:
    """Saves sections; those not given stay. `version` is the one that the editor began with."""
    document, _ = await _open(u, postmortem_id)
    unknown = set(fields) - set(FIELDS)
    if unknown:
        raise Invalid(unknown.pop(), "There is no such section.")
    for name, text in fields.items():
        if len(text) > LONGEST:
            raise Invalid(name, f"{FIELDS[name].title} is too long: {LONGEST} characters fit.")
    merged = dict(document.fields) | {k: v.replace("\x00", "").strip() for k, v in fields.items()}
    saved = await u.value(sql.edit, postmortem_id, merged, version, u.actor.name)
    if saved is None:
        raise Conflict(
            "Somebody else saved this document meanwhile. Your text is kept below; theirs is saved."
        )
    return int(saved)


@command("postmortem.choose_timeline")
async def choose_timeline(u: Unit, postmortem_id: UUID, seqs: Sequence[int]) -> None:
    """Which entries of the record stand in the document."""
    _, incident = await _open(u, postmortem_id)
    wanted = sorted({seq for seq in seqs if 1 <= seq <= incident.head})[:MAX_TIMELINE]
    await u.run(sql.choose_timeline, postmortem_id, wanted, u.actor.name)


@command("postmortem.set_status")
async def set_status(u: Unit, postmortem_id: UUID, status: str) -> None:
    """Draft, review, approved, published."""
    document, incident = await _open(u, postmortem_id)
    if status not in list(DocumentStatus):
        raise Invalid("status", f"Status must be one of: {', '.join(DocumentStatus)}.")
    if status != document.status:
        await u.run(sql.set_status, postmortem_id, status, u.actor.name)
        await change(u, incident, PostmortemStatusChanged(status, document.status))


@command("action.add")
async def add_action(
    u: Unit,
    postmortem_id: UUID,
    title: str,
    *,
    owner_id: UUID | None = None,
    priority: bool = False,
    due_on: date | None = None,
) -> UUID:
    """What will be done, by whom. A priority action gets a date by its service's tier when none is given."""
    _, incident = await _open(u, postmortem_id)
    title = title.replace("\x00", "").strip()
    if not 1 <= len(title) <= 300:
        raise Invalid("title", "Say in 1 to 300 characters what will be done.")
    if priority and due_on is None:
        service = await service_of(u, incident)
        due_on = due_of_priority(service.tier if service else None, (await u.clock()).date())
    action_id = new_id()
    await u.run(sql.add_action, action_id, postmortem_id, title, owner_id, priority, due_on)
    return action_id


@command("action.finish")
async def finish_action(u: Unit, action_id: UUID) -> None:
    """It is done. Twice changes nothing."""
    postmortem_id = await u.value(sql.postmortem_of_action, action_id)
    if postmortem_id is None:
        raise NotFound("There is no such action.")
    await _open(u, postmortem_id)
    await u.run(sql.finish_action, action_id)


async def _open(u: Unit, postmortem_id: UUID) -> tuple[Postmortem, Incident]:
    """The document and its incident, both locked; to those who may not see the incident, neither exists."""
    document = await u.first(Postmortem, sql.lock, postmortem_id)
    if document is None:
        raise NotFound("There is no such postmortem.")
    return document, await lock(u, document.incident_id)
