"""`tocsin incident`: log, search, and what is done with single entries."""

import sys
from typing import Annotated
from urllib.parse import quote

import typer

from tocsin.cli import incident
from tocsin.cli.client import USAGE, call, stop
from tocsin.cli.incident import Key
from tocsin.cli.output import Json, local, show

app = incident.app
Seq = Annotated[int, typer.Argument(min=1, help="The entry's number.")]
MOST = 2_000_000


@app.command("log")
def log(
    key: Key,
    text: Annotated[str, typer.Argument(help="What happened; absent, it is read from standard input.")] = "",
    command: Annotated[
        str, typer.Option("--output", "-o", help="The command whose output comes on standard input.")
    ] = "",
    exit_code: Annotated[int | None, typer.Option("--exit", help="How that command ended.")] = None,
    at: Annotated[str, typer.Option(help="When it was, if earlier: 2026-11-27T02:50:00Z.")] = "",
    by: Annotated[str, typer.Option(help="Whose words these are, if somebody else's.")] = "",
    as_json: Json = False,
) -> None:
    """Add a line to an incident's record, or the output of a command: some-command | tocsin incident log KEY --output some-command."""
    words = text or sys.stdin.buffer.read(MOST).decode("utf-8", "replace")
    if not words.strip():
        raise stop("There is nothing to log.", USAGE)
    if command or exit_code is not None or (not text and "\n" in words.strip()):
        body = {"text": words, "command": command, "exit_code": exit_code}
        data = call("POST", f"/api/v1/incidents/{quote(key)}/output", body)
    else:
        said = {"text": words.strip(), "said_by": by} | ({"at": at} if at else {})
        data = call("POST", f"/api/v1/incidents/{quote(key)}/entries", said)
    show(data, as_json, lambda d: f"{key} #{d['seq']}")


@app.command("search")
def search(
    words: Annotated[str, typer.Argument(help='Words that all occur; "a phrase" in quotes as it stands.')],
    limit: Annotated[int, typer.Option(min=1, max=100, help="At most so many.")] = 30,
    as_json: Json = False,
) -> None:
    """Find entries in the records of all incidents that you may see, newest first."""
    data = call("GET", f"/api/v1/search?q={quote(words)}&limit={limit}")
    show(
        data,
        as_json,
        lambda d: (
            "\n".join(
                f"{e['key']} #{e['seq']} {local(e['happened_at'])} {e['actor']}: {e['text']}"
                for e in d["entries"]
            )
            or "No entry holds these words."
        ),
    )


@app.command("edit")
def edit(
    key: Key, seq: Seq, text: Annotated[str, typer.Argument(help="The new words.")], as_json: Json = False
) -> None:
    """Put a line, task, decision or caption of yours in other words; the earlier ones stay in its history."""
    data = call("PUT", f"/api/v1/incidents/{quote(key)}/entries/{seq}", {"text": text})
    show(data, as_json, lambda d: f"{key} #{seq} edited, in entry {d['edit']}")


@app.command("reply")
def reply(
    key: Key, seq: Seq, text: Annotated[str, typer.Argument(help="What to answer.")], as_json: Json = False
) -> None:
    """Answer an entry."""
    data = call("POST", f"/api/v1/incidents/{quote(key)}/entries", {"text": text, "reply_to": seq})
    show(data, as_json, lambda d: f"{key} #{d['seq']}")


@app.command("pin")
def pin(
    key: Key, seq: Seq, remove: Annotated[bool, typer.Option("--remove", help="Unpin it.")] = False
) -> None:
    """Show an entry above the record, or no more."""
    if remove:
        call("DELETE", f"/api/v1/incidents/{quote(key)}/entries/{seq}/pin")
    else:
        call("PUT", f"/api/v1/incidents/{quote(key)}/entries/{seq}/pin")
    typer.echo(f"{key} #{seq} {'unpinned' if remove else 'pinned'}")


@app.command("react")
def react(key: Key, seq: Seq, emoji: Annotated[str, typer.Argument(help="One emoji.")]) -> None:
    """React to an entry."""
    call("PUT", f"/api/v1/incidents/{quote(key)}/entries/{seq}/reactions/{quote(emoji)}")
    typer.echo(f"{key} #{seq} {emoji}")


@app.command("redact")
def redact(key: Key, seq: Seq, reason: Annotated[str, typer.Argument(help="Why.")]) -> None:
    """Take the words of an entry out for good; that it was there stays."""
    call("POST", f"/api/v1/incidents/{quote(key)}/entries/{seq}/redact", {"reason": reason})
    typer.echo(f"The words of {key} #{seq} are taken out.")
