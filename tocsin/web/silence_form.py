"""Making and changing a silence: from nothing, from an alert, or as the maintenance of a service."""

from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from tocsin.alerts import silences
from tocsin.alerts.silence_model import Silence
from tocsin.catalog.queries import services
from tocsin.edge.door import (
    Form,
    Who,
    act,
    page,
    path_id,
    read_form,
    read_query,
    redirect,
    render,
    site_of,
    viewer_of,
)
from tocsin.kernel.errors import Conflict, Invalid
from tocsin.paging.silenced import quieten
from tocsin.people.queries import users
from tocsin.web import silence_fields as fields


async def new_form(request: Request) -> Response:
    """An empty one; `?alert=41` and `?service=ID` fill it in."""
    values = await fields.values_asked(site_of(request).database, read_query(request))
    return await _form(request, None, values | {"quieten": "on"}, {})


async def edit_form(request: Request) -> Response:
    """The stored one."""
    silence = await silence_of(request)
    return await _form(
        request,
        silence,
        fields.values_of(silence, (await viewer_of(request)).time_zone) | {"quieten": "on"},
        {},
    )


async def save(request: Request) -> Response:
    """Creates or changes one; alerts that page already stop when that was left ticked."""
    form, zone = await read_form(request), (await viewer_of(request)).time_zone
    silence = await silence_of(request) if "silence_id" in request.path_params else None
    try:
        async with act(request, form) as u:
            draft = fields.draft_in(form, zone, await u.clock())
            if silence is None:
                silence_id = await silences.create_silence(u, draft)
            else:
                silence_id = silence.id
                await silences.change_silence(u, silence_id, draft)
            ended = await quieten(u, silence_id) if form.flag("quieten") else 0
    except Invalid as error:
        return await _form(request, silence, fields.values_in(form), {error.field: str(error)})
    except Conflict as error:
        return await _form(request, silence, fields.values_in(form), {"ends_at": str(error)})
    also = f" {ended} open {'alert' if ended == 1 else 'alerts'} stopped paging." if ended else ""
    return redirect(request, f"/silences/{silence_id}", f"Saved.{also}")


async def _form(
    request: Request, silence: Silence | None, values: dict[str, Any], errors: dict[str, str]
) -> Response:
    db, viewer = site_of(request).database, await viewer_of(request)
    known = await services(db)
    context = {
        "nav": "alerts", "silence": silence, "values": {"owner_id": str(viewer.id), "time_zone": viewer.time_zone} | values,
        "errors": errors, "rows": fields.rows_in(values), "zone": viewer.time_zone,
        # What is chosen already comes first.
        "services": sorted(known, key=lambda s: str(s.id) not in values.get("service_ids", ())),
        "people": [u for u in await users(db) if u.disabled_at is None], **fields.choices(),
    }  # fmt: skip
    return await render(request, "silences/edit.html", context, status=422 if errors else 200)


async def silence_of(request: Request) -> Silence:
    """The silence in the address, also when it is over."""
    return await silences.silence_by_id(
        site_of(request).database, path_id(request, "silence_id", silences.NONE)
    )


async def extend(request: Request) -> Response:
    """Another end, so long from now or at a time of its own."""
    form, zone, silence = (
        await read_form(request),
        (await viewer_of(request)).time_zone,
        await silence_of(request),
    )
    try:
        async with act(request, form) as u:
            until = fields.draft_in(_as_draft(form), zone, await u.clock()).ends_at
            await silences.extend_silence(u, silence.id, until)
    except (Invalid, Conflict) as error:
        return redirect(request, f"/silences/{silence.id}", str(error), "danger")
    return redirect(request, f"/silences/{silence.id}", "It has another end.")


def _as_draft(form: Form) -> Form:
    return Form([("reason", "-"), ("length", form.get("length", "")), ("ends_at", form.get("ends_at", ""))])


async def end(request: Request) -> Response:
    """Over now."""
    form, silence = await read_form(request), await silence_of(request)
    async with act(request, form) as u:
        await silences.end_silence(u, silence.id)
    return redirect(
        request, f"/silences/{silence.id}", "It is over. Alerts under it that are still open page now."
    )


def routes() -> list[BaseRoute]:
    """The form has its own address, for a new silence and for one that exists."""
    one = "/silences/{silence_id}"
    return [
        page("/silences/new", new_form, who=Who.MEMBER),
        page("/silences/new", save, who=Who.MEMBER, methods=["POST"]),
        page(f"{one}/edit", edit_form, who=Who.MEMBER),
        page(f"{one}/edit", save, who=Who.MEMBER, methods=["POST"]),
        page(f"{one}/extend", extend, who=Who.MEMBER, methods=["POST"]),
        page(f"{one}/end", end, who=Who.MEMBER, methods=["POST"]),
    ]
