"""The part of the record that a room opens with: its end, or what stands before a number; all of it, or one group of entries."""

from typing import Any

from starlette.requests import Request

from tocsin.edge.door import read_query, site_of
from tocsin.incidents import search
from tocsin.incidents.kind_groups import GROUPS, kinds_in
from tocsin.incidents.model import Incident
from tocsin.record.queries import newest_entries
from tocsin.web.dressed import dressed

FIRST_PAGE = 100


async def window_of(request: Request, incident: Incident) -> dict[str, Any]:
    """For `incidents/room.html`. `?before=` a number, `?kinds=` a group."""
    site, query = site_of(request), read_query(request)
    before, kinds = (
        query.whole("before", least=0, most=2_000_000_000, default=0),
        query.text("kinds", most=40),
    )
    if kinds in GROUPS:
        window = search.Window(kinds_in(kinds), before=before or search.LAST, limit=FIRST_PAGE)
        found = await search.backward(site.database, incident.id, window)
    else:
        found = await newest_entries(site.database, incident.id, before, FIRST_PAGE)
    return {
        "entries_html": await dressed(site.database, site.templates, incident.id, found),
        "first_seq": found[0].seq if found else 0,
        "past": bool(before) and before <= incident.head,
        "entry_groups": {name: words for name, (words, _) in GROUPS.items()},
        "entry_kinds": kinds if kinds in GROUPS else "",
    }
