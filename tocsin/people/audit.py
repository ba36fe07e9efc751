"""The audit log of administrative acts: who, what, before, after; append-only by the schema."""

from collections.abc import Mapping
from typing import Any

from tocsin.kernel.db import Unit
from tocsin.kernel.sql import Statements

sql = Statements("tocsin.people", "audit.sql")


async def audit(
    u: Unit,
    verb: str,
    subject: str,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
) -> None:
    """Notes one act in the unit's transaction. Never give it secrets: `before` and `after` are shown to admins."""
    await u.run(
        sql.note,
        u.actor.id,
        u.actor.name,
        u.door,
        verb,
        subject,
        None if before is None else dict(before),
        None if after is None else dict(after),
    )
