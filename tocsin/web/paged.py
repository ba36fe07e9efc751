"""Why was I paged, and why was I not? A person's pages with what led to each, and the answer about one alert."""

from datetime import timedelta
from uuid import UUID

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from tocsin.alerts.queries import alert_named
from tocsin.edge.door import Who, page, path_id, read_query, redirect, render, site_of, viewer_of
from tocsin.kernel.db import Reader
from tocsin.kernel.errors import Invalid, NotFound
from tocsin.paging import why
from tocsin.people.queries import user_by_id

DAYS = {"1": "the last day", "7": "the last 7 days", "30": "the last 30 days", "90": "the last 90 days"}


async def mine(request: Request) -> Response:
    """One's own pages."""
    return await _pages(request, (await viewer_of(request)).id)


async def theirs(request: Request) -> Response:
    """Somebody's pages, for who answers for them."""
    return await _pages(request, path_id(request, "user_id", "There is no such person."))


async def _pages(request: Request, user_id: UUID) -> Response:
    site, viewer, query = site_of(request), await viewer_of(request), read_query(request)
    if number := query.text("alert", most=20).lstrip("#"):
        return redirect(request, f"/alerts/{_number(number)}/why?user={user_id}")
    await why.check_reader(site.database, viewer.actor, user_id)
    days = query.choice("days", tuple(DAYS), default="7")
    end = await site.database.clock() + timedelta(minutes=1)
    start = end - timedelta(days=int(days))
    context = {
        "nav": "settings", "section": "pages", "name": await _name(site.database, user_id), "own": user_id == viewer.id,
        "person_id": user_id, "days": days, "all_days": DAYS,
        "found": await why.pages_found(site.database, start, end, user_id=user_id),
        "not_paged": await why.not_paged(site.database, user_id, start, end),
    }  # fmt: skip
    return await render(request, "settings/pages.html", context)


def _number(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise Invalid("alert", "The number of an alert stands behind its #, as 42.")
    return int(text)


async def about(request: Request) -> Response:
    """Why a person was paged for an alert, or why not."""
    site, viewer, query = site_of(request), await viewer_of(request), read_query(request)
    user_id = query.id("user") or viewer.id
    alert = await alert_named(site.database, request.path_params["alert"])
    if alert is None:
        raise NotFound("There is no such alert.")
    await why.check_reader(site.database, viewer.actor, user_id)
    context = {
        "nav": "alerts", "alert": alert, "own": user_id == viewer.id,
        "why": await why.why(site.database, alert, user_id),
    }  # fmt: skip
    return await render(request, "alerts/why.html", context)


async def _name(db: Reader, user_id: UUID) -> str:
    found = await user_by_id(db, user_id)
    if found is None:
        raise NotFound("There is no such person.")
    return found.name


def routes() -> list[BaseRoute]:
    """Everybody their own; the check for others' stands with the question."""
    return [
        page("/pages", mine, who=Who.VIEWER),
        page("/people/{user_id}/pages", theirs, who=Who.VIEWER),
        page("/alerts/{alert}/why", about, who=Who.VIEWER),
    ]
