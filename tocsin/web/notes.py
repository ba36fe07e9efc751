"""The notes page of an incident. The editor's own traffic is in `tocsin.web.notes_sync`."""

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import BaseRoute

from tocsin.edge.door import Who, act, page, read_form, redirect, render, site_of
from tocsin.edge.markdown import html_of
from tocsin.incidents.model import Incident
from tocsin.kernel.errors import Invalid, NotFound
from tocsin.places import notes, notes_queries, queries
from tocsin.web.lookup import incident_of


async def show(request: Request) -> Response:
    """The text with its rendering; with scripts, an editor that many use at once."""
    return await _shown(request, await incident_of(request), {})


async def _shown(
    request: Request, incident: Incident, errors: dict[str, str], mine: str | None = None
) -> Response:
    db = site_of(request).database
    found = await queries.notes_of(db, incident.id)
    context = {
        "nav": "incidents", "incident": incident, "notes": found, "mine": mine, "errors": errors,
        "versions": await notes_queries.versions(db, incident.id), "rendered": _rendered(incident, found.body if found else ""),
    }  # fmt: skip
    return await render(request, "incidents/notes.html", context, status=422 if errors else 200)


def _rendered(incident: Incident, body: str) -> str:
    return html_of(body, pictures=f"/incidents/{incident.key}/files/")


async def save(request: Request) -> Response:
    """Saves what was written without scripts; what others changed meanwhile stays."""
    form, incident = await read_form(request), await incident_of(request)
    body = form.get("body", "")
    try:
        async with act(request, form) as u:
            await notes.save(u, incident.id, body, form.get("base", ""))
    except Invalid as error:
        return await _shown(request, incident, {"body": str(error)}, body)
    return redirect(request, f"/incidents/{incident.key}/notes", "Saved.")


async def preview(request: Request) -> Response:
    """The text as it reads."""
    incident = await incident_of(request)
    found = await queries.notes_of(site_of(request).database, incident.id)
    return HTMLResponse(_rendered(incident, found.body if found else ""))


async def version(request: Request) -> Response:
    """A text that was kept."""
    incident = await incident_of(request)
    asked = request.path_params["version"]
    number = int(asked) if asked.isdecimal() and len(asked) < 10 else 0
    body = await notes_queries.version_text(site_of(request).database, incident.id, number)
    if body is None:
        raise NotFound("There is no such version of the notes.")
    context = {
        "nav": "incidents", "incident": incident, "number": number, "body": body, "rendered": _rendered(incident, body),
    }  # fmt: skip
    return await render(request, "incidents/notes_version.html", context)


async def restore(request: Request) -> Response:
    """Makes it the newest again."""
    form, incident = await read_form(request), await incident_of(request)
    number = form.whole("version", least=1, most=1_000_000_000)
    async with act(request, form) as u:
        await notes.restore(u, incident.id, number)
    return redirect(request, f"/incidents/{incident.key}/notes", f"Version {number} is the text again.")


def routes() -> list[BaseRoute]:
    """Under /incidents/KEY."""
    one = "/incidents/{key}/notes"
    return [
        page(one, show, who=Who.VIEWER),
        page(one, save, who=Who.MEMBER, methods=["POST"]),
        page(f"{one}/preview", preview, who=Who.VIEWER),
        page(f"{one}/versions/{{version}}", version, who=Who.VIEWER),
        page(f"{one}/restore", restore, who=Who.MEMBER, methods=["POST"]),
    ]
