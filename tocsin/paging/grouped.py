"""Alerts in groups: one of them leads and is paged for, the others are quiet under it. Rules are in tocsin/alerts/grouping.py.

Who joins which group is decided in the schema (`group_alerts`), where escalations begin; here is what follows, and reading.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from tocsin.kernel.db import Reader, Unit
from tocsin.kernel.sql import Statements

sql = Statements("tocsin.paging", "grouped.sql")


@dataclass(frozen=True, slots=True)
class Group:
    """What an alert is grouped with. `leader_has`: who has acknowledged the leader."""

    id: int
    rule_id: UUID | None
    rule_name: str
    fields: tuple[str, ...]
    key: tuple[str, ...]
    first_number: int
    leader_number: int | None
    leader_has: str | None
    started_at: datetime
    sealed_at: datetime | None


@dataclass(frozen=True, slots=True)
class Member:
    """One alert of a group. `quiet`: the leader is paged for it."""

    id: UUID
    number: int
    message: str
    priority: int
    service: str
    joined_at: datetime
    acknowledged_at: datetime | None
    acknowledged_by: str | None
    closed_at: datetime | None
    snoozed_until: datetime | None
    quiet: bool

    @property
    def state(self) -> str:
        """In a word; a snooze that is over by now is not told from one that lasts."""
        if self.closed_at is not None:
            return "closed"
        return "acknowledged" if self.acknowledged_at is not None else "open"


@dataclass(frozen=True, slots=True)
class Line:
    """What a list says of an alert: quiet, under which leader, covered by its acknowledgement; or how many others it leads."""

    alert_id: UUID
    quiet: bool = False
    under_number: int | None = None
    covered: bool = False
    others: int = 0


@dataclass(frozen=True, slots=True)
class Gathering:
    """A group with its members, the open ones first."""

    group: Group
    members: list[Member] = field(default_factory=list)

    @property
    def open(self) -> list[Member]:
        """Those that are not closed."""
        return [m for m in self.members if m.closed_at is None]

    @property
    def unanswered(self) -> list[Member]:
        """Those that are open and that nobody has."""
        return [m for m in self.open if m.acknowledged_at is None]


async def pass_on(u: Unit, alert_ids: Sequence[UUID]) -> None:
    """Alerts were closed or have gone quiet: in groups that they led the next one leads, and its paging is due."""
    if await u.value(sql.pass_on, list(alert_ids)):
        u.touch("work", "alerts")


async def mend(u: Unit) -> int:
    """Part of the reconciler's look: alerts that wait under one that leads no more. How many there were."""
    return int(await u.value(sql.mend)) + await u.run(sql.mend_waiting)


async def gathering_of(db: Reader, alert_id: UUID) -> Gathering | None:
    """The group of an alert with its members; None when it is in none."""
    group = await db.first(Group, sql.group_of, alert_id)
    return None if group is None else Gathering(group, await db.all(Member, sql.members, group.id))


async def lines(db: Reader, alert_ids: Sequence[UUID]) -> dict[UUID, Line]:
    """What lists say of these alerts; those that are missing page as ever and lead nobody."""
    found = await db.all(Line, sql.lines, list(alert_ids))
    kept: dict[UUID, Line] = {}
    for line in found:
        # Who leads two groups, one of them over, is shown with the larger.
        if line.alert_id not in kept or line.others > kept[line.alert_id].others:
            kept[line.alert_id] = line
    return kept
