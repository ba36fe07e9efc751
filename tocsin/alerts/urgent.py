"""What is most urgent among the alerts that are not closed: for Now and for a display on a wall."""

from tocsin.alerts.model import Alert
from tocsin.kernel.db import Reader
from tocsin.kernel.sql import Statements

sql = Statements("tocsin.alerts", "urgent.sql")


async def most_urgent(db: Reader, limit: int) -> list[Alert]:
    """The first of them: by priority, those that nobody has acknowledged before the rest, then the oldest."""
    return await db.all(Alert, sql.urgent, limit)


async def by_priority(db: Reader) -> dict[int, int]:
    """How many there are, per priority; priorities without any are left out."""
    return {row["priority"]: row["alerts"] for row in await db.rows(sql.by_priority)}
