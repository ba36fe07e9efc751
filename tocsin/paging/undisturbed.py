"""When somebody may be told what is not urgent. Pure: the same rules as the SQL function `undisturbed_moment`.

`tests/domain/test_personal_rules.py` holds the two together.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any

from tocsin.oncall.clocks import instant, local, zone_exists
from tocsin.oncall.hours import WorkingHours, hours_of, next_working_moment

#: So often quiet may follow upon work before it does not count any more.
MOST = 40


@dataclass(frozen=True, slots=True)
class Undisturbed:
    """Working hours, and what is quiet within them: do not disturb until a moment, and hours of every day on one's own clock."""

    hours: WorkingHours
    until: datetime | None = None
    quiet_from: time | None = None
    quiet_to: time | None = None

    def moment(self, at: datetime) -> datetime:
        """The first moment from `at` on that is working time and not quiet. Quiet that leaves no working time does not count."""
        found = next_working_moment(self.hours, at)
        for _ in range(MOST):
            over = self._quiet_until(found)
            if over is None:
                return found
            found = next_working_moment(self.hours, over)
        return next_working_moment(self.hours, max(at, self.until or at))

    def _quiet_until(self, at: datetime) -> datetime | None:
        ends = [self.until] if self.until and self.until > at else []
        if self.quiet_from is not None and self.quiet_to is not None:
            ends += [
                end
                for start, end in self._quiet_around(at, self.quiet_from, self.quiet_to)
                if start <= at < end
            ]
        return max(ends, default=None)

    def _quiet_around(self, at: datetime, begins: time, ends: time) -> list[tuple[datetime, datetime]]:
        zone = self.hours.time_zone if zone_exists(self.hours.time_zone) else "UTC"
        over = timedelta(days=1) if ends <= begins else timedelta(0)
        today = local(at, zone).date()
        days = [today + timedelta(days=n) for n in (-1, 0, 1)]
        return [
            (instant(datetime.combine(day, begins), zone), instant(datetime.combine(day + over, ends), zone))
            for day in days
        ]


def undisturbed_of(row: Mapping[str, Any]) -> Undisturbed:
    """From the columns of a person's row."""
    return Undisturbed(hours_of(row), row["undisturbed_until"], row["quiet_from"], row["quiet_to"])
