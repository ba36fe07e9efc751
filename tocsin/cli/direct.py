"""Commands that work on the database itself, because nobody can sign in yet."""

import asyncio
import os
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from tocsin.kernel.db import Actor, Database
from tocsin.kernel.home import database_of
from tocsin.people.permissions import permit
from tocsin.settings import Settings, load

T = TypeVar("T")
#: Who has the shell of the machine has everything.
OPERATOR = Actor(None, "Operator", "engine", "admin")


def with_database(do: Callable[[Database, Settings], Awaitable[T]]) -> T:
    """Opens the database of the environment's settings (migrated), does something, and closes it."""

    async def run() -> T:
        settings = load(os.environ)
        async with database_of(settings, permit) as (database, _):
            return await do(database, settings)

    return asyncio.run(run())


def done(data: dict[str, Any]) -> dict[str, Any]:
    """JSON-able: ids as text."""
    return {k: v if isinstance(v, (str, int, bool, list, type(None))) else str(v) for k, v in data.items()}
