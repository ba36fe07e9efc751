"""The ledger of a page: its messages, and every try of them. Pure."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from tocsin.paging.model import Delivery, DeliveryState, Page, Purpose


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try of a delivery, or what was told about it later (`receipt`). `took_ms`: to the hand-over, or since."""

    delivery_id: UUID
    attempt: int
    at: datetime
    outcome: str
    detail: str
    vendor: str
    took_ms: int | None
    fault: bool
    receipt: bool

    @property
    def words(self) -> str:
        """What came of it, for people."""
        return (_RECEIPTS if self.receipt else _TRIES).get(self.outcome, self.outcome)

    @property
    def took(self) -> str:
        """How long it took, in words; empty when that is not known."""
        ms = self.took_ms
        if ms is None:
            return ""
        return f"{ms} ms" if ms < 1000 else f"{ms / 1000:.1f} s"


_TRIES = {
    "sent": "handed over", "delivered": "handed over and delivered", "retry": "failed", "failed": "failed for good",
    "passed_over": "let another way go first", "held_back": "held back",
}  # fmt: skip
_RECEIPTS = {"delivered": "delivered", "failed": "did not arrive", "overdue": "no receipt in time"}


@dataclass(frozen=True, slots=True)
class PageWithDeliveries:
    """A page, its messages, oldest first, and every try of them."""

    page: Page
    deliveries: tuple[Delivery, ...]
    attempts: tuple[Attempt, ...] = ()

    def tries(self, delivery: UUID) -> list[Attempt]:
        """Those of one message, in their order."""
        return [attempt for attempt in self.attempts if attempt.delivery_id == delivery]

    @property
    def reached(self) -> bool:
        """Whether any of its messages was taken by the other side."""
        done = (DeliveryState.SENT, DeliveryState.DELIVERED, DeliveryState.SEEN)
        return any(d.purpose is Purpose.PAGE and d.state in done for d in self.deliveries)
