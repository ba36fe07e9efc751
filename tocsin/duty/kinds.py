"""What happens when a shift is handed over, in its schedule's history."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from tocsin.record.kinds import kind


@kind("handover_accepted")
@dataclass(frozen=True)
class HandoverAccepted:
    """The next person has the pager, or has read what is handed over. `absent`: a manager accepted for them."""

    handover_id: UUID
    person: str
    starts_at: datetime
    person_id: UUID | None = None
    before: str = ""
    before_id: UUID | None = None
    absent: bool = False

    def sentence(self) -> str:
        whom = f" for {self.person}, who is away" if self.absent else ""
        return f"accepted the shift{whom}{f', after {self.before}' if self.before else ''}"


@kind("handover_unaccepted")
@dataclass(frozen=True)
class HandoverUnaccepted:
    """A shift began and was not accepted; `holder` keeps the pager, and those who answer for the schedule are told."""

    handover_id: UUID
    person: str
    starts_at: datetime
    person_id: UUID | None = None
    holder: str = ""
    holder_id: UUID | None = None

    def sentence(self) -> str:
        keeps = f"; {self.holder} keeps it" if self.holder else ""
        return f"asked {self.person} in vain to accept the shift{keeps}"


@kind("shift_note_added")
@dataclass(frozen=True)
class ShiftNoteAdded:
    """Somebody wrote down what the next person on call should know."""

    note_id: UUID
    text: str

    def sentence(self) -> str:
        return f"left a note for the next shift: {self.text}"
