"""`tocsin migrate`, `settings`, `dbshell`, `backup`, `restore`: what operators do."""

import asyncio
import os
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from tocsin.cli.output import Json, show
from tocsin.kernel.home import home_of
from tocsin.kernel.migrate import migrate as apply
from tocsin.kernel.programs import find
from tocsin.settings import load


def add_to(app: typer.Typer) -> None:
    """Adds the commands to the top level."""
    for command in (migrate, settings, dbshell, backup, restore):
        app.command()(command)


def migrate(as_json: Json = False) -> None:
    """Bring the database's schema up to date. Safe to run twice, and from ten processes at once."""

    async def run() -> list[str]:
        async with home_of(load(os.environ)) as home:
            return await apply(home.dsn)

    applied = asyncio.run(run())
    show({"applied": applied}, as_json, lambda d: "\n".join(d["applied"]) or "Nothing to do.")


def settings(as_json: Json = False) -> None:
    """Print every setting with the value in force; secrets only as set or not."""
    shown = load(os.environ).shown()
    data = {variable.name: value for variable, value in shown}
    show(data, as_json, lambda _: "\n".join(f"{v.name}={value}\n    {v.meaning}" for v, value in shown))


def dbshell(arguments: Annotated[list[str] | None, typer.Argument(help="Passed on to psql.")] = None) -> None:
    """Open a psql shell on the database."""
    raise typer.Exit(_with_home("psql", [*(arguments or [])]))


def backup(file: Annotated[Path, typer.Argument(help="Where to write; must not exist.")]) -> None:
    """Write the whole database to one file (pg_dump's custom format). Safe while the service runs."""
    if file.exists():
        raise typer.BadParameter(f"{file} exists already.")
    with file.open("xb") as out:
        code = _with_home("pg_dump", ["--format=custom", "--no-owner"], stdout=out.fileno())
    if code == 0:
        typer.echo(
            f"{file}: {file.stat().st_size} bytes. Keep the file `master.key` of the data folder with it."
        )
    raise typer.Exit(code)


def restore(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="What `tocsin backup` wrote.")],
    yes: Annotated[bool, typer.Option("--yes", help="Replace what is in the database now.")] = False,
) -> None:
    """Replace the database's content with a backup. Stop the service first."""
    if not yes:
        typer.confirm("This replaces everything that is in the database now. Go on?", abort=True)
    with file.open("rb") as source:
        options = ["--clean", "--if-exists", "--no-owner", "--single-transaction", "--exit-on-error"]
        raise typer.Exit(_with_home("pg_restore", options, stdin=source.fileno(), named=True))


def _with_home(
    program: str,
    options: Sequence[str],
    *,
    stdin: int | None = None,
    stdout: int | None = None,
    named: bool = False,
) -> int:
    """Runs a PostgreSQL program on the database, as the account that owns a private server."""

    async def run() -> int:
        async with home_of(load(os.environ)) as home:
            target = ["--dbname", home.dsn] if named or program != "psql" else [home.dsn]
            return await asyncio.to_thread(
                _run, [str(find().path(program)), *options, *target], stdin, stdout
            )

    return asyncio.run(run())


def _run(command: Sequence[str], stdin: int | None, stdout: int | None) -> int:
    return subprocess.run(command, stdin=stdin, stdout=stdout, check=False).returncode  # noqa: S603 - our own programs
