"""Teams: who is in them, and who may change them."""

from collections.abc import Awaitable, Callable, Mapping
from uuid import UUID

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from tocsin.edge.door import Form, Who, act, page, path_id, read_form, redirect, render, site_of, viewer_of
from tocsin.kernel.db import Unit
from tocsin.kernel.errors import Conflict, Invalid, NotFound
from tocsin.people import commands, queries
from tocsin.people.model import Team

HERE = "/settings/teams"
NO_TEAM = "There is no such team."
TAKEN = "There is a team with this name already."


async def list_(request: Request) -> Response:
    """All teams."""
    return await _list(request, {}, {})


async def _list(request: Request, typed: Mapping[str, str], errors: dict[str, str]) -> Response:
    db = site_of(request).database
    names: dict[UUID, list[str]] = {}
    for member in await queries.members(db):
        names.setdefault(member.team_id, []).append(member.name)
    context = {
        "nav": "settings", "section": "teams", "teams": await queries.teams(db), "names": names,
        "values": dict(typed), "errors": errors,
    }  # fmt: skip
    return await render(request, "settings/teams.html", context, status=422 if errors else 200)


async def create(request: Request) -> Response:
    """A team without members; the next page adds them."""
    form = await read_form(request)
    try:
        async with act(request, form) as u:
            team_id = await commands.create_team(
                u, form.text("name", most=100), form.text("description", most=2000)
            )
    except Invalid as error:
        return await _list(request, form, {error.field: str(error)})
    except Conflict:
        return await _list(request, form, {"name": TAKEN})
    return redirect(request, f"{HERE}/{team_id}", "Created. Now add its people.")


async def show(request: Request) -> Response:
    """One team with its members."""
    return await _show(request, await _team(request), {}, {})


async def _show(request: Request, team: Team, typed: Mapping[str, str], errors: dict[str, str]) -> Response:
    db, viewer = site_of(request).database, await viewer_of(request)
    members = await queries.members(db, team.id)
    inside = {m.user_id for m in members}
    leads = any(m.user_id == viewer.id and m.role == "admin" for m in members)
    context = {
        "nav": "settings", "section": "teams", "team": team, "members": members, "errors": errors,
        "others": [u for u in await queries.users(db) if u.disabled_at is None and u.id not in inside],
        "may_change": viewer.role == "admin" or (viewer.role == "member" and leads),
        "values": {"name": team.name, "description": team.description} | dict(typed),
    }  # fmt: skip
    return await render(request, "settings/team.html", context, status=422 if errors else 200)


async def change(request: Request) -> Response:
    """Name and description."""
    form, team = await read_form(request), await _team(request)
    try:
        async with act(request, form) as u:
            await commands.change_team(
                u, team.id, form.text("name", most=100), form.text("description", most=2000)
            )
    except Invalid as error:
        return await _show(request, team, form, {error.field: str(error)})
    except Conflict:
        return await _show(request, team, form, {"name": TAKEN})
    return redirect(request, f"{HERE}/{team.id}", "Saved.")


Act = Callable[[Unit, Team, Form], Awaitable[None]]


def _does(what: Act, said: str) -> Callable[[Request], Awaitable[Response]]:
    """A button of the team's page."""

    async def endpoint(request: Request) -> Response:
        form, team = await read_form(request), await _team(request)
        try:
            async with act(request, form) as u:
                await what(u, team, form)
        except Invalid as error:
            return await _show(request, team, form, {error.field: str(error)})
        return redirect(request, f"{HERE}/{team.id}", said)

    return endpoint


async def _add(u: Unit, team: Team, form: Form) -> None:
    role = form.choice("role", ("member", "admin"), default="member")
    await commands.add_member(u, team.id, form.needed_id("person"), role)


async def _out(u: Unit, team: Team, form: Form) -> None:
    await commands.remove_member(u, team.id, form.needed_id("person"))


async def _rule(u: Unit, team: Team, form: Form) -> None:
    await commands.set_paging_rule(u, team.id, form.text("paging_rule", most=20))


async def remove(request: Request) -> Response:
    """What the team owned stays, without an owner."""
    form, team = await read_form(request), await _team(request)
    async with act(request, form) as u:
        await commands.remove_team(u, team.id)
    return redirect(request, HERE, f"{team.name} is removed. What it owned has no owner now.")


async def _team(request: Request) -> Team:
    wanted = path_id(request, "team_id", NO_TEAM)
    found = next((t for t in await queries.teams(site_of(request).database) if t.id == wanted), None)
    if found is None:
        raise NotFound(NO_TEAM)
    return found


def routes() -> list[BaseRoute]:
    """A team is changed by its own administrators and the organisation's; the command checks which."""
    one = f"{HERE}/{{team_id}}"
    return [
        page(HERE, list_, who=Who.VIEWER),
        page(HERE, create, who=Who.ADMIN, methods=["POST"]),
        page(one, show, who=Who.VIEWER),
        page(one, change, who=Who.MEMBER, methods=["POST"]),
        page(f"{one}/members", _does(_add, "Saved."), who=Who.MEMBER, methods=["POST"]),
        page(f"{one}/members/remove", _does(_out, "Out of the team."), who=Who.MEMBER, methods=["POST"]),
        page(f"{one}/rule", _does(_rule, "Saved."), who=Who.MEMBER, methods=["POST"]),
        page(f"{one}/remove", remove, who=Who.ADMIN, methods=["POST"]),
    ]
