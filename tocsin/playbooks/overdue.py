"""What is overdue in an incident: the promised update, tasks, steps of the playbook. One statement, because the first look at a room
waits for it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from tocsin.incidents.model import Answer, Duty, Incident, RoleHolder, RoleName
from tocsin.kernel.db import Reader
from tocsin.playbooks.model import EVIDENT, Check, Playbook, Seen, Step, StepState, proof
from tocsin.playbooks.queries import parsed, sql


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of an incident. `seen`: of all that may be evidence the first entry of each sort, with what tells them apart."""

    now: datetime
    version: int | None
    body: str | None
    tasks: list[int]
    marked: list[str]
    seen: list[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class LateStep:
    """A step that nobody did in its time."""

    id: str
    text: str
    due_at: datetime


@dataclass(frozen=True, slots=True)
class Overdue:
    """When the update was due that did not come, the numbers of tasks that are late, and the steps."""

    update_due_at: datetime | None = None
    tasks: tuple[int, ...] = ()
    steps: tuple[LateStep, ...] = ()

    @property
    def something(self) -> bool:
        return bool(self.update_due_at or self.tasks or self.steps)


async def overdue_of(db: Reader, incident: Incident) -> Overdue:
    """What is overdue now; of an incident that is over nothing is."""
    if incident.resolved_at is not None:
        return Overdue()
    facts = await db.first(Facts, sql.overdue, incident.id, list(EVIDENT))
    return overdue(incident, facts, parsed(facts.version, facts.body)) if facts else Overdue()


def overdue(incident: Incident, facts: Facts, playbook: Playbook) -> Overdue:
    """The same by the facts. Pure."""
    due, now = incident.update_due_at, facts.now
    seen = [Seen(each["seq"], each["kind"], now, "", each["payload"]) for each in facts.seen]
    steps = [
        LateStep(step.id, step.text, at)
        for step in playbook.steps
        if step.applies(incident.severity, incident.type) and step.id not in facts.marked
        if (at := _due(step, incident)) is not None and at <= now and proof(step, seen) is None
    ]
    return Overdue(due if due is not None and due <= now else None, tuple(facts.tasks), tuple(steps))


def _due(step: Step, incident: Incident) -> datetime | None:
    return incident.declared_at + timedelta(minutes=step.due_min) if step.due_min is not None else None


def late_steps(
    checks: Sequence[Check], incident: Incident, roles: Mapping[str, RoleHolder], viewer: UUID | None
) -> list[Duty]:
    """The late steps that are the viewer's: of their role. What is nobody's is the incident manager's."""
    manager = roles.get(RoleName.INCIDENT_MANAGER)
    late = [(check, roles.get(check.step.role, manager)) for check in checks if check.state is StepState.LATE]
    return [_duty(incident, check) for check, holder in late if holder and holder.user_id == viewer]


def _duty(incident: Incident, check: Check) -> Duty:
    done = Answer("Done", "step-check", (("step", check.step.id),))
    href = f"/incidents/{incident.key}#step-{check.step.id}"
    return Duty(incident.key, f"A step is overdue: {check.step.text}", href, "soon", check.due_at, (done,))
