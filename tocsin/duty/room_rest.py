"""Who in a room needs relief, and whether somebody is awake: pure. Each on their own clock."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from tocsin.duty.tired import is_day
from tocsin.oncall.hours import WorkingHours, share_at_work

#: A role is held for so long at most, by night for half of it.
LONGEST = timedelta(hours=6)
#: So many pages in the last hours are a night without sleep.
MOST_PAGES = 3
#: So far back pages belong to the present night.
NIGHT = timedelta(hours=9)


@dataclass(frozen=True, slots=True)
class Fresh:
    """Somebody who could take over."""

    user_id: UUID
    name: str
    hours: WorkingHours
    paged: int = 0
    on_call: bool = False
    here: bool = False
    #: May take the role without a reason.
    named: bool = True


def worn(since: datetime, paged: int, zone: str, now: datetime) -> str:
    """Why somebody who works since then should be relieved, in words; empty when not."""
    asleep = not is_day(now, zone)
    if asleep and paged >= MOST_PAGES:
        return f"{paged} pages tonight"
    most = LONGEST / 2 if asleep else LONGEST
    if now - since >= most:
        hours = (now - since) // timedelta(hours=1)
        return f"{hours} hours on it" + (", and it is their night" if asleep else "")
    return ""


def at_work(hours: WorkingHours, now: datetime) -> bool:
    """Whether these are their working hours."""
    return share_at_work(hours, now, now + timedelta(minutes=1)) > 0


def awake(people: Iterable[Fresh], now: datetime, most: int = 3) -> Sequence[Fresh]:
    """The best of those who are awake: not paged this night; at work now, then whoever is in the room, then whoever has no
    pager. Nobody who needs a reason for the role."""
    could = [
        p for p in people
        if p.named and not p.paged and (is_day(now, p.hours.time_zone) or at_work(p.hours, now))
    ]  # fmt: skip
    return sorted(could, key=lambda p: (not at_work(p.hours, now), not p.here, p.on_call, p.name.lower()))[
        :most
    ]
