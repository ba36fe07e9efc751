"""What an incident has to do with others: merging, linking, following up, splitting."""

from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from tocsin.edge.door import Form, Site, Who, act, page, read_form
from tocsin.edge.viewer import Viewer
from tocsin.incidents import bonds
from tocsin.incidents.model import Incident
from tocsin.incidents.phases import timings
from tocsin.kernel.db import Reader, Unit
from tocsin.web.lookup import incident_of
from tocsin.web.room_act import REFUSALS, Act, buttons, done, refused


async def context(db: Reader, incident: Incident, viewer: Viewer) -> dict[str, Any]:
    """What the panel shows: other incidents that the viewer may see, and the times of this one."""
    return {
        "bonds": await bonds.bonds_of(db, incident.id, viewer.id),
        "merged_into": await bonds.merged_into(db, incident.id, viewer.id),
        "relations": bonds.RELATIONS,
        "phases": await timings(db, incident),
    }


async def _merge(u: Unit, i: Incident, form: Form, _: Site) -> None:
    into = await bonds.other(u, form.text("into", most=60, needed=True))
    await bonds.merge(u, i.id, into, form.text("why", most=1000))


async def _relate(u: Unit, i: Incident, form: Form, _: Site) -> None:
    second = await bonds.other(u, form.text("other", most=60, needed=True))
    await bonds.relate(u, i.id, second, form.text("relation", most=40) or "related")


async def _unrelate(u: Unit, i: Incident, form: Form, _: Site) -> None:
    await bonds.unrelate(u, i.id, await bonds.other(u, form.text("other", most=60, needed=True)))


async def declare_from(request: Request) -> Response:
    """A new incident that follows up on this one, or that part of it turned out to be; then its room."""
    form, incident = await read_form(request), await incident_of(request)
    try:
        async with act(request, form) as u:
            key = await _declare_from(u, incident, form)
    except REFUSALS as error:
        return refused(request, incident, error)
    return done(request, f"/incidents/{key}", leads=True)


async def _declare_from(u: Unit, incident: Incident, form: Form) -> str:
    summary, severity = form.text("summary", most=300, needed=True), form.whole("severity", least=1, most=3)
    entries, alerts = (
        bonds.numbers(form.text("entries", most=500)),
        bonds.numbers(" ".join(form.all("alerts")[:50])),
    )
    if not entries and not alerts:
        return await bonds.follow_up(u, incident.id, summary, severity)
    return await bonds.split(u, incident.id, summary, severity, entries, alerts)


def routes() -> list[BaseRoute]:
    """Under /incidents/KEY, POST only."""
    named: dict[str, Act] = {"merge": _merge, "relate": _relate, "unrelate": _unrelate}
    return [
        page("/incidents/{key}/declare-from", declare_from, who=Who.MEMBER, methods=["POST"]),
        *buttons(named),
    ]
