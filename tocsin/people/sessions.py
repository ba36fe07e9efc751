"""Sessions that are in force, and how they end: whatever a browser still has open hears of it."""

from uuid import UUID

from tocsin.kernel.crypto import hash_token
from tocsin.kernel.db import Reader, Unit
from tocsin.kernel.sql import Statements

sql = Statements("tocsin.people")


def account_topic(user_id: UUID) -> str:
    """What is said when sessions of an account ended."""
    return f"account:{user_id}"


async def signed_in(db: Reader, value: str) -> bool:
    """Whether a cookie's session is in force, and its account is not disabled. Does not keep it alive."""
    return bool(await db.value(sql.is_signed_in, hash_token(value)))


async def end_one(u: Unit, value: str) -> None:
    """One browser is signed out."""
    user_id = await u.value(sql.end_session, hash_token(value))
    if user_id is not None:
        u.touch(account_topic(user_id))


async def end_all(u: Unit, user_id: UUID, but: str | None = None) -> None:
    """All browsers of somebody, perhaps except the one with this cookie."""
    await u.run(sql.end_sessions, user_id, hash_token(but) if but else None)
    u.touch(account_topic(user_id))
