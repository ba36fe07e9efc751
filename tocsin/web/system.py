"""How this installation is set up: version, settings in force, and which ways to reach people work."""

import platform

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from tocsin.edge.door import Who, page, render, site_of
from tocsin.kernel.blobs import look
from tocsin.kernel.queries import set_aside
from tocsin.version import VERSION


async def show(request: Request) -> Response:
    """Read-only: settings are environment variables, read once at the start."""
    site = site_of(request)
    context = {
        "nav": "settings",
        "section": "system",
        "version": VERSION,
        "python": platform.python_version(),
        "settings": site.settings.shown(),
        "transports": [(t.info.title, t.ready, t.info.receipts) for t in site.transports.values()],
        "own_database": site.settings.database_url is None,
        "files": str(site.blobs),
        "files_problem": await look(site.blobs),
        "set_aside": await set_aside(site.database),
        "clock": await site.database.clock(),
    }
    return await render(request, "settings/system.html", context)


def routes() -> list[BaseRoute]:
    """The system page, for administrators."""
    return [page("/settings/system", show, who=Who.ADMIN)]
