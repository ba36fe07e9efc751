"""Recordings and transcripts of an incident's calls: sent with the moment they began, and read beside the record."""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute

from tocsin.edge.attachments import PLAYED, recording_for, transcript_for
from tocsin.edge.door import (
    Form,
    Who,
    act,
    by_script,
    chosen,
    page,
    read_form,
    redirect,
    render,
    site_of,
    viewer_of,
)
from tocsin.incidents import recordings
from tocsin.incidents.entries import check_time
from tocsin.incidents.model import Incident
from tocsin.incidents.recording_read import calls_of, offered_start
from tocsin.kernel.blobs import StorageFailed
from tocsin.kernel.errors import Conflict, Invalid
from tocsin.web.lookup import incident_of

#: Answers the number of the entry.
Attach = Callable[[Request, Incident, UploadFile, Form, datetime], Awaitable[int]]


async def calls(request: Request) -> Response:
    """What there is, and the forms for more."""
    return await _calls(request, await incident_of(request), {}, {})


async def _calls(
    request: Request, incident: Incident, errors: dict[str, str], typed: dict[str, str], status: int = 200
) -> Response:
    db, viewer = site_of(request).database, await viewer_of(request)
    offered = (await offered_start(db, incident)).astimezone(ZoneInfo(viewer.time_zone))
    context = {
        "nav": "incidents", "incident": incident, "calls": await calls_of(db, incident.id), "errors": errors, "typed": typed,
        "offered": local(offered), "local": lambda moment: local(moment.astimezone(ZoneInfo(viewer.time_zone))),
        "most_mb": site_of(request).settings.recording_mb, "played": PLAYED,
    }  # fmt: skip
    return await render(request, "incidents/recordings.html", context, status=status)


def local(moment: datetime) -> str:
    """As a field for date and time holds it, to the second."""
    return moment.replace(tzinfo=None, microsecond=0).isoformat()


async def attach_recording(request: Request) -> Response:
    """A recording with the moment it began."""
    return await _attach(request, "recording", _recording)


async def attach_transcript(request: Request) -> Response:
    """A transcript with the moment it began."""
    return await _attach(request, "transcript", _transcript)


async def _recording(
    request: Request, incident: Incident, file: UploadFile, form: Form, began: datetime
) -> int:
    async with recording_for(site_of(request), incident, file.file) as kept, act(request, form) as u:
        return await recordings.attach_recording(
            u, incident.id, kept, file.filename or "recording", began, form.text("caption", most=500)
        )


async def _transcript(
    request: Request, incident: Incident, file: UploadFile, form: Form, began: datetime
) -> int:
    async with transcript_for(site_of(request), incident, file.file) as (kept, cues), act(request, form) as u:
        return await recordings.attach_transcript(
            u, incident.id, kept, file.filename or "transcript", began, cues, form.text("caption", most=500)
        )


async def _attach(request: Request, what: str, attach: Attach) -> Response:
    """One file; scripts get the address to go on at."""
    incident, wants_json = await incident_of(request), by_script(request)
    data = await request.form(max_files=1)
    form = Form([(k, v) for k, v in data.multi_items() if isinstance(v, str)])
    try:
        began = began_at(form, (await viewer_of(request)).time_zone)
        await check_time(site_of(request).database, incident, began, "began_at")
        seq = await attach(request, incident, chosen(data.get("file")), form, began)
    except (Conflict, Invalid, StorageFailed) as error:
        status = 503 if isinstance(error, StorageFailed) else 422
        if wants_json:
            return JSONResponse({"error": str(error)}, status)
        field = error.field if isinstance(error, Invalid) else "file"
        return await _calls(
            request, incident, {f"{what}-{field}": str(error)}, {what: form.get("began_at", "")}, status
        )
    finally:
        await data.close()
    on = f"/incidents/{incident.key}/" + (f"transcripts/{seq}" if what == "transcript" else "recordings")
    return JSONResponse({"seq": seq, "url": on}) if wants_json else redirect(request, on)


def began_at(form: Form, zone: str) -> datetime:
    """What was typed on the viewer's clock, corrected by how much the recorder's clock was ahead. Raises `Invalid`."""
    typed = form.moment("began_at", zone)
    if typed is None:
        raise Invalid("began_at", "Say when it began.")
    return typed - timedelta(seconds=form.whole("clock_ahead_s", least=-86_400, most=86_400, default=0))


async def move(request: Request) -> Response:
    """Another beginning for a recording or a transcript, and for those that began with it."""
    form, incident = await read_form(request), await incident_of(request)
    back = f"/incidents/{incident.key}/recordings"
    try:
        seq = form.whole("seq", least=1, most=2_000_000_000)
        async with act(request, form) as u:
            await recordings.move_recording(
                u, incident.id, seq, began_at(form, (await viewer_of(request)).time_zone)
            )
    except (Conflict, Invalid) as error:
        return redirect(request, back, str(error), "danger")
    return redirect(request, back, "It begins then now.")


def routes() -> list[BaseRoute]:
    """Under /incidents/KEY; reading a transcript is in `tocsin.web.transcripts`."""
    one, send = "/incidents/{key}", ["POST"]
    return [
        page(f"{one}/recordings", calls, who=Who.VIEWER),
        page(f"{one}/recordings", attach_recording, who=Who.MEMBER, methods=send, large=True),
        page(f"{one}/transcripts", attach_transcript, who=Who.MEMBER, methods=send, large=True),
        page(f"{one}/recordings/move", move, who=Who.MEMBER, methods=send),
    ]
