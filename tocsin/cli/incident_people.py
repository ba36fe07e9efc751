"""`tocsin incident`: who takes part, and who holds which role."""

from typing import Annotated, Any
from urllib.parse import quote

import typer

from tocsin.cli.client import call
from tocsin.cli.incident import Key
from tocsin.cli.lookup import moment, one, person_id
from tocsin.cli.output import Json, local, show, table

Person = Annotated[str, typer.Argument(help="Somebody's name or address.")]
Role = Annotated[str, typer.Argument(help="The role, for example tech_lead or “Tech lead”.")]


def people(key: Key, as_json: Json = False) -> None:
    """Show who is in the room: their roles, how they take part, since when."""
    show(call("GET", f"/api/v1/incidents/{quote(key)}/people"), as_json, _people)


def join(
    key: Key,
    watch: Annotated[bool, typer.Option("--watch", help="Only watch.")] = False,
    as_json: Json = False,
) -> None:
    """Take part in an incident: on it, or only watching."""
    _part(key, "watching" if watch else "on_it", as_json=as_json)


def leave(key: Key, as_json: Json = False) -> None:
    """Take part no more; not for those who hold a role."""
    _part(key, "left", as_json=as_json)


def invite(
    key: Key, who: Person, why: Annotated[str, typer.Option(help="What for.")] = "", as_json: Json = False
) -> None:
    """Ask somebody to come: they get a message with a link."""
    body = {"user_id": person_id(who), "why": why}
    show(call("POST", f"/api/v1/incidents/{quote(key)}/invitations", body), as_json, _people)


def release(
    key: Key,
    who: Person,
    thanks: Annotated[str, typer.Option(help="Words of thanks.")] = "",
    as_json: Json = False,
) -> None:
    """Send somebody off to rest."""
    data = call("POST", f"/api/v1/incidents/{quote(key)}/people/{person_id(who)}/release", {"thanks": thanks})
    show(data, as_json, _people)


def take(
    key: Key,
    role: Role,
    why: Annotated[str, typer.Option(help="Needed when the role is for others.")] = "",
    as_json: Json = False,
) -> None:
    """Take a role that nobody holds."""
    data = call("PUT", f"/api/v1/incidents/{quote(key)}/roles/{quote(role, safe='')}", {"why": why})
    show(data, as_json, _roles)


def offer(
    key: Key,
    role: Role,
    to: Person,
    brief: Annotated[
        str, typer.Option(help="What they have to know; else the incident's state says it.")
    ] = "",
    at: Annotated[
        str, typer.Option(help="When it moves, as 2027-04-05T06:00Z; else when it is accepted.")
    ] = "",
    as_json: Json = False,
) -> None:
    """Offer a role to somebody. Until they accept, its holder keeps it."""
    body = {"user_id": person_id(to), "brief": brief} | (
        {"effective_at": moment(at).isoformat()} if at else {}
    )
    data = call("POST", f"/api/v1/incidents/{quote(key)}/roles/{quote(role, safe='')}/offer", body)
    show(data, as_json, lambda _: f"Offered {role} of {key} to {to}.")


def give(
    key: Key,
    role: Role,
    to: Person,
    why: Annotated[str, typer.Option(help="Why it moves without being asked: needed.")],
    as_json: Json = False,
) -> None:
    """Give a role to somebody at once, for when its holder does not answer."""
    body = {"user_id": person_id(to), "why": why}
    data = call("PUT", f"/api/v1/incidents/{quote(key)}/roles/{quote(role, safe='')}", body)
    show(data, as_json, _roles)


def accept(key: Key, role: Role, as_json: Json = False) -> None:
    """Accept a role that was offered to you."""
    data = call("POST", f"/api/v1/incidents/{quote(key)}/role-offers/{_offer(key, role)}/accept")
    show(data, as_json, lambda _: f"You are {role} of {key}.")


def decline(
    key: Key, role: Role, why: Annotated[str, typer.Option(help="Why.")] = "", as_json: Json = False
) -> None:
    """Decline a role that was offered to you; its holder keeps it."""
    data = call(
        "POST", f"/api/v1/incidents/{quote(key)}/role-offers/{_offer(key, role)}/decline", {"why": why}
    )
    show(data, as_json, lambda _: f"Declined {role} of {key}.")


def _part(key: str, part: str, *, as_json: bool) -> None:
    show(call("PUT", f"/api/v1/incidents/{quote(key)}/people/me", {"part": part}), as_json, _people)


def _offer(key: str, role: str) -> str:
    """The offer of a role that waits in an incident; the API says whether it is for the caller."""
    waiting = call("GET", f"/api/v1/incidents/{quote(key)}/role-offers")["offers"]
    named = [{"id": o["id"], "name": o["role"]} for o in waiting]
    return one(role.strip().lower().replace(" ", "_"), named, "role that is offered")


def _people(data: dict[str, Any]) -> str:
    rows = [
        {
            "name": p["name"],
            "part": p["part"].replace("_", " "),
            "roles": ", ".join(p["roles"]),
            "since": local(p["since"]),
        }
        for p in data["people"]
    ]
    return table(
        rows, {"name": "NAME", "part": "PART", "roles": "ROLES", "since": "SINCE"}, "Nobody is in it."
    )


def _roles(data: dict[str, Any]) -> str:
    return "\n".join(f"{r['role'].replace('_', ' ')}: {r['name']}" for r in data["roles"])


def add(app: typer.Typer) -> None:
    """The commands, under `tocsin incident`."""
    known = {command.callback for command in app.registered_commands}
    for command in (people, join, leave, invite, release, take, offer, give, accept, decline):
        if command not in known:
            app.command()(command)
