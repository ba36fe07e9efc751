"""Cases around real clock changes, worked out by hand from the rules of the IANA database.

Each says who is on call from which moment (UTC) to the next one; `-` is nobody, and the last moment ends the range.
"""

from datetime import UTC, datetime, time
from itertools import pairwise
from uuid import UUID

import pytest

from tests.unit.oncall_parts import ANA, BEN, CAT, DEE
from tocsin.oncall.model import Override, Restriction, Rotation, RotationKind
from tocsin.oncall.shifts import final_shifts

WHO = {"ANA": ANA, "BEN": BEN, "CAT": CAT, "DEE": DEE, "-": None}
MON, TUE, FRI, SUN = 1, 2, 5, 7


def turns(kind: RotationKind, people: str, first: str, **more: object) -> Rotation:
    """From the first hand-off, a local time; people in turn."""
    begun = datetime.fromisoformat(first)
    crew = tuple(WHO[name] for name in people.split())
    fields: dict[str, object] = {"length": 1, "position": 0} | more
    return Rotation(
        UUID(int=9),
        kind=kind,
        handoff_time=begun.time(),
        start_date=begun.date(),
        participants=crew,
        **fields,
    )  # type: ignore[arg-type]  # fields of the table's choosing


def hourly(people: str, first: str, **more: object) -> Rotation:
    return turns(RotationKind.HOURLY, people, first, **more)


def daily(people: str, first: str, **more: object) -> Rotation:
    return turns(RotationKind.DAILY, people, first, **more)


def weekly(people: str, first: str, **more: object) -> Rotation:
    return turns(RotationKind.WEEKLY, people, first, **more)


def monthly(people: str, first: str, **more: object) -> Rotation:
    return turns(RotationKind.MONTHLY, people, first, **more)


def only(start: str, end: str, *days: int, until: int | None = None, zone: str | None = None) -> Restriction:
    return Restriction(time.fromisoformat(start), time.fromisoformat(end), days, until, zone)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def instead(who: str, start: str, end: str, replaces: str = "-") -> Override:
    return Override(UUID(int=8), WHO[who] or DEE, utc(start), utc(end), utc("2026-01-01"), WHO[replaces])


def check(zone: str, layers: list[Rotation], overrides: list[Override], expected: str) -> None:
    marks = [mark.strip().rsplit(" ", 1) for mark in expected.split("|")]
    marks[-1] = [" ".join(marks[-1]), "-"]
    found = final_shifts(zone, layers, overrides, utc(marks[0][0]), utc(marks[-1][0]))
    told = [(s.user_id, s.starts_at, s.ends_at) for s in found]
    spans = pairwise(marks)
    assert told == [(WHO[who], utc(a), utc(b)) for (a, who), (b, _) in spans if who != "-"]


