"""Reading the due rows, for operators and metrics."""

from tocsin.kernel.db import Reader, Row, sql


async def backlog(db: Reader) -> list[Row]:
    """Per kind: how many are due, the age of the oldest in seconds, how many were set aside."""
    return await db.rows(sql.backlog)


async def set_aside(db: Reader) -> list[Row]:
    """Rows that failed for good, newest first, with their error."""
    return await db.rows(sql.work_set_aside)
