"""Which types of incidents and which fields an organisation has."""

from collections.abc import Sequence
from dataclasses import dataclass

from tocsin.incidents.change import slug, text
from tocsin.incidents.field_model import (
    LONGEST_HINT,
    LONGEST_OPTION,
    LONGEST_TITLE,
    MOST_FIELDS,
    MOST_OPTIONS,
    MOST_TYPES,
    Asked,
    FieldDefinition,
    FieldKind,
    IncidentType,
    type_named,
)
from tocsin.kernel.commands import command
from tocsin.kernel.db import Reader, Unit
from tocsin.kernel.errors import Conflict, Invalid, NotFound
from tocsin.kernel.sql import Statements

rows = Statements("tocsin.incidents", "fields.sql")


@dataclass(frozen=True, slots=True)
class TypeDraft:
    """What somebody writes down about a type."""

    title: str
    hint: str = ""
    private: bool = False


@dataclass(frozen=True, slots=True)
class FieldDraft:
    """What somebody writes down about a field; `kind` counts only for a new one. `types`: names or titles."""

    title: str
    kind: str = FieldKind.TEXT
    options: Sequence[str] = ()
    hint: str = ""
    asked: str = Asked.NEVER
    types: Sequence[str] = ()


async def types(db: Reader) -> list[IncidentType]:
    """The types that can be chosen, in their order."""
    return await db.all(IncidentType, rows.types)


async def fields(db: Reader, *, put_away: bool = False) -> list[FieldDefinition]:
    """The fields in their order; on demand those too that were put away."""
    return await db.all(FieldDefinition, rows.definitions, put_away)


async def type_title(db: Reader, name: str | None) -> str:
    """What a type is called; empty without one."""
    return str(await db.value(rows.type_title, name) or "") if name else ""


@command("incident_type.define")
async def define_type(u: Unit, draft: TypeDraft) -> str:
    """A type; answers its name in the record, which never changes."""
    title, hint = _title(draft.title), _hint(draft.hint)
    name = slug(title)
    if len(await types(u)) >= MOST_TYPES:
        raise Conflict(f"There are {MOST_TYPES} types already. Put one away first.")
    taken = await u.value(rows.type_title_taken, name, title)
    if taken or not await u.value(rows.define_type, name, title, hint, draft.private):
        raise Conflict(f"There is a type {title} already.")
    return name


@command("incident_type.change")
async def change_type(u: Unit, name: str, draft: TypeDraft) -> None:
    """What a type is called, and whether it is private from the start. Incidents of it keep it."""
    title = _title(draft.title)
    if name not in {t.name for t in await types(u)}:
        raise NotFound("There is no such type.")
    if await u.value(rows.type_title_taken, name, title):
        raise Conflict(f"There is a type {title} already.")
    await u.run(rows.redefine_type, name, title, _hint(draft.hint), draft.private)


@command("incident_type.put_away")
async def put_type_away(u: Unit, name: str) -> None:
    """Nobody chooses it any more; incidents of it keep it."""
    if not await u.value(rows.put_type_away, name):
        raise NotFound("There is no such type.")


@command("incident_field.define")
async def define_field(u: Unit, draft: FieldDraft) -> str:
    """A field; answers its name in the record, which never changes, as its kind."""
    title = _title(draft.title)
    if draft.kind not in list(FieldKind):
        raise Invalid("kind", f"The kind is one of: {', '.join(FieldKind)}.")
    name, kind = slug(title), FieldKind(draft.kind)
    if len(await fields(u)) >= MOST_FIELDS:
        raise Conflict(f"There are {MOST_FIELDS} fields already. Put one away first.")
    taken = await u.value(rows.field_title_taken, name, title)
    made = not taken and await u.value(
        rows.define, name, title, kind, _options(kind, draft.options), _hint(draft.hint), _asked(draft.asked),
        await _types(u, draft.types),
    )  # fmt: skip
    if not made:
        raise Conflict(
            f"There is a field {title} already, or there was one of another kind. Choose another title."
        )
    return name


@command("incident_field.change")
async def change_field(u: Unit, name: str, draft: FieldDraft) -> None:
    """What a field is called, what can be chosen, when it is asked for. What incidents say in it stays."""
    title = _title(draft.title)
    known = next((f for f in await fields(u) if f.name == name), None)
    if known is None:
        raise NotFound("There is no such field.")
    if await u.value(rows.field_title_taken, name, title):
        raise Conflict(f"There is a field {title} already.")
    await u.run(
        rows.redefine, name, title, _options(known.kind, draft.options), _hint(draft.hint), _asked(draft.asked),
        await _types(u, draft.types),
    )  # fmt: skip


@command("incident_field.put_away")
async def put_field_away(u: Unit, name: str) -> None:
    """It is not asked for any more; what incidents say in it stays."""
    if not await u.value(rows.put_away, name):
        raise NotFound("There is no such field.")


def _title(title: str) -> str:
    return text("title", title, LONGEST_TITLE)


def _hint(hint: str) -> str:
    return text("hint", hint, LONGEST_HINT, needed=False)


def _asked(asked: str) -> Asked:
    if asked not in list(Asked):
        raise Invalid("asked", f"When it is asked for is one of: {', '.join(Asked)}.")
    return Asked(asked)


def _options(kind: FieldKind, options: Sequence[str]) -> list[str]:
    """Each once, in the order given; what only looks different is the same."""
    if kind not in (FieldKind.CHOICE, FieldKind.CHOICES):
        return []
    given = [text("options", option, LONGEST_OPTION, needed=False).replace(",", " ") for option in options]
    first: dict[str, str] = {}
    for option in given:
        first.setdefault(option.casefold(), option)
    found = [option for option in first.values() if option]
    if not found:
        raise Invalid("options", "Name at least one option to choose.")
    if len(found) > MOST_OPTIONS:
        raise Invalid("options", f"{MOST_OPTIONS} options fit.")
    return found


async def _types(u: Unit, names: Sequence[str]) -> list[str]:
    known = await types(u)
    return sorted({type_named(known, name).name for name in names})
