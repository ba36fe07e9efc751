"""`tocsin migrate`, `settings`, `dbshell`, `backup`, `restore`: what operators do."""

import asyncio
import os
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated
from urllib.parse import unquote, urlsplit

import typer

from tocsin.cli.client import REFUSED, stop
from tocsin.cli.output import Json, show
from tocsin.kernel.crypto import KEY_FILE
from tocsin.kernel.home import home_of
from tocsin.kernel.migrate import migrate as apply
from tocsin.kernel.programs import find
from tocsin.settings import load

#: A dump holds everything, private incidents and password hashes too: only its owner reads it.
_OWNER_ONLY = 0o600
_EMPTY = "set client_min_messages = warning; drop schema public cascade; create schema public"


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


def backup(
    file: Annotated[Path, typer.Argument(help="Where to write; must not exist.")], as_json: Json = False
) -> None:
    """Write the whole database to one file (pg_dump's custom format). Safe while the service runs."""
    try:
        out = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _OWNER_ONLY)
    except FileExistsError:
        raise stop(f"{file} exists already. Choose another name.", REFUSED) from None
    with os.fdopen(out, "wb"):
        code = _with_home("pg_dump", ["--format=custom", "--no-owner"], stdout=out)
    if code != 0:
        file.unlink()
        raise stop("The backup failed; the lines above say why. Nothing was kept.", REFUSED)
    data = {"file": str(file), "bytes": file.stat().st_size, "keep_with_it": KEY_FILE}
    show(data, as_json, lambda d: f"{file}: {d['bytes']} bytes. Keep {KEY_FILE} of the data folder with it.")


def restore(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="What `tocsin backup` wrote.")],
    yes: Annotated[bool, typer.Option("--yes", help="Replace what is in the database now.")] = False,
    as_json: Json = False,
) -> None:
    """Replace the database's content with a backup, also one of an older version. Stop the service first."""
    if not yes:
        typer.confirm("This replaces everything that is in the database now. Go on?", abort=True)
    with file.open("rb", buffering=0) as source:
        if _run([str(find().path("pg_restore")), "--list"], {}, source.fileno(), subprocess.DEVNULL) != 0:
            raise stop(f"{file} is not what `tocsin backup` wrote. Nothing was changed.", REFUSED)
        source.seek(0)
        if _with_home("psql", ["--quiet", "--set=ON_ERROR_STOP=1", "--command", _EMPTY]) != 0:
            raise stop("The database could not be emptied; the lines above say why.", REFUSED)
        options = ["--no-owner", "--single-transaction", "--exit-on-error"]
        if _with_home("pg_restore", options, stdin=source.fileno()) != 0:
            raise stop(
                "The restore failed; the database is empty now. Restore again, or another backup.", REFUSED
            )
    show({"restored": str(file)}, as_json, lambda _: f"{file} is restored. Start the service again.")


def _with_home(
    program: str, options: Sequence[str], *, stdin: int | None = None, stdout: int | None = None
) -> int:
    """Runs a PostgreSQL program on the database; a password goes by the environment, where `ps` does not show it."""

    async def run() -> int:
        async with home_of(load(os.environ)) as home:
            parts = urlsplit(home.dsn)
            password = {"PGPASSWORD": unquote(parts.password)} if parts.password else {}
            address = parts._replace(netloc=parts.netloc.replace(f":{parts.password}@", "@")).geturl()
            command = [str(find().path(program)), "--dbname", address, *options]
            return await asyncio.to_thread(_run, command, password, stdin, stdout)

    return asyncio.run(run())


def _run(command: Sequence[str], extra: dict[str, str], stdin: int | None, stdout: int | None) -> int:
    done = subprocess.run(command, env={**os.environ, **extra}, stdin=stdin, stdout=stdout, check=False)  # noqa: S603 - our own programs
    return done.returncode
