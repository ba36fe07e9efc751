"""An iCalendar text (RFC 5545) to the events of a range. Pure, but hostile texts may take long: see `apart`.

Repetitions are counted on the event's own wall clock, so that a turn from nine to nine stays that over a clock change.
Whole days, and times without a zone, are in the calendar's zone (X-WR-TIMEZONE), else in the schedule's.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import NAMESPACE_URL, uuid5
from zoneinfo import ZoneInfo

import icalendar
import recurring_ical_events

from tocsin.oncall.clocks import instant, zone_exists
from tocsin.oncall.ical import one_line

MOST_BYTES = 2_000_000
MOST_OCCURRENCES = 20_000
#: One day's worth of hours: a turn is an hour at least.
MOST_A_DAY = 24
TIMES = ("DTSTART", "DTEND", "RECURRENCE-ID")


class BadCalendar(ValueError):
    """A text that no events can be taken from; the sentence is for people."""


@dataclass(frozen=True, slots=True)
class Occurrence:
    """One event at one time (UTC), with what says whose it is. Addresses are in lower case."""

    uid: str
    starts_at: datetime
    ends_at: datetime
    summary: str
    attendees: tuple[str, ...] = ()
    organizer: str = ""


def check_text(text: str) -> None:
    """Raises `BadCalendar` for what is plainly no calendar, before anything is read."""
    if len(text.encode("utf-8", "surrogatepass")) > MOST_BYTES:
        raise BadCalendar(f"The calendar is too large: {MOST_BYTES // 1_000_000} MB fit.")
    start = text.lstrip("\ufeff \t\r\n")[:200].lower()
    if start.startswith("<"):
        raise BadCalendar("This is a web page, not a calendar. Use the address that ends in .ics.")
    if not start.startswith("begin:vcalendar"):
        raise BadCalendar("This is not a calendar: iCalendar files begin with BEGIN:VCALENDAR.")


def events_between(text: str, zone: str, start: datetime, end: datetime) -> list[Occurrence]:
    """The events that touch [start, end), by time; cancelled ones and those without a length are left out. `zone` is the
    schedule's. Raises `BadCalendar`."""
    check_text(text)
    text = one_ending(text)
    _check_whole(text)
    try:
        found = _all(text, zone, start, end)
    except BadCalendar:
        raise
    except (ValueError, TypeError, AttributeError, ArithmeticError, LookupError) as error:
        raise BadCalendar(f"The calendar is damaged: {one_line(str(error), 150)}.") from error
    return sorted(found, key=lambda e: (e.starts_at, e.uid))


def one_ending(text: str) -> str:
    """With the line ends of one system: some programs write those of another."""
    return text.lstrip("\ufeff \t\r\n").replace("\r\n", "\n").replace("\r", "\n")


def _check_whole(text: str) -> None:
    """What was cut off on its way must not pass for a calendar with fewer events: every part that begins has to end."""
    open_parts: list[str] = []
    for line in text.split("\n"):
        name, _, value = line.partition(":")
        word, part = name.upper(), value.strip().upper()
        if word == "BEGIN":
            open_parts.append(part)
        elif word == "END" and (not open_parts or open_parts.pop() != part):
            raise BadCalendar(f"The calendar is damaged: {one_line(part, 60)} ends where it has not begun.")
    if open_parts:
        raise BadCalendar(f"The calendar is cut off: {one_line(open_parts[-1], 60)} begins and does not end.")


def _all(text: str, zone: str, start: datetime, end: datetime) -> list[Occurrence]:
    found: dict[tuple[str, datetime], Occurrence] = {}
    for calendar in icalendar.Calendar.from_ical(text, multiple=True):
        for event in _read(calendar, zone, start, end):
            found[event.uid, event.starts_at] = event
            if len(found) > MOST_OCCURRENCES:
                raise BadCalendar(f"The calendar has more than {MOST_OCCURRENCES:,} events in two years.")
    return list(found.values())


def _read(calendar: Any, zone: str, start: datetime, end: datetime) -> Iterator[Occurrence]:
    events = calendar.walk("VEVENT")
    for event in events:
        _check(event)
    zone = _own_zone(calendar, events) or zone
    for found in recurring_ical_events.of(calendar).between(start, end):
        begins, ends = _moment(found.start, zone), _moment(found.end, zone)
        if found.get("STATUS", "").upper() != "CANCELLED" and begins < ends and begins < end and ends > start:
            yield _occurrence(found, begins, ends)


