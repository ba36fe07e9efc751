"""Times as somebody types them in a room: the next one of a plan, the last one of what was seen."""

import re
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from tocsin.incidents.said_model import AHEAD
from tocsin.incidents.said_read import zone_of
from tocsin.kernel.db import Unit
from tocsin.kernel.errors import Invalid
from tocsin.oncall.clocks import instant, local, zone_exists

_AT = re.compile(
    r"^(?P<rest>.+?)\s+at\s+(?P<hour>[01]?\d|2[0-3]):(?P<minute>[0-5]\d)$", re.IGNORECASE | re.DOTALL
)
_CLOCK = re.compile(r"(?:(\d{4}-\d\d-\d\d)[T ])?(\d{1,2}):(\d\d)(?!\d)\s*(.*)", re.DOTALL)
_BY = re.compile(r"([^\n:]{1,60}):\s+(.*)", re.DOTALL)


async def time_after(u: Unit, line: str) -> tuple[str, datetime | None]:
    """`Ana at 09:00` as words and the next such time on the clock of whoever types it; without a time it is None."""
    return time_typed(line, await zone_of(u, u.actor.id), await u.clock())


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


async def time_before(u: Unit, line: str, *, said_by: bool) -> tuple[datetime | None, str, str]:
    """`14:02 Ana: restarted redis` as time, name and words; what is not there is None or empty.

    A time without a date is the last one that has passed on the clock of whoever types it; see `time_passed`.
    """
    found = _CLOCK.fullmatch(line.strip())
    at, rest = None, line.strip()
    if found:
        at, rest = await _passed(u, found[1], int(found[2]), int(found[3])), found[4]
    by = _BY.fullmatch(rest) if said_by else None
    return (at, by[1].strip(), by[2]) if by else (at, "", rest)


async def _passed(u: Unit, date: str | None, hour: int, minute: int) -> datetime:
    try:
        return time_passed(await u.clock(), await zone_of(u, u.actor.id), date, hour, minute)
    except ValueError:
        raise Invalid("text", "That is no time of day.") from None
