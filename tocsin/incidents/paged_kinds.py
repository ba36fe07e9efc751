"""What an incident's record tells of the pages that were sent from it."""

from dataclasses import dataclass
from uuid import UUID

from tocsin.paging.kinds import named_once
from tocsin.record.kinds import kind


@kind("people_paged")
@dataclass(frozen=True, slots=True)
class PeoplePaged:
    """Somebody paged a person, schedule, team, service or policy from here. `people`: who was paged at once."""

    target: str
    people: tuple[str, ...]
    alert_id: UUID
    number: int

    def sentence(self) -> str:
        return f"paged {named_once(self.target, self.people)} (#{self.number})"


@kind("page_answered")
@dataclass(frozen=True, slots=True)
class PageAnswered:
    """Somebody acknowledged a page that was sent from here, and takes part from now on."""

    user_id: UUID
    name: str
    number: int

    def sentence(self) -> str:
        return f"noted that {self.name} answered the page #{self.number} and takes part"
