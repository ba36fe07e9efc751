"""When a silence is quiet, and when its owner hears of its end: pure. The wall clock keeps its word over clock changes."""

from datetime import datetime, timedelta

from tocsin.alerts.silence_model import SilenceDraft
from tocsin.oncall.clocks import Range, instant, local, merged
from tocsin.oncall.hours import WorkingHours, working_ranges

#: Before the end, so long at most and a quarter of its length otherwise; below an hour nobody has forgotten it yet.
NOTICE, SHORTEST = timedelta(hours=2), timedelta(hours=1)


def windows(draft: SilenceDraft) -> list[Range]:
    """The times that are quiet, in order and apart; of one that recurs, within its start and end."""
    weekly = draft.weekly
    if weekly is None:
        return [(draft.starts_at, draft.ends_at)]
    over = timedelta(days=1) if weekly.ends <= weekly.starts else timedelta(0)
    day = local(draft.starts_at, weekly.time_zone).date() - timedelta(days=1)
    last = local(draft.ends_at, weekly.time_zone).date()
    found: list[Range] = []
    while day <= last:
        if day.isoweekday() in weekly.days:
            begins = instant(datetime.combine(day, weekly.starts), weekly.time_zone)
            ends = instant(datetime.combine(day + over, weekly.ends), weekly.time_zone)
            found.append((max(begins, draft.starts_at), min(ends, draft.ends_at)))
        day += timedelta(days=1)
    return merged(found)


def reminder(hours: WorkingHours, starts: datetime, ends: datetime, now: datetime) -> datetime | None:
    """When its owner hears that it ends: two hours before, sooner for a short one; and when they do not work then, an hour
    before they last stop working (at the start of shorter hours). None when that is over, or before it begins."""
    begins = max(starts, now)
    if ends - begins < SHORTEST:
        return None
    wanted = ends - min(NOTICE, (ends - begins) / 4)
    before = [r for r in working_ranges(hours, begins, wanted) if r[0] <= wanted]
    if not before:
        return None
    opens, closes = before[-1]
    at = wanted if closes > wanted else max(opens, closes - timedelta(hours=1))
    return max(at, begins)
