"""Types of incidents, the organisation's own fields, and what an incident says in them."""

from dataclasses import asdict
from typing import Any

from fastapi import APIRouter
from pydantic import BaseModel, Field

from tocsin.api.v1.auth import Call
from tocsin.api.v1.shown import incident_of, shown
from tocsin.incidents import field_definitions
from tocsin.incidents.field_definitions import FieldDraft, TypeDraft
from tocsin.incidents.fields import set_fields, set_type

router = APIRouter(tags=["Types and fields"])


class TypeBody(BaseModel):
    """A type of incidents; `private`: what is declared with it is private from the start."""

    title: str = Field(min_length=1, max_length=60)
    hint: str = Field("", max_length=300)
    private: bool = False

    def draft(self) -> TypeDraft:
        return TypeDraft(self.title, self.hint, self.private)


class FieldBody(BaseModel):
    """A field. Its kind cannot be changed later."""

    title: str = Field(min_length=1, max_length=60)
    kind: str = Field("text", pattern="^(text|number|yes_no|choice|choices|date|person|link)$")
    options: list[str] = Field([], max_length=100)
    hint: str = Field("", max_length=300)
    asked: str = Field("never", pattern="^(declare|resolve|never)$")
    types: list[str] = Field([], max_length=40, description="Only for these types; empty for all.")

    def draft(self) -> FieldDraft:
        return FieldDraft(self.title, self.kind, self.options, self.hint, self.asked, self.types)


class TypeOfBody(BaseModel):
    """The type by name or title; empty takes it away."""

    type: str = Field("", max_length=60)


class FieldsOfBody(BaseModel):
    """Values by name or title of the field; null empties one, what is not named stays."""

    fields: dict[str, Any] = Field(max_length=40)


@router.get("/incident-types")
async def list_types(call: Call) -> dict[str, Any]:
    """The types that can be chosen, in their order."""
    return {"types": [asdict(each) for each in await field_definitions.types(call.db)]}


@router.post("/incident-types", status_code=201)
async def define_type(call: Call, body: TypeBody) -> dict[str, Any]:
    """A type; `name` is what the record calls it."""
    async with call.unit() as u:
        name = await field_definitions.define_type(u, body.draft())
    return {"name": name}


@router.put("/incident-types/{name}")
async def change_type(call: Call, name: str, body: TypeBody) -> dict[str, Any]:
    """Its title, its hint, and whether it is private from the start."""
    async with call.unit() as u:
        await field_definitions.change_type(u, name, body.draft())
    return await list_types(call)


@router.delete("/incident-types/{name}")
async def put_type_away(call: Call, name: str) -> dict[str, Any]:
    """Nobody chooses it any more; incidents of it keep it."""
    async with call.unit() as u:
        await field_definitions.put_type_away(u, name)
    return await list_types(call)


@router.get("/incident-fields")
async def list_fields(call: Call) -> dict[str, Any]:
    """The organisation's own fields, in their order."""
    return {"fields": [_field(each) for each in await field_definitions.fields(call.db)]}


def _field(each: Any) -> dict[str, Any]:
    return {name: value for name, value in asdict(each).items() if name != "archived_at"}


@router.post("/incident-fields", status_code=201)
async def define_field(call: Call, body: FieldBody) -> dict[str, Any]:
    """A field; `name` is what the record calls it."""
    async with call.unit() as u:
        name = await field_definitions.define_field(u, body.draft())
    return {"name": name}


@router.put("/incident-fields/{name}")
async def change_field(call: Call, name: str, body: FieldBody) -> dict[str, Any]:
    """Its title, its options, when it is asked for; the kind stays as it is."""
    async with call.unit() as u:
        await field_definitions.change_field(u, name, body.draft())
    return await list_fields(call)


@router.delete("/incident-fields/{name}")
async def put_field_away(call: Call, name: str) -> dict[str, Any]:
    """It is not asked for any more; what incidents say in it stays."""
    async with call.unit() as u:
        await field_definitions.put_field_away(u, name)
    return await list_fields(call)


@router.put("/incidents/{key}/type")
async def type_of(call: Call, key: str, body: TypeOfBody) -> dict[str, Any]:
    """Another type for an incident. Whether it is private stays."""
    incident = await incident_of(call, key)
    async with call.unit() as u:
        await set_type(u, incident.id, body.type)
    return await shown(call, await incident_of(call, key))


@router.put("/incidents/{key}/fields")
async def fields_of(call: Call, key: str, body: FieldsOfBody) -> dict[str, Any]:
    """What an incident says in the organisation's own fields."""
    incident = await incident_of(call, key)
    async with call.unit() as u:
        await set_fields(u, incident.id, body.fields)
    return await shown(call, await incident_of(call, key))
