"""What can happen to an alert. Occurrences are a count on the row, not entries."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from tocsin.record.kinds import kind, utc


@kind("alert_opened")
@dataclass(frozen=True, slots=True)
class AlertOpened:
    """A monitoring source or a person reported a problem."""

    message: str
    priority: int

    def sentence(self) -> str:
        return f"opened it as P{self.priority}: {self.message}"


@kind("alert_acknowledged")
@dataclass(frozen=True, slots=True)
class AlertAcknowledged:
    """Somebody has it, and perhaps promised a sign of life; nobody else is paged."""

    by: str
    at: datetime
    owner_id: UUID | None = None
    note: str = ""
    promised_until: datetime | None = None

    def sentence(self) -> str:
        return "acknowledged it" + (f": {self.note}" if self.note else "")

    def changes(self) -> dict[str, Any]:
        return {
            "acknowledged_at": self.at, "acknowledged_by": self.by, "owner_id": self.owner_id, "snoozed_until": None,
            "promised_until": self.promised_until,
        }  # fmt: skip


@kind("alert_unacknowledged")
@dataclass(frozen=True, slots=True)
class AlertUnacknowledged:
    """Nobody has it any more; escalation starts again."""

    note: str = ""

    def sentence(self) -> str:
        return "gave it back" + (f": {self.note}" if self.note else "")

    def changes(self) -> dict[str, Any]:
        return {"acknowledged_at": None, "acknowledged_by": None, "owner_id": None, "promised_until": None}


@kind("alert_closed")
@dataclass(frozen=True, slots=True)
class AlertClosed:
    """It is over."""

    by: str
    at: datetime
    note: str = ""

    def sentence(self) -> str:
        return "closed it" + (f": {self.note}" if self.note else "")

    def changes(self) -> dict[str, Any]:
        return {"closed_at": self.at, "closed_by": self.by, "promised_until": None}


@kind("alert_snoozed")
@dataclass(frozen=True, slots=True)
class AlertSnoozed:
    """Nobody is paged until then; afterwards escalation starts again."""

    until: datetime

    def sentence(self) -> str:
        return f"snoozed it until {utc(self.until)}"

    def changes(self) -> dict[str, Any]:
        return {
            "snoozed_until": self.until, "acknowledged_at": None, "acknowledged_by": None, "promised_until": None,
        }  # fmt: skip


@kind("alert_reassigned")
@dataclass(frozen=True, slots=True)
class AlertReassigned:
    """It is somebody else's from now on; they are paged."""

    owner_id: UUID
    owner: str

    def sentence(self) -> str:
        return f"gave it to {self.owner}"

    def changes(self) -> dict[str, Any]:
        return {
            "owner_id": self.owner_id,
            "acknowledged_at": None,
            "acknowledged_by": None,
            "snoozed_until": None,
            "promised_until": None,
        }


@kind("alert_noted")
@dataclass(frozen=True, slots=True)
class AlertNoted:
    """A word about it. Of whoever has it, it is a sign of life: `promised_until` is when the next one is due."""

    text: str
    promised_until: datetime | None = None

    def sentence(self) -> str:
        return self.text

    def changes(self) -> dict[str, Any]:
        return {"promised_until": self.promised_until} if self.promised_until else {}


@kind("alert_promised")
@dataclass(frozen=True, slots=True)
class AlertPromised:
    """Whoever has it is still on it; the next sign of life is due then."""

    until: datetime

    def sentence(self) -> str:
        return f"is still on it, until {utc(self.until)}"

    def changes(self) -> dict[str, Any]:
        return {"promised_until": self.until}


@kind("alert_promise_lapsed")
@dataclass(frozen=True, slots=True)
class AlertPromiseLapsed:
    """No sign of life came in time: nobody has it any more, and paging goes on. `whose`: who had it."""

    whose: str
    at: datetime

    def sentence(self) -> str:
        return f"took it back: {self.whose}'s acknowledgement lapsed at {utc(self.at)}"

    def changes(self) -> dict[str, Any]:
        return {"acknowledged_at": None, "acknowledged_by": None, "promised_until": None}
