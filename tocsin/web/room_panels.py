"""The panels beside the record, in the order in which they stand. Each reads what its template shows."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from tocsin.catalog.queries import services
from tocsin.edge.viewer import Viewer
from tocsin.incidents import queries
from tocsin.incidents.item_queries import board_of
from tocsin.incidents.model import Incident, Status
from tocsin.kernel.db import Reader
from tocsin.places.queries import places_of
from tocsin.playbooks.overdue import late_steps
from tocsin.playbooks.queries import checklist_of, playbook_of
from tocsin.web import room_fields, room_lifecycle, room_people, room_roles
from tocsin.web.room_said_panels import pinned_panel, scribe_panel

Context = Callable[[Reader, Incident, Viewer], Awaitable[dict[str, Any]]]


@dataclass(frozen=True, slots=True)
class Panel:
    """`incidents/panels/<name>.html`, in the column `state` (where, who, about) or `work` (claims, tasks, checklist).

    All panels of a room share one context: names that `context` answers with must be the panel's own.
    """

    name: str
    column: str
    context: Context


async def _act(_: Reader, __: Incident, ___: Viewer) -> dict[str, Any]:
    return {
        "statuses": [s.value for s in Status if s is not Status.RESOLVED],
    }


async def _places(db: Reader, incident: Incident, _: Viewer) -> dict[str, Any]:
    return {"places": await places_of(db, incident.id)}


async def _alerts(db: Reader, incident: Incident, _: Viewer) -> dict[str, Any]:
    return {"alerts": await queries.alerts_of(db, incident.id)}


async def _about(db: Reader, incident: Incident, _: Viewer) -> dict[str, Any]:
    return {"service": await queries.service_of(db, incident)}


async def _work(db: Reader, incident: Incident, _: Viewer) -> dict[str, Any]:
    return {
        "board": await board_of(db, incident.id),
        "services": await services(db),
        "moment": await db.clock(),
    }


async def _checklist(db: Reader, incident: Incident, viewer: Viewer) -> dict[str, Any]:
    checks, followed = await checklist_of(db, incident), await playbook_of(db, incident.id)
    holders = {r.role: r for r in await queries.roles(db, incident.id)}
    mine = {role for role, holder in holders.items() if holder.user_id == viewer.id}
    return {
        "checks": sorted(checks, key=lambda check: check.step.role not in mine),
        "my_guides": [guide for role, guide in followed.roles.items() if role in mine and guide.instructions],
        "guides": followed.roles,
        "my_roles": mine,
        "my_late_steps": late_steps(checks, incident, holders, viewer.id),
    }


PANELS = (
    Panel("pinned", "state", pinned_panel),
    Panel("scribe", "state", scribe_panel),
    Panel("act", "state", _act),
    Panel("places", "state", _places),
    Panel("roles", "state", room_roles.context),
    Panel("people", "state", room_people.context),
    Panel("alerts", "state", _alerts),
    Panel("about", "state", _about),
    Panel("fields", "state", room_fields.context),
    Panel("bonds", "state", room_lifecycle.context),
    Panel("items", "work", _work),
    Panel("checklist", "work", _checklist),
)
