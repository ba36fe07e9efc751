"""What helps while a line is typed."""

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute

from tocsin.chatops.grammar import VERBS
from tocsin.edge.door import Who, page, site_of
from tocsin.incidents.people_names import Name, offered_names
from tocsin.web.lookup import incident_of


async def names(request: Request) -> Response:
    """What the composer completes: people, roles and teams after an @, commands after a slash."""
    incident = await incident_of(request)
    found: list[Name] = await offered_names(site_of(request).database, incident)
    return JSONResponse({
        "names": [{"name": n.name, "about": n.about, "sees": n.sees} for n in found],
        "verbs": [{"name": name, "usage": v.usage, "about": v.does} for name, v in VERBS.items()],
    })  # fmt: skip


def routes() -> list[BaseRoute]:
    """Fetched once, when somebody begins to type."""
    return [page("/incidents/{key}/names", names, who=Who.VIEWER)]
