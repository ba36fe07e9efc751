"""How this installation is set up: version, settings in force, and which ways to reach people work."""

import platform
from importlib.metadata import PackageNotFoundError, version

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from tocsin.edge.door import Who, page, render, site_of


async def show(request: Request) -> Response:
    """Read-only: settings are environment variables, read once at the start."""
    site = site_of(request)
    context = {
        "nav": "settings",
        "section": "system",
        "version": installed(),
        "python": platform.python_version(),
        "settings": site.settings.shown(),
        "transports": [(t.info.title, t.ready, t.info.receipts) for t in site.transports.values()],
        "own_database": site.settings.database_url is None,
        "clock": await site.database.clock(),
    }
    return await render(request, "settings/system.html", context)


def installed() -> str:
    """The version of the installed package."""
    try:
        return version("tocsin")
    except PackageNotFoundError:
        return "from source"


def routes() -> list[BaseRoute]:
    """The system page, for administrators."""
    return [page("/settings/system", show, who=Who.ADMIN)]
