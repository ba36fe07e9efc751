"""The type of an incident, and what the organisation's own fields say in it."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any
from uuid import UUID

from tocsin.incidents.change import change, lock
from tocsin.incidents.field_definitions import fields, rows, type_title, types
from tocsin.incidents.field_kinds import FieldsSet, TypeChanged
from tocsin.incidents.field_model import (
    Asked,
    FieldDefinition,
    FieldKind,
    Filled,
    IncidentType,
    checked,
    field_named,
    filled,
    missing,
    type_named,
    words_of_value,
)
from tocsin.incidents.model import Incident
from tocsin.kernel.commands import command
from tocsin.kernel.db import Reader, Unit
from tocsin.kernel.errors import Invalid


async def fields_of(db: Reader, incident: Incident) -> list[Filled]:
    """What an incident's fields say, in their order; empty ones too."""
    return filled(await fields(db, put_away=True), incident.type, incident.fields)


def still_to_say(incident: Incident, own: Sequence[Filled]) -> list[str]:
    """The titles of fields that were asked for by now and say nothing: those of the declaration, and when it is over the others."""
    asked = [Asked.DECLARE, Asked.RESOLVE] if incident.resolved_at else [Asked.DECLARE]
    return [title for when in asked for title in missing(own, when)]


async def chosen_type(db: Reader, text: str) -> IncidentType | None:
    """A type by its name or title; None for empty text. Raises `Invalid`."""
    return type_named(await types(db), text) if text.strip() else None


@command("incident.set_type")
async def set_type(u: Unit, incident_id: UUID, type_: str) -> None:
    """Another type, by name or title; empty takes it away. The playbook's steps for it follow. Whether it is private stays."""
    incident = await lock(u, incident_id)
    wanted = await chosen_type(u, type_)
    if (wanted.name if wanted else None) != incident.type:
        was = await type_title(u, incident.type)
        said = TypeChanged(
            wanted.name if wanted else None, wanted.title if wanted else "", was, incident.type
        )
        await change(u, incident, said)


@command("incident.set_fields")
async def set_fields(u: Unit, incident_id: UUID, values: Mapping[str, Any]) -> None:
    """Fills in fields by name or title; None or empty text empties one. The others stay. What changed is one entry."""
    incident = await lock(u, incident_id)
    wanted = await read_values(u, values)
    changed = {f.name: (f, value) for f, value in wanted if value != incident.fields.get(f.name)}
    if changed:
        said = tuple(
            f"{f.title}: {words_of_value(value) or 'nothing any more'}" for f, value in changed.values()
        )
        await change(u, incident, FieldsSet({name: value for name, (_, value) in changed.items()}, said))


async def read_values(u: Unit, values: Mapping[str, Any]) -> list[tuple[FieldDefinition, Any]]:
    """Each field with its value as it is stored. Raises `Invalid` for what there is not and what does not fit."""
    known = await fields(u)
    found = []
    for name, raw in values.items():
        definition = field_named(known, name)
        value = checked(definition, raw)
        found.append(
            (
                definition,
                await _person(u, definition, value) if definition.kind is FieldKind.PERSON else value,
            )
        )
    return found


async def known_type(u: Unit, name: str | None) -> str | None:
    """A type of another installation, if there is one of that name here."""
    return next((t.name for t in await types(u) if t.name == name), None)


async def known_values(u: Unit, values: Mapping[str, Any]) -> dict[str, Any]:
    """Fields of another installation: those that there are here and that fit; None for the others, and for people."""
    known = {f.name: f for f in await fields(u) if f.kind is not FieldKind.PERSON}
    found = dict.fromkeys(values)
    for name in known.keys() & values.keys():
        with suppress(Invalid):
            found[name] = checked(known[name], values[name])
    return found


async def _person(u: Unit, definition: FieldDefinition, text: str | None) -> dict[str, str] | None:
    if text is None:
        return None
    people = await u.rows(rows.person_named, text)
    if len(people) != 1:
        problem = (
            "several people are called so; give the address"
            if people
            else "there is nobody of that name or address"
        )
        raise Invalid("fields", f"{definition.title}: {problem}.")
    return {"id": str(people[0]["id"]), "name": people[0]["name"]}
