"""Alerts: what monitoring reports (signals), and the row that one problem becomes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

#: The most characters that a field keeps; what is longer is clamped and marked, never refused (an alert is somebody's
#: night). The alias is a key: it is cut by bytes, because it stands in an index.
LIMITS = {"message": 500, "description": 15_000, "source": 200, "entity": 512, "link": 2000}
ALIAS_BYTES = 512
MAX_TAGS = 50
TAG = 100
MAX_DETAILS = 200
DETAIL = 4000


class Action(StrEnum):
    """What a signal asks for."""

    OPEN = "open"
    ACKNOWLEDGE = "acknowledge"
    CLOSE = "close"


class State(StrEnum):
    """The word for an alert's state; derived, never stored."""

    OPEN = "open"
    ACKNOWLEDGED = "acknowledged"
    SNOOZED = "snoozed"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class Signal:
    """One event as a parser understood it. Priority 1 (worst) to 5. An empty alias means: its own problem."""

    action: Action = Action.OPEN
    alias: str = ""
    message: str = ""
    description: str = ""
    source: str = ""
    entity: str = ""
    priority: int = 3
    tags: tuple[str, ...] = ()
    details: Mapping[str, str] = field(default_factory=dict)
    link: str = ""
    started_at: datetime | None = None
    #: Who asks, as the sender names them; and what they say about it.
    user: str = ""
    note: str = ""
    raw: Any = None
    clamped: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Arrival:
    """A signal with what the catalog knows about it. `request_id` is the imitated API's, to be asked about later."""

    signal: Signal
    scope: UUID
    integration_id: UUID | None
    integration_name: str
    service_id: UUID | None
    urgency: str
    request_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of an arrival. `id` is None when there was no open alert to act on."""

    id: UUID | None
    number: int | None
    alias: str
    success: bool
    status: str
    created: bool = False


@dataclass(frozen=True, slots=True)
class Alert:
    """One problem."""

    id: UUID
    number: int
    scope: UUID
    alias: str
    integration_id: UUID | None
    service_id: UUID | None
    message: str
    description: str
    source: str
    entity: str
    priority: int
    urgency: str
    tags: tuple[str, ...]
    details: dict[str, Any]
    link: str
    clamped: tuple[str, ...]
    raw: Any
    count: int
    started_at: datetime
    created_at: datetime
    last_at: datetime
    acknowledged_at: datetime | None
    acknowledged_by: str | None
    owner_id: UUID | None
    snoozed_until: datetime | None
    #: Until when whoever acknowledged it gives the next sign of life; else the acknowledgement lapses.
    promised_until: datetime | None
    closed_at: datetime | None
    closed_by: str | None
    head: int


@dataclass(frozen=True, slots=True)
class Request:
    """What became of an asynchronous request of an imitated API."""

    id: UUID
    integration_id: UUID | None
    action: str
    status: str
    success: bool
    alert_id: UUID | None
    alias: str
    processed_at: datetime


def state_of(alert: Alert, now: datetime) -> State:
    """Closed before snoozed before acknowledged before open."""
    if alert.closed_at is not None:
        return State.CLOSED
    if alert.snoozed_until is not None and alert.snoozed_until > now:
        return State.SNOOZED
    return State.ACKNOWLEDGED if alert.acknowledged_at is not None else State.OPEN


def urgency_of(priority: int, service_urgency: str | None = None) -> str:
    """P1 to P3 are high, P4 and P5 low, unless the service says otherwise."""
    return service_urgency or ("high" if priority <= 3 else "low")


def clean(text: str) -> str:
    """Without what PostgreSQL cannot hold: NUL, and halves of surrogate pairs."""
    text = text.replace("\x00", "")
    return text if text.isascii() else text.encode("utf-8", "replace").decode("utf-8")


def fit(signal: Signal) -> Signal:
    """Clamps every field to its limit and says which were clamped."""
    clamped: list[str] = list(signal.clamped)
    fields: dict[str, Any] = {}
    for name, most in LIMITS.items():
        value = clean(getattr(signal, name))
        if len(value) > most:
            value = value[: most - 1] + "…"
            clamped.append(name)
        fields[name] = value
    message = fields["message"].strip() or "(no message)"
    tags = tuple(dict.fromkeys(clean(t)[:TAG] for t in signal.tags if t.strip()))
    return replace(
        signal, **{**fields, "message": message}, alias=_fit_alias(clean(signal.alias).strip()),
        tags=_most(tags, MAX_TAGS, "tags", clamped), details=_details(signal.details, clamped),
        user=clean(signal.user)[:200], note=clean(signal.note)[:5000], priority=min(5, max(1, signal.priority)),
        clamped=tuple(clamped),
    )  # fmt: skip


def _most(values: tuple[str, ...], most: int, name: str, clamped: list[str]) -> tuple[str, ...]:
    if len(values) > most:
        clamped.append(name)
    return values[:most]


def _details(details: Mapping[str, str], clamped: list[str]) -> dict[str, str]:
    kept = {clean(k)[:TAG]: clean(v)[:DETAIL] for k, v in list(details.items())[:MAX_DETAILS]}
    if len(details) > MAX_DETAILS or any(len(v) > DETAIL for v in details.values()):
        clamped.append("details")
    return kept


def _fit_alias(alias: str) -> str:
    """At most 512 bytes, cut at a character."""
    return alias.encode()[:ALIAS_BYTES].decode("utf-8", "ignore") if len(alias) > ALIAS_BYTES // 4 else alias


def rounds(arrivals: Sequence[Arrival]) -> list[dict[tuple[UUID, str], tuple[Arrival, int, list[int]]]]:
    """Splits a batch so that each round touches a key once, in the order of arrival per key.

    Repeated opens of a key in a row fold into one with their number. A value is the arrival, how many it stands for,
    and the positions in the batch that it answers.
    """
    done: dict[tuple[UUID, str], int] = {}
    found: list[dict[tuple[UUID, str], tuple[Arrival, int, list[int]]]] = []
    for position, arrival in enumerate(arrivals):
        key = (arrival.scope, arrival.signal.alias)
        at = done.get(key, -1)
        if at >= 0:
            first, times, positions = found[at][key]
            if first.signal.action is arrival.signal.action:
                found[at][key] = (first, times + 1, [*positions, position])
                continue
        at += 1
        if at == len(found):
            found.append({})
        found[at][key] = (arrival, 1, [position])
        done[key] = at
    return found
