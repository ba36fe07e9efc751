"""`tocsin alert`: send, list, and all that is done about one."""

from enum import StrEnum
from typing import Annotated, Any
from urllib.parse import quote

import typer

from tocsin.cli.client import call
from tocsin.cli.lookup import in_time, one, person_id, schedule_id
from tocsin.cli.output import Json, local, show, table


class Answer(StrEnum):
    """Whether a page was worth it."""

    USEFUL = "useful"
    NOISE = "noise"


app = typer.Typer(no_args_is_help=True, help="Send and answer alerts.")
PROMISED = "When the next sign of life comes: 30m, 2h. As the alert's priority says unless told otherwise."
Id = Annotated[str, typer.Argument(help="The alert's number or id.")]
Group = Annotated[bool, typer.Option("--group", help="All of its group.")]


@app.command()
def send(
    message: Annotated[str, typer.Argument(help="What is wrong, in one line.")],
    service: Annotated[str, typer.Option(help="Name of the service.")] = "",
    priority: Annotated[str, typer.Option(help="P1 to P5.")] = "P3",
    alias: Annotated[
        str, typer.Option(help="The same alias counts up an open alert instead of a new one.")
    ] = "",
    description: Annotated[str, typer.Option(help="More words.")] = "",
    key: Annotated[
        str, typer.Option(help="Use this integration key instead of TOCSIN_TOKEN.", envvar="TOCSIN_KEY")
    ] = "",
    as_json: Json = False,
) -> None:
    """Send an alert. Pages whoever is on call for the service."""
    body = {
        "message": message,
        "service": service,
        "priority": priority,
        "alias": alias,
        "description": description,
    }
    body = {k: v for k, v in body.items() if v}
    data = call("POST", "/v1/alerts", body, token=key) if key else call("POST", "/api/v1/alerts", body)
    show(data, as_json, lambda d: f"Alert accepted: {_id_of(d)}")


@app.command("list")
def list_(
    state: Annotated[str, typer.Option(help="open, acknowledged, snoozed, closed or all.")] = "",
    as_json: Json = False,
) -> None:
    """List alerts that need somebody."""
    data = call("GET", "/api/v1/alerts" + (f"?state={quote(state)}" if state else ""))
    columns = {"number": "NO", "priority": "PRIO", "state": "STATE", "count": "COUNT", "message": "MESSAGE"}
    show(data, as_json, lambda d: table(d["alerts"], columns, "No alerts."))


@app.command()
def acknowledge(
    alert: Id,
    note: Annotated[str, typer.Option(help="What you say about it.")] = "",
    length: Annotated[str, typer.Option("--for", help=PROMISED)] = "",
    group: Group = False,
    as_json: Json = False,
) -> None:
    """Acknowledge an alert: you have it, nobody else is paged until the next sign of life is due."""
    body = {"note": note, "until": in_time(length)}
    if group:
        done = call("POST", f"/api/v1/alerts/{quote(alert)}/acknowledge-group", body)
        show(done, as_json, lambda d: f"Yours: {d['acknowledged']}.")
        return
    data = call("POST", f"/api/v1/alerts/{quote(alert)}/acknowledge", body)
    show(
        data,
        as_json,
        lambda d: f"Alert {d['number']} is yours since {local(d['acknowledged_at'])}{_promised(d)}.",
    )


@app.command()
def still(
    alert: Id, length: Annotated[str, typer.Option("--for", help=PROMISED)] = "", as_json: Json = False
) -> None:
    """Still on it: the acknowledgement of an alert that you have does not lapse."""
    data = call("POST", f"/api/v1/alerts/{quote(alert)}/still-on-it", {"until": in_time(length)})
    show(data, as_json, lambda d: f"Alert {d['number']} is yours{_promised(d)}.")


@app.command()
def snooze(
    alert: Id,
    length: Annotated[str, typer.Option("--for", help="How long: 30m, 4h, 2d.")],
    as_json: Json = False,
) -> None:
    """Page nobody for an alert for a while; afterwards escalation starts again."""
    data = call("POST", f"/api/v1/alerts/{quote(alert)}/snooze", {"until": in_time(length)})
    show(data, as_json, lambda d: f"Alert {d['number']} pages nobody until {local(d['snoozed_until'])}.")


@app.command()
def reassign(
    alert: Id,
    person: Annotated[str, typer.Option("--to", help="Name, e-mail address or id.")],
    as_json: Json = False,
) -> None:
    """Give an alert to somebody, who is paged; if they do not answer, the policy's next step follows."""
    data = call("POST", f"/api/v1/alerts/{quote(alert)}/reassign", {"user_id": person_id(person)})
    show(data, as_json, lambda d: f"Alert {d['number']} was given to {person}, who is paged.")


@app.command()
def unacknowledge(alert: Id, as_json: Json = False) -> None:
    """Give an alert back: nobody has it, and escalation starts again."""
    data = call("POST", f"/api/v1/alerts/{quote(alert)}/unacknowledge")
    show(data, as_json, lambda d: f"Nobody has alert {d['number']} now. Escalation starts again.")


@app.command("add-responder")
def add_responder(
    alert: Id,
    person: Annotated[str, typer.Option(help="A person: name, e-mail address or id.")] = "",
    team: Annotated[str, typer.Option(help="Everybody in a team: name or id.")] = "",
    schedule: Annotated[str, typer.Option(help="Whoever holds a schedule now: name or id.")] = "",
    as_json: Json = False,
) -> None:
    """Add people to an alert, and page them by name."""
    body = {
        "user_id": person_id(person) if person else None,
        "team_id": one(team, call("GET", "/api/v1/teams")["teams"], "team") if team else None,
        "schedule_id": schedule_id(schedule) if schedule else None,
    }
    data = call("POST", f"/api/v1/alerts/{quote(alert)}/responders", body)
    show(data, as_json, lambda d: f"Added and paged: {', '.join(d['added'])}.")


def _promised(data: dict[str, Any]) -> str:
    return f", next sign of life by {local(data['promised_until'])}" if data["promised_until"] else ""


@app.command()
def close(
    alert: Id,
    note: Annotated[str, typer.Option(help="What you say about it.")] = "",
    group: Group = False,
    as_json: Json = False,
) -> None:
    """Close an alert."""
    if group:
        done = call("POST", f"/api/v1/alerts/{quote(alert)}/close-group", {"note": note})
        show(done, as_json, lambda d: f"Closed: {d['closed']}.")
        return
    data = call("POST", f"/api/v1/alerts/{quote(alert)}/close", {"note": note})
    show(data, as_json, lambda d: f"Alert {d['number']} is closed.")


@app.command()
def rate(
    alert: Id,
    answer: Annotated[Answer, typer.Argument(help="Was its page useful?")],
    as_json: Json = False,
) -> None:
    """Say whether an alert's page was useful, or noise. Your last answer counts."""
    data = call("PUT", f"/api/v1/alerts/{quote(alert)}/rating", {"useful": answer is Answer.USEFUL})
    show(data, as_json, lambda d: f"Noted. In all: {d['useful']} useful, {d['noise']} noise.")


def _id_of(data: dict[str, Any]) -> str:
    found = data.get("alerts") or [data]
    return ", ".join(str(a.get("number") or a.get("id")) for a in found)
