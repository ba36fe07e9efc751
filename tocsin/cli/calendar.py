"""`tocsin calendar`: private calendar addresses, and calendars of others as layers."""

from pathlib import Path
from typing import Annotated, Any

import typer

from tocsin.cli.client import REFUSED, call, stop
from tocsin.cli.lookup import one, schedule_id
from tocsin.cli.oncall import Only, Schedule
from tocsin.cli.output import Json, local, show, table

app = typer.Typer(no_args_is_help=True, help="Calendars: see shifts in yours, fill schedules from others.")
_STATE = {"name": "CALENDAR", "id": "ID", "events": "EVENTS", "unmatched": "NAME NOBODY", "state": "STATE"}


@app.command()
def feed(
    team: Annotated[str, typer.Option(help="All schedules of this team, by name or id.")] = "",
    schedule: Only = "",
    new: Annotated[bool, typer.Option("--new", help="Another address; the old one ends.")] = False,
    remove: Annotated[bool, typer.Option("--remove", help="End the address.")] = False,
    as_json: Json = False,
) -> None:
    """Print the private address of a calendar: of your own shifts, a team's or a schedule's."""
    body = {
        "team_id": one(team, call("GET", "/api/v1/teams")["teams"], "team") if team else None,
        "schedule_id": schedule_id(schedule) if schedule else None,
    }
    there = _there(body) if new or remove else None
    if remove:
        if there is not None:
            call("DELETE", f"/api/v1/calendar-feeds/{there}")
        show(
            {"id": there},
            as_json,
            lambda d: "The address shows nothing any more." if d["id"] else "There is none.",
        )
        return
    if there is not None:
        data = call("POST", f"/api/v1/calendar-feeds/{there}/renew")
    else:
        data = call("POST", "/api/v1/calendar-feeds", body)
    show(data, as_json, lambda d: str(d["address"]))


def _there(body: dict[str, str | None]) -> str | None:
    found = call("GET", "/api/v1/calendar-feeds")["feeds"]
    return next(
        (
            f["id"]
            for f in found
            if (f["team_id"], f["schedule_id"]) == (body["team_id"], body["schedule_id"])
        ),
        None,
    )


@app.command("import")
def import_(
    schedule: Schedule,
    source: Annotated[str, typer.Argument(help="A file, or an address: https:// or webcal://.")],
    name: Annotated[str, typer.Option(help="Of the new layer.")] = "",
    layer: Annotated[str, typer.Option(help="Replace the events of this layer, by name or id.")] = "",
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what it would bring, and save nothing.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Make a calendar the top layer of a schedule. An address is asked again every hour."""
    known, body = schedule_id(schedule), _source(source)
    if dry_run:
        found = call("POST", f"/api/v1/schedules/{known}/calendars/preview", body)
        show(found, as_json, _previewed)
    elif layer:
        if "text" not in body:
            raise stop("Only a file takes the place of a file.", REFUSED)
        rotation = _layer(known, layer)
        data = call("PUT", f"/api/v1/schedules/{known}/calendars/{rotation}", body)
        show(data, as_json, lambda d: f"{d['events']} events are stored.")
    else:
        data = call("POST", f"/api/v1/schedules/{known}/calendars", body | {"name": name})
        show(data, as_json, lambda _: "The calendar is the top layer now.")


def _source(source: str) -> dict[str, str]:
    if source.lower().startswith(("https://", "http://", "webcal://")):
        return {"url": source}
    return {"text": Path(source).read_text(encoding="utf-8-sig", errors="replace")}


def _layer(schedule: str, text: str) -> str:
    layers = call("GET", f"/api/v1/schedules/{schedule}/calendars")["calendars"]
    return next((x["id"] for x in layers if x["id"] == text), None) or one(text, layers, "calendar")


def _previewed(found: dict[str, Any]) -> str:
    rows = [
        {**e, "from": local(e["starts_at"]), "until": local(e["ends_at"]), "user": e["user"] or "nobody here"}
        for e in found["events"]
    ]
    columns = {"from": "FROM", "until": "UNTIL", "who": "IN THE CALENDAR", "user": "ON CALL"}
    lines = [table(rows, columns, "It has no coming events.")]
    if found["unmatched"]:
        lines.append(f"Names nobody here: {'; '.join(found['unmatched'][:10])}.")
    return "\n\n".join([*lines, "Nothing was saved."])


@app.command("list")
def list_(schedule: Schedule, as_json: Json = False) -> None:
    """The calendars that fill a schedule, and how the last look at them went."""
    data = call("GET", f"/api/v1/schedules/{schedule_id(schedule)}/calendars")
    rows = [x | {"state": _state(x)} for x in data["calendars"]]
    show(data, as_json, lambda _: table(rows, _STATE, "No calendar fills this schedule."))


def _state(layer: dict[str, Any]) -> str:
    if layer["refresh_error"]:
        return str(layer["refresh_error"])
    return f"read {local(layer['refreshed_at'])}" if layer["source_url"] else "from a file"


@app.command()
def refresh(schedule: Schedule, as_json: Json = False) -> None:
    """Have the calendars of a schedule asked again now."""
    data = call("POST", f"/api/v1/schedules/{schedule_id(schedule)}/calendars/refresh")
    show(data, as_json, lambda d: f"{d['asked']} are being asked. See: tocsin calendar list.")
