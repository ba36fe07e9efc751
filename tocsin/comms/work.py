"""Publishing: what was written for the public goes to the status page, and nothing else does."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from tocsin.comms.model import (
    IMPACT_OF,
    Component,
    ComponentStatus,
    PublicationRow,
    body_of,
    public_status,
)
from tocsin.incidents.change import lock
from tocsin.incidents.kinds import UpdatePublished
from tocsin.incidents.model import Audience, Incident
from tocsin.kernel.db import Unit
from tocsin.kernel.ids import slug12
from tocsin.kernel.sql import Statements
from tocsin.kernel.work import Batch, Job, Work
from tocsin.record.kinds import decode
from tocsin.record.queries import entry

sql = Statements("tocsin.comms")
PUBLISH, END, REOPEN, MERGE = "comms.publish", "comms.end", "comms.reopen", "comms.merge"
FOLLOWS: dict[str, list[str]] = {
    "update_published": [PUBLISH],
    "incident_resolved": [END],
    "incident_cancelled": [END],
    "incident_reopened": [REOPEN],
    "incident_merged": [MERGE],
}
RESOLVED = "This incident has been resolved."
BACK = "The problem is back. We are working on it."
SAME = "This is the same problem as “{}”, where we report on."


async def publish(u: Unit, works: list[Work]) -> None:
    """Puts each update for the public on the page. A private incident never gets there."""
    for work in works:
        found = await entry(u, UUID(work.payload["stream"]), work.payload["seq"])
        if found is None or found.redacted_at is not None:
            continue
        said = decode(found.kind, found.payload)
        if not isinstance(said, UpdatePublished) or said.audience != Audience.PUBLIC:
            continue
        incident = await lock(u, found.stream)
        if not incident.private:
            await _publish(u, incident, said)


async def _publish(u: Unit, incident: Incident, said: UpdatePublished) -> None:
    publication = await _publication(u, incident, said)
    affected = await _affect(u, publication.id, said.components or {})
    body = body_of(said.state, said.status_now, said.next_steps, said.unknowns)
    status = public_status(said.status)
    added = await u.value(
        sql.add_public_update, slug12(), publication.id, said.update_id, status, body, affected
    )
    if added:
        title = said.title or publication.title
        impact = IMPACT_OF[incident.severity]
        await u.run(sql.change_publication, publication.id, title, status, impact, said.next_update_at)
    u.touch("status")


async def _publication(u: Unit, incident: Incident, said: UpdatePublished) -> PublicationRow:
    """The incident's public face; made from public words only: the title given, or the state's first line."""
    found = await u.first(PublicationRow, sql.publication_of, incident.id)
    if found is not None:
        return found
    title = said.title or said.state.splitlines()[0][:200]
    began = incident.impact_started_at or incident.declared_at
    await u.run(
        sql.add_publication, slug12(), incident.id, title, public_status(said.status),
        IMPACT_OF[incident.severity], began, said.next_update_at,
    )  # fmt: skip
    made = await u.first(PublicationRow, sql.publication_of, incident.id)
    assert made is not None  # noqa: S101 - inserted above
    return made


async def _affect(u: Unit, publication_id: str, wanted: Mapping[str, str]) -> list[dict[str, Any]]:
    """Sets components as the update says; ids that are not on the page any more are left out."""
    affected = []
    for component_id, status in wanted.items():
        component = await u.first(Component, sql.component, component_id)
        if component is None or status not in list(ComponentStatus):
            continue
        affected.append(await _set(u, component, status))
        await u.run(sql.affect, publication_id, component_id, status)
    return affected


async def _set(u: Unit, component: Component, status: str) -> dict[str, Any]:
    await u.run(sql.set_component_status, component.id, status)
    return {
        "code": component.id, "name": component.name, "old_status": str(component.status), "new_status": status,
    }  # fmt: skip


async def end(u: Unit, works: list[Work]) -> None:
    """A resolved incident is resolved on the page too; components that only it held down are fine again."""
    for work in works:
        await _follow(u, UUID(work.payload["stream"]), "resolved", RESOLVED)


async def reopen(u: Unit, works: list[Work]) -> None:
    """It was not over."""
    for work in works:
        await _follow(u, UUID(work.payload["stream"]), "investigating", BACK)


async def _follow(u: Unit, incident_id: UUID, status: str, words: str) -> None:
    incident = await lock(u, incident_id)
    publication = await u.first(PublicationRow, sql.publication_of, incident_id)
    over = incident.resolved_at is not None
    if publication is None or over is not (status == "resolved") or publication.status == status:
        return
    affected: list[dict[str, Any]] = []
    if over:
        held = await u.all(Component, sql.affected_only_by, publication.id)
        affected = [await _set(u, component, ComponentStatus.OPERATIONAL) for component in held]
    await _say(u, publication, status, words, incident.update_due_at, affected)


async def merge(u: Unit, works: list[Work]) -> None:
    """What customers were told of a merged incident goes on where the work goes on. If they know of both, it ends there with the
    name of the other one; what is down stays down, now because of that."""
    for work in works:
        incident = await lock(u, UUID(work.payload["stream"]))
        publication = await u.first(PublicationRow, sql.publication_of, incident.id)
        if publication is None or incident.merged_into is None:
            continue
        into = incident
        while into.merged_into is not None:
            into = await lock(u, into.merged_into)
        other = await u.first(PublicationRow, sql.publication_of, into.id)
        if other is None:
            await u.run(sql.hand_over, publication.id, into.id, into.update_due_at)
        else:
            await u.run(sql.hand_over_components, publication.id, other.id)
            await _say(u, publication, "resolved", SAME.format(other.title), None, [])
        if into.resolved_at is not None:
            await _follow(u, into.id, "resolved", RESOLVED)
        u.touch("status")


async def _say(
    u: Unit,
    publication: PublicationRow,
    status: str,
    words: str,
    due_at: datetime | None,
    affected: list[dict[str, Any]],
) -> None:
    await u.value(sql.add_public_update, slug12(), publication.id, None, status, words, affected)
    await u.run(sql.change_publication, publication.id, publication.title, status, publication.impact, due_at)
    u.touch("status")


BATCHES: dict[str, Batch] = {PUBLISH: publish, END: end, REOPEN: reopen, MERGE: merge}
JOBS: dict[str, Job] = {}
