"""Updates: what is told to whom, and the promise of the next one."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from tocsin.incidents.change import change, lock, lock_open, sql, text
from tocsin.incidents.commands import mitigated_at, open_status
from tocsin.incidents.kinds import UpdatePublished
from tocsin.incidents.model import Audience, Incident, Status, Update
from tocsin.incidents.rhythm import end_promise, rhythm_of
from tocsin.kernel.commands import command
from tocsin.kernel.db import Unit
from tocsin.kernel.errors import Conflict, Invalid
from tocsin.kernel.ids import new_id
from tocsin.record.queries import entry

FARTHEST = timedelta(days=7)
MAX_BULLETS = 10
#: What "still true" promises where the severity demands no rhythm.
STILL = timedelta(minutes=30)


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
    unchanged: bool = False,
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
        next_update_at=await _promise(u, incident, next_update_at, now), first_update_at=incident.first_update_at or now,
        mitigated_at=await mitigated_at(u, incident, wanted),
        title=text("title", title, 200, needed=False), components=dict(components) if components else None,
        unchanged=unchanged,
    )  # fmt: skip
    after = await change(u, incident, payload)
    await end_promise(u, incident_id)
    await u.run(
        sql.insert_update, payload.update_id, incident.id, after.head, audience, payload.state,
        list(payload.status_now), list(payload.next_steps), payload.unknowns, wanted, payload.next_update_at,
        u.actor.id, u.actor.name,
    )  # fmt: skip
    return payload.update_id


@command("incident.still_true")
async def still_true(u: Unit, incident_id: UUID, minutes: int | None = None) -> UUID:
    """The last update still holds: it is said again to the same audience, marked so, and the next one promised in `minutes` or
    by the severity's cadence. Raises `Conflict` when there was none yet."""
    incident = await lock_open(u, incident_id)
    last = await u.first(Update, sql.updates, incident_id)
    if last is None:
        raise Conflict("There was no update yet. Write the first one.")
    said = await entry(u, incident_id, last.seq)
    if said is None or said.redacted_at is not None:
        raise Conflict("The words of the last update were taken out. Write a new one.")
    if minutes is not None and not 1 <= minutes <= 7 * 24 * 60:
        raise Invalid("minutes", "The next update is due in 1 to 10080 minutes.")
    rhythm = (await rhythm_of(u, incident.severity)).cadence or STILL
    due = await u.clock() + (timedelta(minutes=minutes) if minutes else rhythm)
    return await publish_update(
        u, incident_id, audience=last.audience, state=last.state, status_now=last.status_now, next_steps=last.next_steps,
        unknowns=last.unknowns, next_update_at=due, unchanged=True,
    )  # fmt: skip


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


async def _promise(u: Unit, incident: Incident, wanted: datetime | None, now: datetime) -> datetime | None:
    if incident.resolved_at is not None:
        return None
    if wanted is None:
        rhythm = (await rhythm_of(u, incident.severity)).cadence
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
