"""What an incident's record tells of roles: taken, given, offered, and handed over at a time."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from tocsin.record.kinds import kind, utc


def _words(role: str) -> str:
    return role.replace("_", " ")


@kind("role_taken")
@dataclass(frozen=True, slots=True)
class RoleTaken:
    """Somebody took a role that nobody held; `despite`: why, although they are not named for it."""

    role: str
    despite: str = ""

    def sentence(self) -> str:
        despite = f" all the same, although not named for it: {self.despite}" if self.despite else ""
        return f"took the role {self.role.replace('_', ' ')}{despite}"


@kind("role_transferred")
@dataclass(frozen=True, slots=True)
class RoleTransferred:
    """A role went from one person to another, by name."""

    role: str
    to_id: UUID
    to: str
    was: str = ""
    #: `accepted` by the one who has it now, or `planned` and agreed; else it was given at once, with a reason.
    how: str = ""
    why: str = ""

    def sentence(self) -> str:
        before, role = f", was {self.was}" if self.was else "", self.role.replace("_", " ")
        if self.how == "accepted":
            return f"accepted the role {role}{before}"
        if self.how == "planned":
            return f"handed the role {role} to {self.to} as agreed{before}"
        return f"gave the role {role} to {self.to}{before}" + (f": {self.why}" if self.why else "")


@kind("role_given_up")
@dataclass(frozen=True, slots=True)
class RoleGivenUp:
    """Nobody holds the role now."""

    role: str

    def sentence(self) -> str:
        return f"gave up the role {self.role.replace('_', ' ')}; nobody holds it now"


@kind("role_offered")
@dataclass(frozen=True, slots=True)
class RoleOffered:
    """A role was offered to somebody, who has to accept it; `effective_at`: it moves then."""

    offer_id: UUID
    role: str
    to_id: UUID
    to: str
    holder: str = ""
    brief: str = ""
    effective_at: datetime | None = None
    #: Why it goes to somebody who usually may not take it.
    despite: str = ""

    def sentence(self) -> str:
        when = f" from {utc(self.effective_at)}" if self.effective_at else ""
        despite = f", although not named for it: {self.despite}" if self.despite else ""
        return f"offered the role {_words(self.role)}{when} to {self.to}{despite}"


@kind("role_offer_reminded")
@dataclass(frozen=True, slots=True)
class RoleOfferReminded:
    """An offer was not answered yet, or an agreed hand-over is near."""

    offer_id: UUID
    role: str
    to_id: UUID
    to: str
    accepted: bool = False
    effective_at: datetime | None = None

    def sentence(self) -> str:
        if self.accepted and self.effective_at:
            return f"reminded: {self.to} takes the role {_words(self.role)} at {utc(self.effective_at)}"
        return f"asked {self.to} again to take the role {_words(self.role)}"


@kind("role_offer_accepted")
@dataclass(frozen=True, slots=True)
class RoleOfferAccepted:
    """The other side agreed to a planned hand-over; it moves at its time."""

    offer_id: UUID
    role: str
    effective_at: datetime

    def sentence(self) -> str:
        return f"agreed to take the role {_words(self.role)} at {utc(self.effective_at)}"


@kind("role_offer_closed")
@dataclass(frozen=True, slots=True)
class RoleOfferClosed:
    """An offer came to nothing: declined, withdrawn or lapsed; the holder keeps the role."""

    offer_id: UUID
    role: str
    to_id: UUID
    to: str
    outcome: str
    holder: str = ""
    why: str = ""

    def sentence(self) -> str:
        role, why = _words(self.role), f": {self.why}" if self.why else ""
        keeps = f"; {self.holder} keeps it" if self.holder else "; nobody holds it"
        if self.outcome == "declined":
            return f"declined the role {role}{why}{keeps}"
        if self.outcome == "withdrawn":
            return f"took back the offer of the role {role} to {self.to}{why}"
        return f"noted that the role {role} did not go to {self.to}, who did not answer in time{keeps}"
