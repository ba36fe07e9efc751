"""`tocsin incident brief`, `export`, `import`: catching up, and the whole record out and in."""

from pathlib import Path
from typing import Annotated, Any
from urllib.parse import quote

import typer

from tocsin.cli.client import USAGE, Upload, call, fetch, stop
from tocsin.cli.output import Json, show

Key = Annotated[str, typer.Argument(help="The incident's key, for example INC-42.")]
FORMATS = ("json", "md", "pdf", "zip")


def brief(
    key: Key,
    since: Annotated[int, typer.Option(help="Also what changed after this entry; 0 for nothing.")] = 0,
    as_json: Json = False,
) -> None:
    """Show where an incident stands: built by rule, the same facts in the same words."""
    data = call("GET", f"/api/v1/incidents/{quote(key)}/brief" + (f"?since={since}" if since else ""))
    show(data, as_json, _brief)


def export(
    key: Key,
    format_: Annotated[str, typer.Option("--format", help="json, md, pdf or zip.")] = "md",
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="A file; else KEY.FORMAT here, - for standard output."),
    ] = None,
) -> None:
    """Take the whole record of an incident out: Markdown, JSON, PDF, or a ZIP of all with the files."""
    if format_ not in FORMATS:
        raise stop(f"The format is one of: {', '.join(FORMATS)}.", USAGE)
    body = fetch(f"/api/v1/incidents/{quote(key)}/export/{format_}")
    if str(output) == "-":
        typer.get_binary_stream("stdout").write(body)
        return
    target = output or Path(f"{Path(key).name}.{format_}")
    target.write_bytes(body)
    typer.echo(f"{target}: {len(body):,} bytes")


def import_(
    file: Annotated[
        Path,
        typer.Argument(
            help="An export of another installation: JSON, or the ZIP with its files.",
            exists=True,
            dir_okay=False,
        ),
    ],
    as_json: Json = False,
) -> None:
    """Make an incident of an export, JSON or ZIP. Nobody is paged; the same export again answers the same incident."""
    data = call("POST", "/api/v1/incidents/import", form=Upload(file, {}))
    words = "imported" if data["new"] else "was imported before"
    show(data, as_json, lambda d: f"{d['key']} {words}: {d['url']}")


def add_to(app: typer.Typer) -> None:
    """Under `tocsin incident`."""
    app.command()(brief)
    app.command()(export)
    app.command("import")(import_)


def _brief(data: dict[str, Any]) -> str:
    since = data["since"]
    head = [f"Since #{since['seq']}: {since['sentence']}", ""] if since else []
    return "\n".join([*head, data["text"]])
