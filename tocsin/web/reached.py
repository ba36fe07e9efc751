"""How I am reached: what a page would do at a moment, do not disturb, quiet hours, and the rules. Its buttons stand in `undisturbed`
and `rules`."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from tocsin.edge.door import Form, Who, page, read_query, render, site_of, viewer_of
from tocsin.oncall.clocks import instant, local, zone_exists
from tocsin.paging.reaching import reached_at
from tocsin.paging.transport import working
from tocsin.people import queries, quiet
from tocsin.web.contacts import reached

HERE = "/settings/reached"
#: Minutes for which one is left alone with one tap.
LENGTHS = {"60": "1 hour", "120": "2 hours", "480": "8 hours", "1440": "1 day"}


async def show(request: Request) -> Response:
    """One screen about oneself."""
    return await reached_page(request, {}, {})


async def reached_page(request: Request, typed: Mapping[str, str], errors: dict[str, str]) -> Response:
    """The page with what was typed and what is wrong with it."""
    site, viewer = site_of(request), await viewer_of(request)
    db, now = site.database, await site.database.clock()
    zone = viewer.time_zone if zone_exists(viewer.time_zone) else "UTC"
    at, problem = _moment(read_query(request), zone, now)
    there = local(at, zone)
    clock = f"{there:%H:%M}" if there.date() == local(now, zone).date() else f"{there:%H:%M %a}"
    titles = {name: transport.info.title for name, transport in site.transports.items()}
    told = await reached_at(db, viewer.id, at, clock, titles, working(site.transports))
    chosen = await quiet.quiet_of(db, viewer.id)
    context: dict[str, Any] = {
        "nav": "settings", "section": "reached", "told": told, "at": f"{there:%Y-%m-%dT%H:%M}", "quiet": chosen,
        "undisturbed": chosen.covers(now), "own": await queries.has_own_rules(db, viewer.id), "lengths": LENGTHS,
        "errors": errors | problem, "values": _values(chosen) | dict(typed), **await reached(request, viewer.id),
        "here": HERE,
    }  # fmt: skip
    return await render(request, "settings/reached.html", context, status=422 if errors else 200)


def _moment(query: Form, zone: str, now: datetime) -> tuple[datetime, dict[str, str]]:
    text = query.text("at", most=30)
    if not text:
        return now, {}
    try:
        return instant(datetime.fromisoformat(text).replace(tzinfo=None), zone), {}
    except (ValueError, OverflowError):
        return now, {"at": "A date and a time are needed."}


def _values(chosen: quiet.Quiet) -> dict[str, str]:
    return {
        "quiet_from": f"{chosen.quiet_from:%H:%M}" if chosen.quiet_from else "",
        "quiet_to": f"{chosen.quiet_to:%H:%M}" if chosen.quiet_to else "",
    }


def routes() -> list[BaseRoute]:
    """How one is reached is one's own: everybody may see it."""
    return [page(HERE, show, who=Who.VIEWER)]
