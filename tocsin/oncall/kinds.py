"""What happens to a schedule: its history. Entries hold what undoing them needs."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from tocsin.record.kinds import kind


@kind("schedule_created")
@dataclass(frozen=True)
class ScheduleCreated:
    """The schedule was made. `after` is the whole of it, as `commands.snapshot` gives it."""

    name: str
    time_zone: str
    after: dict[str, Any]

    def sentence(self) -> str:
        return f"created {self.name}"

    def changes(self) -> dict[str, Any]:
        return {"name": self.name, "time_zone": self.time_zone}


@kind("schedule_changed")
@dataclass(frozen=True)
class ScheduleChanged:
    """Name, zone or layers were replaced. `before` and `after` are the whole schedule; `what` names the changes."""

    name: str
    time_zone: str
    before: dict[str, Any]
    after: dict[str, Any]
    what: tuple[str, ...] = ()
    undoes: int | None = None

    def sentence(self) -> str:
        if self.undoes:
            return f"undid change {self.undoes}"
        return f"changed {', '.join(self.what)}" if self.what else "saved without a change"

    def changes(self) -> dict[str, Any]:
        return {"name": self.name, "time_zone": self.time_zone}


@kind("schedule_archived")
@dataclass(frozen=True)
class ScheduleArchived:
    """The schedule was taken out of use."""

    def sentence(self) -> str:
        return "archived the schedule"


@dataclass(frozen=True)
class OverrideFacts:
    """An override as the history keeps it: enough to make it again."""

    user_id: UUID
    user: str
    starts_at: datetime
    ends_at: datetime
    replaces: UUID | None = None
    replaced: str = ""
    reason: str = ""
    #: Its place among other overrides, for the one that is put back.
    created_at: datetime | None = None
    number: int | None = None


@kind("overrides_added")
@dataclass(frozen=True)
class OverridesAdded:
    """One or several overrides that belong together; `ids` are theirs, `why` is how they came about."""

    ids: tuple[UUID, ...]
    overrides: tuple[OverrideFacts, ...]
    why: str = ""
    undoes: int | None = None

    def sentence(self) -> str:
        if self.undoes:
            return f"undid change {self.undoes}"
        people = ", ".join(dict.fromkeys(o.user for o in self.overrides)) or "nobody"
        others = ", ".join(dict.fromkeys(o.replaced for o in self.overrides if o.replaced))
        return (
            f"put {people} on call{f' for {others}' if others else ''}{f': {self.why}' if self.why else ''}"
        )


@kind("overrides_removed")
@dataclass(frozen=True)
class OverridesRemoved:
    """One or several overrides were taken back."""

    ids: tuple[UUID, ...]
    overrides: tuple[OverrideFacts, ...]
    undoes: int | None = None

    def sentence(self) -> str:
        if self.undoes:
            return f"undid change {self.undoes}"
        return f"took back the override of {', '.join(dict.fromkeys(o.user for o in self.overrides)) or 'nobody'}"


@kind("swap_asked")
@dataclass(frozen=True)
class SwapAsked:
    """Somebody asked another person, or everybody in the schedule, to take a range. `absent`: a manager asked for them."""

    swap_id: UUID
    asker: str
    asked: str
    starts_at: datetime
    ends_at: datetime
    note: str = ""
    asker_id: UUID | None = None
    asked_id: UUID | None = None
    return_starts_at: datetime | None = None
    return_ends_at: datetime | None = None
    absent: bool = False

    def sentence(self) -> str:
        whose = f"for {self.asker}, who is away, " if self.absent else ""
        swap = ", for a shift in return" if self.return_starts_at else ""
        return f"asked {self.asked or 'everybody'} {whose}to take a shift{swap}"


@kind("swap_answered")
@dataclass(frozen=True)
class SwapAnswered:
    """A request was accepted, declined or withdrawn, lapsed, or lost its shift. `person` takes it or said no; `absent`: a manager said so for them; `closed`: nobody else can answer it any more."""

    swap_id: UUID
    state: str
    asker: str
    person: str = ""
    asker_id: UUID | None = None
    person_id: UUID | None = None
    absent: bool = False
    closed: bool = True

    def sentence(self) -> str:
        whom = f" for {self.person}, who is away" if self.absent else ""
        match self.state:
            case "accepted":
                return f"took {self.asker}'s shift{whom}"
            case "declined":
                return f"declined {self.asker}'s shift{whom}"
            case "withdrawn":
                return f"withdrew {self.asker}'s request"
            case "moved":
                return f"closed {self.asker}'s request, because the shift moved"
            case _:
                return f"closed {self.asker}'s request, which nobody answered in time"


@kind("swap_reminded")
@dataclass(frozen=True)
class SwapReminded:
    """A request still waits for this person, and it is their working time."""

    swap_id: UUID
    user_id: UUID
    person: str
    asker: str

    def sentence(self) -> str:
        return f"reminded {self.person} of {self.asker}'s request"


@dataclass(frozen=True)
class Move:
    """Somebody is on call then and was not before, or the other way round."""

    user_id: UUID
    starts_at: datetime
    ends_at: datetime
    gained: bool


@kind("shifts_moved")
@dataclass(frozen=True)
class ShiftsMoved:
    """The coming shifts of these people changed; `cause` says why, `moves` are the first few of each. They are told."""

    people: tuple[UUID, ...]
    cause: str
    moves: tuple[Move, ...] = ()

    def sentence(self) -> str:
        count = len(self.people)
        return f"moved shifts of {count} {'person' if count == 1 else 'people'}: {self.cause}"


#: How to undo is known for these.
UNDOABLE = (ScheduleChanged, OverridesAdded, OverridesRemoved)
