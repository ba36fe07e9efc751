"""`tocsin handover`: what is open when a shift changes hands, accepting it, and notes."""

from collections.abc import Mapping
from typing import Annotated, Any

import typer

from tocsin.cli.client import NOT_FOUND, REFUSED, call, stop
from tocsin.cli.lookup import schedule_id
from tocsin.cli.output import Json, local, show, table

app = typer.Typer(no_args_is_help=True, help="Handing a shift over.")
Schedule = Annotated[str, typer.Argument(help="The schedule's name or id.")]


@app.command("show")
def show_(schedule: Schedule, as_json: Json = False) -> None:
    """What is open now, and who takes over."""
    data = call("GET", f"/api/v1/schedules/{schedule_id(schedule)}/handover")
    show(data, as_json, lambda _: "\n\n".join([*_brief(data["brief"]), _handovers(data["handovers"])]))


@app.command()
def accept(
    schedule: Annotated[
        str, typer.Argument(help="The schedule; not needed when only one waits for you.")
    ] = "",
    handover: Annotated[str, typer.Option("--id", help="As a manager: this handover.")] = "",
    as_json: Json = False,
) -> None:
    """Accept your shift: the pager moves to you."""
    wanted = handover or _waiting(schedule_id(schedule) if schedule else "")
    data = call("POST", f"/api/v1/handovers/{wanted}/accept")
    show(data, as_json, lambda d: f"Accepted: {d['to']} has {d['schedule']} until {local(d['ends_at'])}.")


@app.command()
def note(
    schedule: Schedule,
    text: Annotated[str, typer.Argument(help="What the next person should know.")],
    as_json: Json = False,
) -> None:
    """Leave a note for the next person."""
    data = call("POST", f"/api/v1/schedules/{schedule_id(schedule)}/notes", {"text": text})
    show(data, as_json, lambda d: f"The note is in the next brief: {d['id']}.")


@app.command()
def done(
    note_id: Annotated[str, typer.Argument(metavar="NOTE", help="Its id: tocsin handover show.")],
    as_json: Json = False,
) -> None:
    """Take a note out of the brief."""
    call("POST", f"/api/v1/shift-notes/{note_id}/done")
    show({"done": note_id}, as_json, lambda _: "Done.")


def _waiting(schedule: str) -> str:
    """The one that waits for the caller; exits with a sentence when there is none, or several."""
    rows = call("GET", "/api/v1/handovers?waiting=true")["handovers"]
    found = [r for r in rows if schedule in ("", r["schedule_id"])]
    if not found:
        raise stop("No shift waits for you to accept it.", NOT_FOUND)
    if len(found) > 1:
        names = ", ".join(sorted({r["schedule"] for r in found}))
        raise stop(f"Several shifts wait for you ({names}): name the schedule, or use --id.", REFUSED)
    return str(found[0]["id"])


def _brief(brief: Mapping[str, Any]) -> list[str]:
    incidents = [{**i, "due": local(i["update_due_at"])} for i in brief["incidents"]]
    alerts = [
        {**a, "priority": f"P{a['priority']}", "silent": local(a["silent_until"])} for a in brief["alerts"]
    ]
    notes = [{**n, "at": local(n["created_at"])} for n in brief["notes"]]
    quiet = [{**q, "until": local(q["ends_at"])} for q in brief.get("silences", [])]
    parts = [
        (incidents, {"key": "INCIDENT", "status": "STATUS", "summary": "SUMMARY", "due": "UPDATE DUE"}),
        (alerts, {"number": "ALERT", "priority": "", "message": "MESSAGE", "service": "SERVICE", "silent": "SILENT UNTIL"}),
        (quiet, {"kind": "SILENCED", "until": "UNTIL", "about": "WHAT", "reason": "WHY", "owner": "OWNER"}),
        (notes, {"id": "NOTE", "author": "FROM", "text": "TEXT", "at": "LEFT"}),
    ]  # fmt: skip
    return [table(rows, columns, "") for rows, columns in parts if rows] or ["Nothing is open."]


def _handovers(rows: list[dict[str, Any]]) -> str:
    shown = [
        {**r, "starts": local(r["starts_at"]), "state": _state(r)} for r in rows if r["waits"] or r["stands"]
    ][:5]
    columns = {"starts": "FROM", "to": "WHO", "from": "AFTER", "state": "STATE", "id": "ID"}
    return table(shown, columns, "No handover is prepared: the next one is an hour before its shift.")


def _state(row: Mapping[str, Any]) -> str:
    if row["accepted_at"]:
        return "accepted"
    return "waits to be accepted" if row["waits"] else "not accepted" if row["needs_acceptance"] else "-"
