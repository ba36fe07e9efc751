"""When somebody on call is tired, and who should relieve them: pure. Everything is on the people's own clocks."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from uuid import UUID

from tocsin.oncall.clocks import Range, instant, local
from tocsin.oncall.hours import EVERY_DAY, WorkingHours, share_at_work
from tocsin.oncall.spans import EVENING, MORNING

#: Free for so long, somebody has slept.
BREAK = timedelta(hours=8)
#: When people are awake if nothing else is known, and until when relief lasts.
WAKES, SLEEPS = time(8), time(22)
RELIEF_ENDS = time(9)
#: So much time there is to say yes; for less than twice of it relief is not worth a message.
NOTICE = timedelta(minutes=30)
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Weariness:
    """Why somebody is tired. `night` is the evening of the night, or the day, in which it is so: relief is proposed once
    for each. `can_wait`: being told may wait until they are awake."""

    why: str
    night: date
    can_wait: bool

    @property
    def cause(self) -> str:
        """Which half of the rule."""
        return "hours" if self.can_wait else "pages"


@dataclass(frozen=True, slots=True)
class Candidate:
    """Somebody who could relieve."""

    user_id: UUID
    name: str
    hours: WorkingHours
    #: On call for anything now.
    on_call: bool = False


def weariness(
    ranges: Sequence[Range],
    pages: Iterable[datetime],
    zone: str,
    now: datetime,
    *,
    pages_most: int,
    hours_most: int,
) -> Weariness | None:
    """Whether somebody is tired: `pages_most` pages in the present night, or on call for `hours_most` hours without a
    break; 0 for never. `ranges` are all on-call ranges of late, in order."""
    dusk = _dusk(now, zone)
    woken = sum(dusk <= page <= now for page in pages) if dusk else 0
    if dusk and 0 < pages_most <= woken:
        return Weariness(f"{woken} pages tonight", local(dusk, zone).date(), can_wait=False)
    since = on_since(ranges, now)
    if since and 0 < hours_most <= (now - since) / timedelta(hours=1):
        passed = (now - since) // timedelta(hours=1)
        why = f"{passed} hours on call without a break of {BREAK // timedelta(hours=1)} hours"
        return Weariness(why, local(now, zone).date(), can_wait=True)
    return None


def _dusk(now: datetime, zone: str) -> datetime | None:
    """When the present night began; None by day."""
    shown = local(now, zone)
    if MORNING <= shown.time() < EVENING:
        return None
    evening = shown.date() if shown.time() >= EVENING else shown.date() - _DAY
    return instant(datetime.combine(evening, EVENING), zone)


def on_since(ranges: Sequence[Range], now: datetime) -> datetime | None:
    """Since when somebody has been on call without a break; None when they have one now."""
    since: datetime | None = None
    until = datetime.min.replace(tzinfo=now.tzinfo)
    for begins, ends in sorted(ranges):
        if begins > now:
            break
        if since is None or begins - until >= BREAK:
            since = begins
        until = max(until, ends)
    return since if since and now - until < BREAK else None


def relief_range(now: datetime, zone: str, shift_ends: datetime) -> Range | None:
    """From soon until nine in the morning of the tired person, or the end of their shift; None when that is too short."""
    minutes = -(-(now + NOTICE).timestamp() // 300) * 5
    begins = datetime.fromtimestamp(minutes * 60, now.tzinfo)
    shown = local(now, zone)
    day = shown.date() if shown.time() < RELIEF_ENDS else shown.date() + _DAY
    ends = min(shift_ends, instant(datetime.combine(day, RELIEF_ENDS), zone))
    return (begins, ends) if ends - begins >= NOTICE else None


def is_day(now: datetime, zone: str) -> bool:
    """Whether people there are awake, if nothing else is known."""
    return WAKES <= local(now, zone).time() < SLEEPS


def _at_work(hours: WorkingHours, now: datetime) -> bool:
    return share_at_work(hours, now, now + timedelta(minutes=1)) > 0


def best(candidates: Iterable[Candidate], now: datetime, wanted: Range) -> Candidate | None:
    """Of those who are awake the best: at work now, then who has no pager already, then who is awake for most of it."""
    awake = [c for c in candidates if is_day(now, c.hours.time_zone) or _at_work(c.hours, now)]
    return min(awake, key=lambda c: _rank(c, now, wanted), default=None)


def _rank(c: Candidate, now: datetime, wanted: Range) -> tuple[bool, bool, float, str]:
    day = WorkingHours(c.hours.time_zone, WAKES, SLEEPS, EVERY_DAY)
    return not _at_work(c.hours, now), c.on_call, -share_at_work(day, *wanted), c.name.lower()
