"""`tocsin me`: how you are reached, and when you are left alone."""

from typing import Annotated, Any

import typer

from tocsin.cli.client import REFUSED, call, stop
from tocsin.cli.lookup import in_time, moment, query
from tocsin.cli.output import Json, local, show

app = typer.Typer(no_args_is_help=True, help="How you are reached, and when you are left alone.")


@app.command()
def reach(
    at: Annotated[
        str, typer.Option(help="At which moment: 2027-01-01T03:12. Now unless told otherwise.")
    ] = "",
    as_json: Json = False,
) -> None:
    """What a page would do to you."""
    data = call("GET", f"/api/v1/me/reach?{query(at=moment(at) if at else None)}")
    show(data, as_json, _words)


@app.command()
def dnd(
    length: Annotated[str, typer.Argument(help="How long: 30m, 2h, 1d; or off.")], as_json: Json = False
) -> None:
    """Do not disturb: what is not urgent waits. What is urgent always reaches you."""
    data = call("PUT", "/api/v1/me/do-not-disturb", {"until": None if length == "off" else in_time(length)})
    show(data, as_json, _words)


@app.command("quiet-hours")
def quiet_hours(
    hours: Annotated[str, typer.Argument(help="Every day on your clock: 22:00-07:00; or off.")],
    as_json: Json = False,
) -> None:
    """Hours of every day at which what is not urgent waits."""
    starts, dash, ends = hours.partition("-")
    if hours != "off" and not (starts and dash and ends):
        raise stop(f"{hours} are no hours: write 22:00-07:00, or off.", REFUSED)
    body = (
        {"quiet_from": None, "quiet_to": None} if hours == "off" else {"quiet_from": starts, "quiet_to": ends}
    )
    show(call("PUT", "/api/v1/me/quiet-hours", body), as_json, _words)


def _words(data: dict[str, Any]) -> str:
    lines = [one["sentence"] for one in data["reach"]]
    lines += [
        f"Nothing works for {one['urgency']} urgency on this server."
        for one in data["reach"]
        if not one["working"]
    ]
    if data["do_not_disturb_until"]:
        lines.append(f"Do not disturb until {local(data['do_not_disturb_until'])}.")
    if data["quiet_from"]:
        lines.append(f"Quiet hours {data['quiet_from'][:5]} to {data['quiet_to'][:5]}, {data['time_zone']}.")
    return "\n".join(lines)
