"""What the command line prints: a table for people, JSON for scripts."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any

import orjson
import typer

#: Every command takes it.
Json = Annotated[bool, typer.Option("--json", help="Print JSON for scripts.")]


def show(data: Any, as_json: bool, people: Callable[[Any], str]) -> None:
    """Prints `data` as JSON, or as `people(data)` says it."""
    if as_json:
        typer.echo(orjson.dumps(data, option=orjson.OPT_INDENT_2).decode())
    else:
        text = people(data)
        if text:
            typer.echo(text)


def table(rows: Sequence[Mapping[str, Any]], columns: Mapping[str, str], empty: str) -> str:
    """Aligned columns; `columns` maps field to heading."""
    if not rows:
        return empty
    cells = [[_cell(row.get(field)) for field in columns] for row in rows]
    heads = list(columns.values())
    widths = [max(len(x) for x in column) for column in zip(heads, *cells, strict=True)]
    lines = [
        "  ".join(x.ljust(w) for x, w in zip(line, widths, strict=True)).rstrip() for line in [heads, *cells]
    ]
    return "\n".join(lines)


def local(moment: str | None) -> str:
    """An API time in the zone of this machine, to the minute."""
    return datetime.fromisoformat(moment).astimezone().strftime("%a %d %b %H:%M") if moment else "-"


def _cell(value: Any) -> str:
    return "-" if value in (None, "") else str(value).replace("\n", " ")
