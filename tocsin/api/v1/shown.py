"""How the API shows an incident and its entries."""

from dataclasses import asdict
from typing import Any

from tocsin.api.v1.auth import Caller
from tocsin.incidents import queries
from tocsin.incidents.around import around
from tocsin.incidents.model import Card, Incident
from tocsin.kernel.errors import NotFound
from tocsin.record.kinds import decode
from tocsin.record.model import Entry
from tocsin.record.queries import newest_entries


async def incident_of(call: Caller, key: str) -> Incident:
    """The incident, if the caller may see it. Raises NotFound."""
    found = await queries.incident_by_key(call.db, key, call.actor.id)
    if found is None:
        raise NotFound("There is no such incident.")
    return found


async def shown(call: Caller, incident: Incident) -> dict[str, Any]:
    """One incident with its roles and newest entries."""
    roles = await queries.roles(call.db, incident.id)
    newest = await newest_entries(call.db, incident.id, limit=20)
    base = call.site.settings.url
    writes = call.actor.role in ("member", "admin")
    required = incident.severity <= 2 and incident.resolved_at is not None
    return {
        "key": incident.key, "summary": incident.summary, "severity": incident.severity,
        "severity_name": f"SEV{incident.severity}", "status": incident.status, "impact": incident.impact,
        "service_id": incident.service_id, "private": incident.private, "declared_at": incident.declared_at,
        "mitigated_at": incident.mitigated_at, "resolved_at": incident.resolved_at,
        "update_due_at": incident.update_due_at, "head": incident.head,
        "roles": [{"role": r.role, "user_id": r.user_id, "name": r.name, "since": r.since} for r in roles],
        "entries": [shown_entry(e) for e in newest],
        "url": f"{base}/incidents/{incident.key}",
        "mail": call.site.incident_mail(incident.key) if writes else "",
        "postmortem_url": f"{base}/incidents/{incident.key}/postmortem" if required else None,
    } | await around(call.db, incident, call.actor.id)  # fmt: skip


def unseen(call: Caller, key: str) -> dict[str, Any]:
    """A private incident to whoever declared it and does not see it."""
    return {"key": key, "private": True, "url": f"{call.site.settings.url}/incidents/{key}"}


def shown_card(card: Card, base: str) -> dict[str, Any]:
    """An incident in a list."""
    extra = {"severity_name": f"SEV{card.severity}", "url": f"{base}/incidents/{card.key}"}
    return asdict(card) | extra


def shown_entry(entry: Entry) -> dict[str, Any]:
    """One entry; `text` is its sentence."""
    text = "redacted" if entry.redacted_at else decode(entry.kind, entry.payload).sentence()
    return {
        "seq": entry.seq, "kind": entry.kind, "text": text, "happened_at": entry.happened_at,
        "recorded_at": entry.recorded_at, "actor": entry.actor, "door": entry.door, "payload": entry.payload,
    }  # fmt: skip
