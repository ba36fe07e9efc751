"""Somebody by name, as people type it in a room."""

from tocsin.kernel.db import Reader
from tocsin.kernel.errors import Invalid
from tocsin.people.model import User
from tocsin.people.queries import users


async def person_named(db: Reader, typed: str) -> User:
    """The one person whose name begins so. Raises `Invalid` for `text` when it fits nobody, or several."""
    wanted = typed.strip().lower().lstrip("@")
    found = [
        p for p in await users(db) if p.disabled_at is None and wanted and p.name.lower().startswith(wanted)
    ]
    if len(found) != 1:
        raise Invalid("text", f"“{typed.strip()}” must fit the name of exactly one person.")
    return found[0]
