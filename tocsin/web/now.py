"""The start page: what is expected of me, what is going on, who is on call."""

from datetime import timedelta

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from tocsin.alerts.promises import promises_of
from tocsin.edge.door import Who, page, render, site_of, viewer_of
from tocsin.incidents.now import last_hour, open_incidents
from tocsin.incidents.queries import duties_of, offers_to
from tocsin.incidents.said_read import mentions_of
from tocsin.paging.queries import pages_of
from tocsin.web.expected import expected_of, on_call_and_next
from tocsin.web.now_alerts import alerts_now


async def now(request: Request) -> Response:
    """What is expected of the viewer, first."""
    db, viewer = site_of(request).database, await viewer_of(request)
    moment = await db.clock()
    on_call, following = await on_call_and_next(db)
    context = await alerts_now(db, moment) | {
        "nav": "now",
        "my_pages": await pages_of(db, viewer.id, waiting=True),
        "promises": await promises_of(db, viewer.id),
        "mentions": await mentions_of(db, viewer.id),
        "my_offers": await offers_to(db, viewer.id),
        "duties": await duties_of(db, viewer.id),
        "expected": await expected_of(db, viewer.id, on_call),
        "open": await open_incidents(db, viewer.id),
        "on_call": on_call,
        "next_up": {o.schedule_id: o for o in following},
        "schedules": {o.schedule_id: o.schedule_name for o in on_call},
        "recent": await last_hour(db, viewer.id, moment - timedelta(hours=1)),
    }
    return await render(request, "now.html", context)


def routes() -> list[BaseRoute]:
    """The start page."""
    return [page("/", now, who=Who.VIEWER)]
