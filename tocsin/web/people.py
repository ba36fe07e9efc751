"""People: who has an account, their role, and invitations."""

from collections.abc import Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from tocsin.duty.readiness import readiness_of, unready
from tocsin.edge.door import Form, Who, act, page, read_form, read_query, redirect, render, site_of
from tocsin.kernel.db import Reader, Unit
from tocsin.kernel.errors import Conflict, Invalid
from tocsin.people import commands, queries
from tocsin.people.model import Role
from tocsin.people.quiet import undisturbed_now
from tocsin.web.buttons import button
from tocsin.web.choices import ROLES, time_zones

HERE = "/settings/people"


async def list_(request: Request) -> Response:
    """Everybody, disabled ones last."""
    return await _page(request, {}, {})


async def _page(request: Request, typed: Mapping[str, str], errors: dict[str, str]) -> Response:
    site, query = site_of(request), read_query(request)
    words, show = query.text("q", most=100), query.choice("show", ("", "unready"), default="")
    everybody = await _people(site.database)
    people = [row for row in everybody if _fits(row, words.lower(), show)]
    context = {
        "nav": "settings", "section": "people", "people": people, "roles": ROLES,
        "words": words, "show": show, "counts": _counts(everybody),
        "zones": time_zones(), "values": {"role": "member", "time_zone": "UTC"} | dict(typed), "errors": errors,
        "mail": "email" in site.transports and site.transports["email"].ready,
    }  # fmt: skip
    return await render(request, "settings/people.html", context, status=422 if errors else 200)


def _fits(row: dict[str, Any], words: str, show: str) -> bool:
    said = " ".join([row["user"].name, row["user"].email, *row["teams"]]).lower()
    return words in said and (not show or row["unready"])


def _counts(everybody: list[dict[str, Any]]) -> dict[str, int]:
    """How many there are of whom; disabled ones count as nothing else."""
    there = [row for row in everybody if row["user"].disabled_at is None]
    return {
        "all": len(there), **{role: sum(row["user"].role == role for row in there) for role in Role},
        "invited": sum(row["user"].invited for row in there), "disabled": len(everybody) - len(there),
        "unready": sum(row["unready"] for row in there), "needed": sum(row["needed"] for row in there),
    }  # fmt: skip


async def _people(db: Reader) -> list[dict[str, Any]]:
    seen = await queries.last_seen(db)
    names = {t.id: t.name for t in await queries.teams(db)}
    teams: dict[Any, list[str]] = {}
    for member in await queries.members(db):
        teams.setdefault(member.user_id, []).append(names[member.team_id])
    users = await queries.users(db)
    ready = await readiness_of(db, [user.id for user in users])
    on_call = {r.user_id for r in await unready(db)}
    undisturbed = await undisturbed_now(db)
    return [
        {
            "user": user, "teams": sorted(teams.get(user.id, [])), "seen_at": seen.get(user.id),
            "undisturbed": undisturbed.get(user.id), "ready": ready.get(user.id), "needed": user.id in on_call and user.disabled_at is None,
            "unready": user.disabled_at is None and user.id in ready and not ready[user.id].ready,
        }
        for user in users
    ]  # fmt: skip


async def invite(request: Request) -> Response:
    """An account that waits for its password; the link goes out by mail."""
    form = await read_form(request)
    try:
        email = form.text("email", most=254, needed=True, label="An e-mail address")
        async with act(request, form) as u:
            await commands.invite(
                u, email, form.text("name", most=200),
                role=form.choice("role", tuple(Role)), time_zone=form.text("time_zone", most=60),
            )  # fmt: skip
    except Invalid as error:
        return await _page(request, form, {error.field: str(error)})
    except Conflict as error:
        return await _page(request, form, {"email": str(error)})
    return redirect(request, HERE, f"Invited. The link is on its way to {email} and works for seven days.")


async def _again(u: Unit, form: Form) -> None:
    await commands.invite_again(u, form.needed_id("user_id"))


async def _role(u: Unit, form: Form) -> None:
    await commands.set_role(u, form.needed_id("user_id"), form.choice("role", tuple(Role)))


async def _disable(u: Unit, form: Form) -> None:
    await commands.disable(u, form.needed_id("user_id"))


async def _enable(u: Unit, form: Form) -> None:
    await commands.enable(u, form.needed_id("user_id"))


def routes() -> list[BaseRoute]:
    """The list is for members; changing it is for administrators."""
    buttons = {
        "again": (_again, "A fresh invitation is on its way."),
        "role": (_role, "The role is changed."),
        "disable": (_disable, "Disabled: signed out everywhere, and not paged any more."),
        "enable": (_enable, "Enabled: may sign in again."),
    }
    return [
        page(HERE, list_, who=Who.MEMBER),
        page(f"{HERE}/invite", invite, who=Who.ADMIN, methods=["POST"]),
        *(
            page(f"{HERE}/{name}", button(what, back=HERE, said=said), who=Who.ADMIN, methods=["POST"])
            for name, (what, said) in buttons.items()
        ),
    ]
