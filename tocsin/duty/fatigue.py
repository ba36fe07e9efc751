"""Who on call is tired, and who would relieve them; a look every five minutes proposes it to them, once per night.

A timer and not a handler of pages: paging stays free of it, hours without a break come from no event, and five minutes
matter to nobody who has been woken three times. While nobody is tired a look is one query over those on call now.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from tocsin.duty.tell import tell
from tocsin.duty.tired import BREAK, Candidate, Weariness, best, is_day, relief_range, weariness
from tocsin.kernel import work
from tocsin.kernel.crypto import BadSignature, Keys
from tocsin.kernel.db import ENGINE, Database, Reader, Row, Unit
from tocsin.kernel.sql import Statements
from tocsin.kernel.work import Job, Work
from tocsin.oncall.clocks import Range, zone_exists
from tocsin.oncall.hours import WorkingHours

sql = Statements("tocsin.duty", "fatigue.sql")
KIND = "duty.fatigue"
EVERY = timedelta(minutes=5)
PURPOSE = "relief"
LIFETIME = timedelta(hours=12)


@dataclass(frozen=True, slots=True)
class Tired:
    """Somebody on call who is tired. Relief from `starts_at` to `ends_at` by `relief_name` is proposed; all None when the
    shift ends anyway or nobody is awake. `asked` names whom somebody has asked already; `held_for` who has only to accept
    what they keep the pager for: nobody else needs to take that over."""

    schedule_id: UUID
    schedule_name: str
    user_id: UUID
    user_name: str
    time_zone: str
    why: str
    key: str
    can_wait: bool
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    relief_id: UUID | None = None
    relief_name: str | None = None
    relief_zone: str | None = None
    asked: str | None = None
    held_for: str | None = None


async def fatigue_now(
    db: Reader, schedule_id: UUID | None = None, user_id: UUID | None = None
) -> list[Tired]:
    """Who is tired now, of one schedule or person or of all; nearly always nobody."""
    rows = [
        r for r in await db.rows(sql.perhaps_tired)
        if schedule_id in (None, r["schedule_id"]) and user_id in (None, r["user_id"])
    ]  # fmt: skip
    found = []
    for row in rows:
        ((_, tired),) = (await _wearinesses(db, row, [(row["user_id"], row["time_zone"])])).items()
        if tired:
            found.append(await _proposal(db, row, tired))
    return found


async def _wearinesses(
    db: Reader, rule: Row, people: Sequence[tuple[UUID, str]]
) -> dict[UUID, Weariness | None]:
    """By one schedule's rule, each person's state."""
    now, ids = await db.clock(), [person for person, _ in people]
    since = now - timedelta(hours=rule["fatigue_hours"]) - 2 * BREAK
    held: dict[UUID, list[Range]] = {}
    for row in await db.rows(sql.recently_held, ids, since):
        held.setdefault(row["user_id"], []).append((row["starts_at"], row["ends_at"]))
    pages: dict[UUID, list[datetime]] = {}
    for row in await db.rows(sql.recent_pages, ids):
        pages.setdefault(row["user_id"], []).append(row["created_at"])
    return {
        person: weariness(
            held.get(person, []), pages.get(person, []), _known(zone), now,
            pages_most=rule["fatigue_pages"], hours_most=rule["fatigue_hours"],
        )
        for person, zone in people
    }  # fmt: skip


def _known(zone: str) -> str:
    return zone if zone_exists(zone) else "UTC"


async def _proposal(db: Reader, row: Row, state: Weariness) -> Tired:
    zone = _known(row["time_zone"])
    key = f"relief:{row['schedule_id']}:{row['user_id']}:{state.cause}:{state.night}"
    plain = (row["schedule_id"], row["schedule_name"], row["user_id"], row["user_name"], zone)
    if row["held_for"]:
        return Tired(*plain, state.why, key, state.can_wait, held_for=row["held_for"])
    wanted = relief_range(await db.clock(), zone, row["ends_at"])
    if wanted is None:
        return Tired(*plain, state.why, key, state.can_wait)
    asked = await db.row(sql.asked_already, row["schedule_id"], row["user_id"], wanted[1])
    if asked:
        return Tired(*plain, state.why, key, state.can_wait, asked=asked["name"] or "everybody")
    relief = await _relief(db, row, wanted)
    if relief is None:
        return Tired(*plain, state.why, key, state.can_wait)
    return Tired(
        *plain, state.why, key, state.can_wait, *wanted, relief.user_id, relief.name, relief.hours.time_zone
    )


async def _relief(db: Reader, row: Row, wanted: Range) -> Candidate | None:
    """The best of those who stand in the schedule and are not tired themselves."""
    rows = await db.rows(sql.could_relieve, row["schedule_id"], row["user_id"], *wanted)
    states = await _wearinesses(db, row, [(r["id"], r["time_zone"]) for r in rows])
    fresh = [_candidate(r) for r in rows if states[r["id"]] is None]
    return best(fresh, await db.clock(), wanted)


def _candidate(row: Row) -> Candidate:
    hours = WorkingHours(
        _known(row["time_zone"]), row["work_starts"], row["work_ends"], tuple(row["work_days"])
    )
    return Candidate(row["id"], row["name"], hours, row["on_call"])


def relief_token(keys: Keys, schedule_id: UUID, user_id: UUID, now: datetime) -> str:
    """A token that asks for relief as this person, for twelve hours."""
    return keys.sign(PURPOSE, {"s": schedule_id.hex, "u": user_id.hex}, now + LIFETIME)


def tired_of_token(keys: Keys, token: str, now: datetime) -> tuple[UUID, UUID]:
    """Schedule and person that a token is for. Raises BadSignature or Expired."""
    payload = keys.verify(PURPOSE, token, now)
    try:
        return UUID(hex=str(payload["s"])), UUID(hex=str(payload["u"]))
    except (KeyError, ValueError):
        raise BadSignature("This link is not valid.") from None


def jobs(keys: Keys) -> dict[str, Job]:
    """The look, with the keys that sign its links."""

    async def look(db: Database, _: Work) -> None:
        """Job, every five minutes."""
        for tired in await fatigue_now(db):
            async with db.unit(ENGINE, "engine") as u:
                await _propose(u, keys, tired)
        async with db.unit(ENGINE, "engine") as u:
            await work.add(u, KIND, {}, key="timer", due_at=await u.clock() + EVERY)

    return {KIND: look}


async def _propose(u: Unit, keys: Keys, tired: Tired) -> None:
    """Only what can be answered with one tap is worth a message at night."""
    now = await u.clock()
    if tired.relief_id is None or (tired.can_wait and not is_day(now, tired.time_zone)):
        return
    text = (
        f"{tired.why[0].upper()}{tired.why[1:]} for {tired.schedule_name}. {tired.relief_name} is awake and could take"
        " over until you have slept. One tap asks them; you stay on call until they say yes."
    )
    token = relief_token(keys, tired.schedule_id, tired.user_id, now)
    await tell(u, [tired.user_id], "Hand over and sleep?", text, f"/relief/{token}", tired.key)


async def begin(db: Database) -> None:
    """Called at every start: the timer exists once for all processes."""
    async with db.unit(ENGINE, "engine") as u:
        await work.add(u, KIND, {}, key="timer")
