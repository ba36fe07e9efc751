"""On-call: who now and next, a schedule's four weeks, its editor, and overrides."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo, available_timezones

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from tocsin.edge.door import Form, Who, act, page, read_form, read_query, redirect, render, site_of, viewer_of
from tocsin.kernel.db import Reader
from tocsin.kernel.errors import Conflict, Invalid, NotFound
from tocsin.oncall import commands, cover, queries
from tocsin.oncall.clocks import next_clock_changes
from tocsin.oncall.drafts import RotationDraft, ScheduleDraft, plain_restriction
from tocsin.oncall.model import Restriction, RotationKind, Schedule, ShiftRow
from tocsin.oncall.plans import draft_of_schedule
from tocsin.people.queries import teams, users

WEEKS = 4
MAX_LAYERS = 8
COLOURS = 8


async def overview(request: Request) -> Response:
    """Who is on call now and next, for every schedule."""
    db, viewer = site_of(request).database, await viewer_of(request)
    found = await queries.schedules(db)
    context = {
        "nav": "on-call",
        "schedules": {s.id: s for s in found},
        "on_call": await queries.on_call_now(db),
        "next_up": {o.schedule_id: o for o in await queries.next_up(db)},
        "mine": await queries.shifts_of(db, viewer.id, 6),
    }
    return await render(request, "oncall/overview.html", context)


async def show(request: Request) -> Response:
    """Four weeks of a schedule as a calendar, in its own zone or the viewer's."""
    return await _show(request, await _schedule(request), {}, {})


async def _show(
    request: Request, schedule: Schedule, values: dict[str, Any], errors: dict[str, str]
) -> Response:
    db, viewer, query = site_of(request).database, await viewer_of(request), read_query(request)
    zone = (
        viewer.time_zone
        if query.choice("zone", ("mine", "schedule"), default="mine") == "mine"
        else schedule.time_zone
    )
    now = await db.clock()
    monday = _monday(query.day("from") or now.astimezone(ZoneInfo(zone)).date())
    start, end = _midnight(monday, zone), _midnight(monday + timedelta(weeks=WEEKS), zone)
    shifts = await queries.shifts_between(db, schedule.id, start, end)
    context = {
        "nav": "on-call",
        "schedule": schedule,
        "zone": zone,
        "weeks": calendar(shifts, monday, zone, now),
        "shifts": shifts,
        "layers": await _named_layers(request, schedule.id),
        "overrides": await queries.overrides_between(db, schedule.id, now, now + timedelta(days=120)),
        "colours": _colours(shifts),
        "current": await _holder(db, schedule.id, now),
        "next_up": next((o for o in await queries.next_up(db) if o.schedule_id == schedule.id), None),
        "earlier": monday - timedelta(weeks=WEEKS),
        "later": monday + timedelta(weeks=WEEKS),
        "today": now.astimezone(ZoneInfo(zone)).date(),
        "people": [u for u in await users(db) if u.disabled_at is None],
        "changes": next_clock_changes(schedule.time_zone, now, 2),
        "values": values,
        "errors": errors,
    }
    return await render(request, "oncall/schedule.html", context, status=422 if errors else 200)


async def _holder(db: Reader, schedule_id: UUID, now: datetime) -> ShiftRow | None:
    """Who holds it now, whatever weeks are shown."""
    return next(iter(await queries.shifts_between(db, schedule_id, now, now + timedelta(seconds=1))), None)


def _colours(shifts: list[ShiftRow]) -> dict[UUID, int]:
    """A colour's number per person, the same whatever weeks are shown as long as the same people take turns."""
    people = sorted({s.user_id: s.user_name for s in shifts}.items(), key=lambda item: (item[1], item[0]))
    return {user_id: index % COLOURS for index, (user_id, _) in enumerate(people)}


def calendar(shifts: list[ShiftRow], monday: date, zone: str, now: datetime) -> list[list[dict[str, Any]]]:
    """Weeks of days; each day has its date and the pieces of shifts that fall into it, as shares of the day."""
    weeks = []
    for week in range(WEEKS):
        days = [monday + timedelta(weeks=week, days=d) for d in range(7)]
        weeks.append([_day(shifts, day, zone, now) for day in days])
    return weeks


def _day(shifts: list[ShiftRow], day: date, zone: str, now: datetime) -> dict[str, Any]:
    start, end = _midnight(day, zone), _midnight(day + timedelta(days=1), zone)
    pieces, covered = [], start
    for shift in shifts:
        begin, finish = max(shift.starts_at, start), min(shift.ends_at, end)
        if begin >= finish:
            continue
        if begin > covered:
            pieces.append(_piece(None, covered, begin, zone))
        pieces.append(_piece(shift, begin, finish, zone))
        covered = finish
    if covered < end:
        pieces.append(_piece(None, covered, end, zone))
    return {
        "date": day,
        "pieces": _measured(pieces, start, end, now),
        "today": start <= now < end,
        "past": end <= now,
    }


