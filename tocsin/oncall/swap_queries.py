"""Reading requests to take a shift, and what one can ask for."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from tocsin.kernel.db import Reader
from tocsin.kernel.errors import Conflict
from tocsin.kernel.sql import Statements
from tocsin.oncall.clocks import Range, merged, zone_exists
from tocsin.oncall.hours import hours_of
from tocsin.oncall.model import Swap
from tocsin.oncall.queries import schedule_by_id
from tocsin.oncall.stakes import AROUND, HeldBy, Stakes, stakes
from tocsin.oncall.suggest import Candidate, Held, Person, candidates

sql = Statements("tocsin.oncall", "swaps.sql")
TOO_FAR = "That is too far ahead: shifts can be given away about four months before they begin."
#: On call in so much time before and after a shift counts against somebody.
SPREAD = timedelta(days=7)


async def swap_by_id(db: Reader, swap_id: UUID) -> Swap | None:
    """One request."""
    return await db.first(Swap, sql.swaps, None, swap_id)


async def swaps(db: Reader, schedule_id: UUID | None = None) -> list[Swap]:
    """Open requests by their start, then those of the last thirty days that are answered."""
    return await db.all(Swap, sql.swaps, schedule_id, None)


@dataclass(frozen=True, slots=True)
class Turn:
    """A stored shift that can be asked about, or given in return."""

    user_id: UUID
    user_name: str
    starts_at: datetime
    ends_at: datetime


async def coming_turns(db: Reader, schedule_id: UUID) -> list[Turn]:
    """The shifts of the next sixty days, in order."""
    return await db.all(Turn, sql.coming_turns, schedule_id)


@dataclass(frozen=True, slots=True)
class Taker:
    """Somebody who can be asked."""

    id: UUID
    name: str
    time_zone: str


async def who_can_take(db: Reader, schedule_id: UUID, holder: UUID, wanted: Range) -> list[Candidate]:
    """Whom to ask for a range of a person's, the best first: who stands in the schedule, then who is free then."""
    stands = {r["user_id"] for r in await db.rows(sql.stands_in) if r["schedule_id"] == schedule_id}
    around = await db.all(Held, sql.all_held, wanted[0] - SPREAD, wanted[1] + SPREAD)
    people = [Person(r["id"], r["name"], hours_of(r)) for r in await db.rows(sql.those_who_can_cover)]
    return candidates(holder, wanted, around, frozenset(stands), people)


async def stakes_of(db: Reader, swap: Swap, person: UUID) -> Stakes | None:
    """What a request means to one person who is asked. None when the person or the schedule is gone."""
    asked, schedule = await taker(db, person), await schedule_by_id(db, swap.schedule_id)
    if asked is None or schedule is None:
        return None
    wanted, returned = (swap.starts_at, swap.ends_at), swap.given
    held = await db.all(HeldBy, sql.held_in_all, person, wanted[0] - AROUND, wanted[1] + AROUND)
    zone = asked.time_zone if zone_exists(asked.time_zone) else "UTC"
    return stakes(zone, swap.schedule_id, wanted, returned, held, schedule.max_nights)


async def taker(db: Reader, user_id: UUID) -> Taker | None:
    """Somebody who is there, whether they can be asked or not."""
    row = await db.row(sql.somebody, user_id)
    return None if row is None else Taker(**row)


async def held(db: Reader, schedule_id: UUID, person: UUID, wanted: Range) -> list[Range]:
    """When a person holds a schedule, as stored, of what touches a range."""
    rows = await db.rows(sql.held_by, schedule_id, person, *wanted)
    return merged([(row["starts_at"], row["ends_at"]) for row in rows])


async def check_holds(db: Reader, schedule_id: UUID, person: UUID, wanted: Range) -> None:
    """Raises `Conflict` unless the stored shifts give a person all of a range."""
    if await holds(db, schedule_id, person, wanted):
        return
    if await too_far(db, schedule_id, wanted):
        raise Conflict(TOO_FAR)
    found = await taker(db, person)
    name = found.name if found else "Whoever had it"
    raise Conflict(f"The schedule changed: {name} does not hold all of this shift any more.")


async def too_far(db: Reader, schedule_id: UUID, wanted: Range) -> bool:
    """Whether a range ends after what is stored of a schedule's shifts."""
    until = next(
        (r["materialised_until"] for r in await db.rows(sql.stored_until) if r["id"] == schedule_id), None
    )
    return until is not None and wanted[1] > until


async def holds(db: Reader, schedule_id: UUID, person: UUID, wanted: Range) -> bool:
    """Whether the stored shifts give a person all of a range."""
    found = await held(db, schedule_id, person, wanted)
    return any(starts <= wanted[0] and wanted[1] <= ends for starts, ends in found)


async def zones_of(db: Reader, people: Iterable[UUID]) -> dict[UUID, str]:
    """Where these people live, whose local time is shown before somebody answers for them."""
    return {row["id"]: row["time_zone"] for row in await db.rows(sql.working_hours, list(people))}
