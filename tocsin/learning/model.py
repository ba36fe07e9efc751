"""Postmortems: the handbook's document, its fields, and how the record fills the draft."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from uuid import UUID


class DocumentStatus(StrEnum):
    """How far the document is."""

    DRAFT = "draft"
    REVIEW = "review"
    APPROVED = "approved"
    PUBLISHED = "published"


@dataclass(frozen=True, slots=True)
class Field:
    """One section of the document: its title, and what belongs there."""

    title: str
    hint: str


#: The handbook's sections in their order (PRODUCT.md).
FIELDS: dict[str, Field] = {
    "summary": Field("Summary", "What happened, for whom, for how long. Two or three sentences."),
    "leadup": Field("Leadup", "What was changed or happened before, that made it possible?"),
    "fault": Field("Fault", "What did not work as it should have, exactly?"),
    "impact": Field("Impact", "What customers saw, how many, since when; support cases too."),
    "detection": Field(
        "Detection", "How was it noticed, and by whom? How would we halve the time until then?"
    ),
    "response": Field("Response", "Who answered, and when? What stood in the way? How would we halve it?"),
    "recovery": Field("Recovery", "What ended it for customers? How would we halve the time until then?"),
    "five_whys": Field(
        "Five whys", "Why did it happen? And why that? One line each, until a cause can be changed."
    ),
    "root_cause": Field(
        "Root cause", "As a class: change, capacity, dependency, design, process, people's load …"
    ),
    "backlog_check": Field(
        "Backlog check", "Was there work planned that would have prevented it? Why was it not done?"
    ),
    "recurrence": Field("Recurrence", "Has this happened before? Which incidents had the same cause?"),
    "lessons": Field("Lessons learned", "What went well, what did not, where were we lucky?"),
}
LONGEST = 50_000
#: Entries that say how people came and went; they start outside the document's timeline.
QUIET = frozenset(
    {"responder_joined", "responder_left", "member_added", "member_removed", "entry_redacted", "notes_saved",
     "place_opened", "postmortem_drafted", "postmortem_status_changed"}
)  # fmt: skip
#: From this severity up a postmortem is required.
REQUIRED_FROM = 2
#: Priority actions are due within so many weeks, by the service's tier.
PRIORITY_WEEKS = {1: 4, 2: 4}
OTHER_WEEKS = 8


@dataclass(frozen=True, slots=True)
class Postmortem:
    """The document. `timeline` holds the numbers of the entries that stand in it."""

    id: UUID
    incident_id: UUID
    status: DocumentStatus
    owner_id: UUID | None
    fields: Mapping[str, str]
    timeline: tuple[int, ...]
    version: int
    created_at: datetime
    updated_at: datetime
    updated_by: str


@dataclass(frozen=True, slots=True)
class ActionItem:
    """What will be done about it."""

    id: UUID
    title: str
    owner_id: UUID | None
    owner: str | None
    priority: bool
    due_on: date | None
    done_at: datetime | None


@dataclass(frozen=True, slots=True)
class Times:
    """The times an incident keeps. One that nobody knows is None, and stays so."""

    impact_started_at: datetime | None
    detected_at: datetime | None
    declared_at: datetime
    acknowledged_at: datetime | None
    first_update_at: datetime | None
    mitigated_at: datetime | None
    resolved_at: datetime | None

    def named(self) -> list[tuple[str, datetime | None]]:
        """In the order in which they usually happen."""
        return [
            ("Impact started", self.impact_started_at), ("Detected", self.detected_at),
            ("Acknowledged", self.acknowledged_at), ("Declared", self.declared_at),
            ("First update", self.first_update_at), ("Mitigated", self.mitigated_at),
            ("Resolved", self.resolved_at),
        ]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the timeline."""

    seq: int
    kind: str
    happened_at: datetime
    actor: str
    text: str


@dataclass(frozen=True, slots=True)
class Facts:
    """What the record knows when a draft is made."""

    key: str
    summary: str
    severity: int
    impact: str
    service: str
    times: Times
    lines: Sequence[Line]
    roles: Sequence[tuple[str, str]]
    alerts: Sequence[str]
    resolution: str
    public_states: Sequence[str]


def due_of_priority(tier: int | None, today: date) -> date:
    """When a priority action is due: 4 weeks for tiers 1 and 2, else 8."""
    return today + timedelta(weeks=PRIORITY_WEEKS.get(tier or 0, OTHER_WEEKS))


def chosen(lines: Iterable[Line]) -> tuple[int, ...]:
    """The entries that a new document's timeline starts with."""
    return tuple(line.seq for line in lines if line.kind not in QUIET)


def filled(facts: Facts) -> dict[str, str]:
    """The draft's sections, as far as the record knows them; the rest stays empty for people."""
    values = dict.fromkeys(FIELDS, "")
    values |= {
        "summary": _summary(facts), "impact": _impact(facts), "detection": _detection(facts),
        "response": _response(facts), "recovery": _recovery(facts),
    }  # fmt: skip
    return values


def _summary(facts: Facts) -> str:
    about = f" in {facts.service}" if facts.service else ""
    took = between(facts.times.declared_at, facts.times.resolved_at)
    length = f" It was resolved {took} after it was declared." if took else ""
    return f"{facts.summary} (SEV{facts.severity}{about}).{length}"


def _impact(facts: Facts) -> str:
    told = [f"Told to the public: {state}" for state in facts.public_states]
    return "\n".join([part for part in (facts.impact, *told) if part])


def _detection(facts: Facts) -> str:
    times, parts = facts.times, [f"Reported by: {alert}" for alert in facts.alerts]
    if took := between(times.impact_started_at, times.detected_at):
        parts.append(f"Time to detect: {took} after the impact began.")
    if times.detected_at is None:
        parts.append("When it was detected is not in the record.")
    return "\n".join(parts)


def _response(facts: Facts) -> str:
    times, parts = facts.times, [f"{role}: {name}" for role, name in facts.roles]
    steps = (
        ("Acknowledged", times.detected_at, times.acknowledged_at, "after detection"),
        ("Declared", times.detected_at, times.declared_at, "after detection"),
        ("First update", times.declared_at, times.first_update_at, "after the declaration"),
    )
    for name, start, end, words in steps:
        if took := between(start, end):
            parts.append(f"{name}: {took} {words}.")
    return "\n".join(parts)


def _recovery(facts: Facts) -> str:
    times, parts = facts.times, [facts.resolution] if facts.resolution else []
    for name, end in (("Mitigated", times.mitigated_at), ("Resolved", times.resolved_at)):
        if took := between(times.declared_at, end):
            parts.append(f"{name}: {took} after the declaration.")
    return "\n".join(parts)


def between(start: datetime | None, end: datetime | None) -> str:
    """`1 h 12 min`; empty when one of the times is not known or they are the wrong way round."""
    if start is None or end is None or end < start:
        return ""
    minutes, seconds = divmod(int((end - start).total_seconds()), 60)
    if minutes == 0:
        return f"{seconds} s"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min"
