"""The rhythm of updates: what each severity demands, and what is kept about the promise that stands."""

from collections.abc import Sequence
from uuid import UUID

from tocsin.alerts import commands as alerts
from tocsin.incidents.model import Rhythm
from tocsin.kernel.db import Reader, Unit
from tocsin.kernel.sql import Statements

sql = Statements("tocsin.incidents", "rhythm.sql")


async def rhythm_of(db: Reader, severity: int) -> Rhythm:
    """What a severity demands."""
    found = await db.first(Rhythm, sql.rhythm_of, severity)
    assert found is not None  # noqa: S101 - the schema has a row for each
    return found


async def rhythms(db: Reader) -> list[Rhythm]:
    """The same of all severities, the worst first."""
    return await db.all(Rhythm, sql.rhythms)


async def set_rhythms(u: Unit, wanted: Sequence[Rhythm]) -> None:
    """As a playbook says. What was promised already stands."""
    for each in wanted:
        await u.run(
            sql.set_rhythm,
            each.severity,
            each.first_update_min,
            each.cadence_min,
            each.late_min,
            each.stale_min,
        )


async def end_promise(u: Unit, incident_id: UUID) -> None:
    """An update came, or none is owed any more: whoever was paged for it need not answer."""
    row = await u.row(sql.forget, incident_id)
    if row is not None and row["alerts"]:
        await alerts.close_many(u, row["alerts"])
