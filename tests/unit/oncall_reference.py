"""Who is on call, found the slow way with the standard library alone: nothing of the engine is used here.

A zone's clock is watched minute by minute, and the latest time that it has ever shown is noted. A turn has begun as
soon as that note has reached its hand-off: so what a change skips begins after the gap, and what comes twice begins
the first time.
"""

from bisect import bisect_right
from calendar import monthrange
from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo, available_timezones

from tocsin.oncall.model import Override, Restriction, Rotation, RotationKind

ALL_ZONES = sorted(available_timezones() - {"localtime", "posixrules", "Factory"})
MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)


class Watch:
    """The latest time a zone's clock has shown, at moments of a range that are so many minutes apart."""

    def __init__(self, zone: str, start: datetime, end: datetime, every: int = 1) -> None:
        there = ZoneInfo(zone)
        self.moments: list[datetime] = []
        self.shown: list[datetime] = []
        latest = _shown(start - 2 * DAY, there)
        for minute in range(-2 * 24 * 60, -((start - end) // MINUTE)):
            at = start + minute * MINUTE
            latest = max(latest, _shown(at, there))
            if minute >= 0 and minute % every == 0:
                self.moments.append(at)
                self.shown.append(latest)


def first_time(wall: datetime, zone: str) -> datetime:
    """The first moment at which the clock shows this or something later."""
    there = ZoneInfo(zone)
    early, late = (wall.replace(tzinfo=there, fold=f).astimezone(UTC) for f in (1, 0))
    if early >= late:
        return late
    while late - early > timedelta(seconds=1):
        middle = early + (late - early) // 2
        early, late = (early, middle) if _shown(middle, there) >= wall else (middle, late)
    return late.replace(microsecond=0)


def _shown(at: datetime, there: ZoneInfo) -> datetime:
    return at.astimezone(there).replace(tzinfo=None)


def handoffs(rotation: Rotation, until: datetime) -> list[datetime]:
    """Every hand-off up to the first one after a wall-clock time, counted from the first turn."""
    found = [datetime.combine(rotation.start_date, rotation.handoff_time)]
    while found[-1] <= until:
        found.append(_handoff(rotation, len(found)))
    return found


def _handoff(rotation: Rotation, number: int) -> datetime:
    first = datetime.combine(rotation.start_date, rotation.handoff_time)
    units = {RotationKind.HOURLY: DAY / 24, RotationKind.DAILY: DAY, RotationKind.WEEKLY: 7 * DAY}
    if rotation.kind in units:
        return first + number * rotation.length * units[rotation.kind]
    year, month = first.year, first.month
    for _ in range(number * rotation.length):
        year, month = (year + 1, 1) if month == 12 else (year, month + 1)
    return first.replace(year=year, month=month, day=min(first.day, monthrange(year, month)[1]))


def holder(rotation: Rotation, edges: Sequence[datetime], shown: datetime) -> UUID | None:
    """Who has the turn, when a clock has shown a time at the latest; hours and ends aside."""
    begun = bisect_right(edges, shown)
    return rotation.participants[(begun - 1) % len(rotation.participants)] if begun else None


class Opening(NamedTuple):
    """From a reading of the layer's clock until another one, or until a moment."""

    begins: datetime
    ends: datetime | None
    at: datetime | None

    def holds(self, at: datetime, shown: datetime) -> bool:
        """`shown` is the latest time that the clock of the layer has shown."""
        if self.begins > shown:
            return False
        return shown < self.ends if self.ends else self.at is not None and at < self.at


def openings(restriction: Restriction, first: date, last: date, zone: str) -> list[Opening]:
    """Of the days in between, and of those before that may reach into them."""
    days = (first + n * DAY for n in range(-10, (last - first).days + 1))
    wanted = restriction.days or range(1, 8)
    return [_opening(restriction, day, zone) for day in days if day.isoweekday() in wanted]


def _opening(restriction: Restriction, day: date, zone: str) -> Opening:
    begins = datetime.combine(day, restriction.start)
    if restriction.end_zone is not None:
        at = _next_time(restriction.end, restriction.end_zone, first_time(begins, zone))
        return Opening(begins, None, at)
    ends = datetime.combine(day, restriction.end)
    if restriction.until_day:
        while ends <= begins or ends.isoweekday() != restriction.until_day:
            ends += DAY
    elif ends <= begins:
        ends += DAY
    return Opening(begins, ends, None)


def _next_time(clock: time, zone: str, after: datetime) -> datetime:
    days = ((after - DAY).date() + n * DAY for n in range(5))
    moments = (first_time(datetime.combine(day, clock), zone) for day in days)
    return min(moment for moment in moments if moment > after)


def on_call(
    alone: Sequence[tuple[int, UUID | None]], overrides: Sequence[Override], at: datetime, *, together: bool
) -> list[UUID]:
    """From whoever holds each layer, by position, to everybody who is on call."""
    here = [person for _, person in sorted(alone, key=lambda a: a[0]) if person]
    people = here if together else here[-1:]
    for change in sorted(overrides, key=lambda o: o.created_at):
        if not change.starts_at <= at < change.ends_at:
            continue
        if change.replaces is not None:
            people = [change.user_id if person == change.replaces else person for person in people]
        else:
            people = [*people, change.user_id] if together else [change.user_id]
    return sorted(people)
