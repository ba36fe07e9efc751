"""How the load of being on call is spread: pure. All of it is counted on the person's own clock.

Every figure of a period counts what begins in it, so that the figures of parts add up to those of the whole: hours as
they pass, a night by its evening, a holiday by its midnight, a page by its moment.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime, time, timedelta

from tocsin.oncall.clocks import Range, instant, local, local_days
from tocsin.oncall.holidays import holidays_between
from tocsin.oncall.spans import EVENING, MORNING, clipped, night, nights_held, total

_HOUR, _DAY = timedelta(hours=1), timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Home:
    """Where somebody lives: their clock, and whose holidays are theirs."""

    time_zone: str
    country: str | None = None
    subdivision: str | None = None


@dataclass(frozen=True, slots=True)
class Load:
    """What somebody carried. Hours of two schedules at once count once."""

    hours: float = 0.0
    nights: int = 0
    weekend_hours: float = 0.0
    holidays: int = 0
    pages: int = 0
    night_pages: int = 0
    #: Different hours of the night in which a page came.
    woken_hours: int = 0

    def __add__(self, other: "Load") -> "Load":
        return Load(*(getattr(self, f.name) + getattr(other, f.name) for f in fields(self)))


@dataclass(frozen=True, slots=True)
class Quarter:
    """Three months of a year; `number` 1 to 4."""

    year: int
    number: int

    def __str__(self) -> str:
        return f"{self.year}Q{self.number}"

    @property
    def first(self) -> date:
        """Its first day."""
        return date(self.year, self.number * 3 - 2, 1)

    @property
    def after(self) -> "Quarter":
        """The next one."""
        return Quarter(self.year + self.number // 4, self.number % 4 + 1)

    @property
    def before(self) -> "Quarter":
        """The one before."""
        return Quarter(self.year - (self.number == 1), (self.number - 2) % 4 + 1)

    def period(self, zone: str) -> Range:
        """From midnight to midnight on a clock."""
        edges = (datetime.combine(day, time()) for day in (self.first, self.after.first))
        return instant(next(edges), zone), instant(next(edges), zone)


def quarter_of(day: date) -> Quarter:
    """The quarter that a day lies in."""
    return Quarter(day.year, (day.month + 2) // 3)


def parse_quarter(text: str) -> Quarter:
    """`2026Q4`. Raises ValueError for anything else."""
    year, letter, number = text[:4], text[4:5].upper(), text[5:]
    if not (year.isascii() and year.isdigit() and letter == "Q" and number in ("1", "2", "3", "4")):
        raise ValueError(f"{text} is not a quarter.")
    if not 1970 <= int(year) <= 2200:
        raise ValueError("Quarters are those of the years 1970 to 2200.")
    return Quarter(int(year), int(number))


def count(
    ranges: Sequence[Range], pages: Iterable[datetime], home: Home, start: datetime, end: datetime
) -> Load:
    """The load of [start, end). `ranges` are all on-call ranges around it, unclipped, in order and free of overlaps;
    `pages` all pages around it."""
    inside = clipped(ranges, start, end)
    zone = home.time_zone
    came = sorted(pages)
    within = [p for p in came if start <= p < end]
    return Load(
        hours=total(inside) / _HOUR,
        nights=sum(start <= night(evening, zone)[0] < end for evening in nights_held(ranges, zone)),
        weekend_hours=_weekend(inside, zone) / _HOUR,
        holidays=sum(start <= midnight < end for midnight in _holidays_held(ranges, home)),
        pages=len(within),
        night_pages=sum(_at_night(p, zone) for p in within),
        woken_hours=sum(start <= first < end for first in _woken(came, zone)),
    )


def _weekend(ranges: Iterable[Range], zone: str) -> timedelta:
    return sum((total(clipped([r], *day)) for r in ranges for day in _weekend_days(r, zone)), timedelta())


def _weekend_days(whole: Range, zone: str) -> Iterator[Range]:
    return ((begins, ends) for day, begins, ends in local_days(*whole, zone) if day.isoweekday() > 5)


def _holidays_held(ranges: Sequence[Range], home: Home) -> Iterator[datetime]:
    """The midnights of public holidays on which they are on call, however briefly."""
    if home.country is None or not ranges:
        return
    first, last = (local(moment, home.time_zone).date() for moment in (ranges[0][0], ranges[-1][1]))
    for day in {h.day for h in holidays_between(home.country, home.subdivision, first, last)}:
        begins, ends = (instant(datetime.combine(d, time()), home.time_zone) for d in (day, day + _DAY))
        if begins < ends and clipped(ranges, begins, ends):
            yield begins


def _at_night(moment: datetime, zone: str) -> bool:
    shown = local(moment, zone).time()
    return shown >= EVENING or shown < MORNING


def _woken(pages: Iterable[datetime], zone: str) -> Iterable[datetime]:
    """Per hour of a night the first page in it; `pages` in order."""
    firsts: dict[datetime, datetime] = {}
    for page in pages:
        if _at_night(page, zone):
            firsts.setdefault(local(page, zone).replace(minute=0, second=0, microsecond=0), page)
    return firsts.values()
