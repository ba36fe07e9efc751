"""`tocsin incident attach`, `began` and `quote`: files, recordings and transcripts of calls."""

from pathlib import Path
from typing import Annotated
from urllib.parse import quote

import typer

from tocsin.cli.client import USAGE, Upload, call, stop
from tocsin.cli.incident import Key
from tocsin.cli.output import Json, local, show

Seq = Annotated[int, typer.Argument(min=1, help="The number of its entry.")]


def attach(
    key: Key,
    file: Annotated[Path, typer.Argument(help="A file.", exists=True, dir_okay=False)],
    caption: Annotated[str, typer.Option(help="What it is.")] = "",
    began_at: Annotated[
        str, typer.Option(help="It is a recording of a call that began then: 2026-11-27T02:50:00Z.")
    ] = "",
    transcript: Annotated[bool, typer.Option("--transcript", help="It is the transcript of one.")] = False,
    as_json: Json = False,
) -> None:
    """Add a file to an incident; with --began-at the recording of a call, or with --transcript as well what was said on it."""
    if transcript and not began_at:
        raise stop("A transcript needs --began-at: when the call began.", USAGE)
    form = Upload(file, {"caption": caption, "began_at": began_at})
    if transcript:
        data = call("POST", f"/api/v1/incidents/{quote(key)}/transcripts", form=form)
    elif began_at:
        data = call("POST", f"/api/v1/incidents/{quote(key)}/recordings", form=form)
    else:
        data = call("POST", f"/api/v1/incidents/{quote(key)}/files", form=form)
    show(data, as_json, lambda d: f"{key} #{d['seq']}: {d['name']}")


def began(
    key: Key,
    seq: Seq,
    began_at: Annotated[str, typer.Argument(help="When it really began: 2026-11-27T02:50:00Z.")],
    as_json: Json = False,
) -> None:
    """Correct when a recording or a transcript began, and with it those that began at the same moment."""
    data = call("PUT", f"/api/v1/incidents/{quote(key)}/recordings/{seq}/start", {"began_at": began_at})
    show(data, as_json, lambda _: f"{key} #{seq} began at {local(began_at)}")


def quote_line(
    key: Key,
    seq: Seq,
    line: Annotated[int, typer.Argument(min=1, help="The number of the line in the transcript.")],
    as_json: Json = False,
) -> None:
    """Put a line of a transcript on the timeline, at the moment it was said."""
    data = call("POST", f"/api/v1/incidents/{quote(key)}/transcripts/{seq}/lines/{line}/entry")
    show(data, as_json, lambda d: f"{key} #{d['seq']}")


def add_to(app: typer.Typer) -> None:
    """Under `tocsin incident`."""
    app.command()(attach)
    app.command()(began)
    app.command("quote")(quote_line)