# Name, zone, layer, who from when.
CHANGES = [
    ("lord howe, half an hour longer", "Australia/Lord_Howe", daily("ANA BEN", "2026-04-04 09:00"),
     "2026-04-03 22:00 ANA | 2026-04-04 22:30 BEN | 2026-04-05 22:30"),
    ("lord howe, half an hour shorter", "Australia/Lord_Howe", daily("ANA BEN", "2026-10-03 09:00"),
     "2026-10-02 22:30 ANA | 2026-10-03 22:00 BEN | 2026-10-04 22:00"),
    ("lord howe, a hand-off that comes twice", "Australia/Lord_Howe", daily("ANA BEN", "2026-04-04 01:45"),
     "2026-04-03 14:45 ANA | 2026-04-04 14:45 BEN | 2026-04-05 15:15"),
    ("lord howe, a hand-off that is skipped", "Australia/Lord_Howe", daily("ANA BEN", "2026-10-03 02:15"),
     "2026-10-02 15:45 ANA | 2026-10-03 15:30 BEN | 2026-10-04 15:15"),
    ("lord howe, hours in autumn", "Australia/Lord_Howe", hourly("ANA BEN", "2026-04-05 00:00"),
     "2026-04-04 13:00 ANA | 2026-04-04 14:00 BEN | 2026-04-04 15:30 ANA | 2026-04-04 16:30"),
    ("lord howe, hours in spring", "Australia/Lord_Howe", hourly("ANA BEN", "2026-10-04 00:00"),
     "2026-10-03 13:30 ANA | 2026-10-03 14:30 BEN | 2026-10-03 15:30 ANA | 2026-10-03 16:00 BEN | 2026-10-03 17:00"),
    ("morocco, ramadan begins", "Africa/Casablanca", daily("ANA BEN", "2024-03-09 09:00"),
     "2024-03-09 08:00 ANA | 2024-03-10 09:00 BEN | 2024-03-11 09:00"),
    ("morocco, ramadan ends", "Africa/Casablanca", daily("ANA BEN", "2024-04-13 09:00"),
     "2024-04-13 09:00 ANA | 2024-04-14 08:00 BEN | 2024-04-15 08:00"),
    ("morocco, skipped at the end of ramadan", "Africa/Casablanca", daily("ANA BEN", "2024-04-13 02:30"),
     "2024-04-13 02:30 ANA | 2024-04-14 02:00 BEN | 2024-04-15 01:30"),
    ("morocco, back to its old time for good", "Africa/Casablanca", daily("ANA BEN", "2026-09-19 01:30"),
     "2026-09-19 00:30 ANA | 2026-09-20 00:30 BEN | 2026-09-21 01:30"),
    ("samoa, midnight of the day that never was", "Pacific/Apia", daily("ANA BEN CAT", "2011-12-29 00:00"),
     "2011-12-29 10:00 ANA | 2011-12-30 10:00 CAT | 2011-12-31 10:00"),
    ("samoa, nine o'clock on that day", "Pacific/Apia", daily("ANA BEN CAT", "2011-12-28 09:00"),
     "2011-12-28 19:00 ANA | 2011-12-29 19:00 BEN | 2011-12-30 10:00 CAT | 2011-12-30 19:00 ANA | 2011-12-31 19:00"),
    ("samoa, a week that ends on that friday", "Pacific/Apia", weekly("ANA BEN", "2011-12-23 09:00"),
     "2011-12-23 19:00 ANA | 2011-12-30 10:00 BEN | 2012-01-05 19:00"),
    ("samoa, fridays only", "Pacific/Apia", weekly("ANA", "2011-12-19 00:00", restrictions=(only("09:00", "17:00", FRI),)),
     "2011-12-22 00:00 - | 2011-12-23 19:00 ANA | 2011-12-24 03:00 - | 2012-01-05 19:00 ANA | 2012-01-06 03:00 - | 2012-01-08 00:00"),
    ("kiritimati leaves out new year's eve", "Pacific/Kiritimati", daily("ANA BEN CAT", "1994-12-29 12:00"),
     "1994-12-29 22:00 ANA | 1994-12-30 22:00 BEN | 1994-12-31 10:00 CAT | 1994-12-31 22:00 ANA | 1995-01-01 22:00"),
    ("kiritimati, a month from that day", "Pacific/Kiritimati", monthly("ANA BEN", "1994-12-31 08:00"),
     "1994-12-31 00:00 - | 1994-12-31 10:00 ANA | 1995-01-30 18:00 BEN | 1995-02-27 18:00"),
    ("kwajalein leaves out a saturday", "Pacific/Kwajalein", weekly("ANA", "1993-08-01 00:00", restrictions=(only("08:00", "16:00"),)),
     "1993-08-20 20:00 ANA | 1993-08-21 04:00 - | 1993-08-21 20:00 ANA | 1993-08-22 04:00"),
    ("troll, two turns swallowed", "Antarctica/Troll", hourly("ANA BEN CAT DEE", "2026-03-29 00:00"),
     "2026-03-29 00:00 ANA | 2026-03-29 01:00 DEE | 2026-03-29 02:00 ANA | 2026-03-29 03:00"),
    ("troll, one turn of three hours", "Antarctica/Troll", hourly("ANA BEN CAT DEE", "2026-10-25 00:00"),
     "2026-10-24 22:00 ANA | 2026-10-24 23:00 BEN | 2026-10-25 00:00 CAT | 2026-10-25 03:00 DEE | 2026-10-25 04:00"),
    ("dublin, where winter is the exception, spring", "Europe/Dublin", daily("ANA BEN", "2026-03-28 01:30"),
     "2026-03-28 01:30 ANA | 2026-03-29 01:00 BEN | 2026-03-30 00:30"),
    ("dublin, where winter is the exception, autumn", "Europe/Dublin", daily("ANA BEN", "2026-10-24 01:30"),
     "2026-10-24 00:30 ANA | 2026-10-25 00:30 BEN | 2026-10-26 01:30"),
    ("chatham's three quarters, autumn", "Pacific/Chatham", daily("ANA BEN", "2026-04-04 03:00"),
     "2026-04-03 13:15 ANA | 2026-04-04 13:15 BEN | 2026-04-05 14:15"),
    ("chatham's three quarters, spring", "Pacific/Chatham", daily("ANA BEN", "2026-09-26 03:00"),
     "2026-09-25 14:15 ANA | 2026-09-26 14:00 BEN | 2026-09-27 13:15"),
    ("nepal moves by a quarter of an hour", "Asia/Kathmandu", daily("ANA BEN", "1985-12-31 00:00"),
     "1985-12-30 18:30 ANA | 1985-12-31 18:30 BEN | 1986-01-01 18:15"),
    ("india, half an hour off", "Asia/Kolkata", weekly("ANA", "2026-01-05 00:00", restrictions=(only("09:00", "18:00", MON, TUE),)),
     "2026-03-30 03:30 ANA | 2026-03-30 12:30 - | 2026-03-31 03:30 ANA | 2026-03-31 12:30 - | 2026-04-02 00:00"),
    ("sao paulo, midnight does not exist", "America/Sao_Paulo", daily("ANA BEN", "2018-11-03 00:00"),
     "2018-11-03 03:00 ANA | 2018-11-04 03:00 BEN | 2018-11-05 02:00"),
    ("sao paulo, 23:30 twice", "America/Sao_Paulo", daily("ANA BEN", "2019-02-15 23:30"),
     "2019-02-16 01:30 ANA | 2019-02-17 01:30 BEN | 2019-02-18 02:30"),
    ("brazil has given up summer time", "America/Sao_Paulo", daily("ANA BEN", "2019-11-02 00:00"),
     "2019-11-02 03:00 ANA | 2019-11-03 03:00 BEN | 2019-11-04 03:00"),
    ("turkey stays on summer time", "Europe/Istanbul", daily("ANA BEN", "2016-10-29 09:00"),
     "2016-10-29 06:00 ANA | 2016-10-30 06:00 BEN | 2016-10-31 06:00"),
    ("venezuela, half an hour back", "America/Caracas", daily("ANA BEN", "2007-12-08 02:45"),
     "2007-12-08 06:45 ANA | 2007-12-09 06:45 BEN | 2007-12-10 07:15"),
    ("venezuela, half an hour forward again", "America/Caracas", daily("ANA BEN", "2016-04-30 02:45"),
     "2016-04-30 07:15 ANA | 2016-05-01 07:00 BEN | 2016-05-02 06:45"),
    ("north korea 2015, 23:45 twice", "Asia/Pyongyang", daily("ANA BEN", "2015-08-13 23:45"),
     "2015-08-13 14:45 ANA | 2015-08-14 14:45 BEN | 2015-08-15 15:15"),
    ("north korea 2015, midnight once", "Asia/Pyongyang", daily("ANA BEN", "2015-08-14 00:00"),
     "2015-08-13 15:00 ANA | 2015-08-14 15:30 BEN | 2015-08-15 15:30"),
    ("north korea 2018, 23:45 skipped", "Asia/Pyongyang", daily("ANA BEN", "2018-05-03 23:45"),
     "2018-05-03 15:15 ANA | 2018-05-04 15:00 BEN | 2018-05-05 14:45"),
    ("egypt 2023, midnight does not exist", "Africa/Cairo", daily("ANA BEN", "2023-04-27 00:00"),
     "2023-04-26 22:00 ANA | 2023-04-27 22:00 BEN | 2023-04-28 21:00"),
    ("egypt 2023, 23:30 twice", "Africa/Cairo", daily("ANA BEN", "2023-10-25 23:30"),
     "2023-10-25 20:30 ANA | 2023-10-26 20:30 BEN | 2023-10-27 21:30"),
    ("egypt 2023, midnight an hour late", "Africa/Cairo", daily("ANA BEN", "2023-10-26 00:00"),
     "2023-10-25 21:00 ANA | 2023-10-26 22:00 BEN | 2023-10-27 22:00"),
    ("gaza 2023", "Asia/Gaza", daily("ANA BEN", "2023-04-28 02:00"),
     "2023-04-28 00:00 ANA | 2023-04-29 00:00 BEN | 2023-04-29 23:00"),
    ("paraguay's last spring", "America/Asuncion", daily("ANA BEN", "2024-10-05 00:00"),
     "2024-10-05 04:00 ANA | 2024-10-06 04:00 BEN | 2024-10-07 03:00"),
    ("paraguay without autumn", "America/Asuncion", daily("ANA BEN", "2025-03-22 00:00"),
     "2025-03-22 03:00 ANA | 2025-03-23 03:00 BEN | 2025-03-24 03:00"),
    ("jordan stays on summer time", "Asia/Amman", daily("ANA BEN", "2022-10-27 00:30"),
     "2022-10-26 21:30 ANA | 2022-10-27 21:30 BEN | 2022-10-28 21:30"),
    ("mexico's last autumn", "America/Mexico_City", daily("ANA BEN", "2022-10-29 01:30"),
     "2022-10-29 06:30 ANA | 2022-10-30 06:30 BEN | 2022-10-31 07:30"),
    ("mexico without spring", "America/Mexico_City", daily("ANA BEN", "2023-04-01 02:30"),
     "2023-04-01 08:30 ANA | 2023-04-02 08:30 BEN | 2023-04-03 08:30"),
    ("casey, a turn of four hours", "Antarctica/Casey", hourly("ANA BEN CAT DEE", "2018-03-11 00:00"),
     "2018-03-10 13:00 ANA | 2018-03-10 14:00 BEN | 2018-03-10 15:00 CAT | 2018-03-10 16:00 DEE | 2018-03-10 20:00 ANA | 2018-03-10 21:00"),
    ("casey, a window swallowed", "Antarctica/Casey", weekly("ANA", "2018-10-01 00:00", restrictions=(only("05:00", "06:30"),)),
     "2018-10-05 21:00 ANA | 2018-10-05 22:30 - | 2018-10-07 18:00 ANA | 2018-10-07 19:30"),
    ("azores, midnight does not exist", "Atlantic/Azores", daily("ANA BEN", "2026-03-28 00:00"),
     "2026-03-28 01:00 ANA | 2026-03-29 01:00 BEN | 2026-03-30 00:00"),
    ("azores, midnight twice", "Atlantic/Azores", daily("ANA BEN", "2026-10-24 00:00"),
     "2026-10-24 00:00 ANA | 2026-10-25 00:00 BEN | 2026-10-26 01:00"),
    ("havana, midnight does not exist", "America/Havana", daily("ANA BEN", "2026-03-07 00:00"),
     "2026-03-07 05:00 ANA | 2026-03-08 05:00 BEN | 2026-03-09 04:00"),
    ("havana, midnight twice", "America/Havana", daily("ANA BEN", "2025-11-01 00:00"),
     "2025-11-01 04:00 ANA | 2025-11-02 04:00 BEN | 2025-11-03 05:00"),
    ("nuuk, the last hour of a saturday", "America/Nuuk", daily("ANA BEN", "2024-03-29 23:30"),
     "2024-03-30 01:30 ANA | 2024-03-31 01:00 BEN | 2024-04-01 00:30"),
    ("yukon stays on summer time", "America/Whitehorse", daily("ANA BEN", "2020-10-31 01:30"),
     "2020-10-31 08:30 ANA | 2020-11-01 08:30 BEN | 2020-11-02 08:30"),
    ("volgograd, in december", "Europe/Volgograd", daily("ANA BEN", "2020-12-26 01:30"),
     "2020-12-25 21:30 ANA | 2020-12-26 21:30 BEN | 2020-12-27 22:30"),
    ("kazakhstan, on a leap day", "Asia/Almaty", daily("ANA BEN", "2024-02-28 23:30"),
     "2024-02-28 17:30 ANA | 2024-02-29 17:30 BEN | 2024-03-01 18:30"),
    ("london ends its standard time of 1968", "Europe/London", daily("ANA BEN", "1971-10-30 02:30"),
     "1971-10-30 01:30 ANA | 1971-10-31 01:30 BEN | 1971-11-01 02:30"),
    ("tehran's last autumn", "Asia/Tehran", daily("ANA BEN", "2022-09-20 23:30"),
     "2022-09-20 19:00 ANA | 2022-09-21 19:00 BEN | 2022-09-22 20:00"),
]  # fmt: skip


