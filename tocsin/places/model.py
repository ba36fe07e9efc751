"""Places: where an incident is worked on."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol
from uuid import UUID


class PlaceKind(StrEnum):
    """An incident has at most one of each."""

    CHAT = "chat"
    VIDEO = "video"
    NOTES = "notes"
    TICKET = "ticket"


class PlaceState(StrEnum):
    """How far it is."""

    OPENING = "opening"
    OPEN = "open"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Place:
    """One place with its link; `error` says why a failed one could not be opened."""

    kind: PlaceKind
    state: PlaceState
    provider: str
    url: str
    error: str


@dataclass(frozen=True, slots=True)
class Notes:
    """The notes page as text. `version` counts the texts that were kept."""

    incident_id: UUID
    body: str
    version: int
    updated_at: datetime
    updated_by: str


@dataclass(frozen=True, slots=True)
class NotesVersion:
    """A text of the notes page that was kept."""

    version: int
    at: datetime
    author: str
    characters: int


class Video(Protocol):
    """Opens video rooms; an integration implements it, `app` hands it in."""

    @property
    def name(self) -> str:
        """The provider's name, as people know it."""
        ...

    async def open(self, key: str, summary: str) -> str:
        """Opens a room that nobody can guess; answers its link. Raises `RetryLater` when the vendor cannot now."""
        ...
