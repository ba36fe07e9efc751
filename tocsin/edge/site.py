"""What a door needs to answer a request: handed to the app once, read from `request.app.state.site`."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

from starlette.requests import HTTPConnection

from tocsin.edge.events import Hub
from tocsin.edge.templates import Templates
from tocsin.incidents.mail_address import mail_address_of
from tocsin.kernel.blobs import Blobs
from tocsin.kernel.bus import Bus
from tocsin.kernel.crypto import Keys
from tocsin.kernel.db import Database
from tocsin.kernel.net import Outbound
from tocsin.paging.transport import Transport
from tocsin.settings import Settings

_INCIDENT = re.compile(r"/incidents/([A-Z]{1,10}-[a-z0-9]{1,20})(?![\w-])")


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

    def incident_mail(self, key: str) -> str:
        """The mail address of an incident, for those who may write there; empty where no mail is taken in."""
        domain = self.settings.mail_domain
        return mail_address_of(self.keys, domain, key) if self.settings.mail_in else ""

    def answers_to(self, path: str) -> str:
        """Where an answer to a mail about a page of ours goes: to the incident whose page it is."""
        found = _INCIDENT.match(path)
        return self.incident_mail(found[1]) if found else ""


def site_of(request: HTTPConnection) -> Site:
    """The site of this request's app."""
    return cast("Site", request.app.state.site)
