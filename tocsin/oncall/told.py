"""What was told to people, so that it is said once: the only place that writes it down."""

from collections.abc import Sequence

from tocsin.kernel.db import Reader, Unit
from tocsin.kernel.sql import Statements

sql = Statements("tocsin.oncall", "told.sql")


async def say_once(u: Unit, keys: Sequence[str]) -> bool:
    """True the first time; what was told under one of its names was told."""
    new: int = await u.value(sql.say_once, list(keys))
    return new == len(set(keys))


async def all_told(db: Reader, keys: Sequence[str]) -> bool:
    """Whether nothing of it is new."""
    known: int = await db.value(sql.how_many_told, list(keys))
    return known == len(set(keys))


async def forget(u: Unit, prefix: str, present: Sequence[str]) -> None:
    """All keys with a prefix but these: what is mended is told again when it comes back."""
    await u.run(sql.forget, f"{prefix}%", list(present))
