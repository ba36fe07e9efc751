"""People in the room: a card each, who is expected, paging in one line."""

from typing import Any

from tocsin.duty.room_people import Person, people_of
from tocsin.duty.room_rest import at_work
from tocsin.edge.door import Viewer
from tocsin.edge.templates import clock_face
from tocsin.incidents import queries
from tocsin.incidents.model import Incident, RoleName
from tocsin.kernel.db import Reader
from tocsin.paging.direct import names

#: So many who are on it are in sight; the others are folded behind their count.
IN_SIGHT = 12
#: So many names complete the line that pages: schedules and teams first.
COMPLETED = 120


async def context(db: Reader, incident: Incident, viewer: Viewer) -> dict[str, Any]:
    """What `incidents/panels/people.html` shows."""
    inside = await people_of(db, incident.id)
    me = next((p for p in inside if p.user_id == viewer.id), None)
    manager = await queries.roles(db, incident.id)
    now = await db.clock()
    managing = [r.user_id for r in manager if r.role == RoleName.INCIDENT_MANAGER]
    return {
        "groups": _groups(inside),
        "inside": len(inside),
        "my_part": me.part if me else "",
        "may_release": viewer.role == "admin" or not managing or viewer.id in managing,
        "pageable": await _pageable(db) if incident.resolved_at is None else [],
        # Of two hundred people most share a clock and working hours.
        "faces": {zone: clock_face(zone, now) for zone in {p.time_zone for p in inside}},
        "at_work": {hours for hours in {p.hours for p in inside} if at_work(hours, now)},
    }


def _groups(inside: list[Person]) -> list[tuple[str, str, list[Person], bool]]:
    """Name, heading, people, and whether it is in sight; empty ones are left out."""
    leading = [p for p in inside if p.roles]
    others = [p for p in inside if not p.roles]
    busy = [p for p in others if p.part == "on_it"]
    found = [
        ("lead", "With a role", leading, True),
        ("busy", "On it", busy[:IN_SIGHT], True),
        ("more", "more on it", busy[IN_SIGHT:], False),
        ("invited", "invited", [p for p in others if p.part == "invited"], False),
        ("watching", "watching", [p for p in others if p.part == "watching"], False),
        ("looking", "only looking", [p for p in others if p.part == "looking"], False),
    ]
    return [group for group in found if group[2]]


async def _pageable(db: Reader) -> list[str]:
    """What the line that pages is completed from; every other name can be typed."""
    known = sorted(
        await names(db),
        key=lambda n: ("schedule", "team").index(n.kind) if n.kind in ("schedule", "team") else 2,
    )
    return [n.typed for n in known[:COMPLETED]]
