"""On-call at a glance: who has it now and who comes next, for every schedule; and one's own shifts."""

from collections import defaultdict
from uuid import UUID

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from tocsin.edge.door import Who, page, read_query, render, site_of, viewer_of
from tocsin.oncall import queries
from tocsin.oncall.model import OnCall
from tocsin.web.expected import expected_of

#: So many schedules fit a page without a search.
MANY = 12


async def overview(request: Request) -> Response:
    """Who is on call now and next, for every schedule whose name holds the words."""
    db, viewer = site_of(request).database, await viewer_of(request)
    words = read_query(request).text("q", most=100)
    found = [
        s for s in await queries.schedules(db) if words.lower() in f"{s.name} {s.team_name or ''}".lower()
    ]
    on_call = await queries.on_call_now(db)
    held = _by_schedule(on_call)
    # Whose help is needed stands first.
    found.sort(key=lambda s: bool(held.get(s.id)))
    context = {
        "nav": "on-call", "schedules": {s.id: s for s in found}, "words": words, "many": len(found) > MANY,
        "searchable": words or len(found) > MANY, "on_call": held,
        "next_up": _by_schedule(await queries.next_up(db)), "names": {o.schedule_id: o.schedule_name for o in on_call},
        "expected": await expected_of(db, viewer.id, on_call),
    }  # fmt: skip
    return await render(request, "oncall/overview.html", context)


def _by_schedule(rows: list[OnCall]) -> dict[UUID, list[OnCall]]:
    found: dict[UUID, list[OnCall]] = defaultdict(list)
    for row in rows:
        if row.user_id is not None:
            found[row.schedule_id].append(row)
    return found


def routes() -> list[BaseRoute]:
    """The overview."""
    return [page("/on-call", overview, who=Who.VIEWER)]
