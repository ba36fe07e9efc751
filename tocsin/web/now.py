"""The start page: what is expected of me, what is going on, who is on call."""

from datetime import timedelta

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from tocsin.alerts import queries as alerts
from tocsin.alerts.promises import promises_of
from tocsin.alerts.silence_model import SilenceKind, SilenceState
from tocsin.alerts.silences import silences
from tocsin.catalog.queries import services
from tocsin.edge.door import Who, page, render, site_of, viewer_of
from tocsin.incidents import queries as incidents
from tocsin.incidents.said_read import mentions_of
from tocsin.paging import queries as paging
from tocsin.record.kinds import decode
from tocsin.web.alerts import row_of
from tocsin.web.expected import expected_of, on_call_and_next


async def now(request: Request) -> Response:
    """What is expected of the viewer, first."""
    db, viewer = site_of(request).database, await viewer_of(request)
    moment = await db.clock()
    names = {s.id: s.name for s in await services(db)}
    open_ = await incidents.incident_cards(
        db, viewer.id, resolved=False, text=None, severity=None, before=None, limit=50
    )
    mine = await paging.pages_of(db, viewer.id, waiting=True)
    active = await alerts.alerts(db, state="active", text=None, service_id=None, before=None, limit=20)
    lines = await paging.lines_of(db, [a.id for a in active])
    on_call, following = await on_call_and_next(db)
    context = {
        "nav": "now",
        "fresh": not names,
        "my_pages": mine,
        "promises": await promises_of(db, viewer.id),
        "duties": await incidents.duties_of(db, viewer.id),
        "mentions": await mentions_of(db, viewer.id),
        "my_offers": await incidents.offers_to(db, viewer.id),
        "expected": await expected_of(db, viewer.id, on_call),
        "open": sorted(open_, key=lambda card: card.severity),
        "alerts": sorted(
            (row_of(a, moment, names) | {"line": lines.get(a.id)} for a in active),
            key=lambda row: int(row["priority"]),
        ),
        "quiet": await paging.quiet_now(db),
        "maintenance": [
            s for s in await silences(db, SilenceState.ACTIVE) if s.kind is SilenceKind.MAINTENANCE
        ],
        "on_call": on_call,
        "next_up": {o.schedule_id: o for o in following},
        "schedules": {o.schedule_id: o.schedule_name for o in on_call},
        "recent": [
            {
                "key": e.key,
                "seq": e.seq,
                "happened_at": e.happened_at,
                "actor": e.actor,
                "text": decode(e.kind, e.payload).sentence(),
            }
            for e in await incidents.recent_entries(db, viewer.id, moment - timedelta(hours=1), 20)
        ],
    }
    return await render(request, "now.html", context)


def routes() -> list[BaseRoute]:
    """The start page."""
    return [page("/", now, who=Who.VIEWER)]
