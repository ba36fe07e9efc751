"""Panels of the room for its entries: what is pinned, and a line for the scribe during a call."""

from typing import Any

from tocsin.edge.viewer import Viewer
from tocsin.incidents import said_read
from tocsin.incidents.model import Incident, RoleName
from tocsin.incidents.queries import roles
from tocsin.kernel.db import Reader
from tocsin.places.queries import places_of
from tocsin.web.entry_shown import shown

#: So long after an incident's video room was opened, people probably talk in it.
VIDEO_S = 3600


async def pinned_panel(db: Reader, incident: Incident, _: Viewer) -> dict[str, Any]:
    """What is pinned, with its newest words; and who was addressed but may not see the incident."""
    pins = await said_read.pinned(db, incident.id)
    newest = await said_read.extras(db, incident.id, [e.seq for e in pins])
    return {
        "pins": [
            {
                "seq": e.seq,
                "actor": e.actor,
                "text": "(taken out)" if e.redacted_at else newest[e.seq].text or shown(e)["text"],
            }
            for e in pins
        ],
        "outside": await said_read.mentioned_outside(db, incident.id) if incident.private else [],
    }


async def scribe_panel(db: Reader, incident: Incident, viewer: Viewer) -> dict[str, Any]:
    """Whether people talk, and whether it is for the viewer to write it down."""
    video = [p for p in await places_of(db, incident.id) if p.kind == "video" and p.state == "open"]
    opened = bool(video) and (await db.clock() - incident.declared_at).total_seconds() < VIDEO_S
    said_so = await said_read.on_a_call(db, incident.id)
    return {
        "on_a_call": said_so,
        "may_be_on_a_call": said_so or opened,
        "is_scribe": any(r.role == RoleName.SCRIBE and r.user_id == viewer.id for r in await roles(db, incident.id)),
    }  # fmt: skip
