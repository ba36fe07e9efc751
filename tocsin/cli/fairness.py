"""`tocsin fairness`: how the load of being on call is spread; `tocsin relief`: hand over when tired."""

from typing import Annotated, Any

import typer

from tocsin.cli.client import call
from tocsin.cli.lookup import person_id, query, schedule_id
from tocsin.cli.output import Json, show, table

_COLUMNS = {
    "user": "PERSON", "time_zone": "ZONE", "hours": "HOURS", "planned": "PLANNED", "nights": "NIGHTS",
    "weekend_hours": "WEEKEND", "holidays": "HOLIDAYS", "pages": "PAGES", "night_pages": "AT NIGHT",
    "woken_hours": "WOKEN",
}  # fmt: skip


def fairness(
    quarter: Annotated[str, typer.Argument(help="For example 2026Q4; without it the present one.")] = "",
    schedule: Annotated[str, typer.Option(help="Only this schedule.")] = "",
    as_json: Json = False,
) -> None:
    """Hours, nights, weekends and pages per person of a quarter; planned hours apart."""
    wanted = query(quarter=quarter, schedule=schedule_id(schedule) if schedule else None)
    data = call("GET", "/api/v1/on-call/fairness" + f"?{wanted}")
    rows = [_row(person) for person in data["people"]]
    show(data, as_json, lambda _: table(rows, _COLUMNS, f"Nobody was on call in {data['quarter']}."))


def _row(person: dict[str, Any]) -> dict[str, Any]:
    done = {k: round(v, 1) for k, v in person["done"].items()}
    return {**person, **done, "planned": round(person["planned"]["hours"], 1)}


def tired(as_json: Json = False) -> None:
    """Who on call is tired, and who could take over."""
    data = call("GET", "/api/v1/on-call/fatigue")
    columns = {
        "schedule_name": "SCHEDULE", "user_name": "TIRED", "why": "WHY", "relief_name": "COULD TAKE OVER", "asked": "ASKED",
    }  # fmt: skip
    show(data, as_json, lambda _: table(data["tired"], columns, "Nobody is tired."))


def relief(
    schedule: Annotated[str, typer.Argument(help="The schedule.")],
    user: Annotated[str, typer.Option(help="Somebody else, as a manager.")] = "",
    as_json: Json = False,
) -> None:
    """Ask the best awake person of the schedule to take over when you are tired."""
    body = {"schedule_id": schedule_id(schedule), "user_id": person_id(user) if user else None}
    data = call("POST", "/api/v1/on-call/relief", body)
    show(data, as_json, lambda d: f"{d['asked']} was asked. You stay on call until they say yes.")


def add_to(app: typer.Typer) -> None:
    """Adds the commands."""
    for command in (fairness, tired, relief):
        app.command()(command)
