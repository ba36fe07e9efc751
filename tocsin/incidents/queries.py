"""Reading incidents. Every query that shows, counts or links them asks the one visibility predicate."""

from datetime import datetime, timedelta
from uuid import UUID

from tocsin.catalog.model import Service
from tocsin.catalog.queries import service_by_id
from tocsin.incidents.item_model import LOOKED_INTO, Waiting
from tocsin.incidents.item_queries import waiting_for
from tocsin.incidents.model import (
    Answer,
    Card,
    Choice,
    Duty,
    Incident,
    LinkedAlert,
    Present,
    Responder,
    RoleHolder,
    Update,
    expected,
)
from tocsin.incidents.role_model import RoleOffer
from tocsin.kernel.db import Database, Reader
from tocsin.kernel.sql import Statements

sql = Statements("tocsin.incidents")
room = Statements("tocsin.incidents", "room.sql")
offered = Statements("tocsin.incidents", "roles.sql")
#: What was resolved within this time may have come back.
LATELY = timedelta(days=14)
TONES = ("needed", "soon", "calm")


async def incident_by_key(db: Reader, key: str, viewer: UUID | None) -> Incident | None:
    """One incident, if the viewer may see it; case does not matter."""
    prefix, _, rest = key.partition("-")
    return await db.first(Incident, sql.by_key, f"{prefix.upper()}-{rest}"[:40].replace("\x00", ""), viewer)


async def incident_by_id(db: Reader, incident_id: UUID, viewer: UUID | None) -> Incident | None:
    """The same by id."""
    return await db.first(Incident, sql.by_id, incident_id, viewer)


async def head(db: Reader, incident_id: UUID) -> int:
    """The number of the newest entry; 0 when there is no such incident."""
    return int(await db.value(sql.head, incident_id) or 0)


async def heads(db: Reader, incident_ids: list[UUID]) -> dict[UUID, int]:
    """The newest entries' numbers of some incidents."""
    return {row["id"]: row["head"] for row in await db.rows(room.heads, incident_ids)}


async def incident_for_watchers(db: Reader, incident_id: UUID) -> Incident | None:
    """One incident without asking who looks: only for what is rendered once for all who watch."""
    return await db.first(Incident, room.for_watchers, incident_id)


async def incident_cards(
    db: Reader,
    viewer: UUID | None,
    *,
    resolved: bool | None = None,
    text: str | None = None,
    severity: int | None = None,
    status: str | None = None,
    type_: str | None = None,
    private: bool = False,
    service_id: UUID | None = None,
    before: datetime | None = None,
    limit: int = 50,
) -> list[Card]:
    """Incidents for lists, newest first; `resolved` None means both. `text` is looked for in summary and key; `private`: only those."""
    pattern = text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") if text else None
    return await db.all(
        Card,
        sql.cards,
        viewer,
        resolved,
        pattern,
        severity,
        before,
        limit,
        status,
        type_,
        private,
        service_id,
    )


async def look_alikes(db: Reader, summary: str, service_id: UUID | None, viewer: UUID | None) -> list[Card]:
    """Incidents that may be the same, at most five: open ones first, then those resolved lately."""
    return await db.all(Card, sql.look_alikes, summary, service_id, viewer, LATELY)


async def incidents_of_alert(db: Reader, alert_id: UUID, viewer: UUID | None) -> list[Card]:
    """The incidents an alert is linked to."""
    return await db.all(Card, sql.cards_of_alert, alert_id, viewer)


async def incidents_of_service(
    db: Reader, service_id: UUID, viewer: UUID | None, limit: int = 10
) -> list[Card]:
    """A service's newest incidents."""
    return await db.all(Card, sql.cards_of_service, service_id, viewer, limit)


async def roles(db: Reader, incident_id: UUID) -> list[RoleHolder]:
    """Who holds which role."""
    return await db.all(RoleHolder, sql.roles, incident_id)


async def offers_waiting(db: Reader, incident_id: UUID) -> list[RoleOffer]:
    """What is offered in an incident, or agreed for later."""
    return await db.all(RoleOffer, offered.offers_waiting, incident_id)


async def offers_to(db: Reader, user_id: UUID) -> list[RoleOffer]:
    """The roles that are offered to somebody and wait for their answer."""
    return await db.all(RoleOffer, offered.offers_to, user_id)


async def responders(db: Reader, incident_id: UUID) -> list[Responder]:
    """Who takes part."""
    return await db.all(Responder, sql.responders, incident_id)


async def presence(db: Reader, incident_id: UUID) -> list[Present]:
    """Who has the room open."""
    return await db.all(Present, sql.presence, incident_id)


async def touch_presence(db: Database, incident_id: UUID, user_id: UUID) -> None:
    """Notes that somebody has the room open; when that is news, the others' rooms look again."""
    if await db.value(sql.touch_presence, incident_id, user_id):
        await db.notify(f"incident:{incident_id}")


async def alerts_of(db: Reader, incident_id: UUID) -> list[LinkedAlert]:
    """The linked alerts, open ones first."""
    return await db.all(LinkedAlert, sql.alerts_of, incident_id)


async def updates(db: Reader, incident_id: UUID) -> list[Update]:
    """The updates, newest first."""
    return await db.all(Update, sql.updates, incident_id)


async def is_published(db: Reader, incident_id: UUID) -> bool:
    """Whether the public has heard of it."""
    return bool(await db.value(sql.is_published, incident_id))


async def people_to_choose(db: Reader) -> list[Choice]:
    """Who can be given a role, people on call first."""
    return await db.all(Choice, sql.choices)


async def service_of(db: Reader, incident: Incident) -> Service | None:
    """The faulty service, if it is known."""
    return await service_by_id(db, incident.service_id) if incident.service_id else None


async def expected_of(db: Reader, incident: Incident, viewer: UUID | None) -> list[Duty]:
    """What is expected of the viewer here, first things first."""
    found = expected(incident, await roles(db, incident.id), viewer, await db.clock())
    if viewer is not None and incident.resolved_at is None:
        found += [_duty(w) for w in await waiting_for(db, viewer) if w.incident_id == incident.id]
    return sorted(found, key=lambda duty: TONES.index(duty.tone))


async def duties_of(db: Reader, viewer: UUID) -> list[Duty]:
    """What is expected of the viewer in all incidents they take part in."""
    now, found = await db.clock(), []
    for incident in await db.all(Incident, sql.mine, viewer):
        found += expected(incident, await roles(db, incident.id), viewer, now)
    found += [_duty(w) for w in await waiting_for(db, viewer)]
    return sorted(found, key=lambda duty: TONES.index(duty.tone))


def _duty(waiting: Waiting) -> Duty:
    """A claim that went quiet, or a task that is late, with the buttons that answer for it."""
    number = (("seq", str(waiting.seq)),)
    href = f"/incidents/{waiting.key}#item-{waiting.seq}"
    if waiting.kind in LOOKED_INTO:
        answers = (Answer("Still on it", "claim-renew", number), Answer("Let it go", "claim-drop", number))
        return Duty(waiting.key, f"Still looking at “{waiting.text}”?", href, "soon", answers=answers)
    done = (Answer("Done", "task-finish", number),)
    return Duty(waiting.key, f"Your task is late: {waiting.text}", href, "soon", waiting.due_at, done)
