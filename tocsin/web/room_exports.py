"""Taking a record out of the room, and bringing one in."""

from uuid import UUID

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import BaseRoute

from tocsin.edge.arriving import arriving
from tocsin.edge.door import Form, Who, act, chosen, page, redirect, render, site_of, viewer_of
from tocsin.edge.exports import TYPES, export
from tocsin.incidents import importing
from tocsin.incidents.exporting import schema
from tocsin.kernel.blobs import StorageFailed
from tocsin.kernel.errors import Invalid, NotFound
from tocsin.places.imported import bring_notes
from tocsin.web.lookup import incident_of

IMPORT = "/incidents/import"


async def choose(request: Request) -> Response:
    """Which format, and what each is good for."""
    context = {"nav": "incidents", "incident": await incident_of(request)}
    return await render(request, "incidents/export.html", context)


async def download(request: Request) -> Response:
    """The record as a file, in pieces."""
    incident, format_ = await incident_of(request), request.path_params["format"]
    if format_ not in TYPES:
        raise NotFound("There is no such format.")
    found = await export(site_of(request), incident, format_, await viewer_of(request))
    headers = {"content-disposition": f'attachment; filename="{found.name}"'}
    return StreamingResponse(found.body, media_type=found.type, headers=headers)


async def import_form(request: Request) -> Response:
    """A file from another installation."""
    return await render(request, "incidents/import.html", {"nav": "incidents"})


async def bring(request: Request) -> Response:
    """Makes an incident of the file; the same file again leads to the same incident."""
    data = await request.form()  # Read already, for the form token.
    form = Form([(k, v) for k, v in data.multi_items() if isinstance(v, str)])
    try:
        file = chosen(data.get("record"), "record").file
        async with arriving(site_of(request), file) as (record, files), act(request, form) as u:
            made = await importing.import_record(u, record, files)
            if made["new"]:
                await bring_notes(u, UUID(made["id"]), record.notes)
    except (Invalid, StorageFailed) as error:
        context = {"nav": "incidents", "errors": {"record": str(error)}}
        return await render(request, "incidents/import.html", context, status=422)
    finally:
        await data.close()
    said = "Imported." if made["new"] else "This export was imported before; here it is."
    return redirect(request, f"/incidents/{made['key']}", said)


async def show_schema(_: Request) -> Response:
    """The JSON Schema of the export, for whoever reads one."""
    return Response(
        schema(), media_type="application/schema+json", headers={"cache-control": "public, max-age=3600"}
    )


def routes() -> list[BaseRoute]:
    """Under /incidents, before the room's own addresses."""
    return [
        page("/incidents/export.schema.json", show_schema, who=Who.ANYONE),
        page(IMPORT, import_form, who=Who.MEMBER),
        page(IMPORT, bring, who=Who.MEMBER, methods=["POST"], large=True),
        page("/incidents/{key}/export", choose, who=Who.VIEWER),
        page("/incidents/{key}/export/{format}", download, who=Who.VIEWER),
    ]