def _own_zone(calendar: Any, events: Iterable[Any]) -> str | None:
    """The zone that the calendar names. One that is not known matters only where something is in no other."""
    own = str(calendar.get("X-WR-TIMEZONE", "")).strip()
    if not own or zone_exists(own):
        return own or None
    if any(getattr(event["DTSTART"].dt, "tzinfo", None) is None for event in events):
        raise BadCalendar(f"The calendar is in the time zone {one_line(own, 60)}, which is not known.")
    del calendar["X-WR-TIMEZONE"]
    return None


def _check(event: Any) -> None:
    """What would be read wrongly without a word is refused with one."""
    name = (
        one_line(str(event.get("SUMMARY", "")), 60)
        or one_line(str(event.get("UID", "")), 60)
        or "without a name"
    )
    if "DTSTART" not in event:
        raise BadCalendar(f"The event “{name}” has no start.")
    if event.errors:
        raise BadCalendar(f"The event “{name}” is damaged: {one_line(str(event.errors[0][1]), 150)}.")
    for field in TIMES:
        value = event.get(field)
        tzid = value.params.get("TZID") if value is not None else None
        if tzid and isinstance(value.dt, datetime) and value.dt.tzinfo is None:
            raise BadCalendar(
                f"The event “{name}” is in the time zone {one_line(str(tzid), 60)}, which is not known."
            )
    if "DTEND" in event and _naive(event["DTEND"].dt) < _naive(event["DTSTART"].dt):
        raise BadCalendar(f"The event “{name}” ends before it starts.")
    if "DURATION" in event and event["DURATION"].dt < timedelta():
        raise BadCalendar(f"The event “{name}” has a length below zero.")
    rules = event.get("RRULE", [])
    for rule in rules if isinstance(rules, list) else [rules]:
        _check_rule(rule, name)


def _naive(moment: date) -> datetime:
    """Comparable enough to find what is the wrong way round: times of different zones are made UTC."""
    if not isinstance(moment, datetime):
        return datetime.combine(moment, time(0))
    return moment.astimezone(UTC).replace(tzinfo=None) if moment.tzinfo else moment


def _check_rule(rule: Any, name: str) -> None:
    """Rules that repeat faster than turns do are refused unread: to count them would take for ever."""
    frequency = str((rule.get("FREQ") or [""])[0]).upper()
    if any(interval < 1 for interval in rule.get("INTERVAL", ())):
        raise BadCalendar(f"The event “{name}” repeats every 0 times: that never ends.")
    a_day = 24 if frequency == "HOURLY" else 1
    if frequency != "HOURLY":
        a_day *= max(1, len(rule.get("BYHOUR", ())))
    for part in ("BYMINUTE", "BYSECOND"):
        a_day *= max(1, len(rule.get(part, ())))
    if frequency in ("SECONDLY", "MINUTELY") or a_day > MOST_A_DAY:
        raise BadCalendar(f"The event “{name}” repeats more often than every hour: that is not a turn.")


def _moment(value: date, zone: str) -> datetime:
    if not isinstance(value, datetime):
        return instant(datetime.combine(value, time(0)), zone)
    return instant(value, zone) if value.tzinfo is None else _in_utc(value)


def _in_utc(value: datetime) -> datetime:
    """A time that the clock skips happens at the first instant after the gap, as everywhere in Tocsin."""
    if isinstance(value.tzinfo, ZoneInfo) and value.tzinfo.key and zone_exists(value.tzinfo.key):
        return instant(value.replace(tzinfo=None), value.tzinfo.key)
    return value.astimezone(UTC)


def _occurrence(event: Any, begins: datetime, ends: datetime) -> Occurrence:
    summary = one_line(str(event.get("SUMMARY", "")), 500)
    uid = (
        one_line(str(event.get("UID", "")), 1000)
        or f"{uuid5(NAMESPACE_URL, f'{summary}/{begins}/{ends}')}@tocsin"
    )
    attendees = event.get("ATTENDEE", [])
    mails = _addresses(attendees if isinstance(attendees, list) else [attendees])
    organizer = next(_addresses([event["ORGANIZER"]]), "") if "ORGANIZER" in event else ""
    return Occurrence(uid, begins, ends, summary, tuple(dict.fromkeys(mails)), organizer)


def _addresses(values: Iterable[Any]) -> Iterator[str]:
    for value in values:
        if str(getattr(value, "params", {}).get("PARTSTAT", "")).upper() != "DECLINED":
            mail = one_line(str(value), 300).lower().removeprefix("mailto:")
            if "@" in mail:
                yield mail
