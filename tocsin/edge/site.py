"""What a door needs to answer a request: handed to the app once, read from `request.app.state.site`."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

from starlette.requests import HTTPConnection

from tocsin.edge.events import Hub
from tocsin.edge.templates import Templates
from tocsin.kernel.blobs import Blobs
from tocsin.kernel.bus import Bus
from tocsin.kernel.crypto import Keys
from tocsin.kernel.db import Database
from tocsin.kernel.net import Outbound
from tocsin.paging.transport import Transport
from tocsin.settings import Settings


@dataclass(frozen=True, slots=True)
class Site:
    """One process's share of everything that doors use."""

    settings: Settings
    database: Database
    bus: Bus
    keys: Keys
    templates: Templates
    hub: Hub
    #: The ways to reach people and the inbound formats, by name (see `tocsin.integrations.registry`).
    transports: Mapping[str, Transport]
    formats: Mapping[str, Any]
    #: For what people give an address of: calendars.
    outbound: Outbound
    #: Where files of incidents are kept.
    blobs: Blobs
    #: Reload, caught mail and the component page: only with `--dev`.
    dev: bool = False


def site_of(request: HTTPConnection) -> Site:
    """The site of this request's app."""
    return cast("Site", request.app.state.site)
