"""Public holidays of a person's country, from a kept library. Pure."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from uuid import UUID

import holidays as library

from tocsin.oncall.clocks import Range, instant, local, zone_exists


@dataclass(frozen=True, slots=True)
class Whereabouts:
    """Whose holidays count for a person: ISO 3166 country, perhaps its subdivision, and the zone they live in."""

    user_id: UUID
    country: str | None
    subdivision: str | None
    time_zone: str

    @property
    def zone(self) -> str:
        """The clock to reckon by: UTC when theirs has left the time zone data."""
        return self.time_zone if zone_exists(self.time_zone) else "UTC"


@dataclass(frozen=True, slots=True)
class Holiday:
    """A day off, in the words of the country."""

    day: date
    name: str


def countries() -> dict[str, list[str]]:
    """The countries that are known, each with its subdivisions."""
    return {code: list(parts) for code, parts in library.list_supported_countries().items()}


def country_names() -> dict[str, str]:
    """The countries that can be chosen, by ISO code, in order of their English names."""
    found = {
        names[1]: re.sub("(?<=[a-z])(?=[A-Z])", " ", names[0])
        for names in library.registry.COUNTRIES.values()
    }
    return dict(sorted(((c, n) for c, n in found.items() if c in countries()), key=lambda item: item[1]))


def subdivision_names(country: str) -> dict[str, str]:
    """The parts of a country with holidays of their own, by code, with the name they have there, if it is known."""
    if country not in country_names():
        return {}
    names = library.country_holidays(country).get_subdivision_aliases()
    return {code: next(iter(names.get(code, [])), code) for code in countries()[country]}


def is_known(country: str, subdivision: str | None) -> bool:
    """Whether holidays are known for this place."""
    known = countries()
    return country in known and (subdivision is None or subdivision in known[country])


def holidays_between(country: str, subdivision: str | None, first: date, last: date) -> list[Holiday]:
    """The public holidays from `first` to `last`, both included; none for a place that is not known."""
    return [
        holiday
        for year in range(first.year, last.year + 1)
        for holiday in _of_year(country, subdivision, year)
        if first <= holiday.day <= last
    ]


@lru_cache(maxsize=2000)
def _of_year(country: str, subdivision: str | None, year: int) -> tuple[Holiday, ...]:
    if not is_known(country, subdivision):
        return ()
    found = library.country_holidays(country, subdiv=subdivision, years=year)
    return tuple(Holiday(day, name) for day, name in sorted(found.items()) if day.year == year)


def away(people: Iterable[Whereabouts], start: datetime, end: datetime) -> Mapping[UUID, Sequence[Range]]:
    """Per person the holidays that touch the range, as instants: from midnight to midnight where they live."""
    return {
        person.user_id: list(_days_off(person, person.country, start, end))
        for person in people
        if person.country
    }


def _days_off(person: Whereabouts, country: str, start: datetime, end: datetime) -> Iterator[Range]:
    zone = person.zone
    first, last = local(start, zone).date(), local(end, zone).date()
    for holiday in holidays_between(country, person.subdivision, first, last):
        midnight = datetime.combine(holiday.day, time())
        begins, ends = instant(midnight, zone), instant(midnight + timedelta(days=1), zone)
        if begins < ends:
            yield begins, ends
