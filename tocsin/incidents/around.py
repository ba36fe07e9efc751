"""What stands around an incident for programs: how long it was where, and what it has to do with others."""

from dataclasses import asdict
from typing import Any
from uuid import UUID

from tocsin.incidents.bonds import bonds_of, merged_into
from tocsin.incidents.model import Incident
from tocsin.incidents.phases import phases_as_data, timings
from tocsin.kernel.db import Reader


async def around(db: Reader, incident: Incident, viewer: UUID | None) -> dict[str, Any]:
    """As JSON-able data; of other incidents only those that the viewer may see."""
    return {
        "sub_status": incident.sub_status,
        "type": incident.type,
        "fields": incident.fields,
        "phases": phases_as_data(await timings(db, incident)),
        "linked": [asdict(b) | {"words": b.words} for b in await bonds_of(db, incident.id, viewer)],
        "merged_into": await merged_into(db, incident.id, viewer),
    }
