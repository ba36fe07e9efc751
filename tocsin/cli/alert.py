"""`tocsin alert`: send, list, acknowledge, close."""

from typing import Annotated, Any
from urllib.parse import quote

import typer

from tocsin.cli.client import call
from tocsin.cli.output import Json, local, show, table

app = typer.Typer(no_args_is_help=True, help="Send and answer alerts.")
Id = Annotated[str, typer.Argument(help="The alert's number or id.")]


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
    alert: Id, note: Annotated[str, typer.Option(help="What you say about it.")] = "", as_json: Json = False
) -> None:
    """Acknowledge an alert: you have it, nobody else is paged."""
    data = call("POST", f"/api/v1/alerts/{quote(alert)}/acknowledge", {"note": note})
    show(data, as_json, lambda d: f"Alert {d['number']} is yours since {local(d['acknowledged_at'])}.")


@app.command()
def close(
    alert: Id, note: Annotated[str, typer.Option(help="What you say about it.")] = "", as_json: Json = False
) -> None:
    """Close an alert."""
    data = call("POST", f"/api/v1/alerts/{quote(alert)}/close", {"note": note})
    show(data, as_json, lambda d: f"Alert {d['number']} is closed.")


def _id_of(data: dict[str, Any]) -> str:
    found = data.get("alerts") or [data]
    return ", ".join(str(a.get("number") or a.get("id")) for a in found)
