"""When a step of a policy applies: at working hours, for some priorities, with or without a tag. Pure.

The engine asks the SQL function `why_skipped`, which decides and says the same; `tests/domain` holds the two together.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from tocsin.people.model import is_time_zone

WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
MAX_TAGS = 20


@dataclass(frozen=True, slots=True)
class Hours:
    """Hours of a zone's clock on ISO weekdays. Those that end before they begin, or at the same time, go on until the next
    day and belong to the day on which they begin. `within` false: outside of them."""

    zone: str
    days: tuple[int, ...]
    start: time
    end: time
    within: bool = True

    def hold(self, at: datetime) -> bool:
        """Whether the step applies at a moment."""
        here = at.astimezone(ZoneInfo(self.zone)).replace(tzinfo=None)
        clock, today = here.time(), here.isoweekday() in self.days
        if self.start < self.end:
            inside = today and self.start <= clock < self.end
        else:
            before = (here - timedelta(days=1)).isoweekday() in self.days
            inside = (today and clock >= self.start) or (before and clock < self.end)
        return inside is self.within

    @property
    def words(self) -> str:
        """`within Mon, Tue 09:00 to 17:00 (Europe/Berlin)`."""
        days = ", ".join(WEEKDAYS[day - 1] for day in self.days)
        if self.days == tuple(range(self.days[0], self.days[-1] + 1)) and len(self.days) > 2:
            days = f"{WEEKDAYS[self.days[0] - 1]} to {WEEKDAYS[self.days[-1] - 1]}"
        side = "within" if self.within else "outside"
        return f"{side} {days} {self.start:%H:%M} to {self.end:%H:%M} ({self.zone})"


@dataclass(frozen=True, slots=True)
class Conditions:
    """All of them must hold. Empty `priorities`: any. `tags`: each must be there; `without`: none may be, in any case."""

    hours: Hours | None = None
    priorities: tuple[int, ...] = ()
    tags: tuple[str, ...] = ()
    without: tuple[str, ...] = ()

    def why_skipped(self, priority: int, tags: Iterable[str], at: datetime) -> str | None:
        """The sentence of the ledger when the step does not apply; None when it does."""
        if self.hours and not self.hours.hold(at):
            return f"Skipped: only {'within' if self.hours.within else 'outside'} working hours."
        if self.priorities and priority not in self.priorities:
            return f"Skipped: not for P{priority}."
        known = {tag.lower() for tag in tags}
        if missing := [tag for tag in self.tags if tag.lower() not in known]:
            return f"Skipped: only with the tag {', '.join(missing)}."
        if there := [tag for tag in self.without if tag.lower() in known]:
            return f"Skipped: not with the tag {', '.join(there)}."
        return None

    @property
    def words(self) -> str:
        """`only within …, P1 to P2, with the tag db`; empty without conditions."""
        parts = [self.hours.words] if self.hours else []
        parts += [_priority_words(self.priorities)] if self.priorities else []
        parts += [f"with the tag {', '.join(self.tags)}"] if self.tags else []
        parts += [f"without the tag {', '.join(self.without)}"] if self.without else []
        return f"only {', '.join(parts)}" if parts else ""

    def stored(self) -> dict[str, Any]:
        """As the database keeps it; `{}` without conditions."""
        found: dict[str, Any] = {}
        if self.hours:
            found["hours"] = {
                "zone": self.hours.zone, "days": list(self.hours.days), "from": f"{self.hours.start:%H:%M}",
                "until": f"{self.hours.end:%H:%M}", "within": self.hours.within,
            }  # fmt: skip
        lists = {"priorities": self.priorities, "tags": self.tags, "without": self.without}
        return found | {name: list(values) for name, values in lists.items() if values}


ALWAYS = Conditions()


def conditions_of(stored: Mapping[str, Any] | None) -> Conditions:
    """Reads what `stored` wrote."""
    if not stored:
        return ALWAYS
    hours = stored.get("hours")
    return Conditions(
        _hours_of(hours) if hours else None, tuple(stored.get("priorities", ())), tuple(stored.get("tags", ())),
        tuple(stored.get("without", ())),
    )  # fmt: skip


def _hours_of(stored: Mapping[str, Any]) -> Hours:
    start, end = time.fromisoformat(stored["from"]), time.fromisoformat(stored["until"])
    return Hours(stored["zone"], tuple(stored["days"]), start, end, stored.get("within", True))


def problem_of(conditions: Conditions) -> str:
    """What is wrong with conditions that somebody typed; empty when they can be kept."""
    hours = conditions.hours
    if hours and not is_time_zone(hours.zone):
        return f"there is no time zone {hours.zone[:60]}."
    if hours and (not hours.days or not set(hours.days) <= set(range(1, 8))):
        return "choose at least one day for the working hours."
    if not set(conditions.priorities) <= set(range(1, 6)):
        return "priorities go from 1 to 5."
    if _too_much(conditions.tags) or _too_much(conditions.without):
        return f"at most {MAX_TAGS} tags of up to 100 characters."
    return ""


def _too_much(tags: Sequence[str]) -> bool:
    return len(tags) > MAX_TAGS or any(not 1 <= len(tag) <= 100 for tag in tags)


def _priority_words(priorities: tuple[int, ...]) -> str:
    first, last = priorities[0], priorities[-1]
    if len(priorities) > 1 and priorities == tuple(range(first, last + 1)):
        return f"P{first} to P{last}"
    return ", ".join(f"P{priority}" for priority in priorities)
