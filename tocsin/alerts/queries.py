"""Reading alerts."""

from uuid import UUID

from tocsin.alerts import ratings
from tocsin.alerts.model import Alert, Request
from tocsin.kernel.db import Reader
from tocsin.kernel.sql import Statements

sql = Statements("tocsin.alerts")


async def alert_by_id(db: Reader, alert_id: UUID) -> Alert | None:
    """One alert."""
    return await db.first(Alert, sql.alert_by_id, alert_id)


async def alert_named(db: Reader, text: str) -> Alert | None:
    """By its number or its id, as people and programs write it."""
    text = text.strip().lstrip("#")
    if text.isascii() and text.isdigit() and len(text) < 19:
        return await db.first(Alert, sql.alert_by_number, int(text))
    try:
        return await alert_by_id(db, UUID(text))
    except ValueError:
        return None


async def open_by_alias(db: Reader, scope: UUID, alias: str) -> Alert | None:
    """The open alert of a key."""
    return await db.first(Alert, sql.open_by_alias, scope, alias)


async def alerts(
    db: Reader,
    *,
    state: str = "active",
    text: str | None = None,
    service_id: UUID | None = None,
    before: int | None = None,
    limit: int = 50,
    priority: int | None = None,
    leaders: bool = False,
) -> list[Alert]:
    """The newest that fit, with a lower number than `before`. `state`: open, acknowledged, snoozed, closed, active (not
    closed) or all. `leaders`: without those that are quiet in a group, under its leader."""
    return await db.all(Alert, sql.alerts, state, text, service_id, before, limit, priority, leaders)


async def counts(db: Reader) -> dict[str, int]:
    """How many alerts are open, acknowledged, snoozed."""
    row = await db.row(sql.counts)
    return dict(row) if row else {}


async def open_by_service(db: Reader) -> dict[UUID, dict[str, int]]:
    """Per service with alerts that are not closed: `open` and the `worst` priority."""
    return {row["service_id"]: dict(row) for row in await db.rows(sql.open_by_service)}


async def similar(db: Reader, alert: Alert, limit: int = 5) -> list[Alert]:
    """What looked the same before."""
    return await db.all(
        Alert, sql.similar, alert.id, alert.scope, alert.alias, alert.service_id, alert.message, limit
    )


async def request(db: Reader, request_id: UUID) -> Request | None:
    """What became of an asynchronous request."""
    return await db.first(Request, sql.request, request_id)


async def rating_of(db: Reader, alert_id: UUID, user_id: UUID | None) -> ratings.Rating:
    """Whether people found its page useful, and this person's own answer."""
    found = await db.first(ratings.Rating, ratings.sql.rating_of, alert_id, user_id)
    return found or ratings.Rating(0, 0, None)
