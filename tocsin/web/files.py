"""Files of an incident: put into its record by paste, drop or a form, and shown to whoever sees the incident."""

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute

from tocsin.edge.attachments import kept_for
from tocsin.edge.door import Form, Who, act, by_script, chosen, page, path_id, redirect, site_of
from tocsin.edge.sending import sent
from tocsin.incidents import files
from tocsin.kernel.blobs import StorageFailed
from tocsin.kernel.errors import Conflict, Invalid, NotFound
from tocsin.web.lookup import incident_of


async def attach(request: Request) -> Response:
    """One file with a caption; scripts get its address."""
    incident, wants_json = await incident_of(request), by_script(request)
    data = await request.form(max_files=1)
    form = Form([(k, v) for k, v in data.multi_items() if isinstance(v, str)])
    try:
        file = chosen(data.get("file"))
        name = file.filename or "file"
        async with kept_for(site_of(request), incident, file.file) as kept, act(request, form) as u:
            file_id = await files.attach(u, incident.id, kept, name, form.text("caption", most=500))
    except (Conflict, Invalid, StorageFailed) as error:
        if wants_json:
            failed = isinstance(error, StorageFailed)
            return JSONResponse({"error": str(error)}, 503 if failed else 422)
        return redirect(request, f"/incidents/{incident.key}", str(error), "danger")
    finally:
        await data.close()
    if wants_json:
        return JSONResponse(
            {
                "id": file_id,
                "url": f"/incidents/{incident.key}/files/{file_id}",
                "name": files.safe_name(name),
            }
        )
    return redirect(request, f"/incidents/{incident.key}")


async def show(request: Request) -> Response:
    """The file; `?small` is a picture of it."""
    incident = await incident_of(request)
    file_id = path_id(request, "file", "There is no such file.")
    found = await files.file_of(site_of(request).database, incident.id, file_id)
    if found is None:
        raise NotFound("There is no such file.")
    return await sent(site_of(request), found, thumb="small" in request.query_params)


def routes() -> list[BaseRoute]:
    """Under /incidents/KEY."""
    one = "/incidents/{key}/files"
    return [
        page(one, attach, who=Who.MEMBER, methods=["POST"]),
        page(f"{one}/{{file}}", show, who=Who.VIEWER),
    ]
