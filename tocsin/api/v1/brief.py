"""Catching up: the brief of an incident, and what changed after an entry."""

from dataclasses import asdict
from typing import Annotated, Any

from fastapi import APIRouter, Query

from tocsin.api.v1.auth import Call
from tocsin.api.v1.shown import incident_of
from tocsin.incidents import catchup
from tocsin.incidents.since import as_data

router = APIRouter(tags=["Incidents"])


@router.get("/incidents/{key}/brief")
async def brief(
    call: Call, key: str, since: Annotated[int | None, Query(ge=0, le=2_000_000_000)] = None
) -> dict[str, Any]:
    """Where it stands, by rule: the same facts in the same words. `since=N` adds what was done after entry N."""
    incident = await incident_of(call, key)
    found = await catchup.brief_of(call.db, incident)
    changes = as_data(await catchup.since(call.db, incident, since)) if since is not None else None
    return asdict(found) | {"text": found.text, "since": changes}