@pytest.mark.parametrize(("zone", "layer", "expected"), [pytest.param(*c[1:], id=c[0]) for c in CHANGES])
def test_a_change_of_the_clock(zone: str, layer: Rotation, expected: str) -> None:
    check(zone, [layer], [], expected)


BERLIN, NEW_YORK, SANTIAGO = "Europe/Berlin", "America/New_York", "America/Santiago"
KINDS = [
    ("hours in spring: a turn is left out", BERLIN, hourly("ANA BEN CAT", "2026-03-29 00:00"),
     "2026-03-28 23:00 ANA | 2026-03-29 00:00 BEN | 2026-03-29 01:00 ANA | 2026-03-29 02:00 BEN | 2026-03-29 03:00"),
    ("hours in autumn: a turn of two", BERLIN, hourly("ANA BEN CAT", "2026-10-25 00:00"),
     "2026-10-24 22:00 ANA | 2026-10-24 23:00 BEN | 2026-10-25 00:00 CAT | 2026-10-25 02:00 ANA | 2026-10-25 03:00"),
    ("hours, a range that begins in the repeated one", BERLIN, hourly("ANA BEN CAT", "2026-10-25 00:00"),
     "2026-10-25 01:15 CAT | 2026-10-25 02:00 ANA | 2026-10-25 02:30"),
    ("twelve hours in spring", BERLIN, hourly("ANA BEN", "2026-03-28 06:00", length=12),
     "2026-03-28 05:00 ANA | 2026-03-28 17:00 BEN | 2026-03-29 04:00 ANA | 2026-03-29 16:00"),
    ("twelve hours in autumn", NEW_YORK, hourly("ANA BEN", "2026-10-31 06:00", length=12),
     "2026-10-31 10:00 ANA | 2026-10-31 22:00 BEN | 2026-11-01 11:00 ANA | 2026-11-01 23:00"),
    ("a week over a change", BERLIN, weekly("ANA BEN", "2026-03-23 09:00"),
     "2026-03-23 08:00 ANA | 2026-03-30 07:00 BEN | 2026-04-06 07:00"),
    ("a week that ends in the gap", BERLIN, weekly("ANA BEN", "2026-03-22 02:30"),
     "2026-03-22 01:30 ANA | 2026-03-29 01:00 BEN | 2026-04-05 00:30"),
    ("months on the 31st", BERLIN, monthly("ANA BEN CAT", "2026-01-31 09:00"),
     "2026-01-31 08:00 ANA | 2026-02-28 08:00 BEN | 2026-03-31 07:00 CAT | 2026-04-30 07:00"),
    ("a year from leap day", "UTC", monthly("ANA BEN CAT", "2024-02-29 09:00", length=12),
     "2024-02-29 09:00 ANA | 2025-02-28 09:00 BEN | 2026-02-28 09:00 CAT | 2027-02-28 09:00 ANA | 2028-02-29 09:00"),
    ("a month whose last day is in a gap", BERLIN, monthly("ANA BEN", "2024-01-31 02:30"),
     "2024-01-31 01:30 ANA | 2024-02-29 01:30 BEN | 2024-03-31 01:00 ANA | 2024-04-30 00:30"),
    ("deliberately nobody, in autumn", BERLIN, daily("ANA -", "2026-10-24 09:00"),
     "2026-10-24 07:00 ANA | 2026-10-25 08:00 - | 2026-10-26 08:00 ANA | 2026-10-27 08:00"),
    ("a night over a gap", NEW_YORK, daily("ANA", "2026-03-01 12:00", restrictions=(only("22:00", "06:00"),)),
     "2026-03-08 00:00 - | 2026-03-08 03:00 ANA | 2026-03-08 10:00 - | 2026-03-09 00:00"),
    ("a night over a repeated hour", NEW_YORK, daily("ANA", "2026-10-01 12:00", restrictions=(only("22:00", "06:00"),)),
     "2026-11-01 00:00 - | 2026-11-01 02:00 ANA | 2026-11-01 11:00 - | 2026-11-02 00:00"),
    ("a night over a midnight that comes twice", SANTIAGO, daily("ANA", "2026-04-01 12:00", restrictions=(only("22:00", "06:00"),)),
     "2026-04-04 12:00 - | 2026-04-05 01:00 ANA | 2026-04-05 10:00 - | 2026-04-05 12:00"),
    ("hours that are skipped whole", NEW_YORK, daily("ANA", "2026-03-01 12:00", restrictions=(only("02:00", "03:00"),)),
     "2026-03-07 07:00 ANA | 2026-03-07 08:00 - | 2026-03-09 06:00 ANA | 2026-03-09 07:00"),
    ("hours that are skipped in part", NEW_YORK, daily("ANA", "2026-03-01 12:00", restrictions=(only("01:30", "02:30"),)),
     "2026-03-08 00:00 - | 2026-03-08 06:30 ANA | 2026-03-08 07:00 - | 2026-03-09 00:00"),
    ("the first hour of a day without one", SANTIAGO, daily("ANA", "2026-09-01 12:00", restrictions=(only("00:00", "01:00"),)),
     "2026-09-05 04:00 ANA | 2026-09-05 05:00 - | 2026-09-07 03:00 ANA | 2026-09-07 04:00"),
    ("hours that come twice count twice", NEW_YORK, daily("ANA", "2026-10-01 12:00", restrictions=(only("01:00", "02:00"),)),
     "2026-11-01 00:00 - | 2026-11-01 05:00 ANA | 2026-11-01 07:00 - | 2026-11-02 00:00"),
    ("minutes within the repeated hour count the first time", NEW_YORK,
     daily("ANA", "2026-10-01 12:00", restrictions=(only("01:30", "01:45"),)),
     "2026-11-01 00:00 - | 2026-11-01 05:30 ANA | 2026-11-01 05:45 - | 2026-11-02 00:00"),
    ("a hand-off within the hours", BERLIN, daily("ANA BEN", "2026-03-28 12:00", restrictions=(only("09:00", "17:00"),)),
     "2026-03-28 11:00 ANA | 2026-03-28 16:00 - | 2026-03-29 07:00 ANA | 2026-03-29 10:00 BEN | 2026-03-29 15:00 - | 2026-03-30 06:00"),
    ("monday to friday over a change", BERLIN,
     weekly("ANA BEN", "2026-03-23 00:00", restrictions=(only("09:00", "17:00", MON, until=FRI),)),
     "2026-03-22 23:00 - | 2026-03-23 08:00 ANA | 2026-03-27 16:00 - | 2026-03-30 07:00 BEN | 2026-04-03 15:00 - | 2026-04-05 22:00"),
    ("until the same time on an equal clock is a whole day", BERLIN,
     weekly("ANA", "2026-03-16 00:00", restrictions=(only("09:00", "09:00", SUN, zone="Europe/Madrid"),)),
     "2026-03-28 00:00 - | 2026-03-29 07:00 ANA | 2026-03-30 07:00 - | 2026-03-31 00:00"),
    ("a range that begins when the hours are old", BERLIN,
     weekly("ANA", "2026-03-16 00:00", restrictions=(only("09:00", "17:00", MON, until=SUN),)),
     "2026-03-29 00:00 ANA | 2026-03-29 15:00 - | 2026-03-30 07:00 ANA | 2026-03-30 12:00"),
    ("a weekend over a change", NEW_YORK,
     daily("ANA", "2026-03-01 12:00", restrictions=(only("17:00", "09:00", FRI, until=MON),)),
     "2026-03-06 00:00 - | 2026-03-06 22:00 ANA | 2026-03-09 13:00 - | 2026-03-10 00:00"),
    ("from monday nine to monday nine is the whole week", BERLIN,
     weekly("ANA", "2026-03-16 09:00", restrictions=(only("09:00", "09:00", MON, until=MON),)),
     "2026-03-16 08:00 ANA | 2026-03-30 07:00"),
    ("two windows that meet are one", BERLIN,
     daily("ANA", "2026-10-01 12:00", restrictions=(only("22:00", "02:00"), only("02:00", "06:00"))),
     "2026-10-24 18:00 - | 2026-10-24 20:00 ANA | 2026-10-25 05:00 - | 2026-10-25 06:00"),
]  # fmt: skip


