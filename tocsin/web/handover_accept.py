"""Accepting a handover, on its own page or where one reads first what is expected."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from tocsin.duty import handover
from tocsin.duty.handover_queries import handover_by_id
from tocsin.duty.words import day_and_time
from tocsin.edge.door import Who, act, page, read_form, redirect, site_of, viewer_of
from tocsin.kernel.errors import Conflict
from tocsin.web.back import back_to, place_of
from tocsin.web.one_schedule import schedule_of


async def accept(request: Request) -> Response:
    """Takes the pager, or gives it to the incoming person as a manager."""
    form, schedule, viewer = await read_form(request), await schedule_of(request), await viewer_of(request)
    handover_id, place = form.needed_id("handover_id"), place_of(form)
    back = back_to(form, f"/on-call/{schedule.id}/handover")
    found = await handover_by_id(site_of(request).database, handover_id)
    try:
        async with act(request, form) as u:
            await handover.accept(u, handover_id)
    except Conflict as error:
        return redirect(request, back, str(error), "danger", place=place)
    if found is None or found.to_user_id != viewer.id:
        return redirect(request, back, "Accepted for them. They are told.", place=place)
    said = f"Accepted. {schedule.name}: the shift is yours"
    if found.starts_at > await site_of(request).database.clock():
        said += f" from {day_and_time(found.starts_at, viewer.time_zone)}"
    return redirect(
        request, back, f"{said} until {day_and_time(found.ends_at, viewer.time_zone)}.", place=place
    )


def routes() -> list[BaseRoute]:
    """Whoever is on call next accepts, or a manager for them."""
    return [page("/on-call/{schedule_id}/handover/accept", accept, who=Who.VIEWER, methods=["POST"])]
