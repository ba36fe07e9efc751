"""Alerts that page nobody for now: by a silence, under the alert of what their service depends on, or under one of their group."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from tocsin.alerts.silences import end_with_alerts
from tocsin.kernel.commands import command
from tocsin.kernel.db import Reader, Unit
from tocsin.kernel.sql import Statements
from tocsin.paging.grouped import Gathering, Line, gathering_of, lines, pass_on
from tocsin.people.audit import audit

sql = Statements("tocsin.paging", "silenced.sql")
#: After the alert above has closed, what was quiet under it has so long to recover by itself.
GRACE = timedelta(minutes=2)


@dataclass(frozen=True, slots=True)
class Quiet:
    """Why an alert pages nobody for now: the silence, or the alert that it is under, in a group if it has a `group_id`. `until` is
    None while that is open."""

    at: datetime
    until: datetime | None
    silence_id: UUID | None
    kind: str
    reason: str
    owner: str
    under_number: int | None
    under_message: str
    group_id: int | None = None


@dataclass(frozen=True, slots=True)
class Beneath:
    """An alert that is quiet under another one, which has a number as long as it is there."""

    number: int
    message: str
    priority: int
    at: datetime
    service: str
    under_number: int | None


@dataclass(frozen=True, slots=True)
class Suppressed:
    """An alert that a silence has kept quiet since `at`, until `over_at` if that has been."""

    number: int
    message: str
    priority: int
    service: str
    at: datetime
    over_at: datetime | None
    acknowledged_at: datetime | None
    closed_at: datetime | None

    @property
    def state(self) -> str:
        """What became of it."""
        if self.over_at is None:
            return "silenced"
        return "closed" if self.closed_at else "acknowledged" if self.acknowledged_at else "open"


@dataclass(frozen=True, slots=True)
class Already:
    """An open alert that a silence matches, but that is quiet for another reason: another silence, or an alert above it."""

    number: int
    message: str
    priority: int
    reason: str
    silence_id: UUID | None
    under_number: int | None


@dataclass(frozen=True, slots=True)
class QuietNow:
    """How many open alerts page nobody for now."""

    silenced: int
    suppressed: int
    grouped: int = 0

    @property
    def all(self) -> int:
        return self.silenced + self.suppressed + self.grouped


@dataclass(frozen=True, slots=True)
class Around:
    """What keeps an alert quiet now, if something does; what is quiet because it is open; and its group, if it is in one."""

    quiet: Quiet | None
    beneath: list[Beneath]
    gathering: Gathering | None


@command("silence.quieten")
async def quieten(u: Unit, silence_id: UUID) -> int:
    """Alerts that a silence matches and that page already: that ends, and begins again with the silence's end. How many."""
    alerts = [row["alert_id"] for row in await u.rows(sql.quieten, silence_id)]
    if alerts:
        await audit(u, "silence.quieten", str(silence_id), None, {"alerts": len(alerts)})
        u.touch("alerts", "pages", "work", *(f"alert:{alert}" for alert in alerts[:20]))
        await pass_on(u, alerts)
    return len(alerts)


async def let_go(u: Unit, alert_ids: Sequence[UUID]) -> None:
    """Alerts were acknowledged or closed: none of them pages later, what was quiet under them has its grace, groups that they led
    have another leader if they closed, and silences that end with them are over."""
    await pass_on(u, alert_ids)
    await u.run(sql.let_go, list(alert_ids), GRACE / timedelta(seconds=1))
    await end_with_alerts(u, alert_ids)


async def quiet_of(db: Reader, alert_id: UUID) -> Quiet | None:
    """Why it pages nobody for now; None when nothing keeps it quiet."""
    return await db.first(Quiet, sql.quiet_of, alert_id)


async def beneath(db: Reader, alert_id: UUID | None = None) -> list[Beneath]:
    """Alerts that are quiet under it now, or under any; the first hundred."""
    return await db.all(Beneath, sql.beneath, alert_id)


async def silenced_by(db: Reader, silence_id: UUID, limit: int = 200) -> list[Suppressed]:
    """What a silence has kept quiet, newest first."""
    return await db.all(Suppressed, sql.silenced_by, silence_id, limit)


async def quiet_already(db: Reader, silence_id: UUID, limit: int = 20) -> list[Already]:
    """Open alerts that it matches, and that were quiet before."""
    return await db.all(Already, sql.quiet_already, silence_id, limit)


async def counts(db: Reader, silence_ids: Sequence[UUID]) -> dict[UUID, tuple[int, int]]:
    """Per silence how many alerts it has kept quiet, and how many it keeps quiet now."""
    return {
        row["silence_id"]: (row["alerts"], row["now"]) for row in await db.rows(sql.counts, list(silence_ids))
    }


async def around(db: Reader, alert_id: UUID) -> Around:
    """What an alert's page says of others."""
    return Around(await quiet_of(db, alert_id), await beneath(db, alert_id), await gathering_of(db, alert_id))


async def lines_of(db: Reader, alert_ids: Sequence[UUID]) -> dict[UUID, Line]:
    """What lists say of these alerts: quiet, grouped, leading; those that are missing page as ever."""
    return await lines(db, alert_ids)


async def quiet_now(db: Reader) -> QuietNow:
    """How many open alerts page nobody for now."""
    row = await db.row(sql.quiet_now)
    return QuietNow(**row) if row else QuietNow(0, 0)
