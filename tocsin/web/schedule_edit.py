"""Editing a schedule: the form, what it would bring while it is typed, and saving it."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from tocsin.edge.door import Form, Who, act, page, read_form, read_query, redirect, render, site_of, viewer_of
from tocsin.kernel.errors import Conflict, Invalid
from tocsin.oncall import commands, offered, schedule_view
from tocsin.oncall.drafts import ScheduleDraft, differences
from tocsin.oncall.model import Schedule
from tocsin.web import schedule_form as forms
from tocsin.web import timeline
from tocsin.web.schedule import drawn, schedule_of

#: How far ahead the preview looks.
PREVIEW = timedelta(weeks=5)
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
        return await _sites(request, {}, {})
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
    try:
        layers = offered.follow_the_sun(_sites_in(form), _monday(today))
    except Invalid as error:
        return await _sites(request, form, {error.field: str(error)})
    draft = ScheduleDraft("", viewer.time_zone, layers)
    values = {"time_zone": viewer.time_zone, "name": "Follow the sun"}
    return await _editor(request, None, values, forms.layers_of(draft), {})


def _sites_in(form: Form) -> list[offered.SiteDraft]:
    return [
        offered.SiteDraft(
            form.text(f"site{n}_name", most=100), form.text(f"site{n}_zone", most=60, needed=True, label="Time zone"),
            form.text(f"site{n}_begins", most=5, needed=True, label="Start of the day"), form.all(f"site{n}_people"),
        )
        for n in range(4)
        if form.get(f"site{n}_zone") or form.all(f"site{n}_people")
    ]  # fmt: skip


async def _sites(request: Request, values: Mapping[str, Any], errors: dict[str, str]) -> Response:
    db = site_of(request).database
    context = {
        "nav": "on-call", "values": values, "errors": errors, "people": (await offered.choices(db)).people,
        "chosen": {n: values.all(f"site{n}_people") if isinstance(values, Form) else [] for n in range(4)},
        "zones": offered.zones(),
    }  # fmt: skip
    return await render(request, "oncall/sites.html", context, status=422 if errors else 200)


async def save(request: Request) -> Response:
    """Creates or replaces a schedule. Buttons of the form that change layers show it again; a stale version shows what
    the others did, and keeps everything that was typed."""
    form = await read_form(request, most=forms.MAX_FIELDS)
    schedule = await schedule_of(request) if "schedule_id" in request.path_params else None
    layers = forms.layers_in(form)
    if form.get("do", "save") not in ("save", "preview"):
        return await _editor(request, schedule, form, forms.changed(form, layers), {})
    if form.get("do") == "preview":
        return await _editor(request, schedule, form, layers, {}, await _preview(request, schedule, form))
    try:
        schedule_id = await _store(request, form, schedule)
    except Invalid as error:
        return await _editor(request, schedule, form, layers, {_where(error.field): str(error)})
    except Conflict as error:
        if schedule is None or form.get("version") == str(schedule.version):
            return await _editor(request, schedule, form, layers, {"name": str(error)})
        theirs = await _theirs(request, schedule, form)
        return await _editor(request, schedule, form, layers, {"version": str(error)}, theirs=theirs)
    return redirect(request, f"/on-call/{schedule_id}", "Saved. Whoever's shifts moved is told.")


async def _theirs(request: Request, schedule: Schedule, form: Form) -> Mapping[str, Any]:
    """What the others did since this form was opened, and what saving it would change of theirs."""
    db = site_of(request).database
    edits = await offered.edits_since(db, schedule.id, form.whole("version", least=0, most=1_000_000_000))
    return {
        "edits": edits,
        "over": differences(await offered.stored(db, schedule.id), forms.draft_in(form)),
    }


async def _store(request: Request, form: Form, schedule: Schedule | None) -> UUID:
    draft = forms.draft_in(form)
    async with act(request, form) as u:
        if schedule is None:
            return await commands.create_schedule(u, draft)
        version = form.whole("version", least=1, most=1_000_000_000)
        await commands.change_schedule(u, schedule.id, version, draft)
        return schedule.id


async def preview(request: Request) -> Response:
    """The fragment that follows the form while it is typed."""
    form = await read_form(request, most=forms.MAX_FIELDS)
    schedule = await schedule_of(request) if "schedule_id" in request.path_params else None
    return await render(request, "oncall/preview.html", await _preview(request, schedule, form))


async def _preview(request: Request, schedule: Schedule | None, form: Form) -> dict[str, Any]:
    """What the template of the preview needs; a sentence when the form cannot be computed yet."""
    db, viewer = site_of(request).database, await viewer_of(request)
    now = await db.clock()
    try:
        draft = forms.draft_in(form)
        draft = draft if draft.name else replace(draft, name="New")
        found = await offered.previewed(db, draft, schedule.id if schedule else None, now, now + PREVIEW)
        dense = timeline.dense([s for s in found.final if s.track == 0], now)
        today = timeline.wall(now, viewer.time_zone).date()
        frame = timeline.frame_of("week" if dense else "month", today, viewer.time_zone)
        seen = await schedule_view.view_of_draft(db, draft, found.overrides, now, frame.end)
    except (Invalid, Conflict, ValueError) as error:
        return {"problem": str(error), "begun": any(layer["participants"] for layer in forms.layers_in(form))}
    return {
        "problem": "", "begun": True, "timeline": drawn(frame, seen, now), "changes": found.changes, "findings": found.findings,
        "zone": viewer.time_zone, "hours": timeline.hours,
    }  # fmt: skip


async def _editor(
    request: Request,
    schedule: Schedule | None,
    values: Mapping[str, Any],
    layers: list[forms.Layer],
    errors: dict[str, str],
    shown: Mapping[str, Any] | None = None,
    theirs: Mapping[str, Any] | None = None,
) -> Response:
    choices = await offered.choices(site_of(request).database)
    context = {
        "nav": "on-call", "schedule": schedule, "values": values, "layers": layers, "errors": errors, "choices": choices,
        "zones": offered.zones(), "shown": shown, "theirs": theirs, "most_hours": forms.MAX_HOURS,
    }  # fmt: skip
    return await render(request, "oncall/edit.html", context, status=422 if errors else 200)


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
