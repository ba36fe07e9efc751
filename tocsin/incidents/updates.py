"""Updates: what is told to whom, and the promise of the next one."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from tocsin.incidents.change import change, lock, sql, text
from tocsin.incidents.commands import mitigated_at, open_status
from tocsin.incidents.kinds import UpdatePublished
from tocsin.incidents.model import Audience, Incident, Status, cadence
from tocsin.kernel.commands import command
from tocsin.kernel.db import Unit
from tocsin.kernel.errors import Conflict, Invalid
from tocsin.kernel.ids import new_id

FARTHEST = timedelta(days=7)
MAX_BULLETS = 10


@command("incident.publish_update")
async def publish_update(
    u: Unit,
    incident_id: UUID,
    *,
    audience: str,
    state: str,
    status_now: Sequence[str] = (),
    next_steps: Sequence[str] = (),
    unknowns: str = "",
    next_update_at: datetime | None = None,
    status: str | None = None,
    title: str = "",
    components: Mapping[str, str] | None = None,
) -> UUID:
    """Publishes an update and promises the next one; without a time, the severity's cadence promises.

    `title` and `components` (component id to status) are for the public page only. After the end, an update can
    still be published, without a promise.
    """
    incident, now = await lock(u, incident_id), await u.clock()
    if audience not in list(Audience):
        raise Invalid("audience", f"Audience must be one of: {', '.join(Audience)}.")
    if incident.private and audience == Audience.PUBLIC:
        raise Invalid("audience", "This incident is private. The public is not told about it.")
    wanted = _status(incident, status)
    payload = UpdatePublished(
        update_id=new_id(), audience=audience, state=text("state", state, 2000),
        status_now=_bullets("status_now", status_now), next_steps=_bullets("next_steps", next_steps),
        unknowns=text("unknowns", unknowns, 2000, needed=False), status=wanted,
        next_update_at=_promise(incident, next_update_at, now), first_update_at=incident.first_update_at or now,
        mitigated_at=await mitigated_at(u, incident, wanted),
        title=text("title", title, 200, needed=False), components=dict(components) if components else None,
    )  # fmt: skip
    after = await change(u, incident, payload)
    await u.run(
        sql.insert_update, payload.update_id, incident.id, after.head, audience, payload.state,
        list(payload.status_now), list(payload.next_steps), payload.unknowns, wanted, payload.next_update_at,
        u.actor.id, u.actor.name,
    )  # fmt: skip
    return payload.update_id


def _status(incident: Incident, status: str | None) -> Status:
    if not status or status == incident.status:
        return incident.status
    if incident.resolved_at is not None:
        raise Conflict(f"{incident.key} is resolved. Reopen it first.")
    if status == Status.RESOLVED:
        raise Invalid(
            "status", "Resolve the incident with its own button; the public page follows by itself."
        )
    return open_status(status)


def _promise(incident: Incident, wanted: datetime | None, now: datetime) -> datetime | None:
    if incident.resolved_at is not None:
        return None
    if wanted is None:
        rhythm = cadence(incident.severity)
        return now + rhythm if rhythm else None
    if not now < wanted <= now + FARTHEST:
        raise Invalid(
            "next_update_at", "The next update must be promised for a moment within the next 7 days."
        )
    return wanted


def _bullets(field: str, lines: Sequence[str]) -> tuple[str, ...]:
    if len(lines) > MAX_BULLETS:
        raise Invalid(field, f"At most {MAX_BULLETS} points; fewer are better.")
    return tuple(text(field, line, 500) for line in lines)
