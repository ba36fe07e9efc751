"""Calendars of others as layers of a schedule: a file or an address, looked at first."""

from collections.abc import Sequence

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from tocsin.edge.door import (
    Form,
    Who,
    act,
    page,
    path_id,
    read_form,
    read_upload,
    redirect,
    render,
    site_of,
)
from tocsin.kernel.errors import Conflict, Invalid, NotFound
from tocsin.oncall import imports, looks, queries, refresh
from tocsin.oncall.icalread import MOST_BYTES, Occurrence
from tocsin.oncall.model import Schedule

SHOWN = 30


async def import_form(request: Request) -> Response:
    """A file or an address, and the calendars that are layers already."""
    return await _import(request, await _schedule(request), Form([]), {})


async def import_calendar(request: Request) -> Response:
    """First a look at what it would bring; then the same again, saved."""
    schedule = await _schedule(request)
    try:
        form, text = await read_upload(request, "file", most=MOST_BYTES)
    except Invalid as error:
        return await _import(request, schedule, Form([]), {error.field: str(error)})
    text = (text or form.get("text", "")).replace("\r\n", "\n")
    try:
        found = await _read(request, schedule, form, text)
        if form.flag("save"):
            return await _save(request, schedule, form, found)
    except (Invalid, Conflict, NotFound) as error:
        field = error.field if isinstance(error, Invalid) else "calendar"
        return await _import(request, schedule, form, {_field(field, text): str(error)})
    return await _import(request, schedule, form, {}, found, text)


def _field(name: str, text: str) -> str:
    """Where the mistake is to be mended on the page."""
    return {"calendar": "file" if text else "url"}.get(name, name)


async def _read(request: Request, schedule: Schedule, form: Form, text: str) -> list[Occurrence]:
    site, url = site_of(request), form.text("url", most=2000)
    zone = await looks.zone_for(site.database, schedule.id, form.id("layer"))
    if url and text:
        raise Invalid("url", "Give a file or an address, not both.")
    if url:
        return await refresh.read_address(site.database, site.outbound, url, zone)
    if not text:
        raise Invalid("file", "Choose a file, or give an address.")
    return await looks.occurrences_in(site.database, text, zone)


async def _save(request: Request, schedule: Schedule, form: Form, found: Sequence[Occurrence]) -> Response:
    layer, url = form.id("layer"), form.text("url", most=2000)
    if layer and url:
        raise Invalid("layer", "A file takes the place of a file. For an address, make a new layer.")
    async with act(request, form) as u:
        if layer:
            await imports.import_file(u, schedule.id, layer, found)
        else:
            await imports.add_calendar(
                u, schedule.id, found, name=form.text("name", most=100), url=url or None
            )
    return redirect(request, f"/on-call/{schedule.id}", "Saved. The shifts are computed.")


async def _import(
    request: Request, schedule: Schedule, form: Form, errors: dict[str, str],
    found: Sequence[Occurrence] | None = None, text: str = "",
) -> Response:  # fmt: skip
    db = site_of(request).database
    layers = await looks.calendar_layers(db, schedule.id)
    looked = None if found is None else await looks.preview(db, found)
    context = {
        "nav": "on-call", "schedule": schedule, "layers": layers, "errors": errors, "text": text,
        "values": {k: v for k, v in form.items() if k != "text"}, "preview": looked,
        "events": looked.events[:SHOWN] if looked else (), "files": [(x.id, x.name) for x in layers if not x.source_url],
    }  # fmt: skip
    return await render(request, "oncall/import.html", context, status=422 if errors else 200)


async def _schedule(request: Request) -> Schedule:
    sentence = "There is no such schedule."
    found = await queries.schedule_by_id(site_of(request).database, path_id(request, "schedule_id", sentence))
    if found is None:
        raise NotFound(sentence)
    return found


async def ask_again(request: Request) -> Response:
    """Has the calendars of a schedule fetched now."""
    form, schedule = await read_form(request), await _schedule(request)
    async with act(request, form) as u:
        await refresh.refresh_now(u, schedule.id)
    return redirect(
        request, f"/on-call/{schedule.id}/import", "They are being asked. Look again in a moment."
    )


def routes() -> list[BaseRoute]:
    """Under the schedule that the calendar fills."""
    one = "/on-call/{schedule_id}/import"
    return [
        page(one, import_form, who=Who.MEMBER),
        page(one, import_calendar, who=Who.MEMBER, methods=["POST"]),
        page(f"{one}/refresh", ask_again, who=Who.MEMBER, methods=["POST"]),
    ]
