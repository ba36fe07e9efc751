"""What an incident's record tells of its type and of the organisation's own fields."""

from dataclasses import dataclass, field
from typing import Any

from tocsin.record.kinds import kind


@kind("type_changed")
@dataclass(frozen=True, slots=True)
class TypeChanged:
    """The incident is of another type now, or of none."""

    type: str | None
    title: str = ""
    was: str = ""
    was_type: str | None = None

    def sentence(self) -> str:
        now = f"set the type to {self.title}" if self.title else "took the type away"
        return f"{now}, was {self.was}" if self.was else now

    def changes(self) -> dict[str, Any]:
        return {"type": self.type}


@kind("fields_set")
@dataclass(frozen=True, slots=True)
class FieldsSet:
    """Fields were filled in or emptied. `fields` are those that changed, None for an emptied one; `said` is what changed, in words: `Root cause: Config`."""

    fields: dict[str, Any] = field(default_factory=dict)
    said: tuple[str, ...] = ()

    def sentence(self) -> str:
        return f"noted {'; '.join(self.said)}" if self.said else "noted nothing new"

    def changes(self) -> dict[str, Any]:
        return {"fields": self.fields}
