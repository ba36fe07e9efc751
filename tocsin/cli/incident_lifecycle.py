"""`tocsin incident`: what ends, joins and follows incidents, and who may see one."""

from typing import Annotated, Any
from urllib.parse import quote

import typer

from tocsin.cli.client import call
from tocsin.cli.incident import Key
from tocsin.cli.lookup import one, person_id
from tocsin.cli.output import Json, show

Why = Annotated[str, typer.Argument(help="Why.")]
Other = Annotated[str, typer.Argument(help="Key of the other incident.")]
Who = Annotated[str, typer.Argument(help="Somebody's name or address; with --team a team's name.")]
Team = Annotated[bool, typer.Option("--team", help="A team instead of a person.")]


def reopen(key: Key, why: Why = "", as_json: Json = False) -> None:
    """Open an incident again: it was not over, or it was merged and goes on by itself."""
    data = call("POST", f"/api/v1/incidents/{quote(key)}/reopen", {"why": why})
    show(data, as_json, lambda d: f"{d['key']} is open again.")


def cancel(key: Key, why: Why = "", as_json: Json = False) -> None:
    """Cancel an incident that was none: a false alarm. No postmortem is asked for."""
    data = call("POST", f"/api/v1/incidents/{quote(key)}/cancel", {"why": why})
    show(data, as_json, lambda d: f"{d['key']} is cancelled.")


def merge(key: Key, into: Other, why: Why = "", as_json: Json = False) -> None:
    """Merge an incident into another one: it is over, its alerts and people go on there."""
    data = call("POST", f"/api/v1/incidents/{quote(key)}/merge", {"into": into, "why": why})
    show(data, as_json, lambda d: f"{d['key']} is over; the work goes on in {d['merged_into']}.")


def link(
    key: Key,
    other: Other,
    relation: Annotated[
        str, typer.Option(help="related, caused_by, duplicate_of or follows_up.")
    ] = "related",
    remove: Annotated[
        bool, typer.Option("--remove", help="They have nothing to do with each other.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Say what an incident has to do with another one."""
    if remove:
        data = call("DELETE", f"/api/v1/incidents/{quote(key)}/links/{quote(other)}")
    else:
        data = call("POST", f"/api/v1/incidents/{quote(key)}/links", {"other": other, "relation": relation})
    show(
        data,
        as_json,
        lambda d: "\n".join(f"{b['words']} {b['key']}" for b in d["linked"]) or "Linked with none.",
    )


def follow_up(
    key: Key,
    summary: Annotated[str, typer.Argument(help="What is it?")],
    severity: Annotated[int, typer.Option("--severity", "-s", min=1, max=3, help="1 to 3.")] = 3,
    entry: Annotated[list[int] | None, typer.Option(help="An entry that belongs to it; may repeat.")] = None,
    as_json: Json = False,
) -> None:
    """Declare an incident that follows up on another one; with entries it is split from it."""
    body: dict[str, Any] = {"summary": summary, "severity": severity, "entries": entry or []}
    data = call("POST", f"/api/v1/incidents/{quote(key)}/follow-ups", body)
    show(data, as_json, lambda d: f"{d['key']} declared: {d['url']}")


def private(key: Key, why: Why = "", as_json: Json = False) -> None:
    """Make an incident private: those who take part see it, and whom they let in."""
    show(call("POST", f"/api/v1/incidents/{quote(key)}/private", {"why": why}), as_json, _seen_by)


def open_to_all(
    key: Key,
    sure: Annotated[bool, typer.Option("--sure", help="Everybody will read all that was said.")] = False,
    as_json: Json = False,
) -> None:
    """Open a private incident to everybody, all of its record too."""
    show(call("POST", f"/api/v1/incidents/{quote(key)}/public", {"sure": sure}), as_json, _seen_by)


def let_in(key: Key, who: Who, team: Team = False, as_json: Json = False) -> None:
    """Let somebody see a private incident, or the members of a team."""
    if team:
        data = call("PUT", f"/api/v1/incidents/{quote(key)}/teams/{_team(who)}", {})
    else:
        data = call("PUT", f"/api/v1/incidents/{quote(key)}/members/{person_id(who)}", {})
    show(data, as_json, _seen_by)


def take_out(key: Key, who: Who, team: Team = False, as_json: Json = False) -> None:
    """Take the sight of a private incident away, at once."""
    if team:
        data = call("DELETE", f"/api/v1/incidents/{quote(key)}/teams/{_team(who)}")
    else:
        data = call("DELETE", f"/api/v1/incidents/{quote(key)}/members/{person_id(who)}")
    show(data, as_json, lambda _: f"{who} was taken out of {key}.")


def _team(name: str) -> str:
    return one(name, call("GET", "/api/v1/teams")["teams"], "team")


def _seen_by(data: dict[str, Any]) -> str:
    if not data["private"]:
        return "Everybody sees it."
    names = [p["name"] for p in data["people"]] + [f"team {t['name']}" for t in data["teams"]]
    return f"Seen by {', '.join(names) or 'nobody by name'}, and by who holds a role."


def add(app: typer.Typer) -> None:
    """The commands, under `tocsin incident`."""
    known = {command.callback for command in app.registered_commands}
    for command in (cancel, reopen, merge, link, follow_up, private, open_to_all, let_in, take_out):
        if command not in known:
            app.command()(command)
