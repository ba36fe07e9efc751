"""How vendors stand: who is asked, who rests, and what their tries say. Pure."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

#: Failures in a row, by the vendor's own fault, after which it rests.
TOO_MANY = 3
#: Seconds until a receipt is missed and the next vendor is asked, for high urgency.
PATIENCE = {"sms": 60, "voice": 120, "webpush": 60}
#: At low urgency nobody is woken by haste: so many times as long.
LOW_URGENCY = 5
#: Hours that the health page looks back.
WINDOWS = (1, 24, 168)
_TITLES = {"twilio": "Twilio", "telnyx": "Telnyx", "gateway": "SMS gateway"}


@dataclass(frozen=True, slots=True)
class Result:
    """What came of one try. `outcome` is sent, delivered, retry or failed; `after` are seconds, for retry.

    `after` of 0 means that the next vendor is asked at once. `error`: why it failed; after a success, what the ledger keeps
    about the try. `receipt_s`: seconds until the
    vendor's receipt is missed; 0 when there will be none.
    """

    delivery: UUID
    attempt: int
    outcome: str
    after: float = 0.0
    vendor_id: str = ""
    error: str = ""
    maybe_sent: bool = False
    gone: bool = False
    vendor: str = ""
    took_ms: int = 0
    fault: bool = False
    hopeless: bool = False
    receipt_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Standing:
    """What a batch of tries says about one vendor: whether one succeeded, and how many failed by its fault since."""

    vendor: str
    succeeded: bool
    failures: int
    error: str


def fold(results: Iterable[Result]) -> list[Standing]:
    """Per vendor, in the order in which the tries ended. A refusal that is about the message says nothing."""
    found: dict[str, Standing] = {}
    for result in results:
        before = found.get(result.vendor, Standing(result.vendor, succeeded=False, failures=0, error=""))
        if not result.vendor:
            continue
        if result.outcome in ("sent", "delivered"):
            found[result.vendor] = Standing(result.vendor, succeeded=True, failures=0, error="")
        elif result.fault:
            found[result.vendor] = Standing(
                result.vendor, before.succeeded, before.failures + 1, result.error
            )
    return list(found.values())


@dataclass(slots=True)
class Rests:
    """Who rests at this moment, and until when; `probes`: whose rest is over and who waits for one message."""

    until: Mapping[str, datetime] = field(default_factory=dict)
    probes: set[str] = field(default_factory=set)


def left(vendors: Sequence[str], tried: Collection[str], hopeless: Collection[str]) -> list[str]:
    """Whom to ask next, in order: those who were not asked in this round. None left: the round is over."""
    return [vendor for vendor in vendors if vendor not in tried and vendor not in hopeless]


@dataclass(frozen=True, slots=True)
class Health:
    """A vendor, and what came of its tries within the last `hours`; latencies in milliseconds.

    `taken`: handed over. `faults`: failed by its own fault. `refused`: because of the message or the address.
    """

    vendor: str
    failures: int
    resting_until: datetime | None
    probing_until: datetime | None
    last_success_at: datetime | None
    last_failed_at: datetime | None
    last_error: str
    hours: int
    taken: int
    faults: int
    refused: int
    arrived: int
    not_arrived: int
    overdue: int
    hand_over_p50: int | None
    hand_over_p95: int | None
    receipt_p50: int | None
    receipt_p95: int | None

    @property
    def success(self) -> float | None:
        """The share that was handed over, of what did not fail by somebody else's fault; None without a try."""
        tries = self.taken + self.faults
        return self.taken / tries if tries else None


def state_of(health: Health, now: datetime) -> str:
    """working, failing, resting or probing; unknown before the first message."""
    if health.resting_until is not None:
        return "resting" if health.resting_until > now else "probing"
    if health.failures:
        return "failing"
    return "working" if health.last_success_at else "unknown"


def title_of(vendor: str, transports: Mapping[str, str]) -> str:
    """`SMS by Twilio`, `ntfy at ntfy.sh`, `E-mail`. `transports`: titles by name."""
    transport, _, name = vendor.partition("/")
    title = transports.get(transport, transport)
    if not name:
        return title
    return f"{title} by {_TITLES[name]}" if name in _TITLES else f"{title} at {name}"
