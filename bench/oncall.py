"""Schedules beside a straight loop with `recurring-ical-events`: who is on call now, a year, saving an edit.

The loop is what a team would write over its calendars: one iCalendar text per schedule, a recurring event per person
and layer, expanded, then the layers put over each other in plain Python. It stores nothing and asks no database; ours
commits to a private PostgreSQL with fsync on. Both sides must give the same answer before anything is timed.
"""

import asyncio
import statistics
import sys
import tempfile
import time as watch
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import TypeVar
from uuid import UUID

import icalendar
import orjson
import recurring_ical_events

from bench.parts import alternating, ratio, say
from tocsin.kernel import embedded
from tocsin.kernel.db import ENGINE, Database, connect
from tocsin.kernel.ids import new_id
from tocsin.kernel.migrate import migrate
from tocsin.kernel.sql import Statement
from tocsin.oncall import commands, queries
from tocsin.oncall.compute import HORIZON
from tocsin.oncall.drafts import RotationDraft, ScheduleDraft, draft_of, plain, rotation_of
from tocsin.oncall.model import Restriction, RotationKind
from tocsin.oncall.plans import draft_of_schedule
from tocsin.oncall.shifts import final_shifts
from tocsin.people.permissions import permit

ROUNDS = 5
PEOPLE = 60
#: Made by commands; the others are copies of these under ids of their own.
MODELS = 50
#: How many schedules the loop is asked for; its time for more is scaled, because it grows with their number alone.
SAMPLE = 250
ZONES = ("Europe/Berlin", "America/New_York", "Asia/Kolkata", "Australia/Sydney", "UTC")
MONDAY = date(2025, 1, 6)
DAY = timedelta(days=1)
YEAR = timedelta(days=365)
T = TypeVar("T")
Part = tuple[datetime, datetime, UUID]


@dataclass
class Model:
    """A schedule on both sides: our draft, and the same as calendars, lowest layer first."""

    draft: ScheduleDraft
    texts: list[str]
    id: UUID
    #: The schedule as the history keeps it.
    kept: bytes

    def calendars(self) -> list[recurring_ical_events.CalendarQuery]:
        """Parsed, ready to be expanded."""
        return [recurring_ical_events.of(icalendar.Calendar.from_ical(text)) for text in self.texts]


def model(number: int, people: Sequence[UUID]) -> Model:
    """Weekly around the clock; above it office hours, another person each day; above that the weekend."""
    zone = ZONES[number % len(ZONES)]
    who = [people[(number * 7 + n) % len(people)] for n in range(9)]
    weeks = RotationDraft(tuple(who[:4]), time(9), MONDAY, RotationKind.WEEKLY, name="Weeks")
    office = RotationDraft(
        tuple(who[4:7]), time(9), MONDAY, RotationKind.DAILY, name="Office",
        restrictions=(Restriction(time(9), time(17), (1, 2, 3, 4, 5)),),
    )  # fmt: skip
    weekend = RotationDraft(
        tuple(who[7:]), time(0), MONDAY + 5 * DAY, RotationKind.WEEKLY, name="Weekends",
        restrictions=(Restriction(time(0), time(0), (6,), until_day=1),),
    )  # fmt: skip
    texts = [
        _calendar(zone, weeks, time(9), 7 * DAY, f"FREQ=WEEKLY;INTERVAL={len(weeks.participants)}"),
        _calendar(
            zone,
            office,
            time(9),
            timedelta(hours=8),
            f"FREQ=DAILY;INTERVAL={len(office.participants)};BYDAY=MO,TU,WE,TH,FR",
        ),
        _calendar(zone, weekend, time(0), 2 * DAY, f"FREQ=WEEKLY;INTERVAL={len(weekend.participants)}"),
    ]
    draft = ScheduleDraft(f"Schedule {number}", zone, (weeks, office, weekend))
    return Model(draft, texts, UUID(int=0), orjson.dumps(plain(draft)))


def _calendar(zone: str, layer: RotationDraft, begins: time, length: timedelta, rule: str) -> str:
    """A recurring event per person, on the wall clock of the zone."""
    step = 7 * DAY if layer.kind is RotationKind.WEEKLY else DAY
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Tocsin//bench//EN"]
    for number, person in enumerate(layer.participants):
        start = datetime.combine(layer.start_date, begins) + number * step
        end = start + length
        lines += [
            "BEGIN:VEVENT", f"UID:{person}-{number}@bench", f"SUMMARY:{person}", "DTSTAMP:20250101T000000Z",
            f"DTSTART;TZID={zone}:{start:%Y%m%dT%H%M%S}", f"DTEND;TZID={zone}:{end:%Y%m%dT%H%M%S}",
            f"RRULE:{rule}", "END:VEVENT",
        ]  # fmt: skip
    return "\r\n".join([*lines, "END:VCALENDAR", ""])


