"""`tocsin admin` and `tocsin token`: the first account, links when there is no mail, API tokens."""

import getpass
import sys
from datetime import timedelta
from typing import Annotated

import typer

from tocsin.cli.client import REFUSED, stop
from tocsin.cli.direct import OPERATOR, done, with_database
from tocsin.cli.output import Json, show
from tocsin.kernel.db import Database
from tocsin.kernel.passwords import hash_password
from tocsin.people import commands, reach
from tocsin.people.model import Purpose, Role, User, password_problem
from tocsin.people.permissions import Scope
from tocsin.people.queries import user_by_email
from tocsin.people.sign_in import make_link
from tocsin.settings import Settings

app = typer.Typer(no_args_is_help=True, help="Accounts, on the database directly.")
tokens = typer.Typer(no_args_is_help=True, help="API tokens, on the database directly.")
Email = Annotated[str, typer.Option(help="The account's e-mail address.")]


@app.command()
def create(
    email: Email,
    name: Annotated[str, typer.Option(help="The person's name.")],
    role: Annotated[Role, typer.Option(help="What the account may do.")] = Role.ADMIN,
    time_zone: Annotated[str, typer.Option(help="IANA time zone, for example Europe/Dublin.")] = "UTC",
    as_json: Json = False,
) -> None:
    """Create an account. The password is prompted, or read from standard input."""
    password = _password()
    if problem := password_problem(password):
        raise stop(problem, REFUSED)

    async def make(database: Database, _: Settings) -> dict[str, object]:
        hashed = await hash_password(password)
        async with database.unit(OPERATOR, "cli") as u:
            user_id = await commands.create_user(
                u, email, name, password_hash=hashed, role=role, time_zone=time_zone, verified=True
            )
        return {"id": user_id, "email": email, "role": role.value}

    show(done(with_database(make)), as_json, lambda d: f"{d['email']} is created ({d['role']}).")


@app.command()
def link(email: Email, as_json: Json = False) -> None:
    """Print a link that sets a password, once: for when no mail can be sent."""

    async def make(database: Database, settings: Settings) -> dict[str, object]:
        user = await _user(database, email)
        purpose = Purpose.INVITATION if user.invited else Purpose.RESET
        async with database.unit(OPERATOR, "cli") as u:
            token = await make_link(u, purpose, user.id)
        return {"email": user.email, "url": f"{settings.url}/{purpose}/{token}"}

    show(done(with_database(make)), as_json, lambda d: str(d["url"]))


@tokens.command("create")
def create_token(
    email: Email,
    name: Annotated[str, typer.Option(help="What the token is for.")] = "command line",
    days: Annotated[int, typer.Option(min=0, max=3650, help="Days until it expires; 0 for never.")] = 0,
    as_json: Json = False,
) -> None:
    """Create an API token for an account and print it, once."""

    async def make(database: Database, _: Settings) -> dict[str, object]:
        user = await _user(database, email)
        async with database.unit(OPERATOR, "cli") as u:
            expires = await u.clock() + timedelta(days=days) if days else None
            secret = await reach.create_token_for(u, user.id, name, tuple(Scope), expires)
        return {"email": user.email, "token": secret}

    show(done(with_database(make)), as_json, lambda d: str(d["token"]))


async def _user(database: Database, email: str) -> User:
    user = await user_by_email(database, email)
    if user is None:
        raise stop(f"There is no account with the address {email}.", REFUSED)
    return user


def _password() -> str:
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\n")
    first = getpass.getpass("Password: ")
    if getpass.getpass("Again: ") != first:
        raise stop("The two passwords differ.", REFUSED)
    return first
