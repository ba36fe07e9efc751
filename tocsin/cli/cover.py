"""`tocsin cover`: asking somebody to take a shift, answering, a leave, and a schedule's history."""

from collections.abc import Mapping
from typing import Annotated, Any

import typer

from tocsin.cli.client import REFUSED, call, stop
from tocsin.cli.lookup import moment, person_id, query, schedule_id
from tocsin.cli.output import Json, local, show, table

app = typer.Typer(no_args_is_help=True, help="Swaps, leaves, and the history of schedules.")
Schedule = Annotated[str, typer.Argument(help="The schedule's name or id.")]
Request = Annotated[str, typer.Argument(metavar="REQUEST", help="Its id: tocsin cover list.")]
From = Annotated[str, typer.Option("--from", help="Start, for example 2027-01-01T09:00.")]
To = Annotated[str, typer.Option("--to", help="End.")]
Absent = Annotated[str, typer.Option("--for", help="As a manager: for this person, who is away.")]


@app.command("list")
def list_(
    waiting: Annotated[bool, typer.Option("--waiting", help="Only those that wait for you.")] = False,
    as_json: Json = False,
) -> None:
    """Requests to take a shift."""
    data = call("GET", f"/api/v1/swaps?{query(waiting='true' if waiting else '')}")
    rows = [_row(r) for r in data["swaps"]]
    columns = {
        "schedule": "SCHEDULE", "from": "SHIFT OF", "starts": "FROM", "ends": "UNTIL", "asked": "ASKED",
        "state": "STATE", "id": "ID",
    }  # fmt: skip
    show(data, as_json, lambda _: table(rows, columns, "Nobody is asking."))


@app.command()
def ask(
    schedule: Schedule,
    start: From,
    end: To,
    person: Annotated[
        str, typer.Option("--of", help="Whom to ask; without it, everybody in the schedule.")
    ] = "",
    return_start: Annotated[str, typer.Option("--return-from", help="Start of a shift in return.")] = "",
    return_end: Annotated[str, typer.Option("--return-to", help="End of it.")] = "",
    absent: Absent = "",
    note: Annotated[str, typer.Option(help="A word with it.")] = "",
    as_json: Json = False,
) -> None:
    """Ask somebody to take your shift, or a part of it."""
    body = {
        "starts_at": moment(start).isoformat(), "ends_at": moment(end).isoformat(), "note": note,
        "to_user_id": person_id(person) if person else None, "from_user_id": person_id(absent) if absent else None,
        "return_starts_at": moment(return_start).isoformat() if return_start else None,
        "return_ends_at": moment(return_end).isoformat() if return_end else None,
    }  # fmt: skip
    data = call("POST", f"/api/v1/schedules/{schedule_id(schedule)}/swaps", body)
    show(
        data, as_json, lambda d: f"Asked {d['to'] or 'everybody in the schedule'}. The request is {d['id']}."
    )


@app.command()
def accept(request: Request, absent: Absent = "", as_json: Json = False) -> None:
    """Take the shift that somebody asks about."""
    data = call("POST", f"/api/v1/swaps/{request}/accept", _as(absent))
    show(data, as_json, lambda d: f"{d['taken_by']} takes it, from {local(d['starts_at'])}.")


@app.command()
def decline(request: Request, absent: Absent = "", as_json: Json = False) -> None:
    """Say no."""
    data = call("POST", f"/api/v1/swaps/{request}/decline", _as(absent))
    show(data, as_json, lambda d: f"Declined. {d['from']} is told.")


@app.command()
def withdraw(request: Request, as_json: Json = False) -> None:
    """Take a request back."""
    data = call("POST", f"/api/v1/swaps/{request}/withdraw")
    show(data, as_json, lambda _: "Withdrawn.")


@app.command()
def leave(
    start: From,
    end: To,
    absent: Absent = "",
    reason: Annotated[str, typer.Option(help="Why, for the histories.")] = "",
    yes: Annotated[bool, typer.Option("--yes", help="Put the suggested people in, all at once.")] = False,
    as_json: Json = False,
) -> None:
    """Shifts in these days and who could cover each; with --yes they do."""
    who = person_id(absent) if absent else None
    asked = query(start=moment(start), end=moment(end), user_id=who)
    data = call("GET", f"/api/v1/leave?{asked}")
    if yes:
        data = data | _cover(data["shifts"], who, reason)
    rows = [_leave_row(s) for s in data["shifts"]]
    columns = {"schedule": "SCHEDULE", "starts": "FROM", "ends": "UNTIL", "cover": "COVER", "also": "OR"}
    show(data, as_json, lambda _: table(rows, columns, "There is no shift in that time."))


def _cover(shifts: list[dict[str, Any]], who: str | None, reason: str) -> dict[str, Any]:
    """Saves the suggestions; refuses to leave a shift without anybody."""
    if not shifts:
        return {}
    covers: dict[str, list[dict[str, Any]]] = {}
    for shift in shifts:
        if shift["choice"] is None:
            raise stop(f"Nobody is free for {shift['schedule']} from {local(shift['starts_at'])}.", REFUSED)
        one = {"user_id": shift["choice"], "starts_at": shift["starts_at"], "ends_at": shift["ends_at"]}
        covers.setdefault(shift["schedule_id"], []).append(one)
    answer: dict[str, Any] = call(
        "POST", "/api/v1/leave", {"covers": covers, "user_id": who, "reason": reason}
    )
    return answer


@app.command()
def history(
    schedule: Schedule,
    before: Annotated[int | None, typer.Option(help="Only changes with a lower number.", min=1)] = None,
    as_json: Json = False,
) -> None:
    """What happened to a schedule, the newest first."""
    data = call("GET", f"/api/v1/schedules/{schedule_id(schedule)}/history?{query(before=before)}")
    rows = [_change(c) for c in data["changes"]]
    columns = {"seq": "NO", "when": "WHEN", "actor": "WHO", "text": "WHAT", "undo": "UNDO"}
    show(data, as_json, lambda _: table(rows, columns, "Nothing happened yet."))


@app.command()
def undo(
    schedule: Schedule,
    number: Annotated[int, typer.Argument(help="The number of the change: tocsin cover history.")],
    as_json: Json = False,
) -> None:
    """Undo one change, from now on."""
    call("POST", f"/api/v1/schedules/{schedule_id(schedule)}/history/{number}/undo")
    show({"undone": number}, as_json, lambda _: "Undone, from now on.")


def _as(absent: str) -> dict[str, Any]:
    return {"as_user": person_id(absent) if absent else None}


def _row(swap: Mapping[str, Any]) -> dict[str, Any]:
    asked = swap["to"] or (", ".join(swap["waits_for"]) if swap["state"] == "open" else swap["taken_by"])
    return {**swap, "starts": local(swap["starts_at"]), "ends": local(swap["ends_at"]), "asked": asked}


def _leave_row(shift: Mapping[str, Any]) -> dict[str, Any]:
    free = [c for c in shift["candidates"] if not c["busy"]]
    chosen = next((c["name"] for c in free if c["user_id"] == shift["choice"]), "nobody is free")
    others = ", ".join(c["name"] for c in free if c["user_id"] != shift["choice"] and c["in_schedule"])
    return {
        **shift, "starts": local(shift["starts_at"]), "ends": local(shift["ends_at"]), "cover": chosen,
        "also": others,
    }  # fmt: skip


def _change(change: Mapping[str, Any]) -> dict[str, Any]:
    undo = "undone" if change["undone"] else "yes" if change["undoable"] else ""
    return {**change, "when": local(change["at"]), "undo": undo}
