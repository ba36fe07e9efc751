"""Files of an incident."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, File, Form, UploadFile
from starlette.responses import Response

from tocsin.api.v1.auth import Call, LargeRoute
from tocsin.api.v1.shown import incident_of
from tocsin.edge.attachments import kept_for
from tocsin.edge.sending import sent
from tocsin.incidents import files
from tocsin.kernel.errors import NotFound

router = APIRouter(tags=["Incidents"], route_class=LargeRoute)


@router.get("/incidents/{key}/files")
async def list_files(call: Call, key: str) -> dict[str, Any]:
    """The files of an incident, in order of their entries."""
    incident = await incident_of(call, key)
    return {"files": [_shown(f, key) for f in await files.files_of(call.db, incident.id)]}


def _shown(file: files.IncidentFile, key: str) -> dict[str, Any]:
    return {
        "id": file.id, "seq": file.seq, "name": file.name, "media": file.media, "size": file.size, "sha256": file.sha256,
        "width": file.width, "height": file.height, "url": f"/api/v1/incidents/{key}/files/{file.id}",
    }  # fmt: skip


@router.post("/incidents/{key}/files", status_code=201)
async def attach(
    call: Call,
    key: str,
    file: Annotated[UploadFile, File()],
    caption: Annotated[str, Form(max_length=500)] = "",
) -> dict[str, Any]:
    """Puts a file into the record, 25 MB at most. What it is, its content decides."""
    incident = await incident_of(call, key)
    async with kept_for(call.site, incident, file.file) as kept, call.unit() as u:
        file_id = await files.attach(u, incident.id, kept, file.filename or "file", caption)
    found = await files.file_of(call.db, incident.id, UUID(file_id))
    if found is None:
        raise NotFound("There is no such file.")
    return _shown(found, key)


@router.get("/incidents/{key}/files/{file_id}")
async def content(call: Call, key: str, file_id: UUID) -> Response:
    """A file's bytes; of a recording also parts of them (`Range`)."""
    incident = await incident_of(call, key)
    found = await files.file_of(call.db, incident.id, file_id)
    if found is None:
        raise NotFound("There is no such file.")
    return await sent(call.site, found)
