"""The panels of who may see an incident and of what it has to do with others, as one context."""

from typing import Any

from tocsin.edge.viewer import Viewer
from tocsin.incidents.model import Incident
from tocsin.kernel.db import Reader
from tocsin.web import room_bonds, room_privacy


async def context(db: Reader, incident: Incident, viewer: Viewer) -> dict[str, Any]:
    """For `panels/bonds.html`, and for who may see it in `panels/people.html`."""
    return await room_bonds.context(db, incident, viewer) | await room_privacy.let_in(db, incident)
