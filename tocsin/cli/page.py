"""`tocsin page`: wake somebody by name, and wait for the answer."""

import time
from typing import Annotated, Any

import typer

from tocsin.cli.client import REFUSED, call, stop
from tocsin.cli.output import Json, show

POLL_S = 2.0


def page(
    target: Annotated[
        str, typer.Argument(help="A person (name or mail), schedule, team, service or policy.")
    ],
    message: Annotated[
        str, typer.Argument(help="What it is about, in one line. May be left out for an incident.")
    ] = "",
    priority: Annotated[str, typer.Option(help="P1 to P5; P4 and P5 do not wake.")] = "P2",
    incident: Annotated[str, typer.Option(help="Key of the incident that it is for.")] = "",
    wait: Annotated[
        bool, typer.Option("--wait", help="Follow it until somebody answers. Ends with 1 when nobody does.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Page whoever goes by a name, at once: tocsin page "database on-call" "replica lag grows"."""
    body = {"target": target, "message": message, "priority": priority.upper(), "incident": incident}
    sent = call("POST", "/api/v1/pages", {k: v for k, v in body.items() if v})
    if not wait:
        show(sent, as_json, lambda d: f"{d['sentence']} {d['url']}")
        return
    if not as_json:
        typer.echo(f"{sent['sentence']} {sent['url']}")
    alert = _answered(sent["number"], quiet=as_json)
    by = alert["acknowledged_by"] or alert["closed_by"]
    show(
        sent | {"state": alert["state"], "by": by},
        as_json,
        lambda d: f"{d['by']} has it." if alert["acknowledged_by"] else f"Closed by {d['by']}.",
    )


def _answered(number: int, *, quiet: bool) -> dict[str, Any]:
    """The alert, once somebody has it or has closed it; says meanwhile who is paged. Exits with 1 when nobody answers."""
    told: set[str] = set()
    while True:
        alert: dict[str, Any] = call("GET", f"/api/v1/alerts/{number}")
        if alert["acknowledged_by"] or alert["closed_by"]:
            return alert
        for line in _news(call("GET", f"/api/v1/alerts/{number}/ledger"), told):
            if not quiet:
                typer.echo(line)
        if any(
            e["kind"] == "page_unanswered" for e in call("GET", f"/api/v1/alerts/{number}/entries")["entries"]
        ):
            raise stop(f"Nobody answered #{number}.", REFUSED)
        time.sleep(POLL_S)


def _news(ledger: dict[str, Any], told: set[str]) -> list[str]:
    """One line for each message and state that was not told yet."""
    lines = []
    for page in ledger["pages"]:
        for delivery in page["deliveries"]:
            key = f"{delivery['id']} {delivery['state']}"
            if key not in told and delivery["purpose"] == "page":
                told.add(key)
                error = f" ({delivery['error']})" if delivery["error"] else ""
                lines.append(
                    f"  {page['page']['user_name']}, {delivery['transport'] or 'no way'}: {delivery['state']}{error}"
                )
    return lines
