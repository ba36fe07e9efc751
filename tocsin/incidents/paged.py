"""Paging somebody from an incident: linked to it, told in its record, and whoever answers takes part."""

from typing import Any
from uuid import UUID

from tocsin.incidents.change import change, lock, lock_open
from tocsin.incidents.change import sql as rows
from tocsin.incidents.model import Incident
from tocsin.incidents.paged_kinds import PageAnswered, PeoplePaged
from tocsin.kernel.commands import command
from tocsin.kernel.db import Unit
from tocsin.kernel.errors import Invalid, NotFound
from tocsin.kernel.sql import Statements
from tocsin.kernel.work import Batch, Work
from tocsin.paging.direct import PRIORITY, names, send_page
from tocsin.paging.whom import split

sql = Statements("tocsin.incidents", "paged.sql")
#: What is paged for a severity: SEV3 waits for working hours.
PRIORITY_OF = {1: 1, 2: 2, 3: 4}


@command("incident.page")
async def page(
    u: Unit, incident_id: UUID, target: str, message: str = "", *, priority: int = PRIORITY
) -> dict[str, Any]:
    """Pages whoever goes by a name. Without a message it says which incident it is. Answers as `page.send`; raises `Invalid`
    with the candidates when the name fits several.

    Everybody reads the alert, so of a private incident it says nothing that the sender did not write.
    """
    incident = await lock_open(u, incident_id)
    return await page_about(u, incident, target, message.strip() or _asking(incident), priority=priority)


async def page_about(
    u: Unit, incident: Incident, target: str, message: str, *, priority: int = PRIORITY
) -> dict[str, Any]:
    """The same for an incident that is locked: linked to it and told in its record. Raises `Invalid`."""
    about = "" if incident.private else f" for {incident.key}"
    sent = await send_page(u, target, message, priority=priority, about=about)
    alert_id = UUID(sent["alert"])
    await u.run(sql.keep_page, incident.id, alert_id)
    await change(u, incident, PeoplePaged(sent["target"], tuple(sent["people"]), alert_id, sent["number"]))
    return sent


async def page_declared(u: Unit, key: str, target: str) -> None:
    """Pages somebody for an incident that was just declared, as urgently as it is severe. Raises `Invalid` for `page`, and
    `NotFound` when the actor may not see it: whoever asks for a page must not believe that somebody comes."""
    row = await u.row(sql.just_declared, key, u.actor.id)
    if row is None:
        raise NotFound("There is no such incident. Nobody was paged.")
    try:
        await page(u, row["id"], target, priority=PRIORITY_OF[row["severity"]])
    except Invalid as error:
        raise Invalid("page", str(error)) from error


async def page_first(u: Unit, incident: Incident, target: str) -> None:
    """The same while it is declared: it is locked, and a machine pages for what it will not see. Raises `Invalid` for `page`."""
    try:
        await page_about(u, incident, target, _asking(incident), priority=PRIORITY_OF[incident.severity])
    except Invalid as error:
        raise Invalid("page", str(error)) from error


async def page_by_line(u: Unit, incident_id: UUID, line: str) -> dict[str, Any]:
    """The same as people type it in a room: `database on-call replica lag grows`."""
    target, message = split(line, await names(u))
    if not target:
        raise Invalid("text", "Say whom to page, for example /page database on-call replica lag grows.")
    try:
        return await page(u, incident_id, target, message)
    except Invalid as error:
        raise Invalid("text", str(error)) from error


def _asking(incident: Incident) -> str:
    return (
        "You are needed in a private incident."
        if incident.private
        else f"You are needed in {incident.key}: {incident.summary}"[:500]
    )


async def answered(u: Unit, works: list[Work]) -> None:
    """Batch: alerts were acknowledged. Whoever answered a page from an incident takes part in it, and may see it."""
    streams = [UUID(work.payload["stream"]) for work in works]
    for row in await u.rows(sql.answered_pages, streams, [work.payload["seq"] for work in works]):
        incident = await lock(u, row["incident_id"])
        if row["private"]:
            await u.value(rows.add_member, incident.id, row["user_id"])
        await u.value(rows.join, incident.id, row["user_id"])
        await change(u, incident, PageAnswered(row["user_id"], row["name"], row["number"]))


FOLLOWS = {"alert_acknowledged": ["incidents.answered"]}
BATCHES: dict[str, Batch] = {"incidents.answered": answered}
