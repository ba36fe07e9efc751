"""Who carried what in a quarter, and what is planned for the rest of it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from tocsin.duty.fairness import Home, Load, Quarter, count
from tocsin.kernel.db import Reader, Row
from tocsin.kernel.sql import Statements
from tocsin.oncall.clocks import Range, zone_exists

sql = Statements("tocsin.duty", "fairness.sql")
#: A quarter begins up to so much earlier or later elsewhere, and a night reaches over its edge.
AROUND = timedelta(days=2)


@dataclass(frozen=True, slots=True)
class Burden:
    """A person's quarter on their own clock: what is past, and what is planned as things stand."""

    user_id: UUID
    user_name: str
    time_zone: str
    done: Load
    planned: Load

    @property
    def whole(self) -> Load:
        """Both."""
        return self.done + self.planned


async def burdens(db: Reader, quarter: Quarter, schedule_id: UUID | None = None) -> list[Burden]:
    """Everybody who is on call or was paged in a quarter, of one schedule or all, the most hours first. Shifts are
    planned about four months ahead: beyond that nothing is known yet."""
    start, end = quarter.period("UTC")
    around = start - AROUND, end + AROUND
    held: dict[UUID, list[Range]] = {}
    for row in await db.rows(sql.held, *around, schedule_id):
        held.setdefault(row["user_id"], []).append((row["starts_at"], row["ends_at"]))
    paged: dict[UUID, list[datetime]] = {}
    for row in await db.rows(sql.pages_around, *around, schedule_id):
        paged.setdefault(row["user_id"], []).append(row["created_at"])
    now = await db.clock()
    homes = await db.rows(sql.homes, [*held.keys() | paged.keys()])
    found = [_burden(h, held.get(h["id"], []), paged.get(h["id"], []), quarter, now) for h in homes]
    return sorted(
        (b for b in found if b.whole != Load()), key=lambda b: (-b.whole.hours, b.user_name.lower())
    )


def _burden(
    row: Row, ranges: list[Range], pages: Iterable[datetime], quarter: Quarter, now: datetime
) -> Burden:
    zone = row["time_zone"] if zone_exists(row["time_zone"]) else "UTC"
    home = Home(zone, row["country"], row["subdivision"])
    start, end = quarter.period(zone)
    until = min(max(now, start), end)
    done, planned = (count(ranges, pages, home, *part) for part in ((start, until), (until, end)))
    return Burden(row["id"], row["name"], zone, done, planned)
