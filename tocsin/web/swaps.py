"""Answering who asks for a shift to be taken: what waits, and what became of it. To ask is in `swap_ask`, links in `swap_link`."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from tocsin.duty.asked import asked
from tocsin.edge.door import Who, act, page, path_id, read_form, redirect, render, site_of, viewer_of
from tocsin.kernel.errors import Conflict, Invalid, NotFound
from tocsin.oncall import swap_queries, swaps
from tocsin.oncall.managers import managed
from tocsin.oncall.model import SwapState
from tocsin.web.back import back_to, place_of

HERE = "/on-call/cover"
ANSWERS = ("accept", "decline", "withdraw")
FLASH = {
    "accept": "It is yours now. The schedule has changed, and {name} is told.",
    "decline": "Declined. {name} is told.",
    "withdraw": "Withdrawn.",
}


async def cover_page(request: Request) -> Response:
    """What waits for me, what I asked, what others asked, and what became of it lately."""
    db, viewer = site_of(request).database, await viewer_of(request)
    found = await swap_queries.swaps(db)
    still_open = [s for s in found if s.state is SwapState.OPEN and not s.archived]
    waiting = [s for s in still_open if viewer.id in s.waits_for_ids]
    mine = [s for s in still_open if viewer.id in (s.from_user_id, s.created_by) and s not in waiting]
    context = {
        "nav": "on-call", "waiting": waiting, "mine": mine,
        "others": [s for s in still_open if s not in waiting and s not in mine],
        "answered": sorted(
            (s for s in found if s.answered_at is not None), key=lambda s: s.answered_at or s.created_at, reverse=True
        )[:20],
        "managed": await managed(db, viewer.id), "zones": await swap_queries.zones_of(db, {p for s in still_open for p in s.waits_for_ids}),
        "means": {s.id: await asked(db, s, viewer.id) for s in waiting}, "moment": await db.clock(),
    }  # fmt: skip
    return await render(request, "oncall/swaps.html", context)


async def answer(request: Request) -> Response:
    """Accept, decline or withdraw in one tap; what it became meanwhile is said on the page."""
    form = await read_form(request)
    swap_id = path_id(request, "swap_id", "There is no such request.")
    what, back = form.choice("answer", ANSWERS), back_to(form, HERE)
    place = place_of(form)
    swap = await swap_queries.swap_by_id(site_of(request).database, swap_id)
    if swap is None:
        raise NotFound("There is no such request.")
    try:
        async with act(request, form) as u:
            if what == "accept":
                await swaps.accept(u, swap_id, as_user=form.id("as_user"))
            elif what == "decline":
                await swaps.decline(u, swap_id, as_user=form.id("as_user"))
            else:
                await swaps.withdraw(u, swap_id)
    except (Conflict, Invalid) as error:
        return redirect(request, back, str(error), "danger", place=place)
    said = FLASH[what] if not form.id("as_user") else "Answered. Both are told."
    return redirect(request, back, said.format(name=swap.from_name), place=place)


def routes() -> list[BaseRoute]:
    """Before those of `/on-call/{schedule_id}`: a schedule is never called `cover`."""
    return [
        page(HERE, cover_page, who=Who.VIEWER),
        page(f"{HERE}/{{swap_id}}", answer, who=Who.VIEWER, methods=["POST"]),
    ]
