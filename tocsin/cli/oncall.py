"""`tocsin oncall`: who is on call."""

from typing import Annotated
from urllib.parse import quote

import typer

from tocsin.cli.client import call
from tocsin.cli.output import Json, local, show, table

app = typer.Typer(no_args_is_help=True, help="Who is on call.")


@app.command()
def now(
    at: Annotated[str, typer.Option(help="Another moment, for example 2027-01-01T09:00:00+01:00.")] = "",
    as_json: Json = False,
) -> None:
    """Who is on call now, per schedule."""
    data = call("GET", "/api/v1/on-call" + (f"?at={quote(at)}" if at else ""))
    rows = [{**r, "until": local(r["ends_at"]), "user": r["user"] or "nobody"} for r in data["on_call"]]
    columns = {"schedule": "SCHEDULE", "user": "ON CALL", "time_zone": "ZONE", "until": "UNTIL"}
    show(data, as_json, lambda _: table(rows, columns, "There is no schedule yet."))
