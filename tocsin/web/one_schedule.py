"""The schedule that an address names."""

from urllib.parse import urlencode

from starlette.requests import Request

from tocsin.edge.door import path_id, site_of
from tocsin.kernel.errors import NotFound
from tocsin.oncall.model import OnCall, Schedule
from tocsin.oncall.queries import next_up, schedule_by_id


async def schedule_of(request: Request) -> Schedule:
    """The schedule of the address. Raises `NotFound`."""
    sentence = "There is no such schedule."
    found = await schedule_by_id(site_of(request).database, path_id(request, "schedule_id", sentence))
    if found is None:
        raise NotFound(sentence)
    return found


async def next_of(request: Request, schedule: Schedule) -> list[OnCall]:
    """Who takes it over next; several where they begin together."""
    return await next_up(site_of(request).database, schedule.id)


def kept(request: Request) -> str:
    """Which part of time the page showed, for the way back."""
    kept = {k: v for k, v in request.query_params.items() if k in ("view", "from", "zone")}
    return f"?{urlencode(kept)}" if kept else ""
