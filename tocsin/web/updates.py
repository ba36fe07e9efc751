"""Writing an update: the handbook's shape beside what was said last."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from tocsin.comms.queries import components
from tocsin.edge.door import Form, Who, act, page, read_form, redirect, render, site_of, viewer_of
from tocsin.incidents import queries, updates
from tocsin.incidents.item_queries import unknowns_of
from tocsin.incidents.model import Audience, Incident, Status
from tocsin.incidents.rhythm import rhythm_of
from tocsin.kernel.errors import Conflict, Invalid
from tocsin.web.lookup import incident_of


async def update_form(request: Request) -> Response:
    """The update's shape beside what was said last."""
    return await _update_page(request, await incident_of(request), {}, {})


async def publish(request: Request) -> Response:
    """Publishes an update and promises the next one."""
    form, incident, viewer = await read_form(request), await incident_of(request), await viewer_of(request)
    try:
        async with act(request, form) as u:
            await updates.publish_update(
                u, incident.id, audience=form.choice("audience", tuple(Audience)),
                state=form.text("state", most=2000, needed=True), status_now=form.lines("status_now"),
                next_steps=form.lines("next_steps"), unknowns=form.text("unknowns", most=2000),
                next_update_at=form.moment("next_update_at", viewer.time_zone), status=form.get("status") or None,
                title=form.text("title", most=200), components=_components(form) or None,
            )  # fmt: skip
    except Invalid as error:
        return await _update_page(request, incident, dict(form), {error.field: str(error)})
    except Conflict as error:
        return await _update_page(request, incident, dict(form), {"status": str(error)})
    return redirect(request, f"/incidents/{incident.key}", "Published.")


def _components(form: Form) -> dict[str, str]:
    return {
        name.removeprefix("component_"): value
        for name, value in form.items()
        if name.startswith("component_") and value
    }


async def _update_page(
    request: Request, incident: Incident, values: dict[str, str], errors: dict[str, str]
) -> Response:
    db = site_of(request).database
    last = await queries.updates(db, incident.id)
    open_questions = "; ".join(await unknowns_of(db, incident.id))
    context = {
        "nav": "incidents", "incident": incident, "values": {"unknowns": open_questions} | values, "errors": errors, "last": last[:1],
        "components": [] if incident.private else await components(db), "statuses": [s.value for s in Status if s is not Status.RESOLVED],
        "published": await queries.is_published(db, incident.id),
        "cadence_min": (await rhythm_of(db, incident.severity)).cadence_min,
    }  # fmt: skip
    return await render(request, "incidents/update.html", context, status=422 if errors else 200)


def routes() -> list[BaseRoute]:
    """Under /incidents/KEY."""
    one = "/incidents/{key}/update"
    return [page(one, update_form, who=Who.MEMBER), page(one, publish, who=Who.MEMBER, methods=["POST"])]
