"""What services need to work, and whether their alerts stay quiet while that has one."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from tocsin.kernel.commands import command
from tocsin.kernel.db import Reader, Unit
from tocsin.kernel.errors import Invalid, NotFound
from tocsin.kernel.sql import Statements
from tocsin.people.audit import audit

sql = Statements("tocsin.catalog", "dependencies.sql")
MOST = 50


@dataclass(frozen=True, slots=True)
class Named:
    """A service by its name."""

    id: UUID
    name: str


@dataclass(frozen=True, slots=True)
class Dependencies:
    """What a service depends on, what depends on it, and whether its alerts are quiet under those of the first."""

    on: tuple[Named, ...]
    of: tuple[Named, ...]
    quiet: bool


@command("service.set_dependencies")
async def set_dependencies(u: Unit, service_id: UUID, depends_on: Sequence[UUID], *, quiet: bool) -> None:
    """Replaces what a service depends on. `quiet`: its alerts page nobody while one of those has an urgent one, P1 excepted.
    Services may depend on each other in a circle."""
    if service_id in depends_on:
        raise Invalid("depends_on", "A service does not depend on itself.")
    if len(depends_on) > MOST:
        raise Invalid("depends_on", f"A service depends on {MOST} others at most.")
    name = await u.value(sql.set_quiet, service_id, quiet)
    if name is None:
        raise NotFound("There is no such service.")
    await u.run(sql.forget, service_id)
    added = await u.run(sql.add, service_id, list(set(depends_on)))
    if added != len(set(depends_on)):
        raise Invalid("depends_on", "One of the services does not exist.")
    await audit(
        u,
        "service.set_dependencies",
        name,
        None,
        {"depends_on": [str(s) for s in depends_on], "quiet": quiet},
    )
    u.touch("services")


async def dependencies(db: Reader, service_id: UUID) -> Dependencies:
    """Both directions, one step far."""
    on, of = (
        await db.all(Named, sql.dependencies, service_id),
        await db.all(Named, sql.dependents, service_id),
    )
    return Dependencies(tuple(on), tuple(of), bool(await db.value(sql.quiet, service_id)))
