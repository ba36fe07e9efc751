"""One entry on a page of its own: its history and thread, and everything that can be done with it."""

from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from tocsin.edge.door import Who, act, by_script, page, read_form, render, site_of, viewer_of
from tocsin.incidents import edits, rewording, said_read
from tocsin.incidents.model import Incident
from tocsin.web.dressed import dressed
from tocsin.web.lookup import incident_of, seq_of
from tocsin.web.room_act import REFUSALS, done, field_of, refused

USUAL = ("👍", "👀", "✅", "🎉", "❤️", "😬")


async def about(request: Request) -> Response:
    """The entry, its earlier words, its replies, and the forms."""
    return await _about(request, await incident_of(request), {})


async def _about(request: Request, incident: Incident, more: dict[str, Any], status: int = 200) -> Response:
    site, viewer = site_of(request), await viewer_of(request)
    db, seq = site.database, seq_of(request)
    entry = await said_read.one_entry(db, incident.id, seq)
    history = await said_read.versions(db, incident.id, seq)
    replies = await said_read.thread(db, incident.id, seq)
    mine = viewer.role == "admin" or entry.actor_id == viewer.id
    context = {
        "nav": "incidents", "incident": incident, "entry": entry, "usual": USUAL, "errors": {},
        "entry_html": (await dressed(db, site.templates, incident.id, [entry]))[0],
        "history": history if len(history) > 1 and not entry.redacted_at else [],
        "replies_html": await dressed(db, site.templates, incident.id, replies),
        "pinned": (await said_read.extras(db, incident.id, [seq]))[seq].pinned,
        "can_edit": await rewording.may_reword(db, viewer.actor, entry) and entry.redacted_at is None and rewording.longest(entry.kind),
        "most": rewording.longest(entry.kind), "can_redact": mine and entry.redacted_at is None and entry.kind not in edits.FACTS,
        "text": history[-1].text, "revision": len(history) - 1, "conflict": None,
    }  # fmt: skip
    return await render(request, "incidents/entry_about.html", context | more, status=status)


async def edit(request: Request) -> Response:
    """Other words for a line, an item or a caption. When somebody was faster, both texts are shown, and nothing is lost."""
    form, incident, seq = (
        await read_form(request),
        await incident_of(request),
        seq_of(request),
    )
    typed = form.get("text", "")
    try:
        async with act(request, form) as u:
            revision = form.whole("revision", least=0, most=1_000_000)
            await edits.edit_entry(u, incident.id, seq, form.text("text", most=20_000), revision)
    except edits.EditConflict as conflict:
        more = {"conflict": conflict, "text": typed, "revision": conflict.revision}
        return await _about(request, incident, more, 409)
    except REFUSALS as error:
        if by_script(request) or not field_of(error):
            return refused(request, incident, error)
        return await _about(request, incident, {"errors": {field_of(error): str(error)}, "text": typed}, 422)
    return done(request, f"/incidents/{incident.key}/entries/{seq}")


def routes() -> list[BaseRoute]:
    """What is done with many entries is in `tocsin.web.room_said`; the record itself in `tocsin.web.room_record`."""
    one = "/incidents/{key}/entries/{seq}"
    return [
        page(f"{one}/about", about, who=Who.VIEWER),
        page(f"{one}/edit", edit, who=Who.MEMBER, methods=["POST"]),
    ]
