"""Whom to page, when, and what became of it: policies, frozen plans, pages and deliveries."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from tocsin.paging.plans import Plan, plan_of

#: Seconds before the next try, per failed try; the last one repeats until MAX_TRIES.
BACK_OFF = (2.0, 10.0, 30.0, 60.0, 300.0)
MAX_TRIES = 12
#: Seconds within which what follows a message about a cause is gathered. A first page never waits.
GATHER_S = 60.0
#: Messages an hour to one address, by transport; the others have no limit. A first page of high urgency always goes.
AN_HOUR = {"sms": 20, "voice": 6}


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
    SILENCED = "silenced"
    SUPPRESSED = "suppressed"
    GROUPED = "grouped"


@dataclass(frozen=True, slots=True)
class Policy:
    """An escalation policy in use."""

    id: UUID
    name: str
    team_id: UUID | None
    plan: dict[str, Any]
    services: int
    #: Escalations that run by it now.
    running: int
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
    #: Every step of this round so far was skipped.
    only_skipped: bool = True

    @property
    def running(self) -> bool:
        return self.ended_at is None


def back_off(tries: int) -> float | None:
    """Seconds until the next try after so many failed ones; None when it is over."""
    if tries >= MAX_TRIES:
        return None
    return BACK_OFF[min(tries, len(BACK_OFF)) - 1]


@dataclass(frozen=True, slots=True)
class Restraint:
    """How much one person gets. `gather_s`: 0 sends every page by itself. `an_hour`: messages to one address, by transport."""

    gather_s: float = GATHER_S
    an_hour: Mapping[str, int] = field(default_factory=dict)


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
    vendor_id: str = ""
    #: How many other pages went in the same message.
    beside: int = 0
    #: It waits for others of the same cause, to go with them as one message when it is due.
    gathering: bool = False

    @property
    def shown_address(self) -> str:
        """Of a web address only scheme and host: the rest may hold a secret."""
        parts = urlsplit(self.address)
        web = parts.scheme in ("https", "http") and parts.hostname
        return f"{parts.scheme}://{parts.hostname}" if web else self.address

    @property
    def words(self) -> str:
        """The state for people; the time stands beside it."""
        beside = (
            f", in a bundle with {self.beside} other{'s' if self.beside > 1 else ''}" if self.beside else ""
        )
        return _words(self) + beside + (" (may have been sent twice)" if self.maybe_repeated else "")


def _words(delivery: Delivery) -> str:
    match delivery.state:
        case DeliveryState.QUEUED if delivery.attempts and delivery.error:
            return f"try {delivery.attempts} failed, will try again: {delivery.error}"
        case DeliveryState.QUEUED if delivery.gathering:
            return "gathered with others of the same cause, to go as one message"
        case DeliveryState.QUEUED:
            return f"queued: {delivery.error}" if delivery.error else "queued"
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
    """One attempt to get one person's attention; or a channel was told, and then there is no user. The name is either's."""

    id: UUID
    alert_id: UUID
    alert_number: int
    alert_message: str
    escalation_id: UUID | None
    user_id: UUID | None
    user_name: str
    round: int
    step: int
    reason: str
    urgency: str
    created_at: datetime
    acknowledged_at: datetime | None
    alert_state: str


@dataclass(frozen=True, slots=True)
class EmptyStep:
    """A step that found nobody; or that was skipped, because its conditions did not hold."""

    escalation_id: UUID
    round: int
    step: int
    at: datetime
    reason: str
    skipped: bool = False


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
    #: The channel that is told, in no person's name: its secret is sealed about it.
    channel_id: UUID | None
    state: DeliveryState
    attempts: int
    tried: tuple[str, ...]
    hopeless: tuple[str, ...]
    passed_over: bool
    handed_over: bool
    urgency: str
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
    #: Several pages in one message: it speaks for all of them, and carries so many besides its own.
    bundle_id: UUID | None
    carries: int
    #: A message of the same cause went just before.
    follows: bool
    #: Number, message and priority of the others, the worst first; not more than 50.
    others: tuple[dict[str, Any], ...] | None
