"""Asking somebody to take a shift: which one, then whom."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
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
    path_id,
    read_form,
    read_query,
    redirect,
    render,
    site_of,
    viewer_of,
)
from tocsin.kernel.errors import Conflict, Forbidden, Invalid, NotFound
from tocsin.oncall import swap_queries, swaps
from tocsin.oncall.managers import manages
from tocsin.oncall.model import Schedule
from tocsin.oncall.queries import schedule_by_id
from tocsin.oncall.swap_queries import Turn
from tocsin.oncall.swaps import Range, SwapDraft
from tocsin.web.ranges import moment, spoken


@dataclass(frozen=True, slots=True)
class _Asking:
    """Whose shift it is about, and which."""

    schedule: Schedule
    holder: UUID
    starts_at: datetime | None
    ends_at: datetime | None
    may_manage: bool


async def ask_page(request: Request) -> Response:
    """Which of one's shifts; then whom to ask. An address that names a shift is enough: a manager asks for its holder."""
    query, viewer = read_query(request), await viewer_of(request)
    asking = await _asking(request, query, "from", "to", query.id("for"))
    starts, ends = asking.starts_at, asking.ends_at
    if starts is None or ends is None:
        return await _ask_page(request, asking, {}, {})
    db = site_of(request).database
    if asking.may_manage and query.id("for") is None:
        turns = await swap_queries.coming_turns(db, asking.schedule.id)
        at = [t.user_id for t in turns if t.starts_at <= starts < t.ends_at]
        asking = replace(asking, holder=at[0] if at and viewer.id not in at else asking.holder)
    values = {"starts_at": max(starts, _soon(await db.clock())), "ends_at": ends}
    shown = {k: f"{spoken(v, viewer.time_zone):%Y-%m-%dT%H:%M}" for k, v in values.items()}
    return await _ask_page(request, asking, shown, {})


def _soon(now: datetime) -> datetime:
    """Of a shift that is under way one asks for what follows the next full hour: the other one needs a moment."""
    return (now + timedelta(hours=1)).replace(minute=0, second=0, microsecond=0)


async def ask(request: Request) -> Response:
    """Sends the request; the other one is told where they want to be told."""
    form, viewer = await read_form(request), await viewer_of(request)
    holder = form.id("from_user_id") or viewer.id
    try:
        asking = await _asking(request, form, "starts_at", "ends_at", holder)
        draft = _draft(form, asking)
        async with act(request, form) as u:
            await swaps.ask(u, asking.schedule.id, draft)
    except Invalid as error:
        return await _again(request, form, holder, {error.field: str(error)})
    except Conflict as error:
        return await _again(request, form, holder, {"to_user_id": str(error)})
    return redirect(request, "/on-call/cover", "Asked. You are told when there is an answer.")


async def _again(request: Request, form: Form, holder: UUID, errors: dict[str, str]) -> Response:
    try:
        asking = await _asking(request, form, "starts_at", "ends_at", holder)
    except Invalid:
        asking = await _asking(request, Form([]), "", "", holder)
    return await _ask_page(request, asking, dict(form), errors)


async def _asking(request: Request, form: Form, start: str, end: str, holder: UUID | None) -> _Asking:
    db, viewer = site_of(request).database, await viewer_of(request)
    schedule = await schedule_by_id(db, path_id(request, "schedule_id", "There is no such schedule."))
    if schedule is None:
        raise NotFound("There is no such schedule.")
    may = await manages(db, viewer.actor, [schedule.id])
    if holder not in (None, viewer.id) and not may:
        raise Forbidden("Only an admin, or an admin of the schedule's team, asks for somebody else.")
    return _Asking(
        schedule, holder or viewer.id, moment(form, start, viewer.time_zone), moment(form, end, viewer.time_zone), may,
    )  # fmt: skip


def _draft(form: Form, asking: _Asking) -> SwapDraft:
    if asking.starts_at is None or asking.ends_at is None:
        field = "starts_at" if asking.starts_at is None else "ends_at"
        raise Invalid(field, "Both a start and an end are needed.")
    to, back = form.id("to_user_id"), _in_return(form)
    if back and to not in (None, back[0]):
        raise Invalid("in_return", "The shift in return must be one of the person you ask.")
    return SwapDraft(
        asking.starts_at, asking.ends_at, back[0] if back else to, asking.holder,
        back[1] if back else None, back[2] if back else None, form.text("note", most=500),
    )  # fmt: skip


def _in_return(form: Form) -> tuple[UUID, datetime, datetime] | None:
    """The chosen shift in return: person, start and end, as the page offered it."""
    text = form.text("in_return")
    try:
        person, start, end = text.split()
        found = UUID(person), datetime.fromisoformat(start), datetime.fromisoformat(end)
    except ValueError:
        if text:
            raise Invalid("in_return", "This shift is not known.") from None
        return None
    if found[1].tzinfo is None or found[2].tzinfo is None:
        raise Invalid("in_return", "This shift is not known.")
    return found


async def _ask_page(
    request: Request, asking: _Asking, values: dict[str, str], errors: dict[str, str]
) -> Response:
    db, viewer = site_of(request).database, await viewer_of(request)
    turns, now = await swap_queries.coming_turns(db, asking.schedule.id), await db.clock()
    holder = await swap_queries.taker(db, asking.holder)
    if holder is None:
        raise NotFound("There is no such person.")
    wanted = _range(asking) or (now, _soon(now))
    context = {
        "nav": "on-call", "schedule": asking.schedule, "holder": holder, "own": asking.holder == viewer.id,
        "chosen": bool(values.get("starts_at") or errors), "values": values, "errors": errors,
        "turns": _to_choose(turns, asking, viewer, now), "moment": now,
        "candidates": await swap_queries.who_can_take(db, asking.schedule.id, asking.holder, wanted),
        "returns": [t for t in turns if t.user_id != asking.holder and t.starts_at > now],
    }  # fmt: skip
    return await render(request, "oncall/swap.html", context, status=422 if errors else 200)


def _range(asking: _Asking) -> Range | None:
    starts, ends = asking.starts_at, asking.ends_at
    return (starts, ends) if starts and ends and starts < ends else None


def _to_choose(turns: Sequence[Turn], asking: _Asking, viewer: Viewer, now: datetime) -> list[Turn]:
    """One's own turns, or what is left of them; a manager may ask for anybody's."""
    everybody, soon = asking.may_manage and asking.holder == viewer.id, _soon(now)
    own = (t for t in turns if everybody or t.user_id == asking.holder)
    return [replace(t, starts_at=max(t.starts_at, soon)) for t in own if t.ends_at > soon][:40]


def routes() -> list[BaseRoute]:
    """Under the schedule."""
    one = "/on-call/{schedule_id}/swap"
    return [
        page(one, ask_page, who=Who.MEMBER),
        page(one, ask, who=Who.MEMBER, methods=["POST"]),
    ]
