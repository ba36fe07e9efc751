"""`tocsin readiness`: who cannot be reached when their shift comes."""

from typing import Annotated

import typer

from tocsin.cli.client import call
from tocsin.cli.lookup import schedule_id
from tocsin.cli.output import Json, show, table


def readiness(
    schedule: Annotated[
        str, typer.Argument(help="Everybody of this schedule; without it whoever is not ready.")
    ] = "",
    as_json: Json = False,
) -> None:
    """Who has no verified first contact method, or no second one."""
    if schedule:
        data = call("GET", f"/api/v1/schedules/{schedule_id(schedule)}/readiness")
        people = data["people"]
    else:
        data = call("GET", "/api/v1/readiness")
        people = data["not_ready"]
    rows = [
        {
            "user": p["user"],
            "ready": "yes" if p["ready"] else "no",
            "what": " ".join([*p["problems"], *p["notes"]]),
        }
        for p in people
    ]
    columns = {"user": "PERSON", "ready": "READY", "what": "WHAT IS MISSING"}
    show(data, as_json, lambda _: table(rows, columns, "Everybody with a shift within a week is ready."))
