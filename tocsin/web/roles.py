"""The roles of incidents: what their holders do, and who may take them; the organisation's own beside the shipped ones."""

from collections.abc import Mapping
from uuid import UUID

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from tocsin.edge.door import Form, Who, act, page, read_form, redirect, render, site_of
from tocsin.incidents import role_definitions
from tocsin.incidents.role_definitions import RoleDraft
from tocsin.kernel.errors import Conflict, Invalid
from tocsin.people.queries import teams, users

HERE = "/settings/roles"


async def show(request: Request) -> Response:
    """All roles, each with its form, and one more."""
    return await _page(request, {})


async def _page(
    request: Request, errors: Mapping[str, str], values: Mapping[str, str] | None = None
) -> Response:
    db = site_of(request).database
    everybody = [u for u in await users(db) if u.disabled_at is None and u.role != "viewer"]
    context = {
        "nav": "settings", "section": "roles", "here": HERE, "errors": errors, "values": values or {},
        "definitions": await role_definitions.definitions(db), "teams": await teams(db), "everybody": everybody,
    }  # fmt: skip
    return await render(request, "settings/roles.html", context, status=422 if errors else 200)


async def save(request: Request) -> Response:
    """The change of a role; without a name a new one."""
    form = await read_form(request)
    name = form.text("name", most=40)
    try:
        async with act(request, form) as u:
            if name:
                await role_definitions.change_role(u, name, _draft(form))
            else:
                await role_definitions.define(u, _draft(form))
    except (Conflict, Invalid) as error:
        return await _page(request, {getattr(error, "field", "title"): str(error)}, form)
    return redirect(request, HERE, "Saved. Whoever holds a role keeps it.")


async def put_away(request: Request) -> Response:
    """Nobody takes it any more."""
    form = await read_form(request)
    try:
        async with act(request, form) as u:
            await role_definitions.put_away(u, form.text("name", most=40, needed=True))
    except Conflict as error:
        return redirect(request, HERE, str(error), "danger")
    return redirect(request, HERE, "Put away. The record keeps what was.")


def _draft(form: Form) -> RoleDraft:
    return RoleDraft(
        form.text("title", most=60), form.text("instructions", most=5000), form.get("who") == "named",
        _ids(form, "team_id"), _ids(form, "user_id"),
    )  # fmt: skip


def _ids(form: Form, name: str) -> tuple[UUID, ...]:
    try:
        return tuple(UUID(text) for text in form.all(name)[:500])
    except ValueError:
        raise Invalid(name, "Choose from the list.") from None


def routes() -> list[BaseRoute]:
    """Everybody may read them; administrators change them."""
    return [
        page(HERE, show, who=Who.VIEWER),
        page(HERE, save, who=Who.ADMIN, methods=["POST"]),
        page(f"{HERE}/put-away", put_away, who=Who.ADMIN, methods=["POST"]),
    ]
