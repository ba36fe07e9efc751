"""Adding a contact method. A secret that we make, as a webhook's, is shown this once."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from tocsin.edge.door import Form, Site, Who, act, page, read_form, redirect, site_of
from tocsin.kernel.crypto import new_webhook_secret
from tocsin.kernel.errors import Conflict, Invalid
from tocsin.paging.transport import SECRET_PURPOSE
from tocsin.people import reach
from tocsin.web.buttons import oneself
from tocsin.web.contacts import destination_in, shown_address
from tocsin.web.own import HERE, own_page


async def add(request: Request) -> Response:
    """One more way to be reached."""
    form = await read_form(request)
    try:
        way = form.choice("transport", tuple(site_of(request).transports))
        info = site_of(request).transports[way].info
        to = destination_in(form, info)
        if info.secret and info.secret.made:
            return await _add_with_new_secret(request, form, way, to.address)
        seal = sealing(site_of(request), to.secret) if to.secret else None
        async with act(request, form) as u:
            await reach.add_contact_method(
                u, oneself(u), way, to.address, label=form.text("label", most=100), seal=seal
            )
    except Invalid as error:
        return await own_page(request, form, {error.field: str(error)})
    except Conflict as error:
        return await own_page(request, form, {"address": str(error)})
    return redirect(request, f"{HERE}#reach", "Added. Verify it, so that you know it works.")


async def _add_with_new_secret(request: Request, form: Form, way: str, address: str) -> Response:
    """Without a request key: a repeat must fail, not show a secret that was never stored."""
    secret = new_webhook_secret()
    async with act(request) as u:
        label = form.text("label", most=100)
        seal = sealing(site_of(request), secret)
        await reach.add_contact_method(u, oneself(u), way, address, label=label, seal=seal)
    return await own_page(request, {}, {}, {"address": shown_address(address), "secret": secret})


def sealing(site: Site, secret: str) -> reach.Seal:
    """Seals this secret for whichever contact method it will belong to."""
    return lambda method_id: site.keys.seal(SECRET_PURPOSE, secret.encode(), about=str(method_id))


def routes() -> list[BaseRoute]:
    """Contact methods are one's own: everybody may have them."""
    return [page(f"{HERE}/methods", add, who=Who.VIEWER, methods=["POST"])]
