"""Displays on walls: a token each that may look at what everybody may see, and do nothing. Revoked, it looks at nothing."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from tocsin.kernel.commands import command
from tocsin.kernel.crypto import hash_token, new_token
from tocsin.kernel.db import Database, Reader, Unit
from tocsin.kernel.errors import Invalid, NotFound
from tocsin.kernel.ids import new_id
from tocsin.kernel.sql import Statements
from tocsin.people.audit import audit

sql = Statements("tocsin.people", "displays.sql")


@dataclass(frozen=True, slots=True)
class Display:
    """A screen somewhere. `seen_at`: when it was on last."""

    id: UUID
    name: str
    created_by: str
    created_at: datetime
    seen_at: datetime | None
    revoked_at: datetime | None


async def displays(db: Reader) -> list[Display]:
    """All of them, those in use first."""
    return await db.all(Display, sql.displays)


async def display_of(db: Database, token: str) -> UUID | None:
    """The display behind a token; None when it is unknown or revoked. Notes that it is on."""
    if not token.startswith("wall_") or len(token) > 100:
        return None
    found: UUID | None = await db.value(sql.by_token, hash_token(token))
    if found is not None:
        await db.run(sql.seen, found)
    return found


@command("display.add")
async def add_display(u: Unit, name: str) -> str:
    """A display by a name that says where it hangs; answers its token, which is shown this once."""
    name = " ".join(name.split())
    if not 1 <= len(name) <= 100:
        raise Invalid("name", "Say in up to 100 characters where the display is.")
    token, display_id = new_token("wall"), new_id()
    await u.run(sql.add, display_id, name, hash_token(token), u.actor.name)
    await audit(u, "display.add", str(display_id), None, {"name": name})
    return token


@command("display.revoke")
async def revoke_display(u: Unit, display_id: UUID) -> None:
    """It shows nothing from now on."""
    name = await u.value(sql.revoke, display_id)
    if name is None:
        raise NotFound("There is no such display in use.")
    await audit(u, "display.revoke", str(display_id), {"name": name})
