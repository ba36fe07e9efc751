"""Types of incidents, and fields of the organisation's own: rows and pure rules."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from math import isfinite
from typing import Any
from urllib.parse import urlsplit

from tocsin.kernel.errors import Invalid

LONGEST_TITLE, LONGEST_HINT, LONGEST_OPTION, LONGEST_TEXT, LONGEST_LINK = 60, 300, 100, 2000, 2000
MOST_OPTIONS, MOST_FIELDS, MOST_TYPES = 100, 40, 40
LARGEST_NUMBER = 10**15
#: What people type for yes and no.
_YES_NO = {
    "yes": True,
    "true": True,
    "1": True,
    "on": True,
    "no": False,
    "false": False,
    "0": False,
    "off": False,
}


class FieldKind(StrEnum):
    """What a field holds. It never changes: what incidents say in it would not fit."""

    TEXT = "text"
    NUMBER = "number"
    YES_NO = "yes_no"
    CHOICE = "choice"
    CHOICES = "choices"
    DATE = "date"
    PERSON = "person"
    LINK = "link"


class Asked(StrEnum):
    """When people are asked for a field. Nothing ever waits for it: an emergency is not held up by a form."""

    DECLARE = "declare"
    RESOLVE = "resolve"
    NEVER = "never"


@dataclass(frozen=True, slots=True)
class IncidentType:
    """A type that can be chosen. `private`: what is declared with it is private from the start."""

    name: str
    title: str
    hint: str
    private: bool


@dataclass(frozen=True, slots=True)
class FieldDefinition:
    """A field of the organisation's own; `types`: for incidents of these, empty for all."""

    name: str
    title: str
    kind: FieldKind
    options: tuple[str, ...]
    hint: str
    asked: Asked
    types: tuple[str, ...]
    archived_at: datetime | None

    def applies(self, type_: str | None) -> bool:
        """Whether incidents of a type have it."""
        return self.archived_at is None and (not self.types or type_ in self.types)


@dataclass(frozen=True, slots=True)
class Filled:
    """A field of an incident with what it says; `words` is empty when it says nothing."""

    definition: FieldDefinition
    value: Any
    words: str


def checked(field: FieldDefinition, value: Any) -> Any:
    """A value as it is stored, from text that somebody typed or from JSON; None when it says nothing. A person is answered as the
    text that names them. Raises `Invalid` for `fields`."""
    if isinstance(value, str):
        value = value.replace("\x00", "").strip()
    if value is None or value == "" or value in ([], ()):
        return None
    try:
        read = _READ[field.kind](field, value)
    except (ValueError, TypeError, OverflowError):
        raise Invalid("fields", f"{field.title}: {_WANTED[field.kind]}") from None
    return None if read == [] else read


def _text(_: FieldDefinition, value: Any) -> str:
    return _string(value, LONGEST_TEXT)


def _number(_: FieldDefinition, value: Any) -> int | float:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise TypeError
    number = float(value)
    if not isfinite(number) or abs(number) > LARGEST_NUMBER:
        raise ValueError
    return int(number) if number.is_integer() else number


def _yes_no(_: FieldDefinition, value: Any) -> bool:
    if isinstance(value, bool):
        return value
    found = _YES_NO.get(str(value).lower())
    if found is None:
        raise ValueError
    return found


def _choice(field: FieldDefinition, value: Any) -> str:
    wanted = _string(value, LONGEST_OPTION).casefold()
    found = next((option for option in field.options if option.casefold() == wanted), None)
    if found is None:
        raise Invalid("fields", f"{field.title} is one of: {', '.join(field.options)}.")
    return found


def _choices(field: FieldDefinition, value: Any) -> list[str]:
    many = value.split(",") if isinstance(value, str) else value
    if not isinstance(many, list | tuple) or len(many) > MOST_OPTIONS:
        raise TypeError
    chosen = {_choice(field, one.strip() if isinstance(one, str) else one) for one in many if one != ""}
    return [option for option in field.options if option in chosen]


def _date(_: FieldDefinition, value: Any) -> str:
    return date.fromisoformat(_string(value, 10)).isoformat()


def _link(_: FieldDefinition, value: Any) -> str:
    text = _string(value, LONGEST_LINK)
    parts = urlsplit(text)
    if parts.scheme not in ("http", "https") or not parts.hostname or any(c.isspace() for c in text):
        raise ValueError
    return text


def _person(_: FieldDefinition, value: Any) -> str:
    if isinstance(value, Mapping):
        value = value.get("id")
    return _string(value, 300)


def _string(value: Any, most: int) -> str:
    if not isinstance(value, str) or len(value) > most:
        raise TypeError
    return value


_READ = {
    FieldKind.TEXT: _text, FieldKind.NUMBER: _number, FieldKind.YES_NO: _yes_no, FieldKind.CHOICE: _choice,
    FieldKind.CHOICES: _choices, FieldKind.DATE: _date, FieldKind.PERSON: _person, FieldKind.LINK: _link,
}  # fmt: skip
_WANTED = {
    FieldKind.TEXT: f"up to {LONGEST_TEXT} characters fit.",
    FieldKind.NUMBER: "write a number, such as 1200 or 3.5.",
    FieldKind.YES_NO: "yes or no.",
    FieldKind.CHOICE: "choose one of the options.",
    FieldKind.CHOICES: "choose from the options.",
    FieldKind.DATE: "write a date as 2027-04-05.",
    FieldKind.PERSON: "name somebody here, by name or address.",
    FieldKind.LINK: "write a link that begins with https://.",
}


def with_fields(now: Mapping[str, Any], changed: Mapping[str, Any]) -> dict[str, Any]:
    """What the fields say after a change; None empties one."""
    return {name: value for name, value in {**now, **changed}.items() if value is not None}


def words_of_value(value: Any) -> str:
    """What a stored value says in words; empty for None. Also of fields that this installation does not have."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Mapping):
        return str(value.get("name", ""))
    if isinstance(value, list | tuple):
        return ", ".join(words_of_value(one) for one in value)
    return str(value)


def filled(
    definitions: Iterable[FieldDefinition], type_: str | None, values: Mapping[str, Any]
) -> list[Filled]:
    """What an incident's fields say, in their order: those it has by its type, and those that say something all the same."""
    return [
        Filled(d, values.get(d.name), words_of_value(values.get(d.name)))
        for d in definitions
        if d.applies(type_) or d.name in values
    ]


def missing(fields: Sequence[Filled], asked: Asked) -> list[str]:
    """The titles of fields that are asked for at a moment and say nothing."""
    return [f.definition.title for f in fields if f.definition.asked is asked and f.value is None]


def field_named(definitions: Iterable[FieldDefinition], text: str) -> FieldDefinition:
    """A field by its name or its title. Raises `Invalid` with those there are."""
    known = [d for d in definitions if d.archived_at is None]
    wanted = text.strip().casefold()
    found = next((d for d in known if wanted in (d.name, d.title.casefold())), None)
    if found is None:
        have = ", ".join(d.title for d in known) or "none yet; an administrator adds them in the settings"
        raise Invalid("fields", f"There is no field {text.strip()[:60]}. There are: {have}.")
    return found


def type_named(types: Iterable[IncidentType], text: str) -> IncidentType:
    """A type by its name or its title. Raises `Invalid` with those there are."""
    known, wanted = list(types), text.strip().casefold()
    found = next((t for t in known if wanted in (t.name, t.title.casefold())), None)
    if found is None:
        have = ", ".join(t.title for t in known) or "none yet; an administrator adds them in the settings"
        raise Invalid("type", f"There is no type {text.strip()[:60]}. There are: {have}.")
    return found
