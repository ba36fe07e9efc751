"""`tocsin oncall`: who is on call, and putting somebody else there."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Annotated, Any

import typer

from tocsin.cli.client import REFUSED, call, stop
from tocsin.cli.lookup import moment, person_id, query, schedule_id
from tocsin.cli.output import Json, local, show, table

app = typer.Typer(no_args_is_help=True, help="Who is on call, and covering for each other.")
WEEK = timedelta(weeks=1)
Schedule = Annotated[str, typer.Argument(help="The schedule's name or id.")]
Only = Annotated[str, typer.Option("--schedule", help="Only this schedule, by name or id.")]
From = Annotated[str, typer.Option("--from", help="Start, for example 2027-01-01T09:00.")]
To = Annotated[str, typer.Option("--to", help="End.")]
SHIFTS = {"user_name": "ON CALL", "from": "FROM", "until": "UNTIL", "why": "WHY"}


@app.command()
def now(
    at: Annotated[str, typer.Option(help="Another moment, for example 2027-01-01T09:00.")] = "",
    schedule: Only = "",
    as_json: Json = False,
) -> None:
    """Who is on call now, or at a moment, per schedule."""
    asked = query(at=at and moment(at), schedule=schedule and schedule_id(schedule))
    data = call("GET", f"/api/v1/on-call?{asked}")
    rows = [_row(r) | {"user": _who(r)} for r in data["on_call"]]
    columns = {"schedule": "SCHEDULE", "user": "ON CALL", "time_zone": "ZONE", "until": "UNTIL"}
    show(data, as_json, lambda _: table(rows, columns, "There is no schedule yet."))


@app.command("next")
def next_(schedule: Only = "", as_json: Json = False) -> None:
    """Whose shift begins next, per schedule."""
    asked = query(schedule=schedule and schedule_id(schedule))
    data = call("GET", f"/api/v1/on-call/next?{asked}")
    rows = [_row(r) for r in data["next"]]
    columns = {"schedule": "SCHEDULE", "user": "NEXT", "time_zone": "ZONE", "from": "FROM", "until": "UNTIL"}
    show(data, as_json, lambda _: table(rows, columns, "Nobody is next."))


@app.command()
def final(schedule: Schedule, start: From = "", end: To = "", as_json: Json = False) -> None:
    """Who is on call in a range: a week from now unless told otherwise, a year at most."""
    begins = moment(start) if start else datetime.now().astimezone()
    asked = query(start=begins, end=moment(end) if end else begins + WEEK)
    data = call("GET", f"/api/v1/schedules/{schedule_id(schedule)}/final?{asked}")
    show(data, as_json, lambda d: table(shift_rows(d["final"]), SHIFTS, "Nobody is on call in that time."))


@app.command()
def overrides(schedule: Schedule, start: From = "", end: To = "", as_json: Json = False) -> None:
    """Overrides of a schedule: from now on, a year ahead, unless told otherwise."""
    asked = query(start=start and moment(start), end=end and moment(end))
    data = call("GET", f"/api/v1/schedules/{schedule_id(schedule)}/overrides?{asked}")
    rows = [_row(r) for r in data["overrides"]]
    columns = {"user_name": "ON CALL", "from": "FROM", "until": "UNTIL", "reason": "REASON", "id": "ID"}
    show(data, as_json, lambda _: table(rows, columns, "There is no override."))


@app.command()
def override(
    schedule: Schedule,
    person: Annotated[str, typer.Argument(help="Who is on call instead: name, e-mail address or id.")],
    start: From,
    end: To,
    instead_of: Annotated[str, typer.Option("--for", help="Only where this person would be on call.")] = "",
    reason: Annotated[str, typer.Option(help="Why, for the history.")] = "",
    as_json: Json = False,
) -> None:
    """Put somebody on call for a while."""
    body = {
        "user_id": person_id(person), "starts_at": moment(start).isoformat(), "ends_at": moment(end).isoformat(),
        "replaces": person_id(instead_of) if instead_of else None, "reason": reason,
    }  # fmt: skip
    data = call("POST", f"/api/v1/schedules/{schedule_id(schedule)}/overrides", body)
    show(data, as_json, lambda d: f"Done. To take it back: tocsin oncall take-back {schedule!r} {d['id']}")


@app.command()
def take_back(
    schedule: Schedule,
    override_id: Annotated[str, typer.Argument(metavar="OVERRIDE", help="Its id: tocsin oncall overrides.")],
    as_json: Json = False,
) -> None:
    """Take an override back, from now on."""
    call("DELETE", f"/api/v1/schedules/{schedule_id(schedule)}/overrides/{override_id}")
    show({"id": override_id}, as_json, lambda _: "It is taken back.")


@app.command()
def take(schedule: Schedule, start: From = "", end: To = "", as_json: Json = False) -> None:
    """Take somebody's shift yourself: what is left of the one under way, or a range of it."""
    known = schedule_id(schedule)
    begins = moment(start) if start else datetime.now().astimezone()
    held = call("GET", f"/api/v1/on-call?{query(at=begins, schedule=known)}")["on_call"]
    if len(held) != 1 or not held[0]["user_id"]:
        who = "Several people are" if len(held) > 1 else "Nobody is"
        raise stop(f"{who} on call then: say who with tocsin oncall override.", REFUSED)
    body = {
        "holder_id": held[0]["user_id"], "starts_at": begins.isoformat(),
        "ends_at": moment(end).isoformat() if end else held[0]["ends_at"],
    }  # fmt: skip
    data = call("POST", f"/api/v1/schedules/{known}/take", body)
    show(data, as_json, lambda _: f"It is yours until {local(body['ends_at'])}.")


def shift_rows(shifts: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Final shifts as a table shows them."""
    return [_row(s) | {"why": "override" if s["override_id"] else ""} for s in shifts]


def _row(row: Mapping[str, Any]) -> dict[str, Any]:
    return {**row, "from": local(row["starts_at"]), "until": local(row["ends_at"])}


def _who(row: Mapping[str, Any]) -> str:
    waiting = f" ({row['planned']} has not accepted yet)" if row["planned"] else ""
    return (row["user"] or "nobody") + waiting
