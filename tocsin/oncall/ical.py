"""Shifts as an iCalendar text (RFC 5545), for subscribing from calendar programs. Pure; see `icalread` for the way in.

The same shifts give the same bytes, so that a calendar program that asks again can be told that nothing changed.
"""

import unicodedata
from collections.abc import Iterable
from datetime import timedelta
from uuid import NAMESPACE_URL, uuid5

import icalendar

from tocsin.oncall.model import FeedShift

#: How often calendar programs should ask; most take it as a wish.
REFRESH = timedelta(hours=1)
MOST_CHARACTERS = 200
_SPACE = uuid5(NAMESPACE_URL, "https://tocsin.invalid/shifts")
#: Joiners belong to words of several scripts; every other invisible character only misleads.
_JOINERS = "\u200c\u200d"


def calendar_text(name: str, shifts: Iterable[FeedShift], base: str, *, personal: bool = False) -> bytes:
    """A whole calendar called `name`. `base` is the address of this installation; a `personal` one leaves out names."""
    calendar = icalendar.Calendar()
    calendar.add("prodid", "-//Tocsin//On-call//EN")
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    calendar.add("method", "PUBLISH")
    calendar.add("name", one_line(name))
    calendar.add("x-wr-calname", one_line(name))
    calendar.add("refresh-interval", REFRESH, parameters={"VALUE": "DURATION"})
    calendar.add("x-published-ttl", "PT1H")
    for shift in shifts:
        event = _event(shift, base, personal)
        if event is not None:
            calendar.add_component(event)
    return bytes(calendar.to_ical())


def _event(shift: FeedShift, base: str, personal: bool) -> icalendar.Event | None:
    """Calendars count whole seconds: what is shorter cannot be shown."""
    starts, ends = shift.starts_at.replace(microsecond=0), shift.ends_at.replace(microsecond=0)
    if starts >= ends:
        return None
    schedule = one_line(shift.schedule_name)
    link = f"{base}/on-call/{shift.schedule_id}"
    changed = shift.changed_at.replace(microsecond=0)
    event = icalendar.Event()
    event.add("uid", uid_of(shift))
    event.add("dtstamp", changed)
    event.add("last-modified", changed)
    event.add("sequence", shift.sequence)
    event.add("dtstart", starts)
    event.add("dtend", ends)
    event.add("summary", schedule if personal else f"{schedule}: {one_line(shift.user_name)}")
    event.add("description", f"{one_line(shift.user_name)} is on call for {schedule}.\n{link}")
    event.add("url", link)
    event.add("transp", "TRANSPARENT")
    return event


def uid_of(shift: FeedShift) -> str:
    """The same in every feed and at every time, as long as this person's shift begins then."""
    start = int(shift.starts_at.timestamp())
    return f"{uuid5(_SPACE, f'{shift.schedule_id}/{shift.track}/{shift.user_id}/{start}')}@tocsin"


def one_line(text: str, most: int = MOST_CHARACTERS) -> str:
    """Text that stays on its line in every program: no line breaks, control characters or marks of direction."""
    kept = "".join(c if c in _JOINERS else _visible(c) for c in unicodedata.normalize("NFC", text))
    kept = " ".join(kept.split())
    return kept if len(kept) <= most else f"{kept[: most - 1].rstrip()}…"


def _visible(character: str) -> str:
    category = unicodedata.category(character)
    if category in ("Cc", "Zl", "Zp"):
        return " "
    return "" if category in ("Cf", "Cs", "Co", "Cn") else character
