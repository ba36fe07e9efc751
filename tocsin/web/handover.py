"""Handing a shift over: what is open, what waits to be accepted, and notes for the next person."""

from uuid import UUID

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from tocsin.duty import handover
from tocsin.duty.handover_brief import brief_now
from tocsin.duty.handover_model import LONGEST_NOTE
from tocsin.duty.handover_queries import handovers
from tocsin.edge.door import Who, act, page, read_form, redirect, render, site_of, viewer_of
from tocsin.kernel.errors import Invalid
from tocsin.oncall.managers import manages
from tocsin.web.one_schedule import next_of, schedule_of


async def show(request: Request) -> Response:
    """What is open now as far as the viewer may see it, what waits to be accepted, and what was handed over lately."""
    return await _show(request, "", {})


async def _show(request: Request, text: str, errors: dict[str, str]) -> Response:
    db, viewer, schedule = site_of(request).database, await viewer_of(request), await schedule_of(request)
    found = await handovers(db, schedule.id, past=True)
    may = await manages(db, viewer.actor, [schedule.id])
    context = {
        "nav": "on-call", "schedule": schedule, "brief": await brief_now(db, schedule.id, viewer.id), "text": text, "errors": errors, "most": LONGEST_NOTE,
        "to_accept": [h for h in found if h.to_accept and (h.waits or h.to_user_id == viewer.id)],
        "mine": lambda h: may or h.to_user_id == viewer.id, "past": [h for h in found if not h.waits][:20],
        "now": await db.clock(), "next_up": await next_of(request, schedule),
    }  # fmt: skip
    return await render(request, "oncall/handover.html", context, status=422 if errors else 200)


async def add_note(request: Request) -> Response:
    """A word for whoever is on call next."""
    form, schedule = await read_form(request), await schedule_of(request)
    text = form.get("text", "")
    try:
        async with act(request, form) as u:
            await handover.add_note(u, schedule.id, text)
    except Invalid as error:
        return await _show(request, text, {"text": str(error)})
    return redirect(request, _here(schedule.id), "The note is in the next brief.")


async def finish_note(request: Request) -> Response:
    """It is done: nobody needs to know it any more."""
    form, schedule = await read_form(request), await schedule_of(request)
    async with act(request, form) as u:
        await handover.finish_note(u, form.needed_id("note_id"))
    return redirect(request, _here(schedule.id), "Done. It leaves the brief.")


def _here(schedule_id: UUID) -> str:
    return f"/on-call/{schedule_id}/handover"


def routes() -> list[BaseRoute]:
    """The brief is for everybody; whoever responds or is on call leaves notes and accepts."""
    here = "/on-call/{schedule_id}/handover"
    return [
        page(here, show, who=Who.VIEWER),
        page(f"{here}/notes", add_note, who=Who.VIEWER, methods=["POST"]),
        page(f"{here}/notes/done", finish_note, who=Who.VIEWER, methods=["POST"]),
    ]
