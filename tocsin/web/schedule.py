"""One schedule over time: who is on call, why, and the two or three things that people do about it."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from tocsin.duty.readiness import readiness_of_schedule
from tocsin.edge.door import (
    Form,
    Who,
    act,
    page,
    read_form,
    read_query,
    redirect,
    render,
    site_of,
    viewer_of,
)
from tocsin.kernel.db import Reader
from tocsin.kernel.errors import Invalid
from tocsin.kernel.zones import exists
from tocsin.oncall import cover, schedule_view
from tocsin.oncall.glance import Glance, glance, held_at
from tocsin.oncall.model import Schedule, ShiftRow
from tocsin.oncall.queries import shifts_between
from tocsin.web import timeline
from tocsin.web.drawing import drawn
from tocsin.web.one_schedule import kept, schedule_of
from tocsin.web.ranges import moment

#: Whoever has a shift before then must be ready.
SOON = timedelta(days=7)


async def show(request: Request) -> Response:
    """A week, a month or a quarter of the schedule, on the reader's clock or the schedule's."""
    return await _show(request, await schedule_of(request), {}, {})


async def _show(
    request: Request, schedule: Schedule, values: Mapping[str, Any], errors: dict[str, str]
) -> Response:
    db, viewer, query = site_of(request).database, await viewer_of(request), read_query(request)
    mine = query.choice("zone", ("mine", "schedule"), default="mine") == "mine"
    zone = viewer.time_zone if mine or not exists(schedule.time_zone) else schedule.time_zone
    now = await db.clock()
    today = timeline.wall(now, zone).date()
    seen_now = await glance(db, schedule, now, zone)
    fitting = "week" if timeline.dense([s for s in seen_now.coming if s.track == 0], now) else "month"
    view = query.choice("view", timeline.VIEWS, default=fitting)
    frame = timeline.frame_of(view, query.day("from") or today, zone)
    seen = await schedule_view.view(db, schedule, frame.start, frame.end)
    chosen = await _chosen(db, schedule, query, zone)
    context = {
        "nav": "on-call", "schedule": schedule, "zone": zone, "mine": mine, "today": today, "seen": seen,
        "timeline": drawn(frame, seen, now), "views": timeline.VIEWS, "snap": timeline.SNAP[frame.view],
        "chosen": chosen, "values": values or _prefilled(chosen, seen_now, now, zone), "errors": errors, "moment": now,
        "glance": seen_now, "hours": timeline.hours, **await _readiness(db, schedule, now),
        "printed": timeline.moment(now, zone), "address": f"{site_of(request).settings.url}/on-call/{schedule.id}",
    }  # fmt: skip
    return await render(request, "oncall/schedule.html", context, status=422 if errors else 200)


async def _readiness(db: Reader, schedule: Schedule, now: datetime) -> dict[str, Any]:
    """Who can be reached; of those who cannot, whoever has a shift this week stands first."""
    found = await readiness_of_schedule(db, schedule.id)
    soon = {s.user_id for s in await shifts_between(db, schedule.id, now, now + SOON)}
    found.sort(key=lambda r: (r.ready, r.user_id not in soon, r.name.lower()))
    return {"readiness": found, "soon": soon}


async def _chosen(db: Reader, schedule: Schedule, query: Form, zone: str) -> ShiftRow | None:
    """The shift that was picked in the timeline, whole."""
    at = moment(query, "at", zone)
    track = query.whole("track", least=0, most=1_000_000_000, default=0)
    if at is None:
        return None
    return await held_at(db, schedule.id, at, track)


def _prefilled(chosen: ShiftRow | None, seen: Glance, now: datetime, zone: str) -> dict[str, Any]:
    """The shift that was picked, or what is left of it; else the next one. Whose pager it becomes nobody guesses."""
    if chosen is not None:
        return _range(max(chosen.starts_at, now), chosen.ends_at, zone) | {"replaces": str(chosen.user_id)}
    for following in seen.next_up:
        if following.starts_at and following.ends_at:
            return _range(following.starts_at, following.ends_at, zone)
    return {}


def _range(starts: datetime, ends: datetime, zone: str) -> dict[str, Any]:
    return {
        "starts_at": f"{timeline.wall(starts, zone):%Y-%m-%dT%H:%M}",
        "ends_at": f"{timeline.wall(ends, zone):%Y-%m-%dT%H:%M}",
    }


async def add_override(request: Request) -> Response:
    """Somebody else for a while. The times are on the clock that the page showed."""
    form, schedule, viewer = await read_form(request), await schedule_of(request), await viewer_of(request)
    zone = schedule.time_zone if form.get("zone") == "schedule" else viewer.time_zone
    try:
        start, end = _needed(form, "starts_at", zone), _needed(form, "ends_at", zone)
        user, replaces = _somebody(form), form.id("replaces")
        reason = form.text("reason", most=500)
        async with act(request, form) as u:
            await cover.add_override(u, schedule.id, user, start, end, replaces=replaces, reason=reason)
    except Invalid as error:
        return await _show(request, schedule, dict(form), {error.field: str(error)})
    here = f"/on-call/{schedule.id}{kept(request)}"
    return redirect(request, here, "Overridden. Who is on call is computed anew.")


def _somebody(form: Form) -> UUID:
    found = form.id("user_id")
    if found is None:
        raise Invalid("user_id", "Choose who is on call then.")
    return found


def _needed(form: Form, name: str, zone: str) -> datetime:
    found = moment(form, name, zone)
    if found is None:
        raise Invalid(name, "An override needs a start and an end.")
    return found


def routes() -> list[BaseRoute]:
    """One schedule."""
    one = "/on-call/{schedule_id}"
    return [
        page(one, show, who=Who.VIEWER),
        page(f"{one}/override", add_override, who=Who.MEMBER, methods=["POST"]),
    ]
