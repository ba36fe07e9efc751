"""Somebody is away: all their shifts on one page, each with who could cover it, saved at once."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from tocsin.edge.door import (
    Form,
    Viewer,
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
from tocsin.kernel.errors import Conflict, Invalid, NotFound
from tocsin.oncall.cover import OverrideDraft, cover_leave
from tocsin.oncall.leave import LeaveShift, leave_suggestions
from tocsin.oncall.managers import managed
from tocsin.people.queries import user_by_id, users
from tocsin.web.ranges import days

#: More than a page can ask about at once.
MOST = 200


async def show(request: Request) -> Response:
    """From which day to which; then each shift with a choice of people."""
    return await _page(request, read_query(request), {})


async def save(request: Request) -> Response:
    """All covers in one transaction, or none."""
    form, viewer = await read_form(request), await viewer_of(request)
    try:
        person = form.id("person") or viewer.id
        covers, count = _covers(form)
        async with act(request, form) as u:
            await cover_leave(u, person, covers, form.text("reason", most=200))
    except Invalid as error:
        return await _page(request, form, {error.field: str(error)})
    except Conflict as error:
        return await _page(request, form, {"covers": str(error)})
    left = len(form.all("shift")) - count
    said = f"{count} {'shift is' if count == 1 else 'shifts are'} covered. Everybody concerned is told."
    return redirect(request, "/on-call", said + (f" {left} still have nobody else." if left > 0 else ""))


def _covers(form: Form) -> tuple[dict[UUID, list[OverrideDraft]], int]:
    """The chosen people, per schedule. Each choice names its shift, as the page offered it."""
    covers: dict[UUID, list[OverrideDraft]] = {}
    for text in form.all("cover"):
        try:
            schedule, start, end, person = text.split()
            draft = OverrideDraft(UUID(person), datetime.fromisoformat(start), datetime.fromisoformat(end))
            covers.setdefault(UUID(schedule), []).append(draft)
        except ValueError:
            raise Invalid("covers", "One of these shifts is not known. Load the page anew.") from None
        if draft.starts_at.tzinfo is None or draft.ends_at.tzinfo is None:
            raise Invalid("covers", "One of these shifts is not known. Load the page anew.")
    return covers, sum(map(len, covers.values()))


async def _page(request: Request, form: Form, errors: dict[str, str]) -> Response:
    db, viewer = site_of(request).database, await viewer_of(request)
    person = await user_by_id(db, form.id("person") or viewer.id)
    if person is None:
        raise NotFound("There is no such person.")
    shifts: list[LeaveShift] | None = None
    try:
        shifts = await _shifts(request, form, person.id, viewer)
    except Invalid as error:
        errors = {error.field: str(error)} | errors
    may = viewer.role == "admin" or bool(await managed(db, viewer.id))
    context: dict[str, Any] = {
        "nav": "on-call", "person": person, "own": person.id == viewer.id, "values": dict(form), "errors": errors,
        "shifts": shifts, "chosen": set(form.all("cover")), "repeated": bool(form.all("shift")),
        "people": [u for u in await users(db) if u.disabled_at is None] if may else [],
    }  # fmt: skip
    return await render(request, "oncall/leave.html", context, status=422 if errors else 200)


async def _shifts(request: Request, form: Form, person: UUID, viewer: Viewer) -> list[LeaveShift] | None:
    """None before days are chosen. Days are those of whoever looks."""
    first, last = _day(form, "first"), _day(form, "last")
    if first is None and last is None:
        return None
    if first is None or last is None:
        raise Invalid("first" if first is None else "last", "Both a first and a last day are needed.")
    try:
        starts, ends = days(first, last, viewer.time_zone)
        return await leave_suggestions(site_of(request).database, person, starts, ends, MOST)
    except Invalid as error:
        raise Invalid("last", str(error)) from error


def _day(form: Form, name: str) -> date | None:
    found = form.day(name)
    if found is not None and not 1970 <= found.year <= 2200:
        raise Invalid(name, "That day is too far away.")
    return found


def routes() -> list[BaseRoute]:
    """Before those of `/on-call/{schedule_id}`: a schedule is never called `leave`."""
    return [
        page("/on-call/leave", show, who=Who.MEMBER),
        page("/on-call/leave", save, who=Who.MEMBER, methods=["POST"]),
    ]
