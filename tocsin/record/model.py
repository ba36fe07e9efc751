"""An entry of the record."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID


class StreamType(StrEnum):
    """What a stream of entries belongs to."""

    INCIDENT = "incident"
    ALERT = "alert"
    SCHEDULE = "schedule"


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that happened, as stored. `payload` is the kind's fields as JSON; empty after a redaction."""

    stream: UUID
    stream_type: StreamType
    seq: int
    kind: str
    happened_at: datetime
    recorded_at: datetime
    actor_id: UUID | None
    actor: str
    door: str
    payload: dict[str, Any]
    amends: int | None
    redacted_at: datetime | None
    redacted_by: str | None
    redaction_reason: str | None
