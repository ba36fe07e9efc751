"""A schedule's history: who, when, what; before and after for edits; and undo."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from tocsin.edge.door import Who, act, page, path_id, read_form, read_query, redirect, render, site_of
from tocsin.kernel.errors import Conflict, Invalid, NotFound
from tocsin.oncall.history import differences_of, history
from tocsin.oncall.kinds import SwapReminded
from tocsin.oncall.model import Schedule
from tocsin.oncall.queries import schedule_by_id
from tocsin.oncall.undo import undo_change

PAGE = 50


async def show(request: Request) -> Response:
    """The newest changes first, page by page."""
    schedule, db = await _schedule(request), site_of(request).database
    before = read_query(request).whole("before", least=1, most=2_000_000_000, default=2_000_000_000)
    changes = await history(db, schedule.id, before, PAGE)
    context = {
        "nav": "on-call", "schedule": schedule, "differences": await differences_of(db, changes),
        "changes": [c for c in changes if not isinstance(c.kind, SwapReminded)],
        "older": changes[-1].entry.seq if len(changes) == PAGE and changes[-1].entry.seq > 1 else None,
        "newest": before == 2_000_000_000,
    }  # fmt: skip
    return await render(request, "oncall/history.html", context)


async def undo(request: Request) -> Response:
    """Undoes one change from now on."""
    form, schedule = await read_form(request), await _schedule(request)
    here = f"/on-call/{schedule.id}/history"
    try:
        async with act(request, form) as u:
            await undo_change(u, schedule.id, form.whole("seq", least=1, most=2_000_000_000))
    except (Conflict, Invalid, NotFound) as error:
        return redirect(request, here, str(error), "danger")
    return redirect(request, here, "Undone, from now on. Whoever it moves is told.")


async def _schedule(request: Request) -> Schedule:
    found = await schedule_by_id(
        site_of(request).database, path_id(request, "schedule_id", "There is no such schedule.")
    )
    if found is None:
        raise NotFound("There is no such schedule.")
    return found


def routes() -> list[BaseRoute]:
    """Under the schedule."""
    here = "/on-call/{schedule_id}/history"
    return [
        page(here, show, who=Who.VIEWER),
        page(here, undo, who=Who.MEMBER, methods=["POST"]),
    ]
