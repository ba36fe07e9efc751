"""Services: what can break, who owns it, who is paged for it, and what happened to it lately."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from tocsin.alerts import queries as alerts
from tocsin.alerts.silence_model import SilenceState
from tocsin.alerts.silences import silences
from tocsin.catalog import queries
from tocsin.catalog.dependencies import dependencies
from tocsin.edge.door import Who, page, render, site_of, viewer_of
from tocsin.incidents import queries as incidents
from tocsin.paging import queries as paging
from tocsin.people.queries import teams
from tocsin.web import service_form
from tocsin.web.alerts import row_of
from tocsin.web.preview import preview


async def list_(request: Request) -> Response:
    """All services with owner, policy and how many alerts are open."""
    db = site_of(request).database
    context = {
        "nav": "services",
        "services": await queries.services(db),
        "teams": {t.id: t for t in await teams(db)},
        "policies": {p.id: p for p in await paging.policies(db)},
        "open": await alerts.open_by_service(db),
    }
    return await render(request, "services/list.html", context)


async def show(request: Request) -> Response:
    """One service: health, owner, who would be paged, recent alerts and incidents."""
    db, viewer, service = (
        site_of(request).database,
        await viewer_of(request),
        await service_form.service_of(request),
    )
    now, policy = await db.clock(), None
    if service.escalation_policy_id:
        policy = await paging.policy(db, service.escalation_policy_id)
    recent = await alerts.alerts(db, state="all", text=None, service_id=service.id, before=None, limit=10)
    quiet = await silences(db, service_id=service.id)
    context = {
        "nav": "services",
        "service": service,
        "silences": [s for s in quiet if s.state is not SilenceState.PAST],
        "dependencies": await dependencies(db, service.id),
        "moment": now,
        "team": next((t for t in await teams(db) if t.id == service.team_id), None),
        "policy": policy,
        "preview": await preview(db, policy, now, service.urgency) if policy else None,
        "alerts": [row_of(a, now, {service.id: service.name}) for a in recent],
        "incidents": await incidents.incidents_of_service(db, service.id, viewer.id, 10),
        "integrations": [i for i in await queries.integrations(db) if i.service_id == service.id],
    }
    return await render(request, "services/show.html", context)


def routes() -> list[BaseRoute]:
    """Everything under /services."""
    return [
        page("/services", list_, who=Who.VIEWER),
        *service_form.routes(),
        page("/services/{service_id}", show, who=Who.VIEWER),
    ]
