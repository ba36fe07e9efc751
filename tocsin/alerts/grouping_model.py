"""Grouping rules: which alerts are one problem, as people give them and as they stand. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from tocsin.alerts.silence_model import DETAILS, Matcher, Operator

MOST_FIELDS, MOST_RULES = 5, 200
WINDOW_LEAST, WINDOW_MOST = timedelta(minutes=1), timedelta(days=7)
MEMBERS_LEAST, MEMBERS_MOST = 2, 1000
#: What alerts can have in common, besides `tag:PREFIX` and `details.KEY`.
PLAIN = ("service", "source", "entity", "integration")
TAG = "tag:"


@dataclass(frozen=True, slots=True)
class GroupingDraft:
    """A rule as people give it. `position` None: last when it is new, else where it was. Of a service, of a team, or of all."""

    name: str
    fields: Sequence[str]
    window: timedelta = timedelta(minutes=30)
    most: int = 100
    matchers: Sequence[Matcher] = ()
    service_id: UUID | None = None
    team_id: UUID | None = None
    position: int | None = None


@dataclass(frozen=True, slots=True)
class GroupingRule:
    """A rule as it stands. `groups` and `alerts`: how many groups it has made in the last 28 days, of how many alerts."""

    id: UUID
    name: str
    position: int
    service_id: UUID | None
    service_name: str
    team_id: UUID | None
    team_name: str
    fields: tuple[str, ...]
    window_s: int
    most: int
    created_at: datetime
    created_by: str
    archived_at: datetime | None
    rules: list[dict[str, Any]]
    groups: int
    alerts: int

    @property
    def matchers(self) -> tuple[Matcher, ...]:
        return tuple(Matcher(r["field"], Operator(r["operator"]), r["value"]) for r in self.rules)

    @property
    def window(self) -> timedelta:
        return timedelta(seconds=self.window_s)

    @property
    def about(self) -> str:
        """Which alerts it is about, in words."""
        if self.service_name:
            of = f"Alerts of {self.service_name}"
        else:
            of = f"Alerts of services of {self.team_name}" if self.team_name else "All alerts"
        where = " and ".join(m.words for m in self.matchers)
        return f"{of}, where {where}" if where else of

    @property
    def by(self) -> str:
        """What they have in common, in words."""
        return " and ".join(field_words(f) for f in self.fields)


@dataclass(frozen=True, slots=True)
class Seen:
    """An alert of the past, for a preview."""

    key: str
    at: datetime
    closed_at: datetime | None
    priority: int
    urgency: str


@dataclass(frozen=True, slots=True)
class GroupingPreview:
    """What a rule alone would have made of so many alerts of the last seven days: `matched` of them in `groups`, of which `quiet`
    would have paged nobody by themselves."""

    looked_at: int
    matched: int
    groups: int
    quiet: int


@dataclass(slots=True)
class _Open:
    started: datetime
    members: int
    #: None: one of them is open to this day.
    last_close: datetime | None
    priority: int
    urgent: bool


def field_words(field: str) -> str:
    """`tag:cluster:` is "the tag cluster:…"."""
    if field.startswith(TAG):
        return f"tag {field.removeprefix(TAG)}…"
    return field


def gathered(seen: Iterable[Seen], window: timedelta, most: int) -> tuple[int, int]:
    """How many groups these alerts, in the order in which they opened, would have made; and how many of them would have been quiet."""
    now: dict[str, _Open] = {}
    groups = quiet = 0
    for each in seen:
        group = now.get(each.key)
        if group is None or not _joins(group, each, window, most):
            groups += 1
            now[each.key] = _Open(each.at, 1, each.closed_at, each.priority, each.urgency == "high")
            continue
        group.members += 1
        if group.last_close is not None:
            group.last_close = None if each.closed_at is None else max(group.last_close, each.closed_at)
        if each.priority < group.priority or (each.urgency == "high" and not group.urgent):
            group.priority, group.urgent = each.priority, each.urgency == "high"
        else:
            quiet += 1
    return groups, quiet


def _joins(group: _Open, each: Seen, window: timedelta, most: int) -> bool:
    still_open = group.last_close is None or group.last_close > each.at
    return still_open and group.members < most and each.at < group.started + window


def known_field(field: str) -> bool:
    """Whether alerts can be grouped by it."""
    return (
        field in PLAIN
        or (field.startswith(TAG) and len(TAG) < len(field) <= 104)
        or (field.startswith(DETAILS) and len(DETAILS) < len(field) <= 208)
    )
