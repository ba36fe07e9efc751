"""One schedule over time: who is on call, why, and the two or three things that people do about it."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from tocsin.duty.readiness import readiness_of_schedule
from tocsin.edge.door import (
    Form,
    Who,
    act,
    page,
    path_id,
    read_form,
    read_query,
    redirect,
    render,
    site_of,
    viewer_of,
)
from tocsin.kernel.db import Reader
from tocsin.kernel.errors import Conflict, Invalid, NotFound
from tocsin.kernel.zones import exists
from tocsin.oncall import commands, cover, schedule_view
from tocsin.oncall.glance import glance, held_at
from tocsin.oncall.model import Schedule, ShiftRow
from tocsin.oncall.queries import schedule_by_id, shifts_between
from tocsin.web import timeline
from tocsin.web.drawing import drawn
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
        "chosen": chosen, "values": values or _prefilled(chosen, zone), "errors": errors,
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


def _prefilled(chosen: ShiftRow | None, zone: str) -> dict[str, Any]:
    if chosen is None:
        return {}
    return {
        "starts_at": f"{timeline.wall(chosen.starts_at, zone):%Y-%m-%dT%H:%M}",
        "ends_at": f"{timeline.wall(chosen.ends_at, zone):%Y-%m-%dT%H:%M}",
        "replaces": str(chosen.user_id),
    }


async def add_override(request: Request) -> Response:
    """Somebody else for a while. The times are on the clock that the page showed."""
    form, schedule, viewer = await read_form(request), await schedule_of(request), await viewer_of(request)
    zone = schedule.time_zone if form.get("zone") == "schedule" else viewer.time_zone
    try:
        start, end = _needed(form, "starts_at", zone), _needed(form, "ends_at", zone)
        user, replaces = form.needed_id("user_id"), form.id("replaces")
        reason = form.text("reason", most=500)
        async with act(request, form) as u:
            await cover.add_override(u, schedule.id, user, start, end, replaces=replaces, reason=reason)
    except Invalid as error:
        return await _show(request, schedule, dict(form), {error.field: str(error)})
    return redirect(request, f"/on-call/{schedule.id}", "Overridden. Who is on call is computed anew.")


def _needed(form: Form, name: str, zone: str) -> datetime:
    found = moment(form, name, zone)
    if found is None:
        raise Invalid(name, "An override needs a start and an end.")
    return found


async def take(request: Request) -> Response:
    """Takes the shift that is shown, oneself."""
    form, schedule = await read_form(request), await schedule_of(request)
    here = f"/on-call/{schedule.id}"
    try:
        start, end = _needed(form, "starts_at", "UTC"), _needed(form, "ends_at", "UTC")
        async with act(request, form) as u:
            await cover.take_shift(u, schedule.id, form.needed_id("holder_id"), start, end)
    except (Conflict, Invalid) as error:
        return redirect(request, here, str(error), "danger")
    return redirect(request, here, "The shift is yours. Whoever had it is told.")


async def remove_override(request: Request) -> Response:
    """Takes an override back."""
    form, schedule = await read_form(request), await schedule_of(request)
    here = f"/on-call/{schedule.id}"
    try:
        async with act(request, form) as u:
            await cover.remove_override(u, schedule.id, form.needed_id("override_id"))
    except NotFound as error:
        return redirect(request, here, str(error), "danger")
    return redirect(request, here, "The override is gone.")


async def archive(request: Request) -> Response:
    """Takes a schedule out of use."""
    form, schedule = await read_form(request), await schedule_of(request)
    try:
        async with act(request, form) as u:
            await commands.archive_schedule(u, schedule.id)
    except Conflict as error:
        return redirect(request, f"/on-call/{schedule.id}", str(error), "danger")
    return redirect(request, "/on-call", f"{schedule.name} is archived.")


async def schedule_of(request: Request) -> Schedule:
    """The schedule of the address. Raises `NotFound`."""
    sentence = "There is no such schedule."
    found = await schedule_by_id(site_of(request).database, path_id(request, "schedule_id", sentence))
    if found is None:
        raise NotFound(sentence)
    return found


def routes() -> list[BaseRoute]:
    """One schedule."""
    one = "/on-call/{schedule_id}"
    return [
        page(one, show, who=Who.VIEWER),
        page(f"{one}/override", add_override, who=Who.MEMBER, methods=["POST"]),
        page(f"{one}/override/remove", remove_override, who=Who.MEMBER, methods=["POST"]),
        page(f"{one}/take", take, who=Who.MEMBER, methods=["POST"]),
        page(f"{one}/archive", archive, who=Who.MEMBER, methods=["POST"]),
    ]
