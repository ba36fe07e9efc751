"""What the record says about who may see an incident."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from tocsin.record.kinds import kind


@kind("made_private")
@dataclass(frozen=True, slots=True)
class MadePrivate:
    """Only named people and teams see it from now on; at first those who took part."""

    people: tuple[str, ...]
    why: str = ""

    def sentence(self) -> str:
        said = f"made it private: {self.why}" if self.why else "made it private"
        return f"{said} (let in: {', '.join(self.people)})"

    def changes(self) -> dict[str, Any]:
        return {"private": True}


@kind("made_public")
@dataclass(frozen=True, slots=True)
class MadePublic:
    """Everybody who can sign in sees it from now on, all of its record too."""

    why: str = ""

    def sentence(self) -> str:
        return "opened it to everybody" + (f": {self.why}" if self.why else "")

    def changes(self) -> dict[str, Any]:
        return {"private": False}


@kind("team_let_in")
@dataclass(frozen=True, slots=True)
class TeamLetIn:
    """The members of a team may see this private incident from now on."""

    team_id: UUID
    name: str

    def sentence(self) -> str:
        return f"let the team {self.name} see this incident"


@kind("team_taken_out")
@dataclass(frozen=True, slots=True)
class TeamTakenOut:
    """A team's members may not see this private incident any more."""

    team_id: UUID
    name: str

    def sentence(self) -> str:
        return f"took the team {self.name} out of this incident"


@kind("member_added")
@dataclass(frozen=True, slots=True)
class MemberAdded:
    """Somebody may see this private incident from now on."""

    user_id: UUID
    name: str

    def sentence(self) -> str:
        return f"let {self.name} see this incident"


@kind("member_removed")
@dataclass(frozen=True, slots=True)
class MemberRemoved:
    """Somebody may not see this private incident any more."""

    user_id: UUID
    name: str

    def sentence(self) -> str:
        return f"took {self.name} out of this incident"
