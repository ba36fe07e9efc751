"""What texts name of our own: alerts, incidents and services, with their state now."""

import re
from collections.abc import Iterable
from uuid import UUID

from tocsin.alerts.queries import alert_named
from tocsin.catalog.queries import service_by_id
from tocsin.incidents.queries import incident_by_key
from tocsin.kernel.db import Reader

_OURS = re.compile(
    r"/incidents/(INC-\d+)|\b(INC-\d+)\b|/alerts/(\d{1,9})|/services/([0-9a-f-]{36})", re.IGNORECASE
)
#: Of one batch of entries; more are shown as plain addresses.
MOST_OURS = 30


async def ours(db: Reader, texts: Iterable[str]) -> dict[str, str]:
    """Labels of our own things that texts name, by path, with their state now. A private incident is never named: whoever reads
    may be somebody who may not see it."""
    found: dict[str, str] = {}
    for match in list(_OURS.finditer(" ".join(texts)))[:MOST_OURS]:
        by_path, bare, alert, service = match.groups()
        if by_path or bare:
            label = await _incident(db, (by_path or bare).upper())
        else:
            label = await (_alert(db, alert) if alert else _service(db, service))
        if label:
            found[match[0] if not bare else f"/incidents/{bare.upper()}"] = label
    return found


async def _incident(db: Reader, key: str) -> str:
    incident = await incident_by_key(db, key, None)
    return f"{incident.key} {incident.summary[:60]} ({incident.status})" if incident else ""


async def _alert(db: Reader, number: str) -> str:
    alert = await alert_named(db, number)
    if alert is None:
        return ""
    state = "closed" if alert.closed_at else "acknowledged" if alert.acknowledged_at else "open"
    return f"Alert #{alert.number} {alert.message[:60]} ({state})"


async def _service(db: Reader, text: str) -> str:
    try:
        service = await service_by_id(db, UUID(text))
    except ValueError:
        return ""
    return f"Service {service.name}" if service else ""
