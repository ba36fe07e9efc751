"""What an incident's record tells of how people take part: watching, invited, sent off with thanks."""

from dataclasses import dataclass
from uuid import UUID

from tocsin.record.kinds import kind


@kind("responder_watches")
@dataclass(frozen=True, slots=True)
class ResponderWatches:
    """Somebody follows along and is not counted on."""

    def sentence(self) -> str:
        return "is watching"


@kind("responder_on_it")
@dataclass(frozen=True, slots=True)
class ResponderOnIt:
    """Somebody who was watching is on it now."""

    def sentence(self) -> str:
        return "is on it"


@kind("person_invited")
@dataclass(frozen=True, slots=True)
class PersonInvited:
    """Somebody was asked to come; they are expected until they do."""

    user_id: UUID
    name: str
    why: str = ""

    def sentence(self) -> str:
        return f"invited {self.name}" + (f": {self.why}" if self.why else "")


@kind("person_released")
@dataclass(frozen=True, slots=True)
class PersonReleased:
    """Somebody was sent off with thanks and is not expected any more."""

    user_id: UUID
    name: str
    thanks: str = ""

    def sentence(self) -> str:
        return f"released {self.name}" + (f": {self.thanks}" if self.thanks else ", with thanks")


@kind("watchers_released")
@dataclass(frozen=True, slots=True)
class WatchersReleased:
    """All who only watched are not expected any more."""

    names: tuple[str, ...]

    def sentence(self) -> str:
        shown = ", ".join(self.names[:5])
        more = f" and {len(self.names) - 5} more" if len(self.names) > 5 else ""
        return f"released who was watching: {shown or 'nobody'}{more}"
