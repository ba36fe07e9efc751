"""Services, integrations and the routes between them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

#: Every Opsgenie-format integration shares this scope: its clients close by alias with any key of the account.
OPSGENIE_SCOPE = UUID("0b5e9d52-6f0c-4c39-9f2b-3f1f0f2d5a01")
#: The built-in source of alerts that people and API tokens report.
REPORTED_SCOPE = UUID("0b5e9d52-6f0c-4c39-9f2b-3f1f0f2d5a02")


@dataclass(frozen=True, slots=True)
class Service:
    """A thing that can break. Tier 1 matters most."""

    id: UUID
    name: str
    description: str
    tier: int
    team_id: UUID | None
    escalation_policy_id: UUID | None
    runbook_url: str
    urgency: str | None
    created_at: datetime
    archived_at: datetime | None


@dataclass(frozen=True, slots=True)
class Integration:
    """A configured inbound source. `scope` bounds deduplication."""

    id: UUID
    name: str
    format: str
    scope: UUID
    service_id: UUID | None
    created_at: datetime
    revoked_at: datetime | None


@dataclass(frozen=True, slots=True)
class IntegrationHealth:
    """An integration with what came in last, and its keys by hint."""

    id: UUID
    name: str
    format: str
    service_id: UUID | None
    created_at: datetime
    last_event_at: datetime | None
    last_error_at: datetime | None
    last_error: str | None
    keys: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Route:
    """Alerts whose label has this value are about this service; the lowest position wins."""

    id: UUID
    position: int
    integration_id: UUID | None
    label: str
    value: str
    service_id: UUID


def route_for(
    details: Mapping[str, str], integration_id: UUID | None, routes: Iterable[Route]
) -> UUID | None:
    """The service that an alert's labels name, or None. `routes` are in order."""
    for route in routes:
        if route.integration_id in (None, integration_id) and details.get(route.label) == route.value:
            return route.service_id
    return None
