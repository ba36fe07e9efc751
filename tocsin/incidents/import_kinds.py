"""What an imported record tells of its own origin, and entries of kinds that are not known here."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from tocsin.record.kinds import kind


@kind("incident_imported")
@dataclass(frozen=True, slots=True)
class IncidentImported:
    """The entries before came from another installation's export. What was open there is over here: nobody here works on it."""

    export_id: UUID
    origin_key: str
    origin_url: str
    exported_at: datetime
    resolved_at: datetime
    was_open: bool = False
    #: The file says so of itself, and its entries do not.
    private: bool = False

    def sentence(self) -> str:
        at = f" at {self.origin_url}" if self.origin_url else ""
        open_ = "; it was open there, and is closed here" if self.was_open else ""
        return f"imported the record of {self.origin_key}{at}{open_}"

    def changes(self) -> dict[str, Any]:
        return {
            "status": "resolved",
            "resolved_at": self.resolved_at,
            "service_id": None,
            "update_due_at": None,
            "update_missed_at": None,
            "merged_into": None,
        } | ({"private": True} if self.private else {})


@kind("entry_imported")
@dataclass(frozen=True, slots=True)
class EntryImported:
    """An entry of a kind that this installation does not know, kept as what it said."""

    origin_kind: str
    text: str

    def sentence(self) -> str:
        return self.text or f"did something that is not known here ({self.origin_kind})"