# -- the straight loop


def loop_at(calendars: Sequence[recurring_ical_events.CalendarQuery], moment: datetime) -> UUID | None:
    """The person of the highest layer that has somebody at a moment."""
    for calendar in reversed(calendars):
        for event in calendar.at(moment):
            return UUID(event["SUMMARY"])
    return None


def loop_final(
    calendars: Sequence[recurring_ical_events.CalendarQuery], start: datetime, end: datetime
) -> list[Part]:
    """All layers expanded, each one put over those below it, adjacent parts of one person in one layer joined."""
    result: list[Part] = []
    for calendar in calendars:
        layer = sorted(
            (max(_utc(e["DTSTART"].dt), start), min(_utc(e["DTEND"].dt), end), UUID(e["SUMMARY"]))
            for e in calendar.between(start, end)
        )
        result = loop_cover(result, layer)
    return result


def _utc(moment: datetime) -> datetime:
    return moment.astimezone(UTC)


def loop_cover(base: list[Part], top: list[Part]) -> list[Part]:
    """Both in order, neither overlapping itself."""
    result, number = list(top), 0
    for begins, ends, person in base:
        while number < len(top) and top[number][1] <= begins:
            number += 1
        at, here = begins, number
        while here < len(top) and top[here][0] < ends:
            if at < top[here][0]:
                result.append((at, top[here][0], person))
            at = max(at, top[here][1])
            here += 1
        if at < ends:
            result.append((at, ends, person))
    return sorted(result)


def joined(parts: Sequence[Part]) -> list[Part]:
    """Adjacent parts of one person as one: how both sides are compared."""
    whole: list[Part] = []
    for begins, ends, person in parts:
        if whole and whole[-1][1] == begins and whole[-1][2] == person:
            whole[-1] = (whole[-1][0], ends, person)
        else:
            whole.append((begins, ends, person))
    return whole


# -- ours


