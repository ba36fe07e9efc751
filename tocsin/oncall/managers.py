"""Who may act for somebody who is away: administrators, and the admins of the schedule's team."""

from collections.abc import Sequence
from uuid import UUID

from tocsin.kernel.db import Actor, Reader, Unit
from tocsin.kernel.errors import Forbidden
from tocsin.kernel.sql import Statements

sql = Statements("tocsin.oncall", "swaps.sql")


async def manages(db: Reader, actor: Actor, schedules: Sequence[UUID]) -> bool:
    """Whether the actor answers for every one of these schedules."""
    if actor.role == "admin" or actor.kind == "engine":
        return True
    return actor.id is not None and bool(await db.value(sql.manages, actor.id, list(schedules)))


async def managed(db: Reader, user_id: UUID) -> set[UUID]:
    """The schedules of whose team a person is an admin."""
    return {row["id"] for row in await db.rows(sql.managed, user_id)}


async def for_another(u: Unit, person: UUID, schedules: Sequence[UUID]) -> bool:
    """Whether the actor acts for somebody else. Raises `Forbidden` when they may not."""
    if person == u.actor.id:
        return False
    if not await manages(u, u.actor, schedules):
        raise Forbidden("Only an admin, or an admin of the schedule's team, acts for somebody else.")
    return True
