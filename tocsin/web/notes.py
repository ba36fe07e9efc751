"""The notes page and the ticket link of an incident: two of its places."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from tocsin.edge.door import Who, act, page, read_form, redirect, render, site_of
from tocsin.kernel.errors import Conflict, Invalid
from tocsin.places import commands, queries
from tocsin.web.lookup import incident_of


async def show(request: Request) -> Response:
    """The notes, in an editor."""
    incident = await incident_of(request)
    notes = await queries.notes_of(site_of(request).database, incident.id)
    context = {"nav": "incidents", "incident": incident, "notes": notes, "mine": None, "errors": {}}
    return await render(request, "incidents/notes.html", context)


async def save(request: Request) -> Response:
    """Saves; when somebody else saved meanwhile both texts are shown, and nothing is lost."""
    form, incident = await read_form(request), await incident_of(request)
    body = form.get("body", "").replace("\r\n", "\n")
    try:
        async with act(request, form) as u:
            await commands.save_notes(
                u, incident.id, body, form.whole("version", least=1, most=1_000_000_000)
            )
    except (Conflict, Invalid) as error:
        notes = await queries.notes_of(site_of(request).database, incident.id)
        context = {
            "nav": "incidents",
            "incident": incident,
            "notes": notes,
            "mine": body,
            "errors": {"body": str(error)},
        }
        return await render(request, "incidents/notes.html", context, status=409)
    return redirect(request, f"/incidents/{incident.key}/notes", "Saved.")


async def set_ticket(request: Request) -> Response:
    """Links the ticket."""
    form, incident = await read_form(request), await incident_of(request)
    try:
        async with act(request, form) as u:
            await commands.set_ticket(
                u, incident.id, form.text("url", most=2000, needed=True, label="The ticket's link")
            )
    except Invalid as error:
        return redirect(request, f"/incidents/{incident.key}", str(error), "danger")
    return redirect(request, f"/incidents/{incident.key}")


def routes() -> list[BaseRoute]:
    """Under /incidents/KEY."""
    return [
        page("/incidents/{key}/notes", show, who=Who.VIEWER),
        page("/incidents/{key}/notes", save, who=Who.MEMBER, methods=["POST"]),
        page("/incidents/{key}/ticket", set_ticket, who=Who.MEMBER, methods=["POST"]),
    ]
