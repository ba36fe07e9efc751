"""What a handover says to whom: the next person with the brief, the one before, and those who answer for the schedule."""

from datetime import datetime

from tocsin.duty.handover_brief import Brief, make_brief, words
from tocsin.duty.handover_model import Handover, handover_token
from tocsin.duty.handover_queries import sql
from tocsin.duty.tell import tell
from tocsin.duty.words import at_time, day_and_time, on_call_name, schedule_page, zone_note
from tocsin.kernel.crypto import Keys
from tocsin.kernel.db import DATA_ERRORS, Unit
from tocsin.kernel.log import logger
from tocsin.oncall.queries import owners_of

log = logger(__name__)
UNKNOWN = "The brief could not be made. The schedule's page shows what is open."


async def coming(u: Unit, keys: Keys, h: Handover) -> None:
    """An hour ahead: that it starts, and what is open."""
    subject = f"{on_call_name(h.schedule_name)}: your shift starts at {at_time(h.starts_at, h.to_zone)}"
    await _to_next(u, keys, h, subject, _facts(h))


async def ask(u: Unit, keys: Keys, h: Handover, now: datetime) -> None:
    """Asks for acceptance, on the way on which they want to be woken."""
    begun = now >= h.starts_at
    when = "has started" if begun else f"starts at {at_time(h.starts_at, h.to_zone)}"
    subject = f"Accept {on_call_name(h.schedule_name)}: your shift {when}"
    await _to_next(u, keys, h, subject, _facts(h), urgent=True)
    if begun and h.held_back and h.from_user_id:
        kept = f"{on_call_name(h.schedule_name)}: you keep the pager until {h.to_name} accepts"
        text = f"The shift of {h.to_name} has started, and was not accepted yet. You are told when it is."
        await tell(u, [h.from_user_id], kept, text, schedule_page(h.schedule_id), f"handover:{h.id}:kept")


async def begun(u: Unit, keys: Keys, h: Handover) -> None:
    """At the start: to the next person that they have it, and to the one before that theirs has ended; each once."""
    subject = f"{on_call_name(h.schedule_name)}: your shift starts"
    await _to_next(u, keys, h, subject, _facts(h), key=f"handover:{h.id}:begun")
    await ended(u, h)


async def ended(u: Unit, h: Handover) -> None:
    """To the one before: somebody else has it."""
    if h.from_user_id is None:
        return
    subject = f"{on_call_name(h.schedule_name)}: your shift has ended, {h.to_name} has it"
    zone = h.from_zone or "UTC"
    text = f"{h.to_name} is on call until {day_and_time(h.ends_at, zone)}. {zone_note(zone)}"
    await tell(u, [h.from_user_id], subject, text, schedule_page(h.schedule_id), f"handover:{h.id}:ended")


async def accepted_for(u: Unit, h: Handover) -> None:
    """A manager accepted for somebody: they hear of it."""
    subject = f"{on_call_name(h.schedule_name)}: {u.actor.name} accepted your shift for you"
    await tell(u, [h.to_user_id], subject, _facts(h), _page(h), urgent=True)


async def in_vain(u: Unit, h: Handover) -> None:
    """To those who answer for the schedule: nobody accepted, and who is paged meanwhile."""
    owners = await owners_of(u, h.schedule_id)
    keeps = f"{h.from_name} keeps the pager." if h.held_back else f"{h.to_name} is paged all the same."
    text = (
        f"The shift of {h.to_name} has started, and was asked about {h.asked} times without an answer. {keeps}"
        " Accept it for them on this page, or put somebody else on call."
    )
    subject = f"{on_call_name(h.schedule_name)}: {h.to_name} has not accepted the shift"
    await tell(u, owners, subject, text, _page(h), f"handover:{h.id}:in_vain", urgent=True)


async def _to_next(
    u: Unit, keys: Keys, h: Handover, subject: str, lead: str, key: str | None = None, *, urgent: bool = False
) -> None:
    brief = await _brief(u, h)
    open_now = words(brief, h.to_zone) if brief else UNKNOWN
    link = f"/handover/{handover_token(keys, h.id, h.to_user_id, h.ends_at)}"
    text = f"{lead}\n\n{open_now}\n\n{zone_note(h.to_zone)}"
    await tell(u, [h.to_user_id], subject, text, link, key, urgent=urgent)


async def _brief(u: Unit, h: Handover) -> Brief | None:
    """What is open, kept beside the handover. None when it could not be made: nobody's shift waits for that."""
    try:
        async with u.savepoint():
            brief = await make_brief(u, h.schedule_id, h.to_user_id, h.from_user_id, h.from_name or "")
            await u.run(sql.keep_brief, h.id, brief)
    except (*DATA_ERRORS, ValueError) as error:
        log.warning("brief_not_made", handover=str(h.id), error=repr(error))
        return None
    return brief


def _facts(h: Handover) -> str:
    zone = h.to_zone
    shift = f"You are on call from {day_and_time(h.starts_at, zone)} until {day_and_time(h.ends_at, zone)}"
    before = f", after {h.from_name}." if h.from_name else "; nobody is before you."
    if not h.waits:
        return shift + before
    keeps = f" Until you accept, {h.from_name} is paged." if h.held_back else " Please accept it."
    return shift + before + keeps


def _page(h: Handover) -> str:
    return f"{schedule_page(h.schedule_id)}/handover"
