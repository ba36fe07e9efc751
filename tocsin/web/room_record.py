"""The record as it is read: in pieces for the room's list, and as a page of its own with filters, in either order."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import BaseRoute

from tocsin.edge.door import Form, Who, page, read_query, redirect, render, site_of, viewer_of
from tocsin.incidents import bonds, said_read, search
from tocsin.incidents.kind_groups import GROUPS, kinds_in
from tocsin.incidents.model import Incident
from tocsin.kernel.errors import Invalid
from tocsin.record.model import Entry
from tocsin.web.dressed import dressed
from tocsin.web.entry_shown import shown
from tocsin.web.lookup import incident_of, seq_of

PIECE, CATCH_UP, PAGE = 200, 500, 100
ORDERS = ("number", "newest", "time")
MOST = 2_000_000_000
#: Reactions of the last seconds are told again: their times are those of statements, not of commits.
OVERLAP = timedelta(seconds=10)


async def entries(request: Request) -> Response:
    """Entries as list items: after a number, before one, around one, or these ones; by kind and words.

    With them goes the newest number of all, so that a browser that slept knows how much it missed.
    """
    incident, query = await incident_of(request), read_query(request)
    drawn = await _drawn(request, incident, await _asked(request, incident, query))
    return HTMLResponse("".join(drawn), headers={"tocsin-head": str(incident.head)})


async def _asked(request: Request, incident: Incident, query: Form) -> list[Entry]:
    db = site_of(request).database
    if query.get("only"):
        return await said_read.numbered(db, incident.id, _numbers(query["only"]))
    wanted = _window(query, PIECE)
    around = query.whole("around", least=0, most=MOST, default=0)
    if around:
        half = wanted.limit // 2
        older = search.Window(wanted.kinds, wanted.words, 0, around, half)
        newer = search.Window(wanted.kinds, wanted.words, around - 1, wanted.before, wanted.limit - half)
        return [*await search.backward(db, incident.id, older), *await search.forward(db, incident.id, newer)]
    if query.get("before"):
        return await search.backward(db, incident.id, wanted)
    return await search.forward(db, incident.id, wanted)


def _window(query: Form, limit: int) -> search.Window:
    return search.Window(
        kinds_in(query.text("kinds", most=1000)),
        query.text("q", most=300),
        query.whole("after", least=0, most=MOST, default=0),
        query.whole("before", least=0, most=MOST, default=0) or MOST,
        query.whole("limit", least=1, most=CATCH_UP, default=limit if query.get("before") or query.get("around") else CATCH_UP),
    )  # fmt: skip


def _numbers(text: str) -> list[int]:
    found = [part for part in text.split(",")[:PIECE] if part.strip().isdigit()]
    return [int(part) for part in found if int(part) <= MOST]


async def _drawn(request: Request, incident: Incident, found: list[Entry]) -> list[str]:
    site = site_of(request)
    return await dressed(site.database, site.templates, incident.id, found)


async def marks(request: Request) -> Response:
    """Which entries' reactions changed after a moment, and the moment to ask from next time."""
    incident, db = await incident_of(request), site_of(request).database
    since = _moment(read_query(request), "since", "UTC")
    now = await db.clock()
    changed = await said_read.reacted_since(db, incident.id, (since or now) - OVERLAP)
    return JSONResponse({"now": now.isoformat(), "changed": changed})


