"""How often something may happen in a while, counted in the database: for all processes together."""

from datetime import timedelta

from tocsin.kernel.db import Reader
from tocsin.kernel.sql import Statements

sql = Statements("tocsin.people")


async def once_more(db: Reader, key: str, window: timedelta) -> int:
    """Counts, and answers how often it happened in the window that runs."""
    row = await db.row(sql.count_try, key, window)
    return int(row["tries"]) if row else 0