def _measured(
    pieces: list[dict[str, Any]], start: datetime, end: datetime, now: datetime
) -> list[dict[str, Any]]:
    """Each piece's width in twelfths of the day: at least one each, twelve together unless there are more pieces; and
    whether it is over."""
    used, left = 0, len(pieces)
    for piece in pieces:
        left -= 1
        upto = max(used + 1, min(round((piece["end"] - start) / (end - start) * 12), 12 - left))
        piece["twelfths"], piece["past"], used = upto - used, piece["end"] <= now, upto
    return pieces


def _piece(shift: ShiftRow | None, start: datetime, end: datetime, zone: str) -> dict[str, Any]:
    return {
        "user_id": shift.user_id if shift else None,
        "name": shift.user_name if shift else None,
        "override": bool(shift and shift.override_id),
        "start": start,
        "end": end,
        "begins": shift is not None and shift.starts_at == start,
        "label": _hours(start.astimezone(ZoneInfo(zone)), end.astimezone(ZoneInfo(zone))),
    }


def _hours(start: datetime, end: datetime) -> str:
    midnight = time(0)
    if start.time() == end.time() == midnight:
        return "all day"
    return f"{start:%H:%M}\N{EN DASH}{'24:00' if end.time() == midnight else f'{end:%H:%M}'}"


def _monday(day: date) -> date:
    return day - timedelta(days=day.weekday())


def _midnight(day: date, zone: str) -> datetime:
    return datetime.combine(day, time(0), ZoneInfo(zone)).astimezone(UTC)


async def new_form(request: Request) -> Response:
    """An empty schedule with one weekly layer."""
    viewer = await viewer_of(request)
    today = (await site_of(request).database.clock()).astimezone(ZoneInfo(viewer.time_zone)).date()
    layer = {
        "handoff_time": "09:00",
        "start_date": _monday(today).isoformat(),
        "kind": "weekly",
        "length": "1",
        "name": "Weekly",
    }
    return await _editor(
        request, None, {"name": "", "time_zone": viewer.time_zone}, [layer | {"participants": []}], {}
    )


async def edit_form(request: Request) -> Response:
    """The stored schedule in the editor."""
    schedule = await _schedule(request)
    draft = await draft_of_schedule(site_of(request).database, schedule.id)
    layers = [_layer_values(layer) for layer in draft.rotations] if draft else []
    values = {
        "name": schedule.name, "description": schedule.description, "time_zone": schedule.time_zone,
        "team_id": str(schedule.team_id or ""), "version": schedule.version,
    }  # fmt: skip
    return await _editor(request, schedule, values, layers, {})


def _layer_values(layer: RotationDraft) -> dict[str, Any]:
    hours = plain_restriction(layer.restrictions[0]) if layer.restrictions else {}
    return {
        "name": layer.name, "kind": layer.kind, "length": layer.length, "handoff_time": f"{layer.handoff_time:%H:%M}",
        "start_date": layer.start_date.isoformat(), "participants": [str(p) for p in layer.participants],
        "window_start": hours.get("start", ""), "window_end": hours.get("end", ""),
    }  # fmt: skip


async def save(request: Request) -> Response:
    """Creates or replaces a schedule. A stale version is refused with a sentence, nothing half-saved."""
    form = await read_form(request)
    editing = "schedule_id" in request.path_params
    schedule = await _schedule(request) if editing else None
    layers = _layers_in(form)
    if form.flag("add_layer"):
        return await _editor(
            request, schedule, dict(form), [*layers, {**_blank(layers), "participants": []}], {}
        )
    try:
        schedule_id = await _store(
            request, form, schedule, [_draft(layer) for layer in layers if layer["participants"]]
        )
    except Invalid as error:
        return await _editor(request, schedule, dict(form), layers, {error.field: str(error)})
    except Conflict as error:
        return await _editor(request, schedule, dict(form), layers, {"name": str(error)})
    return redirect(request, f"/on-call/{schedule_id}", "Saved. The shifts are computed.")


async def _store(
    request: Request, form: Form, schedule: Schedule | None, drafts: list[RotationDraft]
) -> UUID:
    name, zone = form.text("name", most=100, needed=True), form.text("time_zone", most=60, needed=True)
    if zone not in available_timezones():
        raise Invalid("time_zone", f"There is no time zone {zone}.")
    if not drafts:
        raise Invalid("layers", "Choose at least one person in one layer.")
    draft = ScheduleDraft(name, zone, tuple(drafts), form.id("team_id"), form.text("description", most=2000))
    async with act(request, form) as u:
        if schedule is None:
            return await commands.create_schedule(u, draft)
        version = form.whole("version", least=1, most=1_000_000_000)
        await commands.change_schedule(u, schedule.id, version, draft)
        return schedule.id


def _blank(layers: list[dict[str, Any]]) -> dict[str, Any]:
    last = (
        layers[-1] if layers else {"handoff_time": "09:00", "start_date": "", "kind": "weekly", "length": "1"}
    )
    return {**last, "name": ""}


def _layers_in(form: Form) -> list[dict[str, Any]]:
    """The layers of the editor, in order; each field is numbered."""
    fields = ("name", "kind", "length", "handoff_time", "start_date", "window_start", "window_end")
    found = []
    for number in range(MAX_LAYERS):
        prefix = f"layer{number}_"
        if f"{prefix}handoff_time" in form and not form.flag(f"{prefix}remove"):
            layer: dict[str, Any] = {f: form.text(prefix + f, most=100) for f in fields}
            found.append(layer | {"participants": form.all(f"{prefix}participants")})
    return found


