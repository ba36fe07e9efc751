"""`tocsin schedule`: schedules as files, reviewed before they are saved."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import orjson
import typer

from tocsin.cli import schedule_file
from tocsin.cli.client import REFUSED, call, stop
from tocsin.cli.lookup import person_id, schedule_id
from tocsin.cli.oncall import SHIFTS, Schedule, shift_rows
from tocsin.cli.output import Json, local, show, table

app = typer.Typer(no_args_is_help=True, help="Schedules: look, export, import, check.")


@app.command("list")
def list_(as_json: Json = False) -> None:
    """All schedules in use."""
    data = call("GET", "/api/v1/schedules")
    columns = {
        "name": "SCHEDULE",
        "time_zone": "ZONE",
        "layers": "LAYERS",
        "team_name": "TEAM",
        "not_computed": "PROBLEM",
    }
    show(data, as_json, lambda d: table(d["schedules"], columns, "There is no schedule yet."))


@app.command("show")
def show_(schedule: Schedule, as_json: Json = False) -> None:
    """One schedule with its layers."""
    data = call("GET", f"/api/v1/schedules/{schedule_id(schedule)}")
    show(data, as_json, lambda d: _described(schedule_file.for_people(d), d["not_computed"]))


@app.command()
def export(
    schedule: Schedule,
    output: Annotated[Path | None, typer.Option("--output", "-o", help="Write to this file.")] = None,
    as_json: Json = False,
) -> None:
    """Print a schedule as JSON, people by e-mail address: what import takes back."""
    _written(
        schedule_file.for_people(call("GET", f"/api/v1/schedules/{schedule_id(schedule)}")), output, as_json
    )


def _written(data: Mapping[str, Any], output: Path | None, as_json: bool) -> None:
    """To a file, or printed."""
    if output is None:
        show(data, True, str)
        return
    output.write_bytes(orjson.dumps(data, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE))
    show({"file": str(output)}, as_json, lambda d: f"Written to {d['file']}.")


@app.command("follow-the-sun")
def follow_the_sun(
    name: Annotated[str, typer.Argument(help="What the schedule is called.")],
    site: Annotated[
        list[str],
        typer.Option(
            help="Name, zone, start of its day, then its people in order: "
            "'Dublin, Europe/Dublin, 08:00, ana@example.org, ben@example.org'. Once per site, as the sun reaches them."
        ),
    ],
    output: Annotated[Path | None, typer.Option("--output", "-o", help="Write to this file.")] = None,
    as_json: Json = False,
) -> None:
    """Print a schedule that follows the sun, for import to look at (--dry-run) and to save. Nothing is saved yet."""
    sites = [_site(text) for text in site]
    layers = call("POST", "/api/v1/schedules/templates/follow-the-sun", {"sites": sites})["rotations"]
    whole = {"name": name, "time_zone": sites[0]["time_zone"], "team_id": None, "rotations": layers}
    _written(schedule_file.for_people(whole), output, as_json)


def _site(text: str) -> dict[str, Any]:
    name, *rest = (part.strip() for part in text.split(","))
    if len(rest) < 3:
        raise stop(
            f"{text}: a site is its name, zone, start of the day and people, with commas between.", REFUSED
        )
    zone, begins, *people = rest
    return {"name": name, "time_zone": zone, "begins": begins, "people": [person_id(p) for p in people]}


@app.command("import")
def import_(
    file: Annotated[Path, typer.Argument(help="A JSON file as export prints it.")],
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would change, and save nothing.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Create a schedule from a file, or change the one of its id or name. Refused when somebody else changed it since
    it was exported."""
    data = schedule_file.read(file)
    body = schedule_file.for_api(data)
    there = _there(data)
    if dry_run:
        found = (
            call("POST", f"/api/v1/schedules/{there['id']}/preview", body)
            if there
            else call("POST", "/api/v1/schedules/preview", body)
        )
        show(found, as_json, _previewed)
    elif there:
        body["version"] = data.get("version", there["version"])
        saved = call("PUT", f"/api/v1/schedules/{there['id']}", body)
        show(saved, as_json, lambda d: f"{body.get('name')} is changed: version {d['version']}.")
    else:
        saved = call("POST", "/api/v1/schedules", body)
        show(saved, as_json, lambda _: f"{body.get('name')} is created.")


@app.command()
def archive(
    schedule: Schedule,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    as_json: Json = False,
) -> None:
    """Take a schedule out of use; its past stays."""
    known = schedule_id(schedule)
    if not yes:
        typer.confirm(f"Nobody will be on call for {schedule} any more. Archive it?", abort=True, err=True)
    call("DELETE", f"/api/v1/schedules/{known}")
    show({"id": known}, as_json, lambda _: f"{schedule} is archived.")


@app.command()
def check(schedule: Schedule, as_json: Json = False) -> None:
    """What is wrong with a schedule within 52 weeks. Exits with 1 when there is a problem, not for mere warnings."""
    data = call("GET", f"/api/v1/schedules/{schedule_id(schedule)}/findings")
    show(data, as_json, lambda d: _findings(d["findings"]) or "Nothing was found.")
    if any(f["grade"] == "problem" for f in data["findings"]):
        raise typer.Exit(REFUSED)


def _there(data: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """The schedule that a file is about: by its id, else by its whole name."""
    found = call("GET", "/api/v1/schedules")["schedules"]
    name = str(data.get("name", "")).strip().lower()
    by_id = (s for s in found if s["id"] == data.get("id"))
    return next(by_id, next((s for s in found if s["name"].lower() == name), None))


def _described(schedule: Mapping[str, Any], problem: str | None) -> str:
    rows = [
        {
            **layer, "name": layer["name"] or f"layer {number}", "turns": f"{layer['length']} {layer['kind']}",
            "zone": layer["time_zone"] or schedule["time_zone"],
            "people": ", ".join(p.get("user") or p.get("team") or "nobody" for p in layer["participants"]),
        }
        for number, layer in enumerate(schedule["rotations"], 1)
    ]  # fmt: skip
    columns = {"name": "LAYER", "turns": "TURNS", "handoff_time": "AT", "zone": "ZONE", "people": "PEOPLE"}
    head = (
        f"{schedule['name']}, {schedule['time_zone']}, {schedule['coverage']}, version {schedule['version']}"
    )
    return "\n".join([head, *([problem] if problem else []), "", table(rows, columns, "It has no layers.")])


def _previewed(found: Mapping[str, Any]) -> str:
    changes = [
        f"  {c['user_name']} {'gains' if c['gains'] else 'loses'} {local(c['starts_at'])} to {local(c['ends_at'])}"
        for c in found["changes"]
    ]
    parts = [
        table(shift_rows(found["final"]), SHIFTS, "Nobody would be on call in the next four weeks."),
        "\n".join(["Changes:", *changes]) if changes else "",
        _findings(found["findings"]),
        "Nothing was saved.",
    ]
    return "\n\n".join(part for part in parts if part)


def _findings(findings: list[Mapping[str, Any]]) -> str:
    return "\n".join(f"{f['grade']}: {f['sentence']}" for f in findings)
