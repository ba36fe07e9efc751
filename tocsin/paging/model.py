"""Whom to page, when, and what became of it: policies, frozen plans, pages and deliveries."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import islice
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

#: After a stall, one step per pass, and this long between two passes (or the steps' own gap, if that is shorter).
MINIMUM_GAP = timedelta(seconds=30)
#: Seconds before the next try, per failed try; the last one repeats until MAX_TRIES.
BACK_OFF = (2.0, 10.0, 30.0, 60.0, 300.0)
MAX_TRIES = 12
MAX_STEPS = 50


class DeliveryState(StrEnum):
    """`sent`: the other side took it. `delivered`: its receipt says it arrived. `seen`: its link was opened."""

    QUEUED = "queued"
    SENDING = "sending"
    SENT = "sent"
    DELIVERED = "delivered"
    SEEN = "seen"
    FAILED = "failed"
    CANCELLED = "cancelled"


class Purpose(StrEnum):
    """Why a message goes out. `notice` tells others who has it; `link` carries an invitation or a verification."""

    PAGE = "page"
    TEST = "test"
    NOTICE = "notice"
    ALL_CLEAR = "all_clear"
    LINK = "link"


class EndReason(StrEnum):
    """Why an escalation pages nobody any more."""

    ACKNOWLEDGED = "acknowledged"
    CLOSED = "closed"
    SNOOZED = "snoozed"
    REPLACED = "replaced"
    EXHAUSTED = "exhausted"
    NOBODY = "nobody"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class StepDraft:
    """A step as people give it: seconds from the escalation's start, and who; whoever holds a schedule by then."""

    delay_s: int
    users: Sequence[UUID] = ()
    schedules: Sequence[UUID] = ()


class BadPolicy(ValueError):
    """A policy that cannot work; `field` names the input."""

    def __init__(self, field: str, sentence: str) -> None:
        super().__init__(sentence)
        self.field = field


def check_policy(name: str, repeats: int, repeat_after_s: int, steps: Sequence[StepDraft]) -> None:
    """Raises BadPolicy for the first thing that is wrong."""
    if not 1 <= len(name.strip()) <= 100:
        raise BadPolicy("name", "Give the policy a name of at most 100 characters.")
    if not 0 <= repeats <= 20:
        raise BadPolicy("repeats", "Repeat 0 to 20 times.")
    if not 60 <= repeat_after_s <= 86_400:
        raise BadPolicy("repeat_after_s", "Wait 1 minute to 24 hours before repeating.")
    if not 1 <= len(steps) <= MAX_STEPS:
        raise BadPolicy("steps", f"A policy has 1 to {MAX_STEPS} steps.")
    _check_steps(steps)


def _check_steps(steps: Sequence[StepDraft]) -> None:
    before = -1
    for number, step in enumerate(steps, 1):
        if not step.users and not step.schedules:
            raise BadPolicy("steps", f"Step {number} pages nobody: choose a person or a schedule.")
        if not 0 <= step.delay_s <= 604_800:
            raise BadPolicy("steps", f"Step {number} must start within a week.")
        if step.delay_s <= before:
            raise BadPolicy("steps", f"Step {number} must start later than the step before it.")
        before = step.delay_s