def _draft(layer: dict[str, Any]) -> RotationDraft:
    form = Form([(k, str(v)) for k, v in layer.items() if k != "participants"])
    start, end = _clock(form, "window_start"), _clock(form, "window_end")
    start_date = form.day("start_date")
    handoff = _clock(form, "handoff_time")
    if start_date is None or handoff is None:
        raise Invalid("layers", "Each layer needs a start date and a hand-off time.")
    return RotationDraft(
        participants=tuple(Form([("person", p)]).needed_id("person") for p in layer["participants"]),
        handoff_time=handoff, start_date=start_date, kind=RotationKind(form.choice("kind", ("daily", "weekly"), default="weekly")),
        length=form.whole("length", least=1, most=52, default=1), name=form.text("name", most=100),
        restrictions=(Restriction(start, end),) if start is not None and end is not None else (),
    )  # fmt: skip


def _clock(form: Form, name: str) -> time | None:
    text = form.text(name, most=8)
    try:
        return time.fromisoformat(text) if text else None
    except ValueError:
        raise Invalid("layers", f"{text} is not a time of day.") from None


async def _editor(
    request: Request,
    schedule: Schedule | None,
    values: dict[str, Any],
    layers: list[dict[str, Any]],
    errors: dict[str, str],
) -> Response:
    db = site_of(request).database
    context = {
        "nav": "on-call", "schedule": schedule, "values": values, "layers": layers, "errors": errors,
        "people": [u for u in await users(db) if u.disabled_at is None], "teams": await teams(db),
        "zones": sorted(available_timezones()),
    }  # fmt: skip
    return await render(request, "oncall/edit.html", context, status=422 if errors else 200)


async def add_override(request: Request) -> Response:
    """Somebody else for a while."""
    form, schedule, viewer = await read_form(request), await _schedule(request), await viewer_of(request)
    try:
        start, end = _moment(form, "starts_at", viewer.time_zone), _moment(form, "ends_at", viewer.time_zone)
        async with act(request, form) as u:
            await cover.add_override(u, schedule.id, form.needed_id("user_id"), start, end)
    except Invalid as error:
        return await _show(request, schedule, dict(form), {error.field: str(error)})
    return redirect(request, f"/on-call/{schedule.id}", "Overridden. Who is on call is computed anew.")


def _moment(form: Form, name: str, zone: str) -> datetime:
    moment = form.moment(name, zone)
    if moment is None:
        raise Invalid(name, "An override needs a start and an end.")
    return moment


async def remove_override(request: Request) -> Response:
    """Takes an override back."""
    form, schedule = await read_form(request), await _schedule(request)
    async with act(request, form) as u:
        await cover.remove_override(u, schedule.id, form.needed_id("override_id"))
    return redirect(request, f"/on-call/{schedule.id}", "The override is gone.")


async def archive(request: Request) -> Response:
    """Takes a schedule out of use."""
    form, schedule = await read_form(request), await _schedule(request)
    try:
        async with act(request, form) as u:
            await commands.archive_schedule(u, schedule.id)
    except Conflict as error:
        return redirect(request, f"/on-call/{schedule.id}", str(error), "danger")
    return redirect(request, "/on-call", f"{schedule.name} is archived.")


async def _schedule(request: Request) -> Schedule:
    schedule_id = Form([("id", request.path_params["schedule_id"])])
    try:
        found = await queries.schedule_by_id(site_of(request).database, schedule_id.needed_id("id"))
    except Invalid:
        found = None
    if found is None:
        raise NotFound("There is no such schedule.")
    return found


async def _named_layers(request: Request, schedule_id: UUID) -> list[dict[str, Any]]:
    db = site_of(request).database
    names = {u.id: u.name for u in await users(db)}
    draft = await draft_of_schedule(db, schedule_id)
    return [
        {
            **_layer_values(layer), "handoff_time": layer.handoff_time,
            "people": [names.get(p, "somebody") for p in layer.participants if isinstance(p, UUID)],
        }
        for layer in (draft.rotations if draft else ())
    ]  # fmt: skip


def routes() -> list[BaseRoute]:
    """Everything under /on-call."""
    one = "/on-call/{schedule_id}"
    return [
        page("/on-call", overview, who=Who.VIEWER),
        page("/on-call/new", new_form, who=Who.MEMBER),
        page("/on-call/new", save, who=Who.MEMBER, methods=["POST"]),
        page(one, show, who=Who.VIEWER),
        page(f"{one}/edit", edit_form, who=Who.MEMBER),
        page(f"{one}/edit", save, who=Who.MEMBER, methods=["POST"]),
        page(f"{one}/override", add_override, who=Who.MEMBER, methods=["POST"]),
        page(f"{one}/override/remove", remove_override, who=Who.MEMBER, methods=["POST"]),
        page(f"{one}/archive", archive, who=Who.MEMBER, methods=["POST"]),
    ]
