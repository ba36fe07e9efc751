"""One place to look for anything: incidents, entries of their records, alerts, services, people."""

from datetime import datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from tocsin.alerts.queries import alerts
from tocsin.catalog.queries import services
from tocsin.edge.door import Who, page, read_query, render, site_of, viewer_of
from tocsin.incidents import queries, search
from tocsin.kernel.db import Reader
from tocsin.people.queries import users
from tocsin.record.kinds import decode

FEW, ENTRIES = 8, 30


async def look(request: Request) -> Response:
    """The page, and what was found; newest first."""
    db, viewer, query = site_of(request).database, await viewer_of(request), read_query(request)
    words = query.text("q", most=300)
    before = _cursor(query.text("before", most=40))
    found = await search.search(db, viewer.id, words, before=before, limit=ENTRIES + 1) if words else []
    context: dict[str, Any] = {
        "nav": "", "q": words, "entries": [_told(e) for e in found[:ENTRIES]], "first": before is None,
        "more": found[ENTRIES - 1].recorded_at if len(found) > ENTRIES else None,
        "lines": [], "incidents": [], "alerts": [], "services": [], "people": [],
    }  # fmt: skip
    if words and before is None:
        context["incidents"] = await queries.incident_cards(db, viewer.id, text=words.strip('"'), limit=FEW)
        context["alerts"] = await alerts(
            db, state="all", text=words.strip('"'), service_id=None, before=None, limit=FEW
        )
        context["lines"] = await search.lines(db, viewer.id, words)
        context |= await _named(db, words)
    return await render(request, "search.html", context)


async def _named(db: Reader, words: str) -> dict[str, Any]:
    """Services and people: few enough to be read whole."""
    wanted = words.strip('" ').casefold()
    named = [s for s in await services(db) if wanted in s.name.casefold()]
    people = [u for u in await users(db) if u.disabled_at is None and wanted in u.name.casefold()]
    return {"services": named[:FEW], "people": people[:FEW]}


def _told(found: search.Found) -> dict[str, Any]:
    text = (
        str(found.payload["text"])
        if found.kind == "message"
        else decode(found.kind, found.payload).sentence()
    )
    return {
        "key": found.key, "summary": found.summary, "seq": found.seq, "actor": found.actor,
        "happened_at": found.happened_at, "text": text,
    }  # fmt: skip


def _cursor(text: str) -> datetime | None:
    try:
        found = datetime.fromisoformat(text.replace(" ", "+")) if text else None
    except ValueError:
        return None
    return found if found and found.tzinfo else None


def routes() -> list[BaseRoute]:
    """For everybody who is signed in; each sees what they may see."""
    return [page("/search", look, who=Who.VIEWER)]