class Ours:
    """A database with schedules, in this process."""

    def __init__(self, db: Database, run: asyncio.Runner) -> None:
        self.db = db
        self._run = run
        self.models: list[Model] = []

    def do(self, what: Awaitable[T]) -> T:
        async def wait() -> T:
            return await what

        return self._run.run(wait())

    async def begin(self) -> None:
        """People, and the schedules that the others are copies of."""
        people = [new_id() for _ in range(PEOPLE)]
        for number, person in enumerate(people):
            await _sql(
                self.db,
                "insert into users (id, email, name) values ($1, $2, $3)",
                person,
                f"p{number}@example.org",
                f"Person {number}",
            )
        for number in range(MODELS):
            made = model(number, people)
            async with self.db.unit(ENGINE, "bench") as u:
                made.id = await commands.create_schedule(u, made.draft)
            self.models.append(made)

    async def grow(self, count: int) -> None:
        """Until there are so many schedules, each with its own shifts: of thirty days, and without layers, which the query
        does not look at."""
        there = await self.db.value(Statement("count", "select count(*) from schedules"))
        await _sql(self.db, COPY, (count - there) // MODELS, str(there), [m.id for m in self.models])
        await _sql(self.db, "analyze schedules")
        await _sql(self.db, "analyze shifts")

    async def now(self) -> dict[UUID, UUID | None]:
        return {o.schedule_id: o.user_id for o in await queries.on_call_now(self.db)}


COPY = """
with copied as (
    insert into schedules (id, name, time_zone, materialised_until)
    select gen_random_uuid(), s.name || ' ' || n || '/' || $2::text, s.time_zone, s.materialised_until
    from schedules s, generate_series(1, $1) n where s.id = any ($3::uuid[])
    returning id, name
)
insert into shifts (schedule_id, user_id, starts_at, ends_at, rotation_id, track)
select c.id, x.user_id, x.starts_at, x.ends_at, x.rotation_id, x.track
from copied c join schedules s on s.id = any ($3::uuid[]) and c.name like s.name || ' %'
    and substr(c.name, length(s.name) + 2) like '%/' || $2
join shifts x on x.schedule_id = s.id and x.starts_at < clock() + interval '30 days'
order by c.id, x.starts_at
"""


async def _sql(db: Database, text: str, *args: object) -> None:
    await db.run(Statement("bench", text), *args)


# -- what is compared


def final_text(made: Model, start: datetime, end: datetime) -> list[Part]:
    """A year from the schedule as it is kept: its JSON."""
    draft = draft_of(orjson.loads(made.kept))
    layers = [rotation_of(layer, position) for position, layer in enumerate(draft.rotations)]
    return [
        (s.starts_at, s.ends_at, s.user_id) for s in final_shifts(draft.time_zone, layers, [], start, end)
    ]


async def edit(ours: Ours, made: Model) -> None:
    """Two people of the weekly layer change places, as an editor's save does it: history, shifts, audit, commit."""
    draft = await draft_of_schedule(ours.db, made.id)
    found = await queries.schedule_by_id(ours.db, made.id)
    assert draft is not None
    assert found is not None
    weeks, *others = draft.rotations
    first, second, *rest = weeks.participants
    changed = replace(draft, rotations=(replace(weeks, participants=(second, first, *rest)), *others))
    async with ours.db.unit(ENGINE, "bench", f"{made.id}-{found.version}") as u:
        await commands.change_schedule(u, made.id, found.version, changed)


def same(ours: Ours, start: datetime) -> list[str]:
    """Sentences about what the two sides do not agree on; empty is good."""
    wrong, held = [], ours.do(ours.now())
    for made in ours.models:
        parsed = made.calendars()
        if held[made.id] != loop_at(parsed, start):
            wrong.append(f"{made.draft.name}: who is on call now")
        if joined(final_text(made, start, start + YEAR)) != joined(loop_final(parsed, start, start + YEAR)):
            wrong.append(f"{made.draft.name}: the year")
    return wrong


def timed(what: Callable[[], object]) -> float:
    """Seconds of one call."""
    begun = watch.perf_counter()
    what()
    return watch.perf_counter() - begun


def compare_now(ours: Ours, count: int, start: datetime) -> None:
    """One query beside asking each schedule in turn; the loop's calendars are parsed before."""
    ours.do(ours.grow(count))
    parsed = [made.calendars() for made in ours.models]
    sample = min(count, SAMPLE)

    def loop(_: int) -> float:
        return timed(lambda: [loop_at(parsed[n % MODELS], start) for n in range(sample)]) * count / sample

    def query(_: int) -> float:
        return timed(lambda: ours.do(ours.now()))

    found = alternating(ROUNDS, {"ours": query, "loop": loop})
    scaled = f", from {sample} asked" if sample < count else ""
    _say(f"who is on call now, {count:,} schedules in one query", found, scaled)


def compare_year(ours: Ours, start: datetime) -> None:
    """Both from the schedule as it is kept, other schedules in each round."""

    def side(what: Callable[[Model], object]) -> Callable[[int], float]:
        return lambda n: timed(lambda: [what(made) for made in ours.models[n * 10 : n * 10 + 10]]) / 10

    sides = {
        "ours": side(lambda made: final_text(made, start, start + YEAR)),
        "loop": side(lambda made: loop_final(made.calendars(), start, start + YEAR)),
    }
    _say("final schedule of three layers for one year", alternating(ROUNDS, sides))


def compare_edit(ours: Ours, start: datetime) -> None:
    """The loop only expands again; ours also keeps history, stores the shifts and commits."""

    def save(n: int) -> float:
        async def all_of_them() -> None:
            for made in ours.models[n * 10 : n * 10 + 10]:
                await edit(ours, made)

        return timed(lambda: ours.do(all_of_them())) / 10

    def expand(n: int) -> float:
        some = ours.models[n * 10 : n * 10 + 10]
        return timed(lambda: [loop_final(m.calendars(), start, start + HORIZON) for m in some]) / 10

    _say("saving an edit, 120 days computed anew", alternating(ROUNDS, {"ours": save, "loop": expand}))


def _say(what: str, found: dict[str, list[float]], note: str = "") -> None:
    one, other = (statistics.median(found[side]) * 1000 for side in ("ours", "loop"))
    print(f"  {what}: {one:.1f} ms; the loop {other:.1f} ms{note}")
    say(what, ratio(found["loop"], found["ours"]), 20)


def main() -> int:
    """Runs the bench; 1 only when the two sides do not agree."""
    with tempfile.TemporaryDirectory(prefix="tocsin-bench-") as name, asyncio.Runner() as run:
        Path(name).chmod(0o755)
        server = embedded.start(Path(name) / "data")
        try:
            ours = Ours(run.run(_opened(server.dsn)), run)
            try:
                return _compare(ours)
            finally:
                ours.do(ours.db.close())
        finally:
            server.leave()


async def _opened(dsn: str) -> Database:
    await migrate(dsn)
    db = await connect(dsn, size=2)
    db.permit = permit
    return db


def _compare(ours: Ours) -> int:
    print(f"oncall: beside a straight loop with recurring-ical-events, {ROUNDS} rounds in turn")
    ours.do(ours.begin())
    start = ours.do(ours.db.clock())
    wrong = same(ours, start)
    if wrong:
        print(f"  the two sides do not agree: {'; '.join(wrong[:5])}")
        return 1
    compare_year(ours, start)
    compare_edit(ours, start)
    for count in (1_000, 10_000):
        compare_now(ours, count, start)
    return 0


if __name__ == "__main__":
    sys.exit(main())
