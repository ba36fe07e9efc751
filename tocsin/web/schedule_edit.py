"""Editing a schedule: the form, what it would bring while it is typed, and saving it."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from tocsin.edge.door import Form, Who, act, page, read_form, read_query, redirect, render, site_of, viewer_of
from tocsin.kernel.errors import Conflict, Invalid
from tocsin.oncall import commands, offered
from tocsin.oncall.drafts import ScheduleDraft, differences
from tocsin.oncall.model import Schedule
from tocsin.web import schedule_form as forms
from tocsin.web import sites, timeline
from tocsin.web.one_schedule import schedule_of
from tocsin.web.schedule_preview import preview_of

#: Fields of the domain that stand within layers, or beside no single input.
_WITHIN = (
    "participants",
    "length",
    "window",
    "start_date",
    "handoff_time",
    "kind",
    "source_url",
    "rotations",
    "ends_at",
)


async def new_form(request: Request) -> Response:
    """An empty schedule, or a ready-made one: `?template=weekly` or `office`; `sun` asks for its sites first."""
    viewer = await viewer_of(request)
    db = site_of(request).database
    template = read_query(request).choice("template", ("weekly", "office", "sun"), default="weekly")
    if template == "sun":
        return await sites.ask(request, {}, {})
    monday = _monday(timeline.wall(await db.clock(), viewer.time_zone).date())
    first = forms.blank(None, monday) | {"name": "Weekly"}
    layers = [first]
    if template == "office":
        layers = [
            first | {"name": "Nights and weekends", "handoff_time": "17:00"},
            first | {"name": "Office hours", "hours": [_OFFICE]},
        ]
    return await _editor(request, None, {"time_zone": viewer.time_zone}, layers, {})


_OFFICE = {
    "days": ["1", "2", "3", "4", "5"],
    "start": "09:00",
    "end": "17:00",
    "until_day": "",
    "end_zone": "",
}


async def edit_form(request: Request) -> Response:
    """The stored schedule in the editor."""
    schedule = await schedule_of(request)
    draft = await offered.stored(site_of(request).database, schedule.id)
    values = forms.head_of(draft) | {"version": schedule.version}
    return await _editor(request, schedule, values, forms.layers_of(draft), {})


async def follow_the_sun(request: Request) -> Response:
    """From the sites to their layers, shown in the editor; nothing is saved yet."""
    form, viewer = await read_form(request, most=forms.MAX_FIELDS), await viewer_of(request)
    today = timeline.wall(await site_of(request).database.clock(), viewer.time_zone).date()
    found, errors = sites.sites_in(form)
    if errors:
        return await sites.ask(request, form, errors)
    try:
        layers = offered.follow_the_sun(found, _monday(today))
    except Invalid as error:
        return await sites.ask(request, form, {error.field: str(error)})
    draft = ScheduleDraft("", viewer.time_zone, layers)
    values = {"time_zone": viewer.time_zone, "name": "Follow the sun"}
    return await _editor(request, None, values, forms.layers_of(draft), {})


async def save(request: Request) -> Response:
    """Creates or replaces a schedule. Buttons of the form that change layers show it again; a stale version shows what
    the others did, and keeps everything that was typed. `over:7` replaces version 7, which somebody has looked at."""
    form = await read_form(request, most=forms.MAX_FIELDS)
    schedule = await schedule_of(request) if "schedule_id" in request.path_params else None
    layers = forms.layers_in(form)
    what, _, seen = form.get("do", "save").partition(":")
    if what == "preview":
        return await _editor(request, schedule, form, layers, {}, await preview_of(request, schedule, form))
    if what not in ("save", "over"):
        return await _editor(request, schedule, form, forms.changed(form, layers), {})
    try:
        schedule_id = await _store(
            request, form, schedule, seen if what == "over" else form.get("version", "")
        )
    except Invalid as error:
        return await _editor(request, schedule, form, layers, {_where(error.field): str(error)})
    except Conflict as error:
        if schedule is not None:
            schedule = await schedule_of(request)  # It may have been changed since it was read.
        return await _editor(request, schedule, form, layers, _conflict(error, schedule, form))
    return redirect(request, f"/on-call/{schedule_id}", "Saved. Whoever's shifts moved is told.")


def _conflict(error: Conflict, schedule: Schedule | None, form: Form) -> dict[str, str]:
    """Names are told apart by an index of the database, which says so in its own words. A stale version is no error of a
    field: the editor says what the others did."""
    if "schedules_name" in str(error):
        return {"name": "Another schedule has this name."}
    return {} if _stale(schedule, form) else {"name": str(error)}


def _stale(schedule: Schedule | None, values: Mapping[str, Any]) -> bool:
    """Whether somebody else saved since this form was opened."""
    return (
        schedule is not None and isinstance(values, Form) and values.get("version") != str(schedule.version)
    )


async def _theirs(
    request: Request, schedule: Schedule | None, values: Mapping[str, Any]
) -> dict[str, Any] | None:
    """What the others did since this form was opened, and what saving it would change of theirs; None when nobody did
    anything."""
    if schedule is None or not isinstance(values, Form) or not _stale(schedule, values):
        return None
    db = site_of(request).database
    edits = await offered.edits_since(db, schedule.id, _number(values.get("version", "")))
    try:
        over = differences(await offered.stored(db, schedule.id), forms.draft_in(values))
    except Invalid:
        over = None
    return {"edits": edits, "over": over}


async def _store(request: Request, form: Form, schedule: Schedule | None, version: str) -> UUID:
    draft = forms.draft_in(form)
    async with act(request, form) as u:
        if schedule is None:
            return await commands.create_schedule(u, draft)
        await commands.change_schedule(u, schedule.id, _number(version), draft)
        return schedule.id


def _number(version: str) -> int:
    return int(version) if version.isdigit() and len(version) < 10 else 0


async def preview(request: Request) -> Response:
    """The fragment that follows the form while it is typed."""
    form = await read_form(request, most=forms.MAX_FIELDS)
    schedule = await schedule_of(request) if "schedule_id" in request.path_params else None
    shown = await preview_of(request, schedule, form)
    return await render(request, "oncall/preview.html", {"shown": shown, "hours": timeline.hours})


async def _editor(
    request: Request,
    schedule: Schedule | None,
    values: Mapping[str, Any],
    layers: list[forms.Layer],
    errors: dict[str, str],
    shown: Mapping[str, Any] | None = None,
) -> Response:
    choices = await offered.choices(site_of(request).database)
    theirs = await _theirs(request, schedule, values)
    context = {
        "nav": "on-call", "schedule": schedule, "values": values, "layers": layers, "errors": errors, "choices": choices,
        "zones": offered.zones(), "shown": shown, "theirs": theirs, "most_hours": forms.MAX_HOURS, "hours": timeline.hours,
    }  # fmt: skip
    return await render(request, "oncall/edit.html", context, status=422 if errors or theirs else 200)


def _where(field: str) -> str:
    return "layers" if field in _WITHIN else field


def _monday(day: date) -> date:
    return day - timedelta(days=day.weekday())


def routes() -> list[BaseRoute]:
    """New schedules, and changing one."""
    one = "/on-call/{schedule_id}"
    return [
        page("/on-call/new", new_form, who=Who.MEMBER),
        page("/on-call/new", save, who=Who.MEMBER, methods=["POST"]),
        page("/on-call/new/sites", follow_the_sun, who=Who.MEMBER, methods=["POST"]),
        page("/on-call/new/preview", preview, who=Who.MEMBER, methods=["POST"]),
        page(f"{one}/edit", edit_form, who=Who.MEMBER),
        page(f"{one}/edit", save, who=Who.MEMBER, methods=["POST"]),
        page(f"{one}/edit/preview", preview, who=Who.MEMBER, methods=["POST"]),
    ]
