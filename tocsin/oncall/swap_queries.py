"""Reading requests to take a shift, and what one can ask for."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from tocsin.kernel.db import Reader
from tocsin.kernel.errors import Conflict
from tocsin.kernel.sql import Statements
from tocsin.oncall.clocks import Range, merged
from tocsin.oncall.model import Swap

sql = Statements("tocsin.oncall", "swaps.sql")
TOO_FAR = "That is too far ahead: shifts can be given away about four months before they begin."


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


async def who_can_take(db: Reader, schedule_id: UUID, holder: UUID) -> tuple[list[Taker], list[Taker]]:
    """Whom to ask for a person's shift, by name: those who stand in the schedule, and all others."""
    stands = {r["user_id"] for r in await db.rows(sql.stands_in) if r["schedule_id"] == schedule_id}
    people = [
        Taker(r["id"], r["name"], r["time_zone"])
        for r in await db.rows(sql.those_who_can_cover)
        if r["id"] != holder
    ]
    return [p for p in people if p.id in stands], [p for p in people if p.id not in stands]


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
