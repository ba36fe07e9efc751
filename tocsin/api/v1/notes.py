"""The notes page of an incident, as text."""

from typing import Any

from fastapi import APIRouter
from pydantic import BaseModel, Field

from tocsin.api.v1.auth import Call
from tocsin.api.v1.shown import incident_of
from tocsin.kernel.errors import NotFound
from tocsin.places import notes
from tocsin.places.queries import notes_of

router = APIRouter(tags=["Incidents"])


class NotesBody(BaseModel):
    """A whole text. `base`: the text that it was made from; what others changed meanwhile stays. Without it, it replaces everything."""

    body: str = Field(max_length=notes.LONGEST)
    base: str | None = Field(None, max_length=notes.LONGEST)


@router.get("/incidents/{key}/notes")
async def show(call: Call, key: str) -> dict[str, Any]:
    """The text as it stands."""
    found = await notes_of(call.db, (await incident_of(call, key)).id)
    if found is None:
        raise NotFound("The notes page is not open yet.")
    return {
        "body": found.body,
        "version": found.version,
        "updated_at": found.updated_at,
        "updated_by": found.updated_by,
    }


@router.put("/incidents/{key}/notes")
async def save(call: Call, key: str, body: NotesBody) -> dict[str, Any]:
    """Saves a whole text; whoever has the page open sees it at once."""
    incident = await incident_of(call, key)
    async with call.unit() as u:
        await notes.save(u, incident.id, body.body, body.base)
    return await show(call, key)
