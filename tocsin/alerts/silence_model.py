"""Silences: what pages nobody for a while, as people give it and as it stands. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

#: A silence ends: once after 30 days at most, one that recurs after a year.
LONGEST, LONGEST_SERIES = timedelta(days=30), timedelta(days=366)
MOST_MATCHERS = 10
DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


class SilenceKind(StrEnum):
    """Maintenance is of services, and shown on their pages."""

    SILENCE = "silence"
    MAINTENANCE = "maintenance"


class SilenceState(StrEnum):
    """Derived, never stored. `coming`: it is not quiet now and will be."""

    ACTIVE = "active"
    COMING = "coming"
    PAST = "past"


class Operator(StrEnum):
    """How a field is compared. `contains` does not care about case; a pattern is met by the whole text."""

    EQUALS = "equals"
    NOT_EQUALS = "not_equals"
    CONTAINS = "contains"
    MATCHES = "matches"


SIGNS = {"!=": Operator.NOT_EQUALS, "=~": Operator.MATCHES, "*=": Operator.CONTAINS, "=": Operator.EQUALS}
WORDS = {
    Operator.EQUALS: "is", Operator.NOT_EQUALS: "is not", Operator.CONTAINS: "contains", Operator.MATCHES: "matches",
}  # fmt: skip
FIELDS = ("alias", "message", "source", "entity", "priority", "tag", "integration")
DETAILS = "details."


@dataclass(frozen=True, slots=True)
class Matcher:
    """One condition on an alert: `details.host contains db`."""

    field: str
    operator: Operator
    value: str

    @property
    def words(self) -> str:
        return f"{self.field} {WORDS[self.operator]} {self.value or '(empty)'}"

    @property
    def text(self) -> str:
        """As `matcher_from` reads it."""
        sign = next(sign for sign, operator in SIGNS.items() if operator is self.operator)
        return f"{self.field}{sign}{self.value}"


def matcher_from(text: str) -> Matcher:
    """Reads `priority=P3`, `alias!=x`, `details.host=~db-.*`, `message*=timeout`. Raises ValueError."""
    places = [(text.find(sign), -len(sign), sign) for sign in SIGNS if sign in text]
    if not places:
        raise ValueError("A matcher is a field, one of = != =~ *= and a value.")
    at, _, sign = min(places)
    return Matcher(text[:at].strip(), SIGNS[sign], text[at + len(sign) :].strip())


@dataclass(frozen=True, slots=True)
class Weekly:
    """On these ISO weekdays from one wall-clock time to another; an end that is not later is on the next day."""

    days: tuple[int, ...]
    starts: time
    ends: time
    time_zone: str


@dataclass(frozen=True, slots=True)
class SilenceDraft:
    """A silence as people give it. `confirmed`: it may match everything."""

    reason: str
    starts_at: datetime
    ends_at: datetime
    matchers: Sequence[Matcher] = ()
    service_ids: Sequence[UUID] = ()
    kind: SilenceKind = SilenceKind.SILENCE
    link: str = ""
    weekly: Weekly | None = None
    owner_id: UUID | None = None
    ends_with_alert_id: UUID | None = None
    confirmed: bool = False


@dataclass(frozen=True, slots=True)
class Preview:
    """What a draft would have silenced: of so many alerts of the last seven days, and of those that are open now."""

    matched: int
    looked_at: int
    open_now: int

    @property
    def everything(self) -> bool:
        """With a handful of alerts it says nothing that all of them match."""
        return self.matched == self.looked_at >= 10


@dataclass(frozen=True, slots=True)
class Silence:
    """One as it stands. `active_until`: the end of the time that is quiet now; `next_at`: when the next one begins."""

    id: UUID
    kind: SilenceKind
    reason: str
    link: str
    owner_id: UUID | None
    owner_name: str
    starts_at: datetime
    ends_at: datetime
    weekdays: tuple[int, ...]
    from_time: time | None
    to_time: time | None
    time_zone: str
    ends_with_alert_id: UUID | None
    ends_with_number: int | None
    created_at: datetime
    created_by: str
    ended_at: datetime | None
    ended_by: str | None
    rules: list[dict[str, Any]]
    services: list[dict[str, Any]]
    active_until: datetime | None
    next_at: datetime | None

    @property
    def matchers(self) -> tuple[Matcher, ...]:
        return tuple(Matcher(r["field"], Operator(r["operator"]), r["value"]) for r in self.rules)

    @property
    def weekly(self) -> Weekly | None:
        if self.from_time is None or self.to_time is None:
            return None
        return Weekly(self.weekdays, self.from_time, self.to_time, self.time_zone)

    @property
    def state(self) -> SilenceState:
        if self.active_until is not None:
            return SilenceState.ACTIVE
        return SilenceState.COMING if self.next_at is not None else SilenceState.PAST

    @property
    def service_ids(self) -> tuple[UUID, ...]:
        return tuple(UUID(s["id"]) for s in self.services)

    @property
    def about(self) -> str:
        """What it silences, in words."""
        services = " or ".join(s["name"] for s in self.services)
        matchers = " and ".join(m.words for m in self.matchers)
        if services and matchers:
            return f"{services}, where {matchers}"
        return f"everything of {services}" if services else matchers

    @property
    def rhythm(self) -> str:
        """When it recurs, in words; empty for once."""
        weekly = self.weekly
        if weekly is None:
            return ""
        days = ", ".join(DAYS[d - 1] for d in weekly.days) if len(weekly.days) < 7 else "Every day"
        zone = weekly.time_zone.replace("_", " ")
        return f"{days} {weekly.starts:%H:%M} to {weekly.ends:%H:%M} ({zone})"
