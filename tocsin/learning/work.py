"""When an incident is resolved, its postmortem is mostly written already."""

from uuid import UUID

from tocsin.incidents.change import lock
from tocsin.kernel.db import Unit
from tocsin.kernel.work import Batch, Job, Work
from tocsin.learning.commands import draft
from tocsin.learning.model import REQUIRED_FROM

DRAFT = "learning.draft"
FOLLOWS: dict[str, list[str]] = {"incident_resolved": [DRAFT]}


async def draft_required(u: Unit, works: list[Work]) -> None:
    """A draft for each resolved incident whose severity asks for one, and that has none."""
    for work in works:
        incident = await lock(u, UUID(work.payload["stream"]))
        if incident.resolved_at is not None and incident.severity <= REQUIRED_FROM:
            await draft(u, incident.id)


BATCHES: dict[str, Batch] = {DRAFT: draft_required}
JOBS: dict[str, Job] = {}
