"""Adding a contact method. The signing secret of a webhook is shown this once."""

from uuid import UUID

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from tocsin.edge.door import Form, Site, Who, act, page, read_form, redirect, site_of
from tocsin.kernel.crypto import new_webhook_secret
from tocsin.kernel.errors import Conflict, Invalid
from tocsin.paging.transport import SECRET_PURPOSE
from tocsin.people import reach
from tocsin.web.buttons import oneself
from tocsin.web.contacts import address_in, shown_address
from tocsin.web.own import HERE, own_page


async def add(request: Request) -> Response:
    """One more way to be reached."""
    form = await read_form(request)
    try:
        way = form.choice("transport", tuple(site_of(request).transports))
        address = address_in(form, way)
        if way == "webhook":
            return await _add_webhook(request, form, address)
        async with act(request, form) as u:
            await reach.add_contact_method(u, oneself(u), way, address, label=form.text("label", most=100))
    except Invalid as error:
        return await own_page(request, form, {error.field: str(error)})
    except Conflict as error:
        return await own_page(request, form, {"address": str(error)})
    return redirect(request, f"{HERE}#reach", "Added. Verify it, so that you know it works.")


async def _add_webhook(request: Request, form: Form, address: str) -> Response:
    """Without a request key: a repeat must fail, not show a secret that was never stored."""
    site, secret = site_of(request), new_webhook_secret()

    def seal(method_id: UUID) -> bytes:
        return _seal(site, method_id, secret)

    async with act(request) as u:
        label = form.text("label", most=100)
        await reach.add_contact_method(u, oneself(u), "webhook", address, label=label, seal=seal)
    return await own_page(request, {}, {}, {"address": shown_address(address), "secret": secret})


def _seal(site: Site, method_id: UUID, secret: str) -> bytes:
    return site.keys.seal(SECRET_PURPOSE, secret.encode(), about=str(method_id))


def routes() -> list[BaseRoute]:
    """Contact methods are one's own: everybody may have them."""
    return [page(f"{HERE}/methods", add, who=Who.VIEWER, methods=["POST"])]
