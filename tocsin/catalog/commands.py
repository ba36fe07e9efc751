"""Changing services, integrations, keys and routes."""

from uuid import UUID

from tocsin.catalog.model import OPSGENIE_SCOPE
from tocsin.kernel.commands import command
from tocsin.kernel.crypto import hash_token
from tocsin.kernel.db import Unit
from tocsin.kernel.errors import Invalid, NotFound
from tocsin.kernel.ids import new_id, new_key
from tocsin.kernel.sql import Statements
from tocsin.people.audit import audit

sql = Statements("tocsin.catalog")


@command("service.create")
async def create_service(
    u: Unit,
    name: str,
    *,
    description: str = "",
    tier: int = 3,
    team_id: UUID | None = None,
    escalation_policy_id: UUID | None = None,
    runbook_url: str = "",
    urgency: str | None = None,
) -> UUID:
    """A service. Without an escalation policy nobody is paged for it."""
    _check_service(name, tier, runbook_url, urgency)
    service_id = new_id()
    await u.run(
        sql.add_service,
        service_id,
        name.strip(),
        description,
        tier,
        team_id,
        escalation_policy_id,
        runbook_url,
        urgency,
    )
    await audit(u, "service.create", name.strip(), None, {"tier": tier})
    u.touch("services")
    return service_id


@command("service.change")
async def change_service(
    u: Unit,
    service_id: UUID,
    *,
    name: str,
    description: str = "",
    tier: int = 3,
    team_id: UUID | None = None,
    escalation_policy_id: UUID | None = None,
    runbook_url: str = "",
    urgency: str | None = None,
) -> None:
    """Replaces everything about a service but its history."""
    _check_service(name, tier, runbook_url, urgency)
    changed = await u.run(
        sql.change_service,
        service_id,
        name.strip(),
        description,
        tier,
        team_id,
        escalation_policy_id,
        runbook_url,
        urgency,
    )
    if not changed:
        raise NotFound("There is no such service.")
    await audit(
        u, "service.change", name.strip(), None, {"tier": tier, "policy": str(escalation_policy_id or "")}
    )
    u.touch("services")


@command("service.archive")
async def archive_service(u: Unit, service_id: UUID) -> None:
    """Takes a service out of use."""
    name = await u.value(sql.archive_service, service_id)
    if name is None:
        raise NotFound("There is no such service.")
    await audit(u, "service.archive", name)
    u.touch("services")


def _check_service(name: str, tier: int, runbook_url: str, urgency: str | None) -> None:
    _check_name(name)
    if not 1 <= tier <= 4:
        raise Invalid("tier", "The tier is 1 (matters most) to 4.")
    if runbook_url and not runbook_url.startswith(("https://", "http://")):
        raise Invalid("runbook_url", "The runbook is a link that starts with https://.")
    if urgency not in (None, "high", "low"):
        raise Invalid("urgency", "The urgency is high or low.")


def _check_name(name: str) -> None:
    if not 1 <= len(name.strip()) <= 100:
        raise Invalid("name", "A name of 1 to 100 characters is needed.")


@command("integration.create", secret=True)
async def create_integration(
    u: Unit,
    name: str,
    *,
    format: str,  # noqa: A002 - the field's word
    service_id: UUID | None = None,
    scope: UUID | None = None,
) -> dict[str, str]:
    """A source with its first key: `{"id", "key"}`. The key is a UUID as text, and shown this once.

    Opsgenie-format integrations share one deduplication scope by default; every other has its own.
    """
    _check_name(name)
    integration_id = new_id()
    own = OPSGENIE_SCOPE if format == "opsgenie" else integration_id
    await u.run(sql.add_integration, integration_id, name.strip(), format, scope or own, service_id)
    key = await _add_key(u, integration_id)
    await audit(u, "integration.create", name.strip(), None, {"format": format})
    u.touch("integrations")
    return {"id": str(integration_id), "key": key}


@command("integration.change")
async def change_integration(u: Unit, integration_id: UUID, name: str, service_id: UUID | None) -> None:
    """Its name and default service."""
    _check_name(name)
    if not await u.run(sql.change_integration, integration_id, name.strip(), service_id):
        raise NotFound("There is no such integration.")
    await audit(u, "integration.change", name.strip())
    u.touch("integrations")


@command("integration.rotate_key", secret=True)
async def rotate_key(u: Unit, integration_id: UUID) -> str:
    """A second key, so that senders can move over; the old one works until it is revoked."""
    key = await _add_key(u, integration_id)
    await audit(u, "integration.rotate_key", str(integration_id))
    return key


@command("integration.revoke_key")
async def revoke_key(u: Unit, integration_id: UUID, hint: str) -> None:
    """Ends one key."""
    if not await u.run(sql.revoke_key, integration_id, hint):
        raise NotFound("There is no such key.")
    await audit(u, "integration.revoke_key", str(integration_id), {"key": hint})
    u.touch("integrations")


@command("integration.revoke")
async def revoke_integration(u: Unit, integration_id: UUID) -> None:
    """Ends an integration with all its keys; its alerts stay."""
    name = await u.value(sql.revoke_integration, integration_id)
    if name is None:
        raise NotFound("There is no such integration.")
    await audit(u, "integration.revoke", name)
    u.touch("integrations")


async def _add_key(u: Unit, integration_id: UUID) -> str:
    key = new_key()
    if not await u.run(sql.add_key, hash_token(key), integration_id, f"{key[:4]}…{key[-4:]}"):
        raise NotFound("There is no such integration.")
    return key


@command("route.add")
async def add_route(
    u: Unit, *, label: str, value: str, service_id: UUID, integration_id: UUID | None = None
) -> UUID:
    """Alerts whose label has this value are about this service."""
    if not label.strip() or not value.strip():
        raise Invalid("label", "A label and its value are needed.")
    route_id = new_id()
    await u.run(sql.add_route, route_id, integration_id, label.strip(), value.strip(), service_id)
    await audit(u, "route.add", f"{label.strip()}={value.strip()}")
    u.touch("integrations")
    return route_id


@command("route.remove")
async def remove_route(u: Unit, route_id: UUID) -> None:
    """Takes a route away."""
    if not await u.run(sql.remove_route, route_id):
        raise NotFound("There is no such route.")
    await audit(u, "route.remove", str(route_id))
    u.touch("integrations")
