"""Heartbeats: what should report regularly, as people give it and as it stands. Pure."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

#: Seconds.
SHORTEST, LONGEST, LONGEST_GRACE = 30, 366 * 86_400, 7 * 86_400


class HeartbeatState(StrEnum):
    """How one stands; derived, never stored."""

    WAITING = "waiting"
    HEALTHY = "healthy"
    LATE = "late"
    MISSED = "missed"
    PAUSED = "paused"


@dataclass(frozen=True, slots=True)
class Heartbeat:
    """Something that should report at least every `interval_s` seconds, `grace_s` late at most."""

    id: UUID
    name: str
    description: str
    service_id: UUID | None
    service_name: str | None
    interval_s: int
    grace_s: int
    priority: int
    address_number: int
    created_at: datetime
    last_ping_at: datetime | None
    last_ping_from: str
    due_at: datetime | None
    missed_at: datetime | None
    paused_at: datetime | None

    def state(self, now: datetime) -> HeartbeatState:
        """Late: the interval has passed, and the grace has not."""
        if self.paused_at is not None:
            return HeartbeatState.PAUSED
        if self.missed_at is not None:
            return HeartbeatState.MISSED
        if self.due_at is None:
            return HeartbeatState.WAITING
        late = self.due_at - timedelta(seconds=self.grace_s) <= now
        return HeartbeatState.LATE if late else HeartbeatState.HEALTHY


@dataclass(frozen=True, slots=True)
class HeartbeatDraft:
    """One as people give it; seconds."""

    name: str
    interval_s: int
    grace_s: int = 60
    priority: int = 3
    service_id: UUID | None = None
    description: str = ""


def in_words(seconds: int) -> str:
    """`5 minutes`, `1 day`, `90 seconds`: in the largest unit that divides it."""
    units = (("day", 86_400), ("hour", 3600), ("minute", 60), ("second", 1))
    name, size = next((n, s) for n, s in units if seconds % s == 0)
    count = seconds // size
    return f"{count} {name}{'' if count == 1 else 's'}"
