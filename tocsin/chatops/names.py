"""People, roles and times as somebody types them in a room."""

import re
from datetime import datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from tocsin.incidents.queries import offers_waiting
from tocsin.incidents.role_definitions import role_named
from tocsin.incidents.said_model import AHEAD
from tocsin.kernel.db import Unit
from tocsin.kernel.errors import Invalid
from tocsin.oncall.clocks import instant, local, zone_exists
from tocsin.people.model import User
from tocsin.people.queries import users

SHORT = {
    "im": "incident_manager", "tl": "tech_lead", "cm": "communications_manager", "manager": "incident_manager",
    "lead": "tech_lead", "comms": "communications_manager",
}  # fmt: skip
_AT = re.compile(
    r"^(?P<rest>.+?)\s+at\s+(?P<hour>[01]?\d|2[0-3]):(?P<minute>[0-5]\d)$", re.IGNORECASE | re.DOTALL
)


async def role_typed(u: Unit, text: str) -> str:
    """A role by its name, its title or its usual short form. Raises `Invalid` with those there are."""
    try:
        return (await role_named(u, SHORT.get(text.strip().lower(), text))).name
    except Invalid as error:
        raise Invalid("text", str(error)) from error


async def offer_typed(u: Unit, incident_id: UUID, role: str, *, mine: bool) -> UUID:
    """The one offer that is meant; without a role there must be only one. `mine`: of those to the acting person."""
    waiting = [o for o in await offers_waiting(u, incident_id) if not mine or o.to_user_id == u.actor.id]
    if role:
        wanted = await role_typed(u, role)
        waiting = [o for o in waiting if o.role == wanted]
    if not waiting:
        raise Invalid("text", "No role is offered to you here." if mine else "Nothing is offered here.")
    if len(waiting) > 1:
        raise Invalid("text", f"Say which: {' or '.join(o.words for o in waiting)}.")
    return waiting[0].id


async def person_typed(u: Unit, text: str, usage: str) -> User:
    """The one person whose name is this, or begins so. Raises `Invalid` with how it is written."""
    wanted = text.strip().lstrip("@").casefold()
    known = [p for p in await users(u) if p.disabled_at is None and wanted]
    found = [p for p in known if wanted in (p.name.casefold(), p.email.casefold())]
    found = found or [p for p in known if p.name.casefold().startswith(wanted)]
    if len(found) != 1:
        names = ", ".join(sorted(p.name for p in found)[:5])
        which = f" It fits: {names}." if found else ""
        raise Invalid("text", f"Write {usage}; the name must fit exactly one person.{which}")
    return found[0]


def time_typed(text: str, zone: str, now: datetime) -> tuple[str, datetime | None]:
    """Cuts `at 09:00` off the end: the next time that it is so late on that clock."""
    found = _AT.match(text.strip())
    if found is None:
        return text.strip(), None
    zone = zone if zone_exists(zone) else "UTC"
    there = local(now, zone).replace(
        hour=int(found["hour"]), minute=int(found["minute"]), second=0, microsecond=0
    )
    moment = instant(there.replace(tzinfo=None), zone)
    if moment <= now:
        moment = instant((there + timedelta(days=1)).replace(tzinfo=None), zone)
    return found["rest"], moment


def time_passed(now: datetime, zone: str, date: str | None, hour: int, minute: int) -> datetime:
    """When it was last so late on that clock, or on a date. What a watch that is a little ahead shows is now. Raises `ValueError` when
    there is no such time."""
    clock = ZoneInfo(zone if zone_exists(zone) else "UTC")
    day = datetime.fromisoformat(date) if date else now.astimezone(clock)
    at = day.replace(hour=hour, minute=minute, second=0, microsecond=0, tzinfo=clock)
    if not date:
        days = (at + timedelta(days=n) for n in (1, 0, -1))
        at = next(each for each in days if each <= now + AHEAD)
    return min(at, now) if at <= now + AHEAD else at


async def zone_of(u: Unit, user_id: UUID | None) -> str:
    """On which clock somebody means a time."""
    return next((p.time_zone for p in await users(u) if p.id == user_id), "UTC")
