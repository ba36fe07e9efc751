"""What waits for a person follows when their working hours, quiet hours or do-not-disturb change."""

from uuid import UUID

from tocsin.kernel.db import Unit
from tocsin.kernel.sql import Statements
from tocsin.kernel.work import Work

sql = Statements("tocsin.paging", "rearrange.sql")


async def rearrange(u: Unit, works: list[Work]) -> None:
    """Batch: pages that are not urgent wait until their person may be disturbed."""
    if await u.run(sql.rearrange, [UUID(work.payload["user_id"]) for work in works]):
        u.touch("work", "pages")
