"""Do not disturb: until a moment, or at quiet hours of every day. What is urgent passes; what is not waits, and says so."""

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from uuid import UUID

from tocsin.kernel import work
from tocsin.kernel.commands import command
from tocsin.kernel.db import Reader, Unit
from tocsin.kernel.errors import Forbidden, Invalid
from tocsin.kernel.sql import Statements

sql = Statements("tocsin.people", "quiet.sql")
LONGEST = timedelta(days=90)
#: Somebody may be disturbed at other times than before: what waits for them is reckoned anew. Handled by paging.
MOVED = "people.undisturbed_moved"


@dataclass(frozen=True, slots=True)
class Quiet:
    """When somebody wants to hear of nothing that is not urgent. `quiet_from` to `quiet_to` every day on their own clock,
    overnight when the end is not later; `until` is over when it lies in the past."""

    until: datetime | None = None
    quiet_from: time | None = None
    quiet_to: time | None = None

    def covers(self, now: datetime) -> bool:
        """Whether it is quiet by do not disturb now."""
        return self.until is not None and self.until > now


@command("do_not_disturb.set")
async def do_not_disturb(u: Unit, until: datetime | None) -> None:
    """Nothing that is not urgent reaches the actor until then; None ends it."""
    now = await u.clock()
    if until is not None and not now < until <= now + LONGEST:
        raise Invalid("until", "Until a moment within the next 90 days.")
    await u.run(sql.set_until, _oneself(u), until)
    await moved(u, _oneself(u))


@command("do_not_disturb.set_hours")
async def set_quiet_hours(u: Unit, starts: time | None, ends: time | None) -> None:
    """Every day from `starts` to `ends` on the actor's clock; None and None for no such hours. Raises Invalid when they would
    leave no working time: then nothing could reach them that is not urgent."""
    if (starts is None) != (ends is None):
        raise Invalid("quiet_to", "Say when it begins and when it ends, or neither.")
    if starts is not None and starts == ends:
        raise Invalid("quiet_to", "Quiet hours must begin and end at different times.")
    await u.run(sql.set_hours, _oneself(u), starts, ends)
    if starts is not None and not await u.value(sql.leaves_working_time, _oneself(u)):
        raise Invalid(
            "quiet_to", "This leaves no working time, and what is not urgent could never reach you."
        )
    await moved(u, _oneself(u))


async def quiet_of(db: Reader, user_id: UUID) -> Quiet:
    """What somebody chose."""
    return await db.first(Quiet, sql.quiet_of, user_id) or Quiet()


async def undisturbed_now(db: Reader) -> dict[UUID, datetime]:
    """Who is not to be disturbed now, and until when."""
    return {row["id"]: row["until"] for row in await db.rows(sql.undisturbed_now)}


async def moved(u: Unit, user_id: UUID) -> None:
    """What waits for somebody is reckoned anew."""
    await work.add(u, MOVED, {"user_id": str(user_id)}, key=str(user_id))


def _oneself(u: Unit) -> UUID:
    if u.actor.id is None:
        raise Forbidden("Only people can be left undisturbed.")
    return u.actor.id
