"""What people do about all alerts of a group at once."""

from datetime import datetime
from uuid import UUID

from tocsin.alerts.commands import acknowledge, close
from tocsin.kernel.commands import command
from tocsin.kernel.db import Unit
from tocsin.kernel.sql import Statements

sql = Statements("tocsin.alerts", "grouping.sql")


@command("alert.acknowledge_group")
async def acknowledge_group(u: Unit, alert_id: UUID, note: str = "", until: datetime | None = None) -> int:
    """The actor has this alert and all of its group that are open and that nobody has; each gets its own entry. How many.
    `until`: the next sign of life."""
    found = await u.rows(sql.open_of_group, alert_id)
    await acknowledge(u, alert_id, note, until)
    others = [row["id"] for row in found if not row["acknowledged"] and row["id"] != alert_id]
    for other in others:
        await acknowledge(u, other, note, until)
    return 1 + len(others)


@command("alert.close_group")
async def close_group(u: Unit, alert_id: UUID, note: str = "") -> int:
    """This alert and all of its group that are open are over; each gets its own entry. How many were open."""
    found = [row["id"] for row in await u.rows(sql.open_of_group, alert_id)]
    if alert_id not in found:
        await close(u, alert_id, note)
    for each in found:
        await close(u, each, note)
    return len(found)
