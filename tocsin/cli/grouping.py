"""`tocsin grouping`: which alerts are one page."""

from typing import Annotated, Any

import typer

from tocsin.alerts.silence_model import matcher_from
from tocsin.cli.client import REFUSED, call, stop
from tocsin.cli.lookup import one
from tocsin.cli.output import Json, show, table

app = typer.Typer(no_args_is_help=True, help="Grouping rules: many alerts, one page.")
By = Annotated[
    list[str],
    typer.Option(
        "--by",
        help="What they have in common: service, source, entity, integration, tag:cluster:, details.host; may be repeated.",
    ),
]
Conditions = Annotated[
    list[str] | None,
    typer.Argument(
        help="Only alerts where all of these hold: priority=P3, alias!=x, details.host=~db-.*, message*=timeout."
    ),
]
Service = Annotated[str, typer.Option(help="Only alerts of this service.")]
Team = Annotated[str, typer.Option(help="Only alerts of services of this team.")]
Minutes = Annotated[int, typer.Option("--for", help="How many minutes after the first others join it.")]
Most = Annotated[int, typer.Option(help="How many alerts a group has at most.")]


@app.command("list")
def list_(as_json: Json = False) -> None:
    """Rules in the order in which they are asked: the first that applies counts."""
    data = call("GET", "/api/v1/grouping")
    rows = [r | {"id": r["id"][-8:], "minutes": r["window_s"] // 60} for r in data["rules"]]
    columns = {
        "id": "ID", "position": "PLACE", "name": "NAME", "about": "ABOUT", "by": "BY", "minutes": "MINUTES", "most": "MOST",
        "groups": "GROUPS",
    }  # fmt: skip
    show(data, as_json, lambda _: table(rows, columns, "Every alert pages by itself."))


@app.command()
def add(
    name: Annotated[str, typer.Option("--name", "-n", help="What it is called.")],
    by: By,
    matchers: Conditions = None,
    service: Service = "",
    team: Team = "",
    minutes: Minutes = 30,
    most: Most = 100,
    place: Annotated[int, typer.Option(help="Its place in the order; last unless told otherwise.")] = 0,
    as_json: Json = False,
) -> None:
    """Group alerts that open from now on."""
    body = _body(name, by, matchers, service, team, minutes, most) | ({"position": place} if place else {})
    data = call("POST", "/api/v1/grouping", body)
    show(data, as_json, lambda d: f"{d['about']} are grouped by {d['by']}. To see them: tocsin grouping list")


@app.command()
def preview(
    by: By,
    matchers: Conditions = None,
    service: Service = "",
    team: Team = "",
    minutes: Minutes = 30,
    most: Most = 100,
    as_json: Json = False,
) -> None:
    """What a rule would have made of the last seven days; keeps nothing."""
    data = call(
        "POST", "/api/v1/grouping/preview", _body("preview", by, matchers, service, team, minutes, most)
    )
    show(
        data,
        as_json,
        lambda d: (
            f"Of the {d['looked_at']} alerts of the last 7 days it applies to {d['matched']}, and would have made "
            f"{d['groups']} groups of them: {d['quiet']} would have paged nobody."
        ),
    )


@app.command()
def remove(
    rule: Annotated[
        str, typer.Argument(metavar="RULE", help="Its name, its id, or the last letters of that.")
    ],
    as_json: Json = False,
) -> None:
    """Take a rule out of use; groups that exist stay."""
    rows = call("GET", "/api/v1/grouping")["rules"]
    found = [r["id"] for r in rows if rule and r["id"].endswith(rule.lower())]
    data = call("DELETE", f"/api/v1/grouping/{found[0] if len(found) == 1 else one(rule, rows, 'rule')}")
    show(data, as_json, lambda d: f"{d['name']} is out of use.")


def _body(
    name: str, by: list[str], matchers: list[str] | None, service: str, team: str, minutes: int, most: int
) -> dict[str, Any]:
    body: dict[str, Any] = {
        "name": name, "fields": by, "window_s": minutes * 60, "most": most, "matchers": [_matcher(t) for t in matchers or []],
    }  # fmt: skip
    if service:
        body["service_id"] = one(service, call("GET", "/api/v1/services")["services"], "service")
    if team:
        body["team_id"] = one(team, call("GET", "/api/v1/teams")["teams"], "team")
    return body


def _matcher(text: str) -> dict[str, str]:
    try:
        found = matcher_from(text)
    except ValueError as error:
        raise stop(f"{text}: {error}", REFUSED) from None
    return {"field": found.field, "operator": str(found.operator), "value": found.value}
