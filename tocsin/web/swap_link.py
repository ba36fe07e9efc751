"""The page behind the link of a message about a shift: what is asked, and two buttons. Opening it changes nothing."""

from uuid import UUID

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from tocsin.duty.asked import asked
from tocsin.duty.words import known
from tocsin.edge.door import Who, page, read_form, render, site_of
from tocsin.kernel.crypto import CryptoError
from tocsin.kernel.db import Actor
from tocsin.kernel.errors import Conflict, Invalid, NotFound
from tocsin.oncall import swap_queries, swaps
from tocsin.oncall.links import swap_of_token
from tocsin.people.queries import user_by_id


async def show(request: Request) -> Response:
    """Whose shift, when, on the receiver's clock; accept or decline with one tap, without signing in."""
    return await _show(request, "")


async def answer(request: Request) -> Response:
    """Answers as the person whom the message was for."""
    swap_id, user_id = await _named(request)
    form, db = await read_form(request), site_of(request).database
    yes = form.choice("answer", ("accept", "decline")) == "accept"
    user = await user_by_id(db, user_id)
    if user is None or user.disabled_at is not None:
        return await _show(request, "This account is disabled.")
    try:
        async with db.unit(Actor(user.id, user.name, "user", user.role), "link", form.request_key) as u:
            await (swaps.accept(u, swap_id) if yes else swaps.decline(u, swap_id))
    except (Conflict, Invalid) as error:
        return await _show(request, str(error))
    return await _show(request, "")


async def _show(request: Request, problem: str) -> Response:
    swap_id, user_id = await _named(request)
    db = site_of(request).database
    swap, person = await swap_queries.swap_by_id(db, swap_id), await user_by_id(db, user_id)
    if swap is None or person is None:
        raise NotFound("This request does not exist any more.")
    zone = known(person.time_zone)
    context = {
        "swap": swap, "person": person, "token": request.path_params["token"], "problem": problem,
        "reader_zone": zone, "means": await asked(db, swap, person.id) if person.id in swap.waits_for_ids else None,
    }  # fmt: skip
    return await render(request, "oncall/swap_link.html", context, status=409 if problem else 200)


async def _named(request: Request) -> tuple[UUID, UUID]:
    site = site_of(request)
    try:
        return swap_of_token(site.keys, request.path_params["token"], await site.database.clock())
    except CryptoError as error:
        raise NotFound(f"{error} Sign in and look under On-call, Cover.") from error


def routes() -> list[BaseRoute]:
    """Reached from mails and messages, on any phone, signed in or not."""
    return [
        page("/swap/{token}", show, who=Who.SIGNED_LINK),
        page("/swap/{token}", answer, who=Who.SIGNED_LINK, methods=["POST"]),
    ]
