"""The ticket link of an incident: one of its places."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from tocsin.edge.door import Who, act, page, read_form
from tocsin.places import commands
from tocsin.web.lookup import incident_of
from tocsin.web.room_act import REFUSALS, done, refused


async def set_ticket(request: Request) -> Response:
    """Links the ticket."""
    form, incident = await read_form(request), await incident_of(request)
    try:
        async with act(request, form) as u:
            await commands.set_ticket(
                u, incident.id, form.text("url", most=2000, needed=True, label="The ticket's link")
            )
    except REFUSALS as error:
        return refused(request, incident, error)
    return done(request, f"/incidents/{incident.key}")


def routes() -> list[BaseRoute]:
    """Under /incidents/KEY."""
    return [page("/incidents/{key}/ticket", set_ticket, who=Who.MEMBER, methods=["POST"])]
