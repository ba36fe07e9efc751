"""Who may see a private incident: letting in, taking out, making private, opening to everybody."""

from typing import Any

from starlette.routing import BaseRoute

from tocsin.edge.door import Form, Site
from tocsin.incidents import privacy
from tocsin.incidents.model import Incident
from tocsin.kernel.db import Reader, Unit
from tocsin.people.queries import teams
from tocsin.web.room_act import Act, buttons


async def let_in(db: Reader, incident: Incident) -> dict[str, Any]:
    """Who may see it, for the panel of people."""
    if not incident.private:
        return {"members": [], "member_teams": [], "teams_to_choose": []}
    named = await privacy.teams(db, incident.id)
    known = {team.id for team in named}
    return {
        "members": await privacy.members(db, incident.id),
        "member_teams": named,
        "teams_to_choose": [team for team in await teams(db) if team.id not in known],
    }


async def _add_member(u: Unit, i: Incident, form: Form, _: Site) -> None:
    await privacy.add_member(u, i.id, form.needed_id("user_id"))


async def _remove_member(u: Unit, i: Incident, form: Form, _: Site) -> None:
    await privacy.remove_member(u, i.id, form.needed_id("user_id"))


async def _let_team_in(u: Unit, i: Incident, form: Form, _: Site) -> None:
    await privacy.let_team_in(u, i.id, form.needed_id("team_id"))


async def _remove_team(u: Unit, i: Incident, form: Form, _: Site) -> None:
    await privacy.remove_team(u, i.id, form.needed_id("team_id"))


async def _make_private(u: Unit, i: Incident, form: Form, _: Site) -> None:
    await privacy.make_private(u, i.id, form.text("why", most=1000))


async def _make_public(u: Unit, i: Incident, form: Form, _: Site) -> None:
    await privacy.make_public(u, i.id, sure=form.flag("sure"), why=form.text("why", most=1000))


def routes() -> list[BaseRoute]:
    """POST only; the browser comes back to the room."""
    named: dict[str, Act] = {
        "add-member": _add_member, "remove-member": _remove_member, "let-team-in": _let_team_in,
        "remove-team": _remove_team, "make-private": _make_private, "make-public": _make_public,
    }  # fmt: skip
    return buttons(named)
