"""The incident that an address names, for every page under it."""

from starlette.requests import Request

from tocsin.edge.door import site_of, viewer_of
from tocsin.incidents import queries
from tocsin.incidents.model import Incident
from tocsin.kernel.errors import NotFound


async def incident_of(request: Request) -> Incident:
    """The incident in the address, if the viewer may see it. To everybody else it does not exist."""
    viewer = await viewer_of(request)
    found = await queries.incident_by_key(site_of(request).database, request.path_params["key"], viewer.id)
    if found is None:
        raise NotFound("There is no such incident.")
    return found


def seq_of(request: Request) -> int:
    """The number of the entry in the address. What is no number names no entry."""
    text = str(request.path_params["seq"])
    if not text.isdecimal() or len(text) > 9:
        raise NotFound("There is no such entry.")
    return int(text)
