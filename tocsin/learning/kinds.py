"""What happens with a postmortem, in the incident's record."""

from dataclasses import dataclass

from tocsin.record.kinds import kind


@kind("postmortem_drafted")
@dataclass(frozen=True, slots=True)
class PostmortemDrafted:
    """A draft was written from the record."""

    entries: int

    def sentence(self) -> str:
        return f"drafted the postmortem from {self.entries} entries"


@kind("postmortem_status_changed")
@dataclass(frozen=True, slots=True)
class PostmortemStatusChanged:
    """The document went on: draft, review, approved, published."""

    status: str
    was: str

    def sentence(self) -> str:
        return f"set the postmortem to {self.status}, was {self.was}"
