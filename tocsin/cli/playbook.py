"""`tocsin playbook`: show, check, apply."""

from pathlib import Path
from typing import Annotated

import typer

from tocsin.cli.client import call
from tocsin.cli.output import Json, show

app = typer.Typer(no_args_is_help=True, help="The organisation's playbook.")
File = Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="A playbook as YAML.")]


@app.command("show")
def show_(as_json: Json = False) -> None:
    """Print the playbook as YAML."""
    show(call("GET", "/api/v1/playbook"), as_json, lambda d: str(d["body"]))


@app.command()
def check(file: File, as_json: Json = False) -> None:
    """Say whether a playbook is right, and where it is not. Changes nothing."""
    body = {"body": file.read_text(encoding="utf-8"), "base": 0}
    data = call("POST", "/api/v1/playbook/check", body)
    show(data, as_json, lambda d: f"Right: {d['steps']} steps, {len(d['roles'])} roles.")


@app.command("apply")
def apply_(
    file: File, why: Annotated[str, typer.Option(help="Why it changes.")] = "", as_json: Json = False
) -> None:
    """Make a file the playbook. Incidents that run keep theirs until their severity changes."""
    base = call("GET", "/api/v1/playbook")["version"]
    body = {"body": file.read_text(encoding="utf-8"), "base": base, "why": why}
    show(
        call("PUT", "/api/v1/playbook", body),
        as_json,
        lambda d: f"Version {d['version']} is the playbook now.",
    )
