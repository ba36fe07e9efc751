"""An acknowledgement is a promise: the next sign of life comes by a certain time, or the acknowledgement lapses.

A sign of life is a note of whoever has the alert, "still on it", a snooze or a close. While the alert belongs to an open incident,
the incident's record is sign enough.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from tocsin.alerts.changed import changed
from tocsin.alerts.kinds import AlertPromised, AlertPromiseLapsed
from tocsin.kernel.commands import command
from tocsin.kernel.db import Reader, Row, Unit
from tocsin.kernel.errors import Conflict, Invalid, NotFound
from tocsin.kernel.sql import Statements
from tocsin.people.audit import audit

sql = Statements("tocsin.alerts", "promises.sql")
LONGEST = timedelta(days=7)
#: So many are taken in one turn.
AT_ONCE = 100


@dataclass(frozen=True, slots=True)
class Promise:
    """What somebody promised about an alert that they have."""

    alert_id: UUID
    number: int
    message: str
    priority: int
    promised_until: datetime


@dataclass(frozen=True, slots=True)
class PromiseDefault:
    """What an acknowledgement promises when nothing else is said. `minutes`: 0 is nothing, None is an hour into the next working
    day. `machines`: whether that goes for programs too."""

    priority: int
    minutes: int | None
    machines: bool


async def check_promise(u: Unit, until: datetime | None) -> None:
    """Raises `Invalid` for a promise in the past, or too far ahead."""
    if until is None:
        return
    now = await u.clock()
    if not now < until <= now + LONGEST:
        raise Invalid("until", "Promise a sign of life within the next 7 days.")


@command("alert.still_on_it")
async def renew(u: Unit, alert_id: UUID, until: datetime | None = None) -> datetime:
    """A sign of life by whoever has the alert; answers when the next one is due: `until`, or as long as its priority says."""
    await check_promise(u, until)
    row = await u.row(sql.renew, alert_id, u.actor.id, until)
    if row is None:
        raise await _not_theirs(u, alert_id)
    await changed(u, alert_id, row["head"], AlertPromised(row["promised_until"]))
    promised: datetime = row["promised_until"]
    return promised


async def _not_theirs(u: Unit, alert_id: UUID) -> Conflict | NotFound:
    row = await u.row(sql.whose, alert_id)
    if row is None:
        return NotFound("There is no such alert.")
    if row["closed"]:
        return Conflict(f"This alert was closed by {row['closed_by']}.")
    has = f"{row['acknowledged_by']} has it" if row["acknowledged_by"] else "Nobody has it"
    return Conflict(f"{has}. Acknowledge it first.")


@command("promise.set_default")
async def set_default(u: Unit, priority: int, minutes: int | None, *, machines: bool) -> None:
    """What acknowledgements promise from now on; what was promised stays."""
    if minutes is not None and minutes != 0 and not 5 <= minutes <= LONGEST / timedelta(minutes=1):
        raise Invalid("minutes", "Between 5 minutes and 7 days, or 0 for no promise.")
    row = await u.row(sql.set_default, priority, minutes, machines)
    if row is None:
        raise NotFound("There is no such priority.")
    after = {"minutes": minutes, "machines": machines}
    if dict(row) != after:
        await audit(u, "promise.set_default", f"P{priority}", dict(row), after)


async def defaults(db: Reader) -> list[PromiseDefault]:
    """What acknowledgements promise, by priority."""
    return await db.all(PromiseDefault, sql.defaults)


async def promises_of(db: Reader, user_id: UUID) -> list[Promise]:
    """What somebody promised, the soonest first."""
    return await db.all(Promise, sql.promises_of, user_id)


async def lapse_due(u: Unit) -> int:
    """Takes back the acknowledgements whose promise was not kept; what follows goes on with paging. How many there were."""
    lapsed = await u.rows(sql.take_lapsed)
    for row in lapsed:
        await changed(u, row["id"], row["head"], AlertPromiseLapsed(row["by"], row["at"]))
    return len(lapsed)


async def take_reminders(u: Unit) -> list[Row]:
    """Whom to remind of which alert now (id, owner_id, promised_until), each once."""
    return await u.rows(sql.take_reminders)
