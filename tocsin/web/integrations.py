"""Integrations: where alerts come in, their keys and health; and routes from labels to services."""

from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from tocsin.catalog import commands, queries
from tocsin.edge.door import Form, Who, act, page, read_form, redirect, render, site_of
from tocsin.kernel.errors import Conflict, Invalid


async def list_(request: Request) -> Response:
    """All sources with their health."""
    return await _page(request, {}, {})


async def _page(
    request: Request, values: dict[str, Any], errors: dict[str, str], secret: dict[str, Any] | None = None
) -> Response:
    site = site_of(request)
    db = site.database
    found = await queries.services(db)
    context = {
        "nav": "settings", "section": "integrations", "integrations": await queries.integrations_with_health(db),
        "routes": await queries.routes(db), "services": found, "service_names": {s.id: s.name for s in found},
        "formats": site.formats, "values": values, "errors": errors, "secret": secret, "base": site.settings.url,
    }  # fmt: skip
    return await render(request, "settings/integrations.html", context, status=422 if errors else 200)


async def create(request: Request) -> Response:
    """Creates one and shows its key, this once."""
    form = await read_form(request)
    try:
        format_ = form.choice("format", tuple(site_of(request).formats))
        # Without a request key: a stored answer would hold the key.
        async with act(request) as u:
            made = await commands.create_integration(
                u, form.text("name", most=100, needed=True), format=format_, service_id=form.id("service_id")
            )
    except Invalid as error:
        return await _page(request, dict(form), {error.field: str(error)})
    except Conflict as error:
        return await _page(request, dict(form), {"name": str(error)})
    return await _page(request, {}, {}, {"name": form.text("name"), "key": made["key"], "format": format_})


async def change(request: Request) -> Response:
    """Its name, and the service that its alerts are about."""
    form = await read_form(request)
    try:
        async with act(request, form) as u:
            name = form.text("name", most=100, needed=True)
            await commands.change_integration(
                u, form.needed_id("integration_id"), name, form.id("service_id")
            )
    except Invalid as error:
        return redirect(request, "/settings/integrations", str(error), "danger")
    return redirect(request, "/settings/integrations", "Saved.")


async def rotate(request: Request) -> Response:
    """A second key; the old one works until it is revoked."""
    form = await read_form(request)
    async with act(request) as u:  # without a request key: a stored answer would hold the key
        key = await commands.rotate_key(u, form.needed_id("integration_id"))
    secret = {"name": form.text("name"), "key": key, "format": form.text("format", most=40)}
    return await _page(request, {}, {}, secret)


async def revoke_key(request: Request) -> Response:
    """Ends one key, named by its hint."""
    form = await read_form(request)
    async with act(request, form) as u:
        await commands.revoke_key(
            u, form.needed_id("integration_id"), form.text("hint", most=40, needed=True)
        )
    return redirect(request, "/settings/integrations", "That key does not work any more.")


async def revoke(request: Request) -> Response:
    """Ends an integration with all its keys."""
    form = await read_form(request)
    async with act(request, form) as u:
        await commands.revoke_integration(u, form.needed_id("integration_id"))
    return redirect(request, "/settings/integrations", "Revoked.")


async def add_route(request: Request) -> Response:
    """Alerts with this label go to this service."""
    form: Form = await read_form(request)
    try:
        async with act(request, form) as u:
            await commands.add_route(
                u, label=form.text("label", most=200, needed=True), value=form.text("value", most=500, needed=True),
                service_id=form.needed_id("route_service_id"),
            )  # fmt: skip
    except Invalid as error:
        return await _page(request, dict(form), {error.field: str(error)})
    return redirect(request, "/settings/integrations#routes", "Added.")


async def remove_route(request: Request) -> Response:
    """Takes a route away."""
    form = await read_form(request)
    async with act(request, form) as u:
        await commands.remove_route(u, form.needed_id("route_id"))
    return redirect(request, "/settings/integrations#routes", "Removed.")


def routes() -> list[BaseRoute]:
    """Everything under /settings/integrations."""
    base = "/settings/integrations"
    posts = {
        "": create, "/change": change, "/rotate": rotate, "/revoke-key": revoke_key, "/revoke": revoke, "/routes": add_route,
        "/routes/remove": remove_route,
    }  # fmt: skip
    return [
        page(base, list_, who=Who.MEMBER),
        *(page(base + path, endpoint, who=Who.MEMBER, methods=["POST"]) for path, endpoint in posts.items()),
    ]
