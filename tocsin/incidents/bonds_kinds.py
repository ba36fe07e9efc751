"""What the record says about incidents that have to do with each other."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from tocsin.record.kinds import kind

#: What one incident is to another: from it, and from the other end.
WORDS = {
    "related": ("is related to", "is related to"),
    "caused_by": ("was caused by", "caused"),
    "duplicate_of": ("is a duplicate of", "has a duplicate"),
    "follows_up": ("follows up on", "is followed up by"),
    "split_from": ("was split from", "was split into"),
}


@kind("incident_merged")
@dataclass(frozen=True, slots=True)
class IncidentMerged:
    """It is the same as another one, where the work goes on; its own entries stay here."""

    into: UUID
    key: str
    at: datetime
    why: str = ""

    def sentence(self) -> str:
        return f"merged it into {self.key}" + (f": {self.why}" if self.why else "")

    def changes(self) -> dict[str, Any]:
        return {
            "status": "resolved", "resolved_at": self.at, "update_due_at": None, "update_missed_at": None, "sub_status": "",
            "merged_into": self.into,
        }  # fmt: skip


@kind("incident_took_in")
@dataclass(frozen=True, slots=True)
class IncidentTookIn:
    """Another one turned out to be the same and was merged into this one, with its alerts and its people."""

    source: UUID
    key: str
    entries: int
    why: str = ""

    def sentence(self) -> str:
        said = f"merged {self.key} into this incident, with its {self.entries} entries"
        return f"{said}: {self.why}" if self.why else said


@kind("incident_unmerged")
@dataclass(frozen=True, slots=True)
class IncidentUnmerged:
    """One that was merged into this one was opened again: it is another one after all."""

    source: UUID
    key: str

    def sentence(self) -> str:
        return f"took {self.key} out again: it goes on by itself"


@kind("incident_bound")
@dataclass(frozen=True, slots=True)
class IncidentBound:
    """It has to do with another incident. `back`: told from the other end. `entries`: of the other one, that led here."""

    other: UUID
    key: str
    relation: str
    back: bool = False
    entries: tuple[int, ...] = ()

    def sentence(self) -> str:
        words = WORDS.get(self.relation, ("has to do with", "has to do with"))[self.back]
        which = f" (entries {', '.join(f'#{n}' for n in self.entries)})" if self.entries else ""
        return f"noted that this incident {words} {self.key}{which}"


@kind("incident_unbound")
@dataclass(frozen=True, slots=True)
class IncidentUnbound:
    """It has nothing to do with the other one after all."""

    other: UUID
    key: str

    def sentence(self) -> str:
        return f"noted that this incident has nothing to do with {self.key}"


@kind("sub_status_set")
@dataclass(frozen=True, slots=True)
class SubStatusSet:
    """A short phrase under the status, such as “waiting for vendor”."""

    sub_status: str

    def sentence(self) -> str:
        return (
            f"added to the status: {self.sub_status}"
            if self.sub_status
            else "cleared the words under the status"
        )

    def changes(self) -> dict[str, Any]:
        return {"sub_status": self.sub_status}