@dataclass(frozen=True, slots=True)
class Target:
    """A person or a schedule, by name as it was."""

    name: str
    user: UUID | None = None
    schedule: UUID | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """Who is paged so many seconds after the round's start."""

    delay_s: int
    targets: tuple[Target, ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """The rules of an escalation. `repeats` more rounds follow the first, each so long after the last step."""

    repeats: int
    repeat_after_s: int
    steps: tuple[Step, ...]

    @property
    def length(self) -> timedelta:
        """From one round's start to the next."""
        return timedelta(seconds=self.steps[-1].delay_s + self.repeat_after_s)

    def frozen(self) -> dict[str, Any]:
        """As stored with the escalation; the SQL function `policy_plan` makes the same."""
        return {
            "repeats": self.repeats,
            "repeat_after_s": self.repeat_after_s,
            "steps": [
                {"delay_s": s.delay_s, "targets": [_frozen_target(t) for t in s.targets]} for s in self.steps
            ],
        }


def _frozen_target(target: Target) -> dict[str, str]:
    who, found = ("user", target.user) if target.user else ("schedule", target.schedule)
    return {who: str(found), "name": target.name}


def plan_of(stored: Mapping[str, Any]) -> Plan:
    """Reads a frozen plan. An escalation that pages nobody stores `{}`: a plan without steps."""
    steps = tuple(
        Step(s["delay_s"], tuple(_target(t) for t in s["targets"])) for s in stored.get("steps", ())
    )
    return Plan(stored.get("repeats", 0), stored.get("repeat_after_s", 0), steps)


def _target(stored: Mapping[str, str]) -> Target:
    user, schedule = stored.get("user"), stored.get("schedule")
    return Target(
        stored.get("name") or "", UUID(user) if user else None, UUID(schedule) if schedule else None
    )


@dataclass(frozen=True, slots=True)
class Policy:
    """An escalation policy in use."""

    id: UUID
    name: str
    team_id: UUID | None
    plan: dict[str, Any]
    services: int
    created_at: datetime
    archived_at: datetime | None

    @property
    def rules(self) -> Plan:
        return plan_of(self.plan)


@dataclass(frozen=True, slots=True)
class Escalation:
    """One run of a plan for an alert. `round` and `step` are the next ones to run, counted from 0."""

    id: UUID
    alert_id: UUID
    policy_id: UUID | None
    policy_name: str
    plan: dict[str, Any]
    urgency: str
    round: int
    step: int
    round_started_at: datetime
    started_at: datetime
    next_at: datetime | None
    ended_at: datetime | None
    end_reason: EndReason | None
    error: str | None

    @property
    def running(self) -> bool:
        return self.ended_at is None


@dataclass(frozen=True, slots=True)
class PlannedStep:
    """A step to come. `people` are filled in by who holds the schedules at `at`."""

    round: int
    step: int
    at: datetime
    targets: tuple[Target, ...]
    people: tuple[str, ...] = ()


def planned(escalation: Escalation, limit: int = 5) -> list[PlannedStep]:
    """The next steps and their times, if nobody acknowledges and every step finds somebody."""
    if escalation.next_at is None or not escalation.running:
        return []
    steps = islice(_steps_from(escalation), limit)
    first = [replace(step, at=escalation.next_at) for step in islice(steps, 1)]
    return [*first, *(replace(step, at=max(step.at, escalation.next_at)) for step in steps)]


def _steps_from(escalation: Escalation) -> Iterator[PlannedStep]:
    plan, start, from_step = plan_of(escalation.plan), escalation.round_started_at, escalation.step
    for number in range(escalation.round, plan.repeats + 1):
        for index in range(from_step, len(plan.steps)):
            step = plan.steps[index]
            yield PlannedStep(number, index, start + timedelta(seconds=step.delay_s), step.targets)
        start, from_step = start + plan.length, 0


def back_off(tries: int) -> float | None:
    """Seconds until the next try after so many failed ones; None when it is over."""
    if tries >= MAX_TRIES:
        return None
    return BACK_OFF[min(tries, len(BACK_OFF)) - 1]


@dataclass(frozen=True, slots=True)
class Delivery:
    """One message over one contact method, as the ledger shows it."""

    id: UUID
    page_id: UUID | None
    transport: str
    address: str
    label: str
    purpose: Purpose
    state: DeliveryState
    attempts: int
    error: str | None
    maybe_repeated: bool
    due_at: datetime
    queued_at: datetime
    sent_at: datetime | None
    delivered_at: datetime | None
    seen_at: datetime | None
    failed_at: datetime | None

    @property
    def shown_address(self) -> str:
        """Of a web address only scheme and host: the rest may hold a secret."""
        parts = urlsplit(self.address)
        web = parts.scheme in ("https", "http") and parts.hostname
        return f"{parts.scheme}://{parts.hostname}" if web else self.address

    @property
    def words(self) -> str:
        """The state for people; the time stands beside it."""
        return _words(self) + (" (may have been sent twice)" if self.maybe_repeated else "")


def _words(delivery: Delivery) -> str:
    match delivery.state:
        case DeliveryState.QUEUED if delivery.attempts:
            return f"try {delivery.attempts} failed, will try again: {delivery.error}"
        case DeliveryState.QUEUED:
            return "queued"
        case DeliveryState.SENDING:
            return "being sent"
        case DeliveryState.FAILED:
            return f"failed: {delivery.error}"
        case DeliveryState.CANCELLED:
            return "not sent: no longer needed"
        case state:
            return state.value


@dataclass(frozen=True, slots=True)
class Page:
    """One attempt to get one person's attention."""

    id: UUID
    alert_id: UUID
    alert_number: int
    alert_message: str
    escalation_id: UUID | None
    user_id: UUID
    user_name: str
    round: int
    step: int
    reason: str
    urgency: str
    created_at: datetime
    acknowledged_at: datetime | None
    alert_state: str


@dataclass(frozen=True, slots=True)
class PageWithDeliveries:
    """A page and its messages, oldest first."""

    page: Page
    deliveries: tuple[Delivery, ...]

    @property
    def reached(self) -> bool:
        """Whether any of its messages was taken by the other side."""
        done = (DeliveryState.SENT, DeliveryState.DELIVERED, DeliveryState.SEEN)
        return any(d.purpose is Purpose.PAGE and d.state in done for d in self.deliveries)


@dataclass(frozen=True, slots=True)
class EmptyStep:
    """A step that found nobody."""

    escalation_id: UUID
    round: int
    step: int
    at: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try of a delivery."""

    delivery_id: UUID
    attempt: int
    at: datetime
    outcome: str
    detail: str


@dataclass(frozen=True, slots=True)
class Claimed:
    """A delivery this process may send now, with all that its message may say. `state` is sending or cancelled."""

    id: UUID
    page_id: UUID | None
    purpose: Purpose
    message: dict[str, Any] | None
    transport: str
    address: str
    secret: bytes | None
    contact_method_id: UUID | None
    state: DeliveryState
    attempts: int
    maybe_repeated: bool
    now: datetime
    reason: str
    person: str
    time_zone: str
    alert_id: UUID | None
    number: int | None
    alert_message: str | None
    description: str | None
    priority: int | None
    source: str | None
    entity: str | None
    tags: tuple[str, ...] | None
    details: dict[str, Any] | None
    link: str | None
    count: int | None
    started_at: datetime | None
    service: str | None
    runbook_url: str | None
