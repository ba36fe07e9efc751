"""`tocsin incident`: declare, list, show, say, update, resolve."""

from pathlib import Path
from typing import Annotated, Any
from urllib.parse import quote, urlencode

import typer

from tocsin.cli.client import call
from tocsin.cli.output import Json, local, show, table
from tocsin.incidents.field_model import words_of_value

app = typer.Typer(no_args_is_help=True, help="Declare and work incidents.")
Key = Annotated[str, typer.Argument(help="The incident's key, for example INC-42.")]


@app.command()
def declare(
    summary: Annotated[str, typer.Argument(help="What is the emergency?")],
    severity: Annotated[
        int, typer.Option("--severity", "-s", min=1, max=3, help="1 critical, 2 major, 3 minor.")
    ] = 2,
    impact: Annotated[str, typer.Option(help="What do customers notice?")] = "",
    service: Annotated[str, typer.Option(help="Name of the faulty service.")] = "",
    alert: Annotated[str, typer.Option(help="Id or number of the alert it comes from.")] = "",
    private: Annotated[bool, typer.Option("--private", help="Only named people may see it.")] = False,
    type_: Annotated[str, typer.Option("--type", help="Its type, by name or title.")] = "",
    field: Annotated[
        list[str] | None,
        typer.Option("--field", help="One of your own fields, as “Root cause=disk”; may repeat."),
    ] = None,
    page: Annotated[
        str, typer.Option(help="Whom to page at once: a person, a team, a schedule or a service.")
    ] = "",
    let_in: Annotated[
        list[str] | None,
        typer.Option("--let-in", help="A person or a team that sees it too if it is private; may repeat."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Declare an incident. Opens its room, video link, notes page."""
    body: dict[str, Any] = {"summary": summary, "severity": severity, "impact": impact, "private": private}
    body |= {k: v for k, v in {"service": service, "alert": alert, "type": type_, "page": page}.items() if v}
    body |= {"fields": _fields(field)} if field else {}
    body |= {"let_in": let_in} if let_in else {}
    data = call("POST", "/api/v1/incidents", body)
    show(data, as_json, lambda d: f"{d['key']} declared: {d['url']}")


def _fields(given: list[str]) -> dict[str, str]:
    """`Root cause=disk` each; nothing after the sign empties the field."""
    if wrong := [each for each in given if "=" not in each]:
        raise typer.BadParameter(f"{wrong[0]}: write it as “Root cause=disk”.")
    return {name.strip(): value.strip() for name, _, value in (each.partition("=") for each in given)}


@app.command("set")
def set_(
    key: Key,
    type_: Annotated[str | None, typer.Option("--type", help="Another type; empty takes it away.")] = None,
    field: Annotated[
        list[str] | None,
        typer.Option("--field", help="One of your own fields, as “Root cause=disk”; may repeat."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Set the type of an incident, and fill in your own fields."""
    if type_ is None and not field:
        raise typer.BadParameter("Give --type or --field.")
    data: dict[str, Any] = {}
    if type_ is not None:
        data = call("PUT", f"/api/v1/incidents/{quote(key)}/type", {"type": type_})
    if field:
        data = call("PUT", f"/api/v1/incidents/{quote(key)}/fields", {"fields": _fields(field)})
    show(data, as_json, _describe)


@app.command("list")
def list_(
    everything: Annotated[bool, typer.Option("--all", help="Resolved ones too.")] = False,
    severity: Annotated[int, typer.Option(min=0, max=3, help="Only these; 0 for all.")] = 0,
    status: Annotated[str, typer.Option(help="Only these, for example mitigated.")] = "",
    type_: Annotated[str, typer.Option("--type", help="Only these, by the type's name.")] = "",
    private: Annotated[bool, typer.Option("--private", help="Private ones only.")] = False,
    as_json: Json = False,
) -> None:
    """List open incidents."""
    asked = {
        "all": "true" * everything,
        "severity": severity or "",
        "status": status,
        "type": type_,
        "private": "true" * private,
    }
    query = urlencode({name: value for name, value in asked.items() if value})
    data = call("GET", "/api/v1/incidents" + (f"?{query}" if query else ""))
    columns = {
        "key": "KEY",
        "severity_name": "SEV",
        "status": "STATUS",
        "manager": "MANAGER",
        "summary": "SUMMARY",
    }
    show(data, as_json, lambda d: table(d["incidents"], columns, "No open incidents."))


@app.command("show")
def show_(key: Key, as_json: Json = False) -> None:
    """Show the state of an incident and its newest entries."""
    data = call("GET", f"/api/v1/incidents/{quote(key)}")
    show(data, as_json, _describe)


@app.command()
def say(key: Key, text: Annotated[str, typer.Argument(help="What to say.")], as_json: Json = False) -> None:
    """Say something in an incident's room. Lines that start with / are commands, as in the room."""
    data = call("POST", f"/api/v1/incidents/{quote(key)}/entries", {"text": text})
    show(data, as_json, lambda d: f"{key} #{d['seq']}")


@app.command()
def work(key: Key, as_json: Json = False) -> None:
    """Show what people work on: claims, hypotheses, tasks, what is known and what is not, decisions."""
    show(call("GET", f"/api/v1/incidents/{quote(key)}/items"), as_json, _board)


@app.command()
def claim(
    key: Key,
    text: Annotated[str, typer.Argument(help="What you are looking at.")],
    hypothesis: Annotated[bool, typer.Option("--hypothesis", help="It may be the cause.")] = False,
    service: Annotated[str, typer.Option(help="Name of the service it is about.")] = "",
    anyway: Annotated[
        bool, typer.Option("--anyway", help="Although somebody looks at something alike.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Say what you are looking at, so that nobody does the same without knowing."""
    body = {"text": text, "service": service, "anyway": anyway}
    data = (
        call("POST", f"/api/v1/incidents/{quote(key)}/hypotheses", body)
        if hypothesis
        else call("POST", f"/api/v1/incidents/{quote(key)}/claims", body)
    )
    show(data, as_json, lambda d: f"{key} #{d['seq']}")


@app.command()
def update(
    key: Key,
    state: Annotated[str, typer.Argument(help="State and impact in one or two sentences.")],
    audience: Annotated[str, typer.Option(help="responders, stakeholders or public.")] = "stakeholders",
    now: Annotated[
        list[str] | None, typer.Option("--now", help="A bullet of the current status; may repeat.")
    ] = None,
    upcoming: Annotated[
        list[str] | None, typer.Option("--next", help="A bullet of the next steps; may repeat.")
    ] = None,
    next_in: Annotated[int, typer.Option(help="Minutes until the next update; 0 for the cadence.")] = 0,
    title: Annotated[str, typer.Option(help="Public title, for the first public update.")] = "",
    as_json: Json = False,
) -> None:
    """Publish an update, and promise the next one."""
    body: dict[str, Any] = {
        "audience": audience, "state": state, "status_now": now or [], "next_steps": upcoming or [], "title": title,
    }  # fmt: skip
    if next_in:
        body["next_update_in_minutes"] = next_in
    data = call("POST", f"/api/v1/incidents/{quote(key)}/updates", body)
    show(data, as_json, lambda d: f"Published to {audience}; next update due {local(d['next_update_at'])}.")


@app.command()
def still(
    key: Key,
    next_in: Annotated[int, typer.Option(help="Minutes until the next update; 0 for the cadence.")] = 0,
    as_json: Json = False,
) -> None:
    """Say that the last update still holds, and promise the next one."""
    body = {"next_update_in_minutes": next_in} if next_in else {}
    data = call("POST", f"/api/v1/incidents/{quote(key)}/still", body)
    show(data, as_json, lambda d: f"Still true; next update due {local(d['next_update_at'])}.")


@app.command()
def notes(
    key: Key,
    file: Annotated[
        Path | None,
        typer.Option("--set", exists=True, dir_okay=False, help="A text that replaces the notes."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Print the notes page, or replace its text by a file's."""
    if file is None:
        data = call("GET", f"/api/v1/incidents/{quote(key)}/notes")
    else:
        data = call(
            "PUT", f"/api/v1/incidents/{quote(key)}/notes", {"body": file.read_text(encoding="utf-8")}
        )
    show(data, as_json, lambda d: str(d["body"]))


@app.command()
def checklist(key: Key, as_json: Json = False) -> None:
    """Show the playbook's steps for an incident."""
    show(call("GET", f"/api/v1/incidents/{quote(key)}/checklist"), as_json, _steps)


@app.command()
def resolve(
    key: Key,
    text: Annotated[str, typer.Argument(help="What resolved it.")] = "",
    close_alerts: Annotated[bool, typer.Option("--close-alerts", help="Close its open alerts too.")] = False,
    as_json: Json = False,
) -> None:
    """Resolve an incident."""
    data = call(
        "POST", f"/api/v1/incidents/{quote(key)}/resolve", {"text": text, "close_alerts": close_alerts}
    )
    show(
        data,
        as_json,
        lambda d: f"{d['key']} is resolved. Postmortem: {d['postmortem_url'] or 'not required'}",
    )


def _describe(data: dict[str, Any]) -> str:
    head = [
        f"{data['key']}  {data['severity_name']}  {data['status']}{_more(data)}  since {local(data['declared_at'])}",
        data["summary"],
        *([f"type: {data['type'].replace('_', ' ')}"] if data["type"] else []),
        *(f"{name.replace('_', ' ')}: {words_of_value(value)}" for name, value in data["fields"].items()),
        *(f"{r['role'].replace('_', ' ')}: {r['name']}" for r in data["roles"]),
        *(f"{one['words']} {one['key']}: {one['summary']}" for one in data["linked"]),
        *([f"merged into {data['merged_into']}"] if data["merged_into"] else []),
        f"next update due: {local(data['update_due_at'])}",
        "",
    ]
    return "\n".join(
        head + [f"#{e['seq']} {local(e['happened_at'])} {e['actor']}: {e['text']}" for e in data["entries"]]
    )


def _more(data: dict[str, Any]) -> str:
    return f" ({data['sub_status']})" if data["sub_status"] else ""


def _board(data: dict[str, Any]) -> str:
    titles = {
        "claims": "Claims", "hypotheses": "Hypotheses", "tasks": "Tasks", "unknown": "Not known yet", "known": "Known",
        "decisions": "Decisions",
    }  # fmt: skip
    lines = []
    for name, title in titles.items():
        if data[name]:
            lines += [title, *(f"  #{i['seq']} {i['state']:9} {i['text']}{_who(i)}" for i in data[name])]
    return "\n".join(lines) or "Nobody has said what they work on."


def _who(item: dict[str, Any]) -> str:
    who = ", ".join(filter(None, [item["owner"], *item["people"]]))
    due = f", due {local(item['due_at'])}" if item["due_at"] else ""
    return f" ({who or 'nobody'}{due})" + (f": {item['outcome']}" if item["outcome"] else "")


def _steps(data: dict[str, Any]) -> str:
    return "\n".join(
        f"{s['state']:8} {s['id']:18} {s['text']}" + (f" ({s['by']})" if s["by"] else "")
        for s in data["steps"]
    )
