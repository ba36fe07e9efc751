"""`tocsin silence`: what pages nobody for a while."""

from datetime import datetime
from typing import Annotated, Any

import typer

from tocsin.alerts.silence_model import matcher_from
from tocsin.cli.client import REFUSED, call, stop
from tocsin.cli.lookup import lasting, moment, one, person_id
from tocsin.cli.output import Json, local, show, table

app = typer.Typer(no_args_is_help=True, help="Silences and maintenance: add, look, extend, end.")
Ref = Annotated[
    str, typer.Argument(metavar="SILENCE", help="Its id, or the last letters of it: tocsin silence list.")
]


@app.command("list")
def list_(
    every: Annotated[bool, typer.Option("--all", help="Also those that are over.")] = False,
    as_json: Json = False,
) -> None:
    """Silences that are quiet now or to come, with how many alerts they keep quiet."""
    data = call("GET", "/api/v1/silences")
    if not every:
        data["silences"] = [s for s in data["silences"] if s["state"] != "past"]
    rows = [
        s | {"id": s["id"][-8:], "until": local(s["active_until"] or s["ends_at"])} for s in data["silences"]
    ]
    columns = {
        "id": "ID", "state": "STATE", "until": "UNTIL", "alerts_now": "SILENCED", "owner_name": "OWNER", "reason": "REASON",
        "about": "ABOUT",
    }  # fmt: skip
    show(data, as_json, lambda _: table(rows, columns, "Nothing is silenced."))


@app.command()
def add(
    reason: Annotated[str, typer.Option("--reason", "-r", help="Why. Others will ask.")],
    matchers: Annotated[
        list[str] | None,
        typer.Argument(
            help="Conditions, all must hold: priority=P3, alias!=x, details.host=~db-.*, message*=timeout."
        ),
    ] = None,
    length: Annotated[str, typer.Option("--for", help="How long: 30m, 4h, 2d.")] = "",
    until: Annotated[str, typer.Option(help="Or until when: 2027-01-01T09:00.")] = "",
    start: Annotated[str, typer.Option("--from", help="When it begins; now unless told otherwise.")] = "",
    service: Annotated[
        list[str] | None, typer.Option(help="Only alerts of this service; may be repeated.")
    ] = None,
    maintenance: Annotated[
        bool, typer.Option("--maintenance", help="Of services, and shown on their pages.")
    ] = False,
    owner: Annotated[
        str, typer.Option(help="Whose it is: name, e-mail address or id. You unless told otherwise.")
    ] = "",
    link: Annotated[str, typer.Option(help="Where more is said, https://…")] = "",
    go_on: Annotated[bool, typer.Option("--only-new", help="Open alerts that match go on paging.")] = False,
    everything: Annotated[bool, typer.Option("--everything", help="It may match every alert.")] = False,
    as_json: Json = False,
) -> None:
    """Silence alerts: they are kept and shown, and page nobody until it ends."""
    begins = moment(start) if start else None
    body: dict[str, Any] = {
        "reason": reason, "link": link, "kind": "maintenance" if maintenance else "silence", "quieten": not go_on,
        "confirmed": everything, "matchers": [_matcher(text) for text in matchers or []],
        "starts_at": begins.isoformat() if begins else None, "ends_at": _end(begins, length, until).isoformat(),
        "owner_id": person_id(owner) if owner else None,
    }  # fmt: skip
    if service:
        known = call("GET", "/api/v1/services")["services"]
        body["service_ids"] = [one(name, known, "service") for name in service]
    data = call("POST", "/api/v1/silences", body)
    show(
        data,
        as_json,
        lambda d: (
            f"Silenced until {local(d['active_until'] or d['ends_at'])}: {d['about']}. To end it: tocsin silence end {d['id'][-8:]}"
        ),
    )


@app.command()
def extend(
    silence: Ref,
    length: Annotated[str, typer.Option("--for", help="How long from now: 30m, 4h, 2d.")],
    as_json: Json = False,
) -> None:
    """Give a silence another end, from now on."""
    body = {"until": _end(None, length, "").isoformat()}
    data = call("POST", f"/api/v1/silences/{_id(silence)}/extend", body)
    show(data, as_json, lambda d: f"It ends {local(d['ends_at'])}.")


@app.command()
def end(silence: Ref, as_json: Json = False) -> None:
    """End a silence now: alerts under it that are still open page at once."""
    data = call("POST", f"/api/v1/silences/{_id(silence)}/end")
    show(data, as_json, lambda d: f"It is over: {d['reason']}")


def _matcher(text: str) -> dict[str, str]:
    try:
        found = matcher_from(text)
    except ValueError as error:
        raise stop(f"{text}: {error}", REFUSED) from None
    return {"field": found.field, "operator": str(found.operator), "value": found.value}


def _end(begins: datetime | None, length: str, until: str) -> datetime:
    if bool(length) == bool(until):
        raise stop("Say how long with --for, or until when with --until.", REFUSED)
    if until:
        return moment(until)
    return (begins or datetime.now().astimezone()) + lasting(length)


def _id(text: str) -> str:
    rows = call("GET", "/api/v1/silences")["silences"]
    found = [row["id"] for row in rows if text and row["id"].endswith(text.lower())]
    if len(found) != 1:
        raise stop(
            f"There is no silence {text}." if not found else f"{text} may be several: say more.", REFUSED
        )
    return str(found[0])
