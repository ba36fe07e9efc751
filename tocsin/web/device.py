"""The device that somebody sits at or holds, as a contact method: its browser subscribed, and this keeps what it gave."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from tocsin.edge.door import Who, act, page, read_form, redirect, site_of
from tocsin.kernel.errors import Conflict, Invalid
from tocsin.people import reach
from tocsin.web.buttons import oneself
from tocsin.web.contacts import destination_in
from tocsin.web.own import HERE, own_page
from tocsin.web.reach import sealing
from tocsin.web.security import device_of

#: The way to reach people that this is about.
PUSH = "webpush"


async def add(request: Request) -> Response:
    """Keeps the subscription, and pushes a notification to it that proves that it arrives."""
    form, site = await read_form(request), site_of(request)
    try:
        to = destination_in(form, site.transports[PUSH].info)
        label = device_of(request.headers.get("user-agent", ""))
        async with act(request, form) as u:
            person = oneself(u)
            method_id = await reach.add_contact_method(
                u, person, PUSH, to.address, label=label, seal=sealing(site, to.secret or "")
            )
            await reach.ask_verification(u, person, method_id)
    except (Invalid, Conflict) as error:
        return await own_page(request, form, {"device": str(error)})
    return redirect(request, f"{HERE}#reach", "Added. A notification comes in a moment: tap it to verify.")


def routes() -> list[BaseRoute]:
    """A device belongs to whoever is signed in on it."""
    return [page(f"{HERE}/devices", add, who=Who.VIEWER, methods=["POST"])]
