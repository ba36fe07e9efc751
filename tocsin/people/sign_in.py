"""Signing in and out, and links that work once. What compares passwords runs outside any transaction."""

from datetime import datetime
from uuid import UUID

from tocsin.kernel.commands import command
from tocsin.kernel.crypto import hash_token, new_token
from tocsin.kernel.db import Reader, Unit
from tocsin.kernel.errors import Conflict, Forbidden, NotFound, Throttled
from tocsin.kernel.passwords import verify_password
from tocsin.people.audit import audit
from tocsin.people.commands import create_user, sql
from tocsin.people.model import (
    LINK_LIFETIMES,
    SESSION_LIFETIME,
    TRIES_PER_ACCOUNT,
    TRIES_PER_ADDRESS,
    TRY_WINDOW,
    Credentials,
    Purpose,
)
from tocsin.people.sessions import end_all, end_one


async def check_password(db: Reader, email: str, password: str, address: str) -> UUID:
    """Answers whose password it is. Raises `Throttled` or `Forbidden`; an unknown account takes as long as a known one."""
    keys = _throttle_keys(email, address)
    now = await db.clock()
    for key, most in keys.items():
        row = await db.row(sql.tries, key)
        if row and row["tries"] >= most:
            raise _throttled(row["window_ends_at"], now)
    found = await db.first(Credentials, sql.credentials, email.strip())
    right = await verify_password(found.password_hash if found else None, password)
    if found is None or not right or found.disabled_at is not None:
        for key in keys:
            await db.row(sql.count_try, key, TRY_WINDOW)
        raise Forbidden("E-mail or password is wrong.")
    await db.run(sql.forget_tries, next(iter(keys)))
    return found.user_id


def _throttle_keys(email: str, address: str) -> dict[str, int]:
    """The account's counter first, then the address's."""
    return {
        f"account:{email.strip().lower()[:254]}": TRIES_PER_ACCOUNT,
        f"address:{address}": TRIES_PER_ADDRESS,
    }


def _throttled(until: datetime, now: datetime) -> Throttled:
    seconds = max(1, int((until - now).total_seconds()))
    return Throttled(
        f"Too many tries. Try again in {seconds // 60 + 1} minutes, or reset the password.", seconds
    )


@command("session.sign_in", secret=True)
async def sign_in(u: Unit, user_id: UUID, *, address: str = "", user_agent: str = "") -> str:
    """A new session for somebody whose password was checked; answers the cookie's value, which is not stored."""
    value = new_token("tcsess")
    await u.run(
        sql.add_session, hash_token(value), user_id, SESSION_LIFETIME, address[:100], user_agent[:300]
    )
    return value


@command("session.sign_out")
async def sign_out(u: Unit, value: str) -> None:
    """Ends this browser's session."""
    await end_one(u, value)


@command("session.sign_out_everywhere")
async def sign_out_everywhere(u: Unit, *, but: str | None = None) -> None:
    """Ends all of one's sessions, perhaps except this one."""
    if u.actor.id:
        await end_all(u, u.actor.id, but)


@command("password.change")
async def change_password(u: Unit, password_hash: str, *, keep: str | None = None) -> None:
    """A new password; other browsers are signed out."""
    await u.run(sql.set_password, u.actor.id, password_hash)
    if u.actor.id:
        await end_all(u, u.actor.id, keep)
    await audit(u, "password.change", u.actor.name)


async def make_link(
    u: Unit, purpose: Purpose, user_id: UUID | None, contact_method_id: UUID | None = None
) -> str:
    """A fresh link's secret, for the one who sends it; earlier links of the kind stop working."""
    token = new_token("tclink")
    if purpose is not Purpose.VERIFICATION:
        await u.run(sql.end_links, purpose, user_id)
    await u.run(sql.add_link, hash_token(token), purpose, user_id, contact_method_id, LINK_LIFETIMES[purpose])
    return token


@command("link.set_up")
async def set_up(u: Unit, token: str, email: str, name: str, password_hash: str, time_zone: str) -> UUID:
    """The first administrator. Works once, and only while there is nobody."""
    await _use(u, token, Purpose.SETUP)
    if await u.value(sql.any_user):
        raise Conflict("The administrator exists already. Sign in.")
    return await create_user(
        u, email, name, password_hash=password_hash, role="admin", time_zone=time_zone, verified=True
    )


@command("link.set_password")
async def set_password(u: Unit, token: str, purpose: str, password_hash: str) -> UUID:
    """Accepts an invitation or resets a password; the address is proven by it."""
    if purpose not in (Purpose.INVITATION, Purpose.RESET):
        raise NotFound("This link does not set a password.")
    user_id, _ = await _use(u, token, Purpose(purpose))
    if user_id is None:
        raise NotFound("This account does not exist any more.")
    await u.run(sql.set_password, user_id, password_hash)
    await u.run(sql.verify_email, user_id)
    await u.run(sql.keep_default_rules, user_id)
    await end_all(u, user_id)
    return user_id


@command("link.verify")
async def verify(u: Unit, token: str) -> None:
    """Proves that a contact method reaches its person."""
    _, method_id = await _use(u, token, Purpose.VERIFICATION)
    await u.run(sql.keep_default_rules, await u.value(sql.verify_contact_method, method_id))


async def _use(u: Unit, token: str, purpose: Purpose) -> tuple[UUID | None, UUID | None]:
    row = await u.row(sql.use_link, hash_token(token), purpose)
    if row is None:
        raise NotFound("This link was used already, or is too old. Ask for a new one.")
    return row["user_id"], row["contact_method_id"]
