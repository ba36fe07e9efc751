"""What happens with places, in the incident's record."""

from dataclasses import dataclass

from tocsin.record.kinds import kind


@kind("place_opened")
@dataclass(frozen=True, slots=True)
class PlaceOpened:
    """A place of the incident is ready, with its link."""

    place: str
    provider: str
    url: str

    def sentence(self) -> str:
        where = f": {self.url}" if self.url.startswith("http") else ""
        return f"opened the {self.place} ({self.provider}){where}"


@kind("ticket_linked")
@dataclass(frozen=True, slots=True)
class TicketLinked:
    """Somebody linked the ticket."""

    url: str

    def sentence(self) -> str:
        return f"linked the ticket: {self.url}"


@kind("notes_saved")
@dataclass(frozen=True, slots=True)
class NotesSaved:
    """The notes page has a new version."""

    version: int
    characters: int

    def sentence(self) -> str:
        return f"saved the notes (version {self.version}, {self.characters} characters)"
