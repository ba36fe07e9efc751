"""What calendars say before anything is saved: their events, and whose they are."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from uuid import UUID

from tocsin.kernel.db import Database, Reader
from tocsin.kernel.errors import Invalid, NotFound
from tocsin.kernel.sql import Statements
from tocsin.oncall.apart import read_calendar
from tocsin.oncall.differences import shown_source
from tocsin.oncall.icalread import BadCalendar, Occurrence
from tocsin.oncall.model import CalendarLayer, Event, Somebody
from tocsin.oncall.plans import draft_of_schedule
from tocsin.oncall.whose import Directory

sql = Statements("tocsin.oncall", "calendars.sql")
#: Which events are stored: those that are over do not count, and a calendar may repeat for ever.
BACK, AHEAD = timedelta(days=31), timedelta(days=731)


@dataclass(frozen=True, slots=True)
class Preview:
    """What a calendar would bring: its events from now on, and what is written where nobody here goes by it."""

    events: tuple[Event, ...]
    unmatched: tuple[str, ...]
    names: dict[UUID, str]


async def occurrences_in(db: Database, text: str, zone: str) -> list[Occurrence]:
    """The events of a calendar that can count. Raises `Invalid` with a sentence for what is none."""
    now = await db.clock()
    try:
        return await read_calendar(text, zone, now - BACK, now + AHEAD)
    except BadCalendar as error:
        raise Invalid("calendar", str(error)) from error


async def preview(db: Database, occurrences: Sequence[Occurrence]) -> Preview:
    """Whose turns these are, before anything is saved."""
    people = await db.all(Somebody, sql.people_to_match)
    now, directory = await db.clock(), Directory(people)
    events = tuple(directory.event(o) for o in occurrences if o.ends_at > now)
    unmatched = tuple(dict.fromkeys(e.who for e in events if e.user_id is None))
    return Preview(events, unmatched, {p.id: p.name for p in people})


async def calendar_layers(db: Reader, schedule_id: UUID | None = None) -> list[CalendarLayer]:
    """Layers that are calendars, of one schedule or of all, the highest first."""
    return await db.all(CalendarLayer, sql.calendar_layers, schedule_id)


def without_secrets(layers: Sequence[CalendarLayer]) -> list[CalendarLayer]:
    """The same for those who only look: the address of a calendar often is a secret."""
    return [replace(layer, source_url=shown_source(layer.source_url) or None) for layer in layers]


async def zone_for(db: Reader, schedule_id: UUID, rotation_id: UUID | None = None) -> str:
    """The zone in which whole days of a calendar count. Raises `NotFound`."""
    if rotation_id is not None:
        row = await db.row(sql.source_of, rotation_id)
        if row is None or row["schedule_id"] != schedule_id:
            raise NotFound("There is no such calendar.")
        return str(row["time_zone"])
    draft = await draft_of_schedule(db, schedule_id)
    if draft is None:
        raise NotFound("There is no such schedule.")
    return draft.time_zone


def checked_url(url: str) -> str:
    """The address of a calendar as it is fetched: webcal is a word for https. Raises `Invalid`."""
    url = url.strip()
    if url.lower().startswith("webcal://"):
        url = f"https://{url[9:]}"
    if (
        not url.lower().startswith(("https://", "http://"))
        or len(url) > 2000
        or any(c.isspace() for c in url)
    ):
        raise Invalid("url", "The address of a calendar starts with https:// or webcal://.")
    return url
