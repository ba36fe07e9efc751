"""`tocsin policy`: whom to page, in what order; and who would be paged when."""

from collections.abc import Mapping
from typing import Annotated, Any

import typer

from tocsin.cli.client import call
from tocsin.cli.lookup import moment, one, query
from tocsin.cli.output import Json, local, show, table

app = typer.Typer(no_args_is_help=True, help="Escalation policies: look, and see who would be paged when.")
Named = Annotated[str, typer.Argument(help="Its name, or a part of it that no other has.")]
BEFORE = {
    "next_in_schedule": "next in ",
    "previous_in_schedule": "before in ",
    "team": "team ",
    "whole_team": "everybody in ",
}


@app.command("list")
def list_(as_json: Json = False) -> None:
    """All escalation policies."""
    data = call("GET", "/api/v1/escalation-policies")
    rows = [
        p | {"steps": len(p["plan"]["steps"]), "final": _final(p["plan"])}
        for p in data["escalation_policies"]
    ]
    columns = {
        "name": "POLICY",
        "steps": "STEPS",
        "services": "SERVICES",
        "running": "RUNNING",
        "final": "IF NOBODY ANSWERS",
    }
    show(data, as_json, lambda _: table(rows, columns, "There is no escalation policy yet."))


@app.command("show")
def show_(policy: Named, as_json: Json = False) -> None:
    """One policy, step by step."""
    show(call("GET", f"/api/v1/escalation-policies/{_id(policy)}"), as_json, _words)


@app.command()
def preview(
    policy: Named,
    at: Annotated[
        str, typer.Option(help="When the alert comes: 2027-01-01T03:00, with or without +01:00.")
    ] = "",
    priority: Annotated[int, typer.Option(help="Of the alert: 1 to 5.")] = 1,
    tags: Annotated[str, typer.Option(help="Of the alert, with commas between them.")] = "",
    as_json: Json = False,
) -> None:
    """Print who would be paged when, if an alert came and nobody answered."""
    asked = query(at=moment(at) if at else None, priority=priority, tags=tags)
    data = call("GET", f"/api/v1/escalation-policies/{_id(policy)}/preview?{asked}")
    show(data, as_json, _previewed)


def _previewed(data: Mapping[str, Any]) -> str:
    rows = [
        {
            "at": local(s["at"]), "where": "if nobody answers" if s["final"] else f"step {s['step'] + 1}",
            "round": s["round"] + 1, "who": ", ".join([*s["people"], *s["channels"]]), "note": s["note"],
        }
        for s in data["steps"]
    ]  # fmt: skip
    columns = {"at": "AT", "round": "ROUND", "where": "STEP", "who": "PAGED", "note": "NOTE"}
    return f"{table(rows, columns, 'This policy has no steps.')}\n{data['ending']}"


def _words(policy: Mapping[str, Any]) -> str:
    plan = policy["plan"]
    rows = [
        {
            "step": n,
            "after": f"{s['delay_s'] // 60} min",
            "who": ", ".join(map(_target, s["targets"])),
            "when": _when(s.get("when", {})),
        }
        for n, s in enumerate(plan["steps"], 1)
    ]
    columns = {"step": "STEP", "after": "AFTER", "who": "PAGES", "when": "ONLY"}
    again = f"Repeats {plan['repeats']} times, {plan['repeat_after_s'] // 60} min after the last step."
    return f"{table(rows, columns, 'It has no steps.')}\n{again}\nIf nobody answers: {_final(plan)}."


def _target(target: Mapping[str, Any]) -> str:
    kind = target.get("kind", "")
    return f"{BEFORE.get(kind, '')}{target['name']}{' in turn' if kind == 'round_robin' else ''}"


def _when(when: Mapping[str, Any]) -> str:
    hours = when.get("hours")
    parts = (
        [f"{'within' if hours['within'] else 'outside'} {hours['from']}-{hours['until']} {hours['zone']}"]
        if hours
        else []
    )
    parts += [", ".join(f"P{p}" for p in when["priorities"])] if when.get("priorities") else []
    parts += [
        f"{word} {', '.join(when[name])}"
        for name, word in (("tags", "with"), ("without", "without"))
        if when.get(name)
    ]
    return "; ".join(parts)


def _final(plan: Mapping[str, Any]) -> str:
    final = plan.get("final") or {}
    return (
        f"team {final['name']}" if "team" in final else "nobody" if final.get("nobody") else "not decided yet"
    )


def _id(text: str) -> str:
    rows: list[Mapping[str, Any]] = call("GET", "/api/v1/escalation-policies")["escalation_policies"]
    return text if any(row["id"] == text for row in rows) else one(text, rows, "escalation policy")
