"""The page behind the link of a message about a shift that starts: what is open, and one button. Opening it changes nothing."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from tocsin.duty import handover
from tocsin.duty.handover_brief import make_brief
from tocsin.duty.handover_model import Handover, handover_of_token
from tocsin.duty.handover_queries import handover_by_id
from tocsin.duty.words import known
from tocsin.edge.door import Who, page, read_form, render, site_of
from tocsin.kernel.crypto import CryptoError
from tocsin.kernel.db import Actor
from tocsin.kernel.errors import Conflict, Forbidden, NotFound
from tocsin.people.queries import user_by_id


async def show(request: Request) -> Response:
    """What is handed over, and one button, without signing in. Opening it changes nothing."""
    return await _show(request, "")


async def accept(request: Request) -> Response:
    """Accepts as the person whom the message was for."""
    h = await _named(request)
    form, db = await read_form(request), site_of(request).database
    user = await user_by_id(db, h.to_user_id)
    if user is None or user.disabled_at is not None:
        return await _show(request, "This account is disabled.")
    try:
        async with db.unit(Actor(user.id, user.name, "user", user.role), "link", form.request_key) as u:
            await handover.accept(u, h.id)
    except (Conflict, Forbidden, NotFound) as error:
        return await _show(request, str(error))
    return await _show(request, "")


async def _show(request: Request, problem: str) -> Response:
    h, db = await _named(request), site_of(request).database
    user = await user_by_id(db, h.to_user_id)
    brief = None
    if h.stands and user is not None and user.disabled_at is None:
        brief = await make_brief(db, h.schedule_id, h.to_user_id, h.from_user_id, h.from_name or "")
    context = {
        "h": h, "brief": brief, "problem": problem, "token": request.path_params["token"], "now": await db.clock(),
        "reader_zone": known(h.to_zone),
    }  # fmt: skip
    return await render(request, "oncall/handover_link.html", context, status=409 if problem else 200)


async def _named(request: Request) -> Handover:
    site = site_of(request)
    try:
        token = request.path_params["token"]
        handover_id, user_id = handover_of_token(site.keys, token, await site.database.clock())
    except CryptoError as error:
        raise NotFound(f"{error} Sign in and look under On-call.") from error
    found = await handover_by_id(site.database, handover_id)
    if found is None or found.to_user_id != user_id:
        raise NotFound("There is nothing to hand over any more.")
    return found


def routes() -> list[BaseRoute]:
    """Reached from mails and messages, on any phone, signed in or not."""
    return [
        page("/handover/{token}", show, who=Who.SIGNED_LINK),
        page("/handover/{token}", accept, who=Who.SIGNED_LINK, methods=["POST"]),
    ]
