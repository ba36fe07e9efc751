"""What hypothesis draws from: every zone, moments from 1970 to 2060 and often beside a clock change, layers, overrides."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from random import Random
from uuid import UUID

from hypothesis import strategies as st

from tests.unit.oncall_parts import ANA, BEN, CAT, DEE, utc
from tests.unit.oncall_reference import ALL_ZONES
from tocsin.oncall.clocks import local, next_clock_changes
from tocsin.oncall.model import LONGEST, Event, Override, Restriction, Rotation, RotationKind

PEOPLE = (ANA, BEN, CAT)
KINDS = st.sampled_from([kind for kind in RotationKind if kind is not RotationKind.CALENDAR])
MINUTES = st.integers(-36 * 60, 36 * 60).map(lambda n: timedelta(minutes=n))


@dataclass(frozen=True)
class Place:
    """A zone, and a range there of one to three days; `wall` is a time on its clock in the middle of it."""

    zone: str
    start: datetime
    end: datetime
    wall: datetime


@st.composite
def places(draw: st.DrawFn, longest: timedelta = timedelta(days=3)) -> Place:
    """Two times in three beside a change of the clock. Drawn by lot, so that zones and years are all alike likely."""
    lot = Random(draw(st.integers(0, 2**32)))  # noqa: S311  nothing secret is drawn
    zone = lot.choice(ALL_ZONES)
    at = utc(1970, 2, 1) + timedelta(minutes=lot.randrange(90 * 365 * 24 * 60))
    changes = next_clock_changes(zone, at, 1) if lot.randrange(3) else []
    middle = changes[0].at if changes and changes[0].at < utc(2060, 12, 1) else at
    start = (middle - timedelta(minutes=lot.randrange(18 * 60))).replace(second=0)
    length = timedelta(minutes=lot.randrange(24 * 60, longest // timedelta(minutes=1)))
    wall = local(middle - timedelta(seconds=1), zone).replace(second=0)
    return Place(zone, start, start + length, wall)


def clocks(place: Place) -> st.SearchStrategy[time]:
    """Any time of day; often one within two hours of the place's own."""
    beside = st.integers(-120, 120).map(lambda n: (place.wall + timedelta(minutes=n)).time())
    return beside | st.times().map(lambda t: t.replace(second=0, microsecond=0)) | st.just(time())


@st.composite
def restrictions(draw: st.DrawFn, place: Place) -> Restriction:
    begins, ends = draw(clocks(place)), draw(clocks(place))
    days = tuple(draw(st.sets(st.integers(1, 7), max_size=4)))
    until, zone = draw(st.one_of(
        st.tuples(st.none(), st.none()),
        st.tuples(st.integers(1, 7), st.none()),
        st.tuples(st.none(), st.sampled_from(ALL_ZONES)),
    ))  # fmt: skip
    if begins == ends and until is None and zone is None:
        ends = time((begins.hour + 8) % 24, begins.minute)
    return Restriction(begins, ends, days, until, zone)


@st.composite
def layers(
    draw: st.DrawFn, place: Place, position: int = 0, *, hours: bool = True, nobody: bool = True
) -> Rotation:
    kind = draw(KINDS)
    people: list[UUID | None] = [ANA, BEN, CAT, *([None] if nobody else [])]
    before = draw(st.integers(-2, 40) | st.integers(0, 3000))
    begun = max(
        date(1970, 1, 1),
        place.wall.date() - timedelta(days=before if kind is not RotationKind.HOURLY else before % 40),
    )
    windows = st.lists(restrictions(place), max_size=2).map(tuple) if hours else st.just(())
    return Rotation(
        id=UUID(int=300 + position), position=position, kind=kind,
        length=draw(st.integers(1, 4) | st.integers(1, min(60, LONGEST[kind]))),
        handoff_time=draw(clocks(place)), start_date=begun,
        participants=tuple(draw(st.lists(st.sampled_from(people), min_size=1, max_size=5))),
        restrictions=draw(windows),
        ends_at=draw(st.none() | MINUTES.map(lambda m: place.start + m)) if hours else None,
    )  # fmt: skip


CALENDAR_DAY = utc(2026, 3, 2)


@st.composite
def calendars(draw: st.DrawFn) -> Rotation:
    """A layer of imported events on and around one day, in steps of five minutes; some name nobody."""
    step = timedelta(minutes=5)
    events = []
    for number in range(draw(st.integers(0, 8))):
        starts = CALENDAR_DAY + draw(st.integers(-100, 300)) * step
        whose = draw(st.none() | st.sampled_from(PEOPLE))
        events.append(Event(f"{number}", starts, starts + draw(st.integers(1, 200)) * step, whose))
    return Rotation(
        id=UUID(int=400), position=0, kind=RotationKind.CALENDAR, length=1, handoff_time=time(),
        start_date=CALENDAR_DAY.date(), participants=(), events=tuple(draw(st.permutations(events))),
    )  # fmt: skip


@st.composite
def overrides(draw: st.DrawFn, place: Place) -> list[Override]:
    """Up to four, some instead of somebody; their order of making is not that of their ranges."""
    found = []
    for number in range(draw(st.integers(0, 4))):
        starts = place.start + draw(MINUTES)
        length = timedelta(minutes=draw(st.integers(1, 60 * 60)))
        who, replaces = draw(st.sampled_from([*PEOPLE, DEE])), draw(st.none() | st.sampled_from(PEOPLE))
        created = utc(1970, 1, 1) + timedelta(minutes=number)
        found.append(
            Override(UUID(int=200 + number), who, starts, starts + length, created, replaces, 1000 + number)
        )
    return draw(st.permutations(found))
