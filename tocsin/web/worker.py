"""What a browser asks for before pages can be pushed to it: the service worker, and what the button on the profile needs."""

from hashlib import sha256

from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import BaseRoute

from tocsin.edge.door import Who, page, site_of, viewer_of
from tocsin.edge.templates import WEB
from tocsin.kernel.webpush import Vapid
from tocsin.paging.devices import TRANSPORT
from tocsin.people.queries import contact_methods

WORKER = WEB / "static" / "js" / "worker.js"


async def worker(_: Request) -> Response:
    """The service worker. It stands at the root because a worker reaches no further up than where it stands.

    Browsers ask again at every visit and take what has changed, so its name says no version.
    """
    return FileResponse(WORKER, media_type="text/javascript", headers={"cache-control": "no-cache"})


async def device(request: Request) -> Response:
    """Our public key, and by what a browser sees that it is among one's contact methods: hashes of their addresses."""
    site, viewer = site_of(request), await viewer_of(request)
    own = await contact_methods(site.database, viewer.id)
    known = [sha256(m.address.encode()).hexdigest() for m in own if m.transport == TRANSPORT]
    return JSONResponse({"key": Vapid(site.keys, site.settings.contact).public, "known": known})


def routes() -> list[BaseRoute]:
    """The worker is the same for everybody."""
    return [
        page("/sw.js", worker, who=Who.ANYONE),
        page("/push/device", device, who=Who.VIEWER),
    ]
