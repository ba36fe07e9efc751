"""The incident room: one screen with the state, the record as it grows, and everything that people do in it."""

from typing import Any
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute

from tocsin.chatops.grammar import VERBS, Told, say_or_do
from tocsin.edge.door import (
    Who,
    act,
    by_script,
    page,
    read_form,
    read_query,
    redirect,
    render,
    site_of,
    viewer_of,
)
from tocsin.incidents import queries
from tocsin.incidents.model import Incident
from tocsin.web.lookup import incident_of
from tocsin.web.room_act import REFUSALS, refused
from tocsin.web.room_glance import glance_of
from tocsin.web.room_panels import PANELS
from tocsin.web.room_since import since_context
from tocsin.web.room_window import window_of

#: A long text from a terminal comes by `/output`, too.
MOST_TYPED = 200_000


async def room(request: Request) -> Response:
    """The room: state before story. `before` shows a part of a long record, for links and without scripts; `kinds` only a group of
    entries; `at` leads to what was written then."""
    incident = await incident_of(request)
    if at := read_query(request).text("at", most=40):
        return redirect(request, f"/incidents/{incident.key}/jump?{urlencode({'at': at})}")
    context = (
        await state_context(request, incident)
        | await since_context(request, incident)
        | await window_of(request, incident)
    )
    return await render(request, "incidents/room.html", context)


async def state(request: Request) -> Response:
    """The panels beside the record, fetched again whenever something changed."""
    return await render(
        request, "incidents/state.html", await state_context(request, await incident_of(request))
    )


async def state_context(request: Request, incident: Incident) -> dict[str, Any]:
    """Everything but the entries: who, where, what is due, what is expected of the viewer."""
    db, viewer = site_of(request).database, await viewer_of(request)
    context = await glance_of(db, incident) | {
        "nav": "incidents",
        "expected": await queries.expected_of(db, incident, viewer.id),
        "verbs": list(VERBS.values()),
        "panels": PANELS,
        "mail_address": site_of(request).incident_mail(incident.key),
    }
    for panel in PANELS:
        context |= await panel.context(db, incident, viewer)
    return context


async def say(request: Request) -> Response:
    """A line, or a command that starts with `/`; scripts get the number of the entry, forms go back to the room."""
    form, incident = await read_form(request), await incident_of(request)
    try:
        async with act(request, form) as u:
            seq = await say_or_do(u, incident, form.text("text", most=MOST_TYPED, needed=True))
    except Told as told:
        if by_script(request):
            return JSONResponse({"told": str(told)})
        return redirect(request, f"/incidents/{incident.key}", str(told))
    except REFUSALS as error:
        return refused(request, incident, error)
    if by_script(request):
        return JSONResponse({"seq": seq})
    return redirect(request, f"/incidents/{incident.key}#entry-{seq}")


def routes() -> list[BaseRoute]:
    """The room itself; its buttons are in `tocsin.web.room_buttons`, the update form in `tocsin.web.updates`."""
    one = "/incidents/{key}"
    return [
        page(one, room, who=Who.VIEWER),
        page(f"{one}/state", state, who=Who.VIEWER),
        page(f"{one}/say", say, who=Who.MEMBER, methods=["POST"]),
    ]
