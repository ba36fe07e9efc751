"""`tocsin why`, `tocsin pages`, `tocsin vendors`: what became of pages, and who carries them."""

from typing import Annotated, Any
from urllib.parse import quote

import typer

from tocsin.cli.client import call
from tocsin.cli.lookup import moment, person_id, query
from tocsin.cli.output import Json, local, show, table

Person = Annotated[str, typer.Option(help="Somebody else: name, e-mail address or id.")]


def why(
    alert: Annotated[str, typer.Argument(help="Number or id of the alert.")],
    person: Person = "",
    as_json: Json = False,
) -> None:
    """Say why you were paged for an alert, or why not."""
    wanted = query(user=person_id(person) if person else None)
    data = call("GET", f"/api/v1/alerts/{quote(alert.lstrip('#'))}/why" + f"?{wanted}")
    show(data, as_json, _answer)


def _answer(data: dict[str, Any]) -> str:
    if data["paged"]:
        return "\n".join(line for page in data["pages"] for line in _page(page))
    return "\n".join([f"{data['user']} was not paged for #{data['alert']}.", *map(_reason, data["reasons"])])


def _page(each: dict[str, Any]) -> list[str]:
    page = each["page"]
    head = f"{local(page['created_at'])}  #{page['alert_number']} {page['user_name']}: {page['reason']}"
    return [head, *map(_reason, each["because"]), *(_delivery(d) for d in each["deliveries"])]


def _reason(reason: dict[str, Any]) -> str:
    times = " to ".join(local(reason[name]) for name in ("at", "until") if reason[name])
    return f"  {reason['text']}" + (f" ({times})" if times else "")


def _delivery(delivery: dict[str, Any]) -> str:
    error = f": {delivery['error']}" if delivery["error"] else ""
    beside = f", in a bundle with {delivery['beside']} more" if delivery["beside"] else ""
    waits = f", gathered until {delivery['due_at']}" if delivery["gathering"] else ""
    return f"  {delivery['transport']} to {delivery['address']}: {delivery['state']}{beside}{waits}{error}"


def pages(
    person: Person = "",
    since: Annotated[str, typer.Option(help="From when; without it a week ago.")] = "",
    as_json: Json = False,
) -> None:
    """List your pages with what became of each message, and alerts that could have paged you and did not."""
    wanted = query(user=person_id(person) if person else None, **{"from": moment(since) if since else None})
    data = call("GET", "/api/v1/pages" + f"?{wanted}")
    show(data, as_json, _list)


def _list(data: dict[str, Any]) -> str:
    lines = [line for page in data["pages"] for line in _page(page)] or ["No page."]
    rest = [
        f"{local(a['created_at'])}  #{a['number']} {a['message']}: tocsin why {a['number']}"
        for a in data["not_paged"]
    ]
    return "\n".join([*lines, *(["", "Not paged:", *rest] if rest else [])])


def vendors(
    probe: Annotated[str, typer.Option(help="Ask this vendor now, as the list names it: sms/twilio.")] = "",
    as_json: Json = False,
) -> None:
    """Show how the vendors that carry pages stand, over the last day; or ask one of them now."""
    if probe:
        asked = call("POST", "/api/v1/vendors/probe", {"vendor": probe})
        sentence = "Asked." if asked["can_check"] else "The next message goes by it."
        show(asked, as_json, lambda _: sentence)
        return
    data = call("GET", "/api/v1/vendors")
    columns = {
        "vendor": "VENDOR", "state": "STATE", "taken": "HANDED OVER", "faults": "FAILED", "p95": "95 % WITHIN", "resting": "RESTS UNTIL",
        "last_error": "LAST ERROR",
    }  # fmt: skip
    show(data, as_json, lambda d: table([_row(v) for v in d["vendors"]], columns, "No message went out yet."))


def _row(vendor: dict[str, Any]) -> dict[str, Any]:
    day = next(w for w in vendor["windows"] if w["hours"] == 24)
    slow = day["hand_over_p95"]
    return vendor | {
        "taken": day["taken"], "faults": day["faults"], "p95": f"{slow} ms" if slow is not None else "",
        "resting": local(vendor["resting_until"]) if vendor["resting_until"] else "",
    }  # fmt: skip


def add_to(app: typer.Typer) -> None:
    """Adds the commands."""
    for command in (why, pages, vendors):
        app.command()(command)
