"""The form of a service, and taking one out of use."""

from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from tocsin.catalog import commands, dependencies, queries
from tocsin.catalog.model import Service
from tocsin.edge.door import Form, Who, act, page, path_id, read_form, redirect, render, site_of
from tocsin.kernel.errors import Conflict, Invalid, NotFound
from tocsin.paging.queries import policies
from tocsin.people.queries import teams

NO_SERVICE = "There is no such service."


async def new_form(request: Request) -> Response:
    """An empty service."""
    return await _form(request, None, {"tier": "3"}, {})


async def edit_form(request: Request) -> Response:
    """The stored service."""
    service = await service_of(request)
    values = {
        "name": service.name, "description": service.description, "tier": str(service.tier),
        "team_id": str(service.team_id or ""), "escalation_policy_id": str(service.escalation_policy_id or ""),
        "runbook_url": service.runbook_url, "urgency": service.urgency or "",
    }  # fmt: skip
    return await _form(request, service, values, {})


async def save(request: Request) -> Response:
    """Creates or changes a service."""
    form = await read_form(request)
    service = await service_of(request) if "service_id" in request.path_params else None
    try:
        name, fields = form.text("name", most=100, needed=True), _fields(form)
        async with act(request, form) as u:
            if service is None:
                service_id = await commands.create_service(u, name, **fields)
            else:
                await commands.change_service(u, service.id, name=name, **fields)
                service_id = service.id
    except Invalid as error:
        return await _form(request, service, dict(form), {error.field: str(error)})
    except Conflict as error:
        return await _form(request, service, dict(form), {"name": str(error)})
    return redirect(request, f"/services/{service_id}", "Saved.")


def _fields(form: Form) -> dict[str, Any]:
    return {
        "description": form.text("description", most=10_000),
        "tier": form.whole("tier", least=1, most=4, default=3),
        "team_id": form.id("team_id"),
        "escalation_policy_id": form.id("escalation_policy_id"),
        "runbook_url": form.text("runbook_url", most=2000),
        "urgency": form.choice("urgency", ("high", "low"), default="") or None,
    }


async def depend(request: Request) -> Response:
    """What it depends on, and whether its alerts stay quiet under theirs."""
    form, service = await read_form(request), await service_of(request)
    ids = [Form([("depends_on", x)]).needed_id("depends_on") for x in form.all("depends_on")]
    async with act(request, form) as u:
        await dependencies.set_dependencies(u, service.id, ids, quiet=form.flag("quiet"))
    return redirect(request, f"/services/{service.id}", "Saved.")


async def archive(request: Request) -> Response:
    """Takes a service out of use."""
    form, service = await read_form(request), await service_of(request)
    async with act(request, form) as u:
        await commands.archive_service(u, service.id)
    return redirect(request, "/services", f"{service.name} is archived.")


async def _form(
    request: Request, service: Service | None, values: dict[str, Any], errors: dict[str, str]
) -> Response:
    db = site_of(request).database
    context = {
        "nav": "services", "service": service, "values": values, "errors": errors,
        "teams": await teams(db), "policies": await policies(db),
        "others": [s for s in await queries.services(db) if service and s.id != service.id],
        "dependencies": await dependencies.dependencies(db, service.id) if service else None,
    }  # fmt: skip
    return await render(request, "services/edit.html", context, status=422 if errors else 200)


async def service_of(request: Request) -> Service:
    """The service in the address, also when it is archived."""
    service_id = path_id(request, "service_id", NO_SERVICE)
    found = await queries.service_by_id(site_of(request).database, service_id)
    if found is None:
        raise NotFound(NO_SERVICE)
    return found


def routes() -> list[BaseRoute]:
    """The form has its own address, for a new service and for one that exists."""
    one = "/services/{service_id}"
    return [
        page("/services/new", new_form, who=Who.MEMBER),
        page("/services/new", save, who=Who.MEMBER, methods=["POST"]),
        page(f"{one}/edit", edit_form, who=Who.MEMBER),
        page(f"{one}/edit", save, who=Who.MEMBER, methods=["POST"]),
        page(f"{one}/dependencies", depend, who=Who.MEMBER, methods=["POST"]),
        page(f"{one}/archive", archive, who=Who.MEMBER, methods=["POST"]),
    ]