async def record(request: Request) -> Response:
    """The record with filters, by number or by time; every choice stands in the address."""
    incident, query, db = await incident_of(request), read_query(request), site_of(request).database
    viewer = await viewer_of(request)
    order = query.choice("order", ORDERS, default="number")
    at = _moment(query, "at", viewer.time_zone)
    wanted = replace(_window(query, PAGE), limit=PAGE + 1)
    origins = await bonds.took_in(db, incident.id, viewer.id)
    within = bool(origins) and query.flag("merged")
    if within:
        order, found = "time", await search.together(db, [incident.id, *(o.id for o in origins)], wanted, at)
    elif order == "time":
        found = await search.by_time(db, incident.id, wanted, at)
    else:
        if at is not None:
            since = await search.seq_at(db, incident.id, at) - 1
            wanted = replace(wanted, after=max(since, wanted.after))
        newest = order == "newest"
        found = (
            (await search.backward(db, incident.id, wanted))[::-1]
            if newest
            else await search.forward(db, incident.id, wanted)
        )
    page_of, more = found[:PAGE], len(found) > PAGE
    context: dict[str, Any] = {
        "nav": "incidents", "incident": incident, "groups": {name: words for name, (words, _) in GROUPS.items()},
        "chosen": {name.strip() for name in query.text("kinds", most=1000).split(",")}, "q": query.text("q", most=300),
        "kinds": query.text("kinds", most=1000), "order": order, "at": query.text("at", most=40),
        "entries_html": await _together(request, incident, origins, page_of), "origins": origins, "within": within, "more": page_of[-1] if page_of and more else None,
        "lines": await search.lines_of(db, incident.id, wanted.words) if not (wanted.after or at) else [],
    }  # fmt: skip
    return await render(request, "incidents/record.html", context)


async def _together(
    request: Request, incident: Incident, origins: list[bonds.Origin], found: list[Entry]
) -> list[str]:
    """Entries of this record as everywhere, those of another one with where they are from."""
    site, names = site_of(request), {o.id: o.key for o in origins}
    ours = iter(await _drawn(request, incident, [e for e in found if e.stream == incident.id]))
    edited = {o.id: await said_read.newest_words(site.database, o.id) for o in origins} if found else {}
    drawn = []
    for entry in found:
        if entry.stream == incident.id:
            drawn.append(next(ours))
            continue
        what = shown(entry)
        words = what["text"] if entry.redacted_at else edited[entry.stream].get(entry.seq) or what["text"]
        about = {"entry": what, "origin": names[entry.stream], "words": words}
        drawn.append(site.templates.text("incidents/origin_entry.html", about))
    return drawn


async def by_kind(request: Request) -> Response:
    """The form of the filters: ticked groups become one word in the address."""
    incident, query = await incident_of(request), read_query(request)
    kept = {name: query.text(name, most=300) for name in ("q", "at", "order", "merged") if query.get(name)}
    chosen = [name for name in query.all("group") if name in GROUPS]
    url = request.url_for("record", key=incident.key).include_query_params(
        **kept | ({"kinds": ",".join(chosen)} if chosen else {})
    )
    return redirect(request, f"{url.path}?{url.query}")


def _moment(query: Form, name: str, zone: str) -> datetime | None:
    """A moment with its zone, or one on the viewer's clock."""
    text = query.text(name, most=40)
    try:
        found = datetime.fromisoformat(text.replace(" ", "+")) if text else None
    except ValueError:
        raise Invalid(name, "Write a date and time, for example 2026-11-27T02:50.") from None
    return found.replace(tzinfo=ZoneInfo(zone)) if found and found.tzinfo is None else found


async def permanent(request: Request) -> Response:
    """The lasting address of an entry: the room, opened around it."""
    incident, seq = await incident_of(request), seq_of(request)
    await said_read.one_entry(site_of(request).database, incident.id, seq)
    window = f"?before={seq + 50}" if incident.head - seq >= 100 else ""
    return redirect(request, f"/incidents/{incident.key}{window}#entry-{seq}")


async def jump(request: Request) -> Response:
    """The room around what was written at a time."""
    incident, viewer = await incident_of(request), await viewer_of(request)
    at = _moment(read_query(request), "at", viewer.time_zone)
    db = site_of(request).database
    seq = await search.seq_at(db, incident.id, at) if at else incident.head
    return redirect(request, f"/incidents/{incident.key}/entries/{seq}")


def routes() -> list[BaseRoute]:
    """Reading only; whoever sees the incident sees its record."""
    one = "/incidents/{key}"
    return [
        page(f"{one}/entries", entries, who=Who.VIEWER),
        page(f"{one}/entries/marks", marks, who=Who.VIEWER),
        page(f"{one}/entries/{{seq}}", permanent, who=Who.VIEWER),
        page(f"{one}/record", record, who=Who.VIEWER, name="record"),
        page(f"{one}/record/filter", by_kind, who=Who.VIEWER),
        page(f"{one}/jump", jump, who=Who.VIEWER),
    ]
