"""Reading postmortems. Whether the reader may see the incident was asked before."""

from uuid import UUID

from tocsin.incidents.model import Incident
from tocsin.kernel.db import Reader
from tocsin.kernel.sql import Statements
from tocsin.learning.facts import lines_of, times_of
from tocsin.learning.markdown import document
from tocsin.learning.model import ActionItem, Postmortem

sql = Statements("tocsin.learning")


async def postmortem_of(db: Reader, incident_id: UUID) -> Postmortem | None:
    """The incident's document."""
    return await db.first(Postmortem, sql.postmortem_of, incident_id)


async def actions_of(db: Reader, postmortem_id: UUID) -> list[ActionItem]:
    """Its actions, in order of what is due."""
    return await db.all(ActionItem, sql.actions_of, postmortem_id)


async def markdown_of(db: Reader, incident: Incident) -> str | None:
    """The whole document as Markdown."""
    found = await postmortem_of(db, incident.id)
    if found is None:
        return None
    lines = {line.seq: line for line in await lines_of(db, incident)}
    chosen = [lines[seq] for seq in found.timeline if seq in lines]
    actions = await actions_of(db, found.id)
    return document(
        incident.key, incident.summary, incident.severity, found, times_of(incident), chosen, actions
    )
