"""Catching up in the room: what is new since the reader's last visit, the brief, and a button that says: I have read it."""

from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from tocsin.edge.door import Form, Site, Who, page, read_query, render, site_of, viewer_of
from tocsin.edge.rewriter import model_for, rewritten
from tocsin.incidents import catchup
from tocsin.incidents.model import Incident
from tocsin.incidents.since import sentence
from tocsin.kernel.db import Unit
from tocsin.kernel.errors import NotFound
from tocsin.web.lookup import incident_of
from tocsin.web.room_act import Act, buttons

SEQ = {"least": 0, "most": 2_000_000_000}


async def since_context(request: Request, incident: Incident) -> dict[str, Any]:
    """What `incidents/since.html` shows above the record; `new_from` is the first entry that the reader has not seen."""
    db, viewer = site_of(request).database, await viewer_of(request)
    since = await catchup.since_last_visit(db, incident, viewer.id)
    return {
        "since": since,
        "new_from": since.seq + 1 if since and since.at else 0,
        "brief": await catchup.brief_of(db, incident) if since else None,
    }


async def show(request: Request) -> Response:
    """The brief on a page of its own; `since` adds what was done after an entry."""
    db, incident = site_of(request).database, await incident_of(request)
    seq = read_query(request).whole("since", **SEQ, default=0)
    found = await catchup.since(db, incident, seq) if seq else None
    context = {
        "nav": "incidents", "incident": incident, "brief": await catchup.brief_of(db, incident), "since_seq": seq,
        "rewriter": _rewriter(site_of(request), incident), "changes": found, "changes_text": sentence(found.points) if found else "",
    }  # fmt: skip
    return await render(request, "incidents/brief.html", context)


def _rewriter(site: Site, incident: Incident) -> dict[str, str] | None:
    model = model_for(site, incident)
    return {"name": model.name, "path": f"/incidents/{incident.key}/brief/rewritten"} if model else None


async def in_other_words(request: Request) -> Response:
    """The part of the brief's page that a language model wrote, if one is set up and answers; `page` for without a script."""
    site, incident = site_of(request), await incident_of(request)
    model = model_for(site, incident)
    if model is None:
        raise NotFound("No language model is set up for this incident.")
    brief = await catchup.brief_of(site.database, incident)
    context = {
        "nav": "incidents", "incident": incident, "brief": brief, "name": model.name,
        "words": await rewritten(site, incident, brief),
    }  # fmt: skip
    whole = "_page" if read_query(request).flag("page") else ""
    return await render(request, f"incidents/rewritten{whole}.html", context)


async def _caught_up(u: Unit, incident: Incident, form: Form, _: Site) -> None:
    await catchup.caught_up(u, incident.id, form.whole("seq", **SEQ))


def routes() -> list[BaseRoute]:
    """Under /incidents/KEY."""
    named: dict[str, Act] = {"caught-up": _caught_up}
    return [
        page("/incidents/{key}/brief", show, who=Who.VIEWER),
        page("/incidents/{key}/brief/rewritten", in_other_words, who=Who.VIEWER),
        *buttons(named, who=Who.VIEWER),
    ]