@pytest.mark.parametrize(("zone", "layer", "expected"), [pytest.param(*c[1:], id=c[0]) for c in KINDS])
def test_a_kind_of_rotation_or_hours(zone: str, layer: Rotation, expected: str) -> None:
    check(zone, [layer], [], expected)


def site(who: str, zone: str, next_zone: str, position: int) -> Rotation:
    hours = (only("09:00", "09:00", zone=next_zone),)
    return weekly(who, "2026-01-05 00:00", position=position, time_zone=zone, restrictions=hours)


SUN_SITES = [
    site("ANA", BERLIN, NEW_YORK, 0),
    site("BEN", NEW_YORK, "Australia/Sydney", 1),
    site("CAT", "Australia/Sydney", BERLIN, 2),
]
SYDNEY_DAYS = [
    weekly("ANA", "2026-01-05 00:00"),
    weekly("BEN", "2026-01-05 00:00", position=1, time_zone="Australia/Sydney", restrictions=(only("09:00", "17:00"),)),
]  # fmt: skip
STACKS = [
    ("follow the sun in winter", SUN_SITES, [],
     "2026-03-05 08:00 ANA | 2026-03-05 14:00 BEN | 2026-03-05 22:00 CAT | 2026-03-06 08:00"),
    ("follow the sun, new york changed first", SUN_SITES, [],
     "2026-03-09 08:00 ANA | 2026-03-09 13:00 BEN | 2026-03-09 22:00 CAT | 2026-03-10 08:00"),
    ("follow the sun, over berlin's spring", SUN_SITES, [],
     "2026-03-28 08:00 ANA | 2026-03-28 13:00 BEN | 2026-03-28 22:00 CAT | 2026-03-29 07:00 ANA | 2026-03-29 13:00"),
    ("follow the sun, over sydney's autumn", SUN_SITES, [],
     "2026-04-04 07:00 ANA | 2026-04-04 13:00 BEN | 2026-04-04 23:00 CAT | 2026-04-05 07:00"),
    ("follow the sun, over sydney's spring", SUN_SITES, [],
     "2026-10-03 07:00 ANA | 2026-10-03 13:00 BEN | 2026-10-03 22:00 CAT | 2026-10-04 07:00"),
    ("follow the sun, over berlin's autumn", SUN_SITES, [],
     "2026-10-24 07:00 ANA | 2026-10-24 13:00 BEN | 2026-10-24 22:00 CAT | 2026-10-25 08:00 ANA | 2026-10-25 13:00"),
    ("follow the sun, over new york's autumn", SUN_SITES, [],
     "2026-10-31 08:00 ANA | 2026-10-31 13:00 BEN | 2026-10-31 22:00 CAT | 2026-11-01 08:00 ANA | 2026-11-01 14:00 BEN | 2026-11-01 22:00"),
    ("sydney's days above berlin's around the clock", SYDNEY_DAYS, [],
     "2026-04-03 22:00 BEN | 2026-04-04 06:00 ANA | 2026-04-04 23:00 BEN | 2026-04-05 07:00"),
    ("an override over the gap", [daily("ANA BEN", "2026-03-28 09:00")],
     [instead("DEE", "2026-03-29 00:00", "2026-03-29 02:00")],
     "2026-03-28 08:00 ANA | 2026-03-29 00:00 DEE | 2026-03-29 02:00 ANA | 2026-03-29 07:00"),
    ("an override from the second 02:30", [hourly("ANA BEN", "2026-10-25 00:00")],
     [instead("DEE", "2026-10-25 01:30", "2026-10-25 02:30")],
     "2026-10-25 00:00 ANA | 2026-10-25 01:30 DEE | 2026-10-25 02:30 BEN | 2026-10-25 03:00"),
    ("instead of one person over a change", [daily("ANA BEN", "2026-10-24 09:00")],
     [instead("DEE", "2026-10-24 00:00", "2026-10-27 00:00", "BEN")],
     "2026-10-24 07:00 ANA | 2026-10-25 08:00 DEE | 2026-10-26 08:00 ANA | 2026-10-27 08:00"),
    ("instead of somebody beside the day that never was", [daily("ANA BEN CAT", "2011-12-28 09:00", time_zone="Pacific/Apia")],
     [instead("DEE", "2011-12-29 00:00", "2011-12-31 00:00", "CAT")],
     "2011-12-28 19:00 ANA | 2011-12-29 19:00 BEN | 2011-12-30 10:00 DEE | 2011-12-30 19:00 ANA | 2011-12-31 19:00"),
]  # fmt: skip


@pytest.mark.parametrize(("layers", "overrides", "expected"), [pytest.param(*c[1:], id=c[0]) for c in STACKS])
def test_layers_and_overrides_in_a_schedule_of_berlin(
    layers: list[Rotation], overrides: list[Override], expected: str
) -> None:
    check(BERLIN, layers, overrides, expected)
