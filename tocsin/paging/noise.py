"""Noise: which services and sources page for nothing, and what would help."""

from dataclasses import dataclass
from uuid import UUID

from tocsin.kernel.db import Reader
from tocsin.kernel.sql import Statements

sql = Statements("tocsin.paging", "noise.sql")
DAYS = 28
MOST_ROWS = 200
#: Fewer alerts, or answers, than this prove nothing.
ENOUGH, ENOUGH_ANSWERS = 5, 3


@dataclass(frozen=True, slots=True)
class Noise:
    """The alerts of one service and source in the last 28 days.

    `nights`: pages between 22:00 and 06:00 on the clock of whoever was paged. `short_lived`: closed within 5 minutes, acknowledged by
    nobody. `noise`, `useful`: answers of people. `grouped`: quiet in a group, of `groups`. `close`: opened within 10 minutes of
    the one before while that was open, and paged all the same. `prefix`: the tag prefix that most have (`prefixed`), with `kinds` different tags.
    """

    service_id: UUID | None
    service: str
    source: str
    alerts: int
    pages: int
    nights: int
    short_lived: int
    noise: int
    useful: int
    grouped: int
    groups: int
    close: int
    prefix: str
    prefixed: int
    kinds: int

    @property
    def short_share(self) -> int:
        """Percent that closed by themselves within 5 minutes."""
        return round(100 * self.short_lived / self.alerts)

    @property
    def suggestions(self) -> list[str]:
        """What would help, in plain words; empty when nothing stands out."""
        found = [self._delay(), self._group(), self._tell_apart(), self._rethink()]
        return [each for each in found if each]

    @property
    def cluster(self) -> str:
        """The tag prefix that they could be grouped by: most of them have it. Empty when there is none."""
        return self.prefix if 5 * self.prefixed >= 4 * self.alerts else ""

    def _delay(self) -> str:
        if self.short_lived < ENOUGH or 2 * self.short_lived < self.alerts:
            return ""
        return f"{_of(self.short_lived, self.alerts)} closed by themselves within 5 minutes: give the first step a delay."

    def _group(self) -> str:
        if self.close < ENOUGH or 2 * self.close < self.alerts:
            return ""
        by = self.cluster.removesuffix(":") or ("service" if self.service else "source")
        return f"{_of(self.close, self.alerts)} opened soon after another one that was still open, and were not grouped: group by {by}."

    def _tell_apart(self) -> str:
        if (
            self.alerts < ENOUGH
            or self.groups != 1
            or self.grouped != self.alerts - 1
            or not self.cluster
            or self.kinds < 2
        ):
            return ""
        return f"All {self.alerts} were grouped under one: group by {self.cluster.removesuffix(':')}."

    def _rethink(self) -> str:
        answers = self.noise + self.useful
        if self.noise < ENOUGH_ANSWERS or 2 * self.noise <= answers:
            return ""
        return f"{_of(self.noise, answers)} answers say noise: lower its priority, or change what it watches."


def _of(part: int, whole: int) -> str:
    return f"All {whole}" if part == whole else f"{part} of {whole}"


async def noise(db: Reader) -> list[Noise]:
    """What paged most in the last 28 days comes first; at most 200 rows."""
    return await db.all(Noise, sql.noise, DAYS, MOST_ROWS)
