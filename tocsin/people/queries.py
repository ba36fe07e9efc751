"""Reading people: accounts, sessions, tokens, teams, the audit log."""

from datetime import datetime
from uuid import UUID

from tocsin.kernel.crypto import hash_token
from tocsin.kernel.db import Actor, Reader
from tocsin.kernel.sql import Statements
from tocsin.people.model import (
    SESSION_LIFETIME,
    AuditEntry,
    ContactMethod,
    Link,
    Member,
    NotificationRule,
    Session,
    Team,
    Token,
    User,
    Working,
)

sql = Statements("tocsin.people")
audit_sql = Statements("tocsin.people", "audit.sql")


async def any_user(db: Reader) -> bool:
    """Whether the first start is over."""
    return bool(await db.value(sql.any_user))


async def users(db: Reader) -> list[User]:
    """Everybody by name, disabled ones last."""
    return await db.all(User, sql.users)


async def user_by_id(db: Reader, user_id: UUID) -> User | None:
    """One user."""
    return await db.first(User, sql.user_by_id, user_id)


async def working_of(db: Reader, user_id: UUID) -> Working:
    """Somebody's country and working hours; the usual ones for an account that is not there."""
    return await db.first(Working, sql.working_of, user_id) or Working()


async def user_by_email(db: Reader, email: str) -> User | None:
    """One user; case does not matter."""
    return await db.first(User, sql.user_by_email, email.strip())


async def user_by_proven_mail(db: Reader, address: str) -> User | None:
    """Whose verified mail address it is; None also when several people share it."""
    found = await db.all(User, sql.users_by_proven_mail, address.replace("\x00", ""))
    return found[0] if len(found) == 1 else None


async def teams(db: Reader) -> list[Team]:
    """All teams by name."""
    return await db.all(Team, sql.teams)


async def members(db: Reader, team_id: UUID | None = None) -> list[Member]:
    """Who is in which team; of one team or all."""
    return await db.all(Member, sql.members, team_id)


async def contact_methods(db: Reader, user_id: UUID) -> list[ContactMethod]:
    """A person's, in their order."""
    return await db.all(ContactMethod, sql.contact_methods, user_id)


async def sealed_secret(db: Reader, method_id: UUID) -> bytes | None:
    """What is sealed beside a contact method; see `SECRET_PURPOSE` of paging."""
    found: bytes | None = await db.value(sql.secret_of_method, method_id)
    return found


async def contact_method_by_id(db: Reader, method_id: UUID) -> ContactMethod | None:
    """One of them."""
    return await db.first(ContactMethod, sql.contact_method_by_id, method_id)


async def rules(db: Reader, user_id: UUID) -> list[NotificationRule]:
    """A person's notification rules in the order they are used."""
    return await db.all(NotificationRule, sql.rules, user_id)


async def has_own_rules(db: Reader, user_id: UUID) -> bool:
    """Whether somebody's rules are their own, and not the defaults."""
    return bool(await db.value(sql.has_own_rules, user_id))


async def sessions_of(db: Reader, user_id: UUID) -> list[Session]:
    """Where somebody is signed in."""
    return await db.all(Session, sql.sessions_of, user_id)


async def last_seen(db: Reader) -> dict[UUID, datetime]:
    """When people were here last; those without a session are missing."""
    return {row["user_id"]: row["seen_at"] for row in await db.rows(sql.last_seen)}


async def tokens_of(db: Reader, user_id: UUID | None) -> list[Token]:
    """Somebody's tokens; for None the organisation's."""
    return await db.all(Token, sql.tokens_of, user_id)


async def link(db: Reader, token: str) -> Link | None:
    """What a link that still works is for."""
    return await db.first(Link, sql.link, hash_token(token))


async def actor_of_session(db: Reader, value: str) -> tuple[User, Session] | None:
    """Who is signed in with this cookie; keeps the session alive."""
    digest = hash_token(value)
    session = await db.first(Session, sql.session, digest)
    user = await user_by_id(db, session.user_id) if session else None
    if session is None or user is None or user.disabled_at is not None:
        return None
    if (await db.clock() - session.seen_at).total_seconds() > 60:
        await db.run(sql.touch_session, digest, SESSION_LIFETIME)
    return user, session


async def actor_of_token(db: Reader, secret: str) -> Actor | None:
    """Who acts with this API token. A service token acts as a member, or as an admin if its scopes say so."""
    digest = hash_token(secret)
    row = await db.row(sql.token, digest)
    if row is None:
        return None
    await db.run(sql.touch_token, digest)
    scopes = frozenset(row["scopes"])
    if row["user_id"] is None:
        return Actor(None, row["name"], "service", "admin" if "admin" in scopes else "member", scopes)
    return Actor(row["user_id"], row["user_name"], "user", row["role"], scopes)


async def audit_entries(db: Reader, before: int | None = None, limit: int = 100) -> list[AuditEntry]:
    """The audit log, newest first."""
    return await db.all(AuditEntry, audit_sql.entries, before or 9_223_372_036_854_775_807, limit)
