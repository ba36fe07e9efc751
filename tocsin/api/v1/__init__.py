"""Our own JSON API, version 1, with OpenAPI."""

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from fastapi.middleware.asyncexitstack import AsyncExitStackMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute
from starlette.types import ASGIApp, Receive, Scope, Send

from tocsin.api.v1 import (
    alerts,
    bonds,
    brief,
    calendars,
    catalog,
    cover,
    entries,
    exports,
    fairness,
    files,
    grouping,
    handovers,
    heartbeats,
    incident_facts,
    incident_fields,
    incidents,
    items,
    leave,
    noise,
    notes,
    oncall,
    overrides,
    page_somebody,
    pages,
    people,
    playbook,
    policies,
    previews,
    privacy,
    reach,
    readiness,
    record,
    recordings,
    roles,
    room,
    room_offers,
    room_people,
    schedules,
    selfcheck,
    silences,
    templates,
)
from tocsin.edge.access import Who, declare

ROUTERS = (
    alerts.router,
    page_somebody.router,
    pages.router,
    heartbeats.router,
    silences.router,
    grouping.router,
    noise.router,
    incidents.router,
    incident_facts.router,
    incident_fields.router,
    room.router,
    items.router,
    files.router,
    recordings.router,
    notes.router,
    playbook.router,
    entries.router,
    record.router,
    privacy.router,
    bonds.router,
    room_people.router,
    room_offers.router,
    roles.router,
    brief.router,
    exports.router,
    selfcheck.router,
    oncall.router,
    fairness.router,
    readiness.router,
    handovers.router,
    schedules.router,
    overrides.router,
    calendars.router,
    cover.router,
    leave.router,
    previews.router,
    templates.router,
    policies.router,
    catalog.router,
    people.router,
    reach.router,
)


def create(version: str) -> FastAPI:
    """The API as an app of its own; `app` takes its routes over, so that there is one app and one set of errors."""
    api = FastAPI(
        title="Tocsin API",
        version=version,
        description="Everything that people can do in Tocsin. Authenticate with `Authorization: Bearer <API token>`. "
        "Send an `Idempotency-Key` with what may be retried: a repeat gets the first answer and does nothing.",
        openapi_url="/openapi.json",
        docs_url=None,
        redoc_url=None,
    )
    for router in ROUTERS:
        api.include_router(router, prefix="/api/v1")
    for route in api.routes:
        declare(route, Who.ANYONE if getattr(route, "path", "") == api.openapi_url else Who.TOKEN)
    api.add_exception_handler(RequestValidationError, on_invalid)
    return api


class Stack:
    """FastAPI's routes want its exit stack in the scope; only they pay for it."""

    def __init__(self, app: ASGIApp) -> None:
        self._plain = app
        self._stacked = AsyncExitStackMiddleware(app)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        ours = scope["type"] == "http" and scope["path"].startswith("/api/v1/")
        await (self._stacked if ours else self._plain)(scope, receive, send)


def routes(api: FastAPI) -> list[BaseRoute]:
    """The routes with `/openapi.json`, for the one app."""
    return list(api.routes)


async def on_invalid(_: Request, error: Exception) -> Response:
    """One sentence with the first wrong field, in the shape of all our errors."""
    assert isinstance(error, RequestValidationError)  # noqa: S101 - registered for this class only
    first = error.errors()[0]
    field = ".".join(str(part) for part in first["loc"][1:]) or "body"
    return JSONResponse({"error": f"{field}: {first['msg']}", "field": field}, 422)
