"""Responders of an alert: people who were added to it by name, by team or by schedule, besides whoever has it."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from tocsin.kernel.commands import command
from tocsin.kernel.db import Reader, Row, Unit
from tocsin.kernel.errors import Conflict, Invalid
from tocsin.kernel.sql import Statements
from tocsin.paging.kinds import AlertRespondersAdded
from tocsin.paging.resume import page_named
from tocsin.record.commands import Stream, append
from tocsin.record.model import StreamType

sql = Statements("tocsin.paging", "responders.sql")


@dataclass(frozen=True, slots=True)
class Responder:
    """Somebody who was added. `via`: "on call for Payments", "in team Payments", or empty for a person who was named."""

    user_id: UUID
    name: str
    via: str
    added_by: str
    added_at: datetime


@command("alert.add_responder")
async def add_responder(
    u: Unit,
    alert_id: UUID,
    *,
    user_id: UUID | None = None,
    team_id: UUID | None = None,
    schedule_id: UUID | None = None,
) -> list[str]:
    """Pages a person, everybody in a team, or whoever holds a schedule now, by name, also when somebody has the alert already;
    answers the names of those who are new to it. Whoever is there already is not paged again."""
    if (user_id, team_id, schedule_id).count(None) != 2:
        raise Invalid("responder", "Choose a person, a team or a schedule.")
    meant = await u.rows(sql.meant, user_id, team_id, schedule_id)
    if not meant:
        raise Invalid("responder", "Nobody active is meant by that now.")
    head = await u.value(sql.raise_head, alert_id)
    if head is None:
        raise Conflict("There is no such open alert.")
    ids, ways = [row["user_id"] for row in meant], [row["via"] for row in meant]
    added = {row["user_id"] for row in await u.rows(sql.add, alert_id, ids, ways, u.actor.name)}
    new = [row for row in meant if row["user_id"] in added]
    if not new:
        raise Conflict("They are responders of this alert already. Page them again by name.")
    await append(u, Stream(StreamType.ALERT, alert_id), head, _said(new))
    await page_named(u, [(alert_id, row["user_id"], _why(row, u.actor.name)) for row in new])
    return [row["name"] for row in new]


async def responders_of(db: Reader, alert_id: UUID) -> list[Responder]:
    """Who was added to an alert."""
    return await db.all(Responder, sql.responders_of, alert_id)


def _said(new: list[Row]) -> AlertRespondersAdded:
    return AlertRespondersAdded(", ".join(sorted(row["name"] for row in new)), new[0]["via"])


def _why(row: Row, by: str) -> str:
    return f"added as responder by {by}" + (f", {row['via']}" if row["via"] else "")
