"""People and roles as somebody types them in a room."""

from collections import Counter
from uuid import UUID

from tocsin.incidents.queries import offers_waiting
from tocsin.incidents.role_definitions import role_named
from tocsin.kernel.db import Unit
from tocsin.kernel.errors import Invalid
from tocsin.people.model import User
from tocsin.people.queries import users

SHORT = {
    "im": "incident_manager", "tl": "tech_lead", "cm": "communications_manager", "manager": "incident_manager",
    "lead": "tech_lead", "comms": "communications_manager",
}  # fmt: skip


async def role_typed(u: Unit, text: str, incident_id: UUID | None = None) -> str:
    """A role by its name, its title or its usual short form. Raises `Invalid` with those there are: with an incident also what is
    held or offered there of those that were put away."""
    try:
        return (await role_named(u, SHORT.get(text.strip().lower(), text), incident_id)).name
    except Invalid as error:
        raise Invalid("text", str(error)) from error


async def offer_typed(u: Unit, incident_id: UUID, role: str, *, mine: bool) -> UUID:
    """The one offer that is meant; without a role there must be only one. `mine`: of those to the acting person."""
    waiting = [o for o in await offers_waiting(u, incident_id) if not mine or o.to_user_id == u.actor.id]
    if role:
        wanted = await role_typed(u, role, incident_id)
        waiting = [o for o in waiting if o.role == wanted]
    if not waiting:
        raise Invalid("text", "No role is offered to you here." if mine else "Nothing is offered here.")
    if len(waiting) > 1:
        raise Invalid("text", f"Say which: {' or '.join(o.words for o in waiting)}.")
    return waiting[0].id


async def person_typed(u: Unit, text: str, usage: str) -> User:
    """The one person whose name or address this is, or else in whose name a word begins so. Raises `Invalid` with how it is written,
    and with those whom it fits."""
    wanted = text.strip().removeprefix("@").casefold()
    known = [p for p in await users(u) if p.disabled_at is None and wanted]
    found = [p for p in known if wanted in (p.name.casefold(), p.email.casefold())]
    found = found or [p for p in known if f" {wanted}" in f" {p.name.casefold()}"]
    if len(found) != 1:
        which = f" It fits: {_told_apart(found)}." if found else ""
        raise Invalid("text", f"Write {usage}; the name must fit exactly one person.{which}")
    return found[0]


def _told_apart(found: list[User]) -> str:
    """Their names; those of one name with their addresses."""
    often = Counter(p.name for p in found)
    words = sorted(f"{p.name} ({p.email})" if often[p.name] > 1 else p.name for p in found)
    return ", ".join(words[:5] + (["others"] if len(words) > 5 else []))
