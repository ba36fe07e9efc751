"""`tocsin heartbeat`: what should report regularly."""

from collections.abc import Mapping
from typing import Annotated, Any

import typer

from tocsin.cli.client import REFUSED, call, stop
from tocsin.cli.lookup import one
from tocsin.cli.output import Json, local, show, table

app = typer.Typer(no_args_is_help=True, help="Heartbeats: make, look, ping, pause.")
Named = Annotated[str, typer.Argument(help="Its name, or a part of it that no other has.")]
UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}


@app.command("list")
def list_(as_json: Json = False) -> None:
    """All heartbeats, the missed ones first. Exits with 1 when one is missed."""
    data = call("GET", "/api/v1/heartbeats")
    rows = [h | {"heard": local(h["last_ping_at"]) or "never"} for h in data["heartbeats"]]
    columns = {"name": "HEARTBEAT", "state": "STATE", "heard": "HEARD", "service_name": "SERVICE"}
    show(data, as_json, lambda _: table(rows, columns, "There is no heartbeat yet."))
    if any(h["state"] == "missed" for h in data["heartbeats"]):
        raise typer.Exit(REFUSED)


@app.command()
def create(
    name: Annotated[str, typer.Argument(help="What reports, for example Nightly backup.")],
    every: Annotated[str, typer.Option(help="How often at least: 90s, 5m, 2h, 1d.")],
    grace: Annotated[str, typer.Option(help="How late it may be.")] = "1m",
    priority: Annotated[int, typer.Option(help="Of the alert when it is missed: 1 to 5.")] = 3,
    service: Annotated[str, typer.Option(help="Name of the service that it is about: who is paged.")] = "",
    as_json: Json = False,
) -> None:
    """Create a heartbeat and print the address to ping. It is watched from its first ping on."""
    body: dict[str, Any] = {
        "name": name, "interval_s": _seconds(every), "grace_s": _seconds(grace), "priority": priority,
    }  # fmt: skip
    if service:
        body["service_id"] = one(service, call("GET", "/api/v1/services")["services"], "service")
    show(call("POST", "/api/v1/heartbeats", body), as_json, lambda d: str(d["url"]))


@app.command()
def ping(heartbeat: Named, as_json: Json = False) -> None:
    """Say that it is alive."""
    data = call("POST", f"/api/v1/heartbeats/{_id(heartbeat)}/ping")
    show(data, as_json, lambda d: f"{d['name']} is {d['state']}.")


@app.command()
def pause(heartbeat: Named, as_json: Json = False) -> None:
    """Expect nothing until it is resumed."""
    data = call("POST", f"/api/v1/heartbeats/{_id(heartbeat)}/pause")
    show(data, as_json, lambda d: f"{d['name']} is {d['state']}.")


@app.command()
def resume(heartbeat: Named, as_json: Json = False) -> None:
    """Watch it again, from its next ping on."""
    data = call("POST", f"/api/v1/heartbeats/{_id(heartbeat)}/resume")
    show(data, as_json, lambda d: f"{d['name']} is {d['state']}.")


@app.command()
def archive(
    heartbeat: Named,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    as_json: Json = False,
) -> None:
    """Take a heartbeat out of use."""
    known = _id(heartbeat)
    if not yes:
        typer.confirm(
            f"Its address ends, and nobody is told when {heartbeat} is silent. Archive it?",
            abort=True,
            err=True,
        )
    call("DELETE", f"/api/v1/heartbeats/{known}")
    show({"id": known}, as_json, lambda _: f"{heartbeat} is archived.")


def _id(text: str) -> str:
    rows: list[Mapping[str, Any]] = call("GET", "/api/v1/heartbeats")["heartbeats"]
    return text if any(row["id"] == text for row in rows) else one(text, rows, "heartbeat")


def _seconds(text: str) -> int:
    number, unit = text[:-1], text[-1:].lower()
    if unit not in UNITS or not number.isdecimal() or len(number) > 9:
        raise stop(f"{text} is no length of time: write 90s, 5m, 2h or 1d.", REFUSED)
    return int(number) * UNITS[unit]
