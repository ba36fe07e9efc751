"""Which roles there are, what their holders do, and who may take them: the organisation's own, beside the shipped ones."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from tocsin.incidents.change import slug, text
from tocsin.incidents.role_model import LONGEST_TEXT, LONGEST_TITLE, RoleDefinition
from tocsin.kernel.commands import command
from tocsin.kernel.db import Reader, Unit
from tocsin.kernel.errors import Conflict, Invalid, NotFound
from tocsin.kernel.sql import Statements

rows = Statements("tocsin.incidents", "roles.sql")


@dataclass(frozen=True, slots=True)
class RoleDraft:
    """What somebody writes down about a role. With teams or people it is only for them; `named` without any is for nobody,
    except in an emergency."""

    title: str
    instructions: str = ""
    named: bool = False
    team_ids: Sequence[UUID] = ()
    user_ids: Sequence[UUID] = ()


async def definitions(db: Reader, incident_id: UUID | None = None) -> list[RoleDefinition]:
    """The roles that can be taken, in their order; with an incident also what is held or offered there of those put away."""
    return await db.all(RoleDefinition, rows.definitions, incident_id)


async def role_named(db: Reader, role: str, incident_id: UUID | None = None) -> RoleDefinition:
    """One of them, by the name that the record uses or by its title. Raises `Invalid` with those there are."""
    known = await definitions(db, incident_id)
    wanted = role.strip().lower()
    found = next((d for d in known if wanted in (d.name, d.title.lower())), None)
    if found is None:
        raise Invalid("role", f"Role must be one of: {', '.join(d.name for d in known)}.")
    return found


async def takeable(db: Reader, user_id: UUID | None) -> set[str]:
    """The roles that somebody may take without a reason."""
    return {str(row["name"]) for row in await db.rows(rows.takeable, user_id)}


@command("role.define")
async def define(u: Unit, draft: RoleDraft) -> str:
    """A role of the organisation's own; answers its name in the record, which never changes."""
    title = text("title", draft.title, LONGEST_TITLE)
    name = slug(title)
    made = not await u.value(rows.title_taken, name, title) and await u.value(
        rows.define, name, title, _instructions(draft), _who(draft)
    )
    if not made:
        raise Conflict(f"There is a role {title} already.")
    await _name(u, name, draft)
    return name


@command("role.change")
async def change_role(u: Unit, name: str, draft: RoleDraft) -> None:
    """What a role is called, what its holder does, and who may take it. Whoever holds it keeps it."""
    title = text("title", draft.title, LONGEST_TITLE)
    if await u.value(rows.title_taken, name, title):
        raise Conflict(f"There is a role {title} already.")
    if not await u.value(rows.redefine, name, title, _instructions(draft), _who(draft)):
        raise NotFound("There is no such role.")
    await _name(u, name, draft)


@command("role.put_away")
async def put_away(u: Unit, name: str) -> None:
    """Nobody takes it any more; the record keeps what was. The shipped ones stay."""
    if not await u.value(rows.put_away, name):
        raise Conflict(
            "The roles that came with Tocsin stay: the update clock and the checklists speak to them."
        )


async def _name(u: Unit, name: str, draft: RoleDraft) -> None:
    await u.run(rows.forget_eligible, name)
    if draft.named:
        await u.run(rows.name_eligible, name, list(draft.team_ids), list(draft.user_ids))


def _who(draft: RoleDraft) -> str:
    return "named" if draft.named else "anybody"


def _instructions(draft: RoleDraft) -> str:
    return text("instructions", draft.instructions, LONGEST_TEXT, needed=False)
