"""Incidents: rows, words and pure rules."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID


class Status(StrEnum):
    """Where an incident stands. `mitigated` is optional."""

    INVESTIGATING = "investigating"
    IDENTIFIED = "identified"
    MITIGATED = "mitigated"
    MONITORING = "monitoring"
    RESOLVED = "resolved"


class RoleName(StrEnum):
    """Roles that come with Tocsin; one person at a time holds each, everybody else is a responder."""

    INCIDENT_MANAGER = "incident_manager"
    TECH_LEAD = "tech_lead"
    COMMUNICATIONS_MANAGER = "communications_manager"
    SCRIBE = "scribe"

    @property
    def words(self) -> str:
        return self.value.replace("_", " ")


class Audience(StrEnum):
    """Who an update is for."""

    RESPONDERS = "responders"
    STAKEHOLDERS = "stakeholders"
    PUBLIC = "public"


#: From this severity up (1 is worst) a postmortem is asked for.
POSTMORTEM_FROM = 2
#: The countdown turns, and whoever owes the update is reminded.
SOON = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Incident:
    """A declared event that needs coordinated response. Times that nobody knows are None."""

    id: UUID
    key: str
    summary: str
    severity: int
    status: Status
    impact: str
    reporter_contact: str
    products: tuple[str, ...]
    service_id: UUID | None
    private: bool
    declared_by: UUID | None
    impact_started_at: datetime | None
    detected_at: datetime | None
    declared_at: datetime
    acknowledged_at: datetime | None
    first_update_at: datetime | None
    mitigated_at: datetime | None
    resolved_at: datetime | None
    update_due_at: datetime | None
    update_missed_at: datetime | None
    sub_status: str
    merged_into: UUID | None
    type: str | None
    fields: dict[str, Any]
    head: int


@dataclass(frozen=True, slots=True)
class Card:
    """What lists show of an incident."""

    id: UUID
    key: str
    summary: str
    severity: int
    status: Status
    private: bool
    declared_at: datetime
    resolved_at: datetime | None
    update_due_at: datetime | None
    manager: str | None
    service: str | None
    service_id: UUID | None
    type: str | None
    type_title: str | None


@dataclass(frozen=True, slots=True)
class RoleHolder:
    """Who holds a role: one of `RoleName`, or of the organisation's own."""

    role: str
    title: str
    user_id: UUID
    name: str
    time_zone: str
    since: datetime


@dataclass(frozen=True, slots=True)
class Responder:
    """Somebody who takes part: `on_it` or `watching`."""

    user_id: UUID
    name: str
    time_zone: str
    joined_at: datetime
    part: str


@dataclass(frozen=True, slots=True)
class Present:
    """Somebody who has the room open."""

    user_id: UUID
    name: str
    time_zone: str


@dataclass(frozen=True, slots=True)
class Choice:
    """Somebody who can be given a role."""

    id: UUID
    name: str
    time_zone: str
    on_call: bool


@dataclass(frozen=True, slots=True)
class LinkedAlert:
    """An alert of the incident."""

    id: UUID
    number: int
    message: str
    priority: int
    started_at: datetime
    acknowledged_at: datetime | None
    acknowledged_by: str | None
    closed_at: datetime | None


@dataclass(frozen=True, slots=True)
class Update:
    """A message with an audience and a time by which the next one is due."""

    id: UUID
    seq: int
    audience: Audience
    state: str
    status_now: tuple[str, ...]
    next_steps: tuple[str, ...]
    unknowns: str
    status: Status
    next_update_at: datetime | None
    author: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Answer:
    """A button that does what is expected: its words, where its form goes (below the incident's page), what it sends. `get`:
    it leads to a page."""

    words: str
    path: str
    fields: tuple[tuple[str, str], ...] = ()
    get: bool = False


@dataclass(frozen=True, slots=True)
class Duty:
    """What is expected of somebody. `tone` is needed, soon or calm; `answers` do it at once, else `href` leads there."""

    key: str
    text: str
    href: str
    tone: str
    due_at: datetime | None = None
    answers: tuple[Answer, ...] = ()


@dataclass(frozen=True, slots=True)
class Rhythm:
    """What a severity demands, in minutes: the first update, the next ones, when one is late, how long a claim may be quiet."""

    severity: int
    first_update_min: int | None
    cadence_min: int | None
    late_min: int
    stale_min: int

    @property
    def cadence(self) -> timedelta | None:
        """How often an update is due at least; None where no rhythm is demanded."""
        return timedelta(minutes=self.cadence_min) if self.cadence_min else None

    def first_due(self, declared_at: datetime) -> datetime | None:
        """When the first update is due."""
        return declared_at + timedelta(minutes=self.first_update_min) if self.first_update_min else None

    def due_after(self, incident: Incident, now: datetime) -> datetime | None:
        """The promise after a change to this severity: a given one stands, unless the rhythm is faster; a rise starts it."""
        if self.cadence is None or incident.resolved_at is not None:
            return incident.update_due_at
        return min(incident.update_due_at or now + self.cadence, now + self.cadence)


def expected(
    incident: Incident, roles: Iterable[RoleHolder], viewer: UUID | None, now: datetime
) -> list[Duty]:
    """What is expected of the viewer in this incident, the most urgent first."""
    held = {r.role: r for r in roles}
    holders = {role: r.user_id for role, r in held.items()}
    room = f"/incidents/{incident.key}"
    manager = holders.get(RoleName.INCIDENT_MANAGER)
    if incident.resolved_at is not None:
        mine = manager == viewer and incident.severity <= POSTMORTEM_FROM
        return [Duty(incident.key, "Finish the postmortem", f"{room}/postmortem", "calm")] if mine else []
    found = []
    speaker = holders.get(RoleName.COMMUNICATIONS_MANAGER, manager)
    if incident.update_due_at is not None and speaker == viewer:
        late, soon = incident.update_due_at <= now, incident.update_due_at - SOON <= now
        tone = "needed" if late else "soon" if soon else "calm"
        words = "An update is overdue" if late else "Next update due"
        still = (Answer("Still true", "still"),) if incident.first_update_at is not None else ()
        answers = (Answer("Write it", "update", get=True), *still)
        found.append(Duty(incident.key, words, f"{room}/update", tone, incident.update_due_at, answers))
    elif (
        incident.update_due_at is not None
        and viewer is not None
        and manager == viewer
        and incident.update_due_at <= now
    ):
        found.append(_owed(incident, held[RoleName.COMMUNICATIONS_MANAGER].name))
    if manager is None:
        found.append(
            Duty(
                incident.key,
                "Nobody is incident manager. Take the role, or give it.",
                f"{room}#roles",
                "soon",
                answers=(Answer("Take it", "take-role", (("role", RoleName.INCIDENT_MANAGER.value),)),),
            )
        )
    return found


def _owed(incident: Incident, speaker: str) -> Duty:
    """What the manager hears of an update that somebody else owes."""
    words, write = f"{speaker} owes an update, it is overdue", Answer("Write it", "update", get=True)
    return Duty(
        incident.key, words, f"/incidents/{incident.key}/update", "needed", incident.update_due_at, (write,)
    )
