"""The buttons of one schedule's page: take a shift, take an override back, archive."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from tocsin.edge.door import Who, act, page, read_form, redirect, site_of, viewer_of
from tocsin.kernel.errors import Conflict, Invalid, NotFound
from tocsin.oncall import commands, cover
from tocsin.people.queries import user_by_id
from tocsin.web import timeline
from tocsin.web.one_schedule import kept, schedule_of
from tocsin.web.ranges import moment

#: Beside the coming shifts: where the answer to their buttons stands.
SAID = "coming-said"


async def take(request: Request) -> Response:
    """Takes the shift that is shown, oneself. The answer stands where the button was, with a way back."""
    form, schedule, viewer = await read_form(request), await schedule_of(request), await viewer_of(request)
    here = f"/on-call/{schedule.id}{kept(request)}"
    try:
        start, end = moment(form, "starts_at", "UTC"), moment(form, "ends_at", "UTC")
        if start is None or end is None:
            return redirect(request, here, "A shift has a start and an end.", "danger", place=SAID)
        holder = form.needed_id("holder_id")
        async with act(request, form) as u:
            override_id = await cover.take_shift(u, schedule.id, holder, start, end)
    except (Conflict, Invalid) as error:
        return redirect(request, here, str(error), "danger", place=SAID)
    told = await user_by_id(site_of(request).database, holder)
    said = f"The shift is yours: {timeline.hours(start, end, viewer.time_zone)}."
    undo = {
        "action": f"/on-call/{schedule.id}/override/remove{kept(request)}",
        "override_id": str(override_id),
    }
    said += f" {told.name} is told." if told else ""
    return redirect(request, here, said, place=SAID, undo=undo)


async def remove_override(request: Request) -> Response:
    """Takes an override back."""
    form, schedule = await read_form(request), await schedule_of(request)
    here = f"/on-call/{schedule.id}{kept(request)}"
    try:
        async with act(request, form) as u:
            await cover.remove_override(u, schedule.id, form.needed_id("override_id"))
    except NotFound as error:
        return redirect(request, here, str(error), "danger", place=SAID)
    return redirect(request, here, "The override is gone. Whoever it moves is told.", place=SAID)


async def archive(request: Request) -> Response:
    """Takes a schedule out of use."""
    form, schedule = await read_form(request), await schedule_of(request)
    try:
        async with act(request, form) as u:
            await commands.archive_schedule(u, schedule.id)
    except Conflict as error:
        return redirect(request, f"/on-call/{schedule.id}", str(error), "danger")
    return redirect(request, "/on-call", f"{schedule.name} is archived.")


def routes() -> list[BaseRoute]:
    """What members do with one tap."""
    one = "/on-call/{schedule_id}"
    return [
        page(f"{one}/override/remove", remove_override, who=Who.MEMBER, methods=["POST"]),
        page(f"{one}/take", take, who=Who.MEMBER, methods=["POST"]),
        page(f"{one}/archive", archive, who=Who.MEMBER, methods=["POST"]),
    ]
