"""Asking for relief: a button on one's own pages, and the page behind the link of a proposal."""

from uuid import UUID

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from tocsin.duty.fatigue import fatigue_now, tired_of_token
from tocsin.duty.relief import ask_relief, ask_relief_by_link
from tocsin.edge.door import Form, Who, act, page, read_form, redirect, render, site_of, viewer_of
from tocsin.kernel.crypto import CryptoError
from tocsin.kernel.errors import Conflict, NotFound
from tocsin.web.back import back_to, place_of

HERE = "/on-call/fairness"


async def ask(request: Request) -> Response:
    """Asks for relief, for oneself or as a manager."""
    form = await read_form(request)
    viewer = await viewer_of(request)
    person, back = form.id("user_id"), back_to(form, HERE)
    place = place_of(form)
    try:
        async with act(request, form) as u:
            answer = await ask_relief(
                u, form.needed_id("schedule_id"), user_id=person if person != viewer.id else None
            )
    except Conflict as error:
        return redirect(request, back, str(error), "warning", place=place)
    said = f"{answer['asked']} was asked. You stay on call until they say yes."
    return redirect(request, back, said, place=place)


async def relief(request: Request) -> Response:
    """Behind the link of a proposal: why, who is awake, and one button. Opening it changes nothing."""
    return await _relief(request, {})


async def _relief(request: Request, more: dict[str, str]) -> Response:
    schedule_id, user_id = await _token(request)
    tired = next(iter(await fatigue_now(site_of(request).database, schedule_id, user_id)), None)
    zone = tired.time_zone if tired else (await viewer_of(request)).time_zone
    context = {
        "tired": tired, "token": request.path_params["token"], "asked": "", "refused": "", "reader_zone": zone, **more,
    }  # fmt: skip
    return await render(request, "oncall/relief.html", context)


async def ask_by_link(request: Request) -> Response:
    """Asks as the person that the link was sent to, without signing in."""
    schedule_id, user_id = await _token(request)
    form: Form = await read_form(request)
    viewer = await viewer_of(request)
    try:
        async with site_of(request).database.unit(viewer.actor, "link", form.request_key) as u:
            answer = await ask_relief_by_link(u, schedule_id, user_id)
    except Conflict as error:
        return await _relief(request, {"refused": str(error)})
    return await _relief(request, {"asked": answer["asked"]})


async def _token(request: Request) -> tuple[UUID, UUID]:
    site = site_of(request)
    try:
        return tired_of_token(site.keys, request.path_params["token"], await site.database.clock())
    except CryptoError as error:
        raise NotFound(f"{error} Sign in to hand a shift over.") from error


def routes() -> list[BaseRoute]:
    """A button, and a link that needs no signing in."""
    return [
        page("/on-call/relief", ask, who=Who.VIEWER, methods=["POST"]),
        page("/relief/{token}", relief, who=Who.SIGNED_LINK),
        page("/relief/{token}", ask_by_link, who=Who.SIGNED_LINK, methods=["POST"]),
    ]
