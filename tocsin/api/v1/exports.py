"""The whole record of an incident, out and in."""

from io import BytesIO
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Path, Request
from fastapi.responses import StreamingResponse
from starlette.datastructures import UploadFile

from tocsin.api.v1.auth import Call, LargeRoute
from tocsin.api.v1.shown import incident_of
from tocsin.edge.arriving import arriving
from tocsin.edge.exports import export
from tocsin.incidents import importing
from tocsin.places.imported import bring_notes

router = APIRouter(tags=["Incidents"], route_class=LargeRoute)


@router.get("/incidents/{key}/export/{format}", response_class=StreamingResponse)
async def take(
    call: Call, key: str, format_: Annotated[str, Path(alias="format", pattern="^(json|md|pdf|zip)$")]
) -> StreamingResponse:
    """The whole record: `json` (its schema is at /incidents/export.schema.json), `md`, `pdf`, or `zip` with all of them and the
    files. In pieces, however long it is."""
    incident = await incident_of(call, key)
    found = await export(call.site, incident, format_, call.actor)
    headers = {"content-disposition": f'attachment; filename="{found.name}"'}
    return StreamingResponse(found.body, media_type=found.type, headers=headers)


@router.post("/incidents/import", status_code=201)
async def bring(call: Call, request: Request) -> dict[str, Any]:
    """Makes an incident of an export: JSON as the body (up to 30 MB), or JSON or the ZIP with all files as the `file` of
    `multipart/form-data` (up to 5 GB). The same export again answers the incident that it became (`new` is false). Nobody is paged,
    nothing is opened, and it is over here."""
    async with request.form(max_files=1) as form:
        sent = form.get("file")
        file = sent.file if isinstance(sent, UploadFile) else BytesIO(await request.body())
        async with arriving(call.site, file) as (record, files), call.unit() as u:
            made = await importing.import_record(u, record, files)
            if made["new"]:
                await bring_notes(u, UUID(made["id"]), record.notes)
    return made | {"url": f"{call.site.settings.url}/incidents/{made['key']}"}
