"""The playbook: what severities demand, what roles do, and the steps of an incident. Pure."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

from tocsin.incidents.role_model import name_of


@dataclass(frozen=True, slots=True)
class Value:
    """One of the organisation's values."""

    name: str
    text: str


@dataclass(frozen=True, slots=True)
class SeverityGuide:
    """What a severity means, and its rhythm in minutes."""

    severity: int
    words: str
    examples: str
    first_update_min: int | None
    cadence_min: int | None
    late_min: int
    stale_min: int


@dataclass(frozen=True, slots=True)
class RoleGuide:
    """What whoever takes a role reads."""

    role: str
    words: str
    instructions: str


@dataclass(frozen=True, slots=True)
class Step:
    """One step. `evidence` names what in the record shows it done; `due_min` counts from the declaration. Empty tuples: for all."""

    id: str
    text: str
    evidence: str = ""
    role: str = ""
    severities: tuple[int, ...] = ()
    types: tuple[str, ...] = ()
    due_min: int | None = None

    def applies(self, severity: int, type_: str | None = None) -> bool:
        """Whether it is a step of such an incident. Types are written by name or by title."""
        return (not self.severities or severity in self.severities) and (
            not self.types or type_ in [name_of(each) for each in self.types]
        )


@dataclass(frozen=True, slots=True)
class Playbook:
    """The whole of it. `version` 0 is the shipped one."""

    version: int
    values: tuple[Value, ...]
    severities: Mapping[int, SeverityGuide]
    roles: Mapping[str, RoleGuide]
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class Version:
    """A version of the organisation's playbook, as a list shows it."""

    version: int
    why: str
    author: str
    at: datetime


class StepState(StrEnum):
    """Where a step stands. `skipped`: somebody said why it does not apply."""

    OPEN = "open"
    LATE = "late"
    DONE = "done"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class Seen:
    """An entry that may be evidence."""

    seq: int
    kind: str
    happened_at: datetime
    actor: str
    payload: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Mark:
    """What somebody said about a step."""

    step: str
    state: StepState
    note: str
    by_name: str
    at: datetime
    seq: int


@dataclass(frozen=True, slots=True)
class Check:
    """A step of an incident as it stands. `seq`: the entry that shows it; `shown`: the record shows it by itself."""

    step: Step
    state: StepState
    seq: int | None = None
    by: str = ""
    at: datetime | None = None
    after: timedelta | None = None
    note: str = ""
    due_at: datetime | None = None
    shown: bool = False

    @property
    def over(self) -> bool:
        return self.state in (StepState.DONE, StepState.SKIPPED)


def _role(seen: Seen, role: str) -> bool:
    return seen.kind in ("role_taken", "role_transferred") and seen.payload.get("role") == role


def _status(seen: Seen, status: str) -> bool:
    if status == "resolved":
        return seen.kind == "incident_resolved"
    return seen.kind in ("status_changed", "update_published") and seen.payload.get("status") == status


def _update(seen: Seen, audience: str) -> bool:
    return seen.kind == "update_published" and (not audience or seen.payload.get("audience") == audience)


def _place(seen: Seen, place: str) -> bool:
    return (
        seen.kind == "place_opened" and str(seen.payload.get("place", "")).split(" ")[0].startswith(place)
    ) or (place == "ticket" and seen.kind == "ticket_linked")


def _filled(kind: str, field: str) -> "Callable[[Seen, str], bool]":
    def shown(seen: Seen, _: str) -> bool:
        return seen.kind in (kind, "incident_declared") and bool(seen.payload.get(field))

    return shown


def _kinds(*kinds: str) -> "Callable[[Seen, str], bool]":
    return lambda seen, _: seen.kind in kinds


#: What can show a step done, by its first word; the rest of the words says which.
EVIDENCE: dict[str, Callable[[Seen, str], bool]] = {
    "role": _role,
    "status": _status,
    "update": _update,
    "place": _place,
    "impact": _filled("impact_changed", "impact"),
    "service": _filled("service_changed", "service_id"),
    "alert": _kinds("alert_linked"),
    "paged": _kinds("people_paged"),
    "claim": _kinds("claim_made", "hypothesis_made"),
    "decision": _kinds("decision_made"),
    "severity": _kinds("severity_changed"),
    "times": _kinds("times_corrected"),
    "resolved": _kinds("incident_resolved"),
    "postmortem": _kinds("postmortem_drafted"),
}
#: Kinds of entries that can be evidence.
EVIDENT = (
    "role_taken", "role_transferred", "status_changed", "update_published", "place_opened", "ticket_linked", "impact_changed",
    "incident_declared", "service_changed", "alert_linked", "people_paged", "claim_made", "hypothesis_made", "decision_made",
    "severity_changed", "times_corrected", "incident_resolved", "postmortem_drafted",
)  # fmt: skip


def proof(step: Step, entries: Iterable[Seen]) -> Seen | None:
    """The first entry that shows a step done."""
    if not step.evidence:
        return None
    name, _, which = step.evidence.partition(" ")
    shows = EVIDENCE[name]
    return next((seen for seen in entries if shows(seen, which.strip())), None)


def checklist(
    playbook: Playbook,
    severity: int,
    declared_at: datetime,
    entries: Sequence[Seen],
    marks: Mapping[str, Mark],
    now: datetime,
    *,
    over: bool = False,
    type_: str | None = None,
) -> list[Check]:
    """The steps of an incident in the playbook's order. Steps that somebody spoke about stay, also when the severity that they were
    for is another one now."""
    return [
        _check(step, declared_at, proof(step, entries), marks.get(step.id), now, over=over)
        for step in playbook.steps
        if step.applies(severity, type_) or step.id in marks
    ]


def _check(
    step: Step, declared_at: datetime, seen: Seen | None, mark: Mark | None, now: datetime, *, over: bool
) -> Check:
    due = declared_at + timedelta(minutes=step.due_min) if step.due_min is not None else None
    if mark is not None:
        return Check(step, mark.state, mark.seq, mark.by_name, mark.at, mark.at - declared_at, mark.note, due)
    if seen is not None:
        return Check(
            step,
            StepState.DONE,
            seen.seq,
            seen.actor,
            seen.happened_at,
            seen.happened_at - declared_at,
            "",
            due,
            shown=True,
        )
    late = due is not None and due <= now and not over
    return Check(step, StepState.LATE if late else StepState.OPEN, due_at=due)


@dataclass(frozen=True, slots=True)
class Late:
    """How often a step was late or left out, over many incidents."""

    step: str
    text: str
    incidents: int
    late: int
    open: int
    skipped: int


@dataclass(frozen=True, slots=True)
class Followed:
    """Which version an incident follows."""

    incident_id: UUID
    version: int
