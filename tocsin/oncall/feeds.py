"""Private calendar addresses: a signed link that shows shifts until its row is removed or its owner leaves."""

from datetime import timedelta
from uuid import UUID

from tocsin.kernel.commands import command
from tocsin.kernel.crypto import CryptoError, Keys
from tocsin.kernel.db import Database, Reader, Unit
from tocsin.kernel.errors import Forbidden, Invalid, NotFound
from tocsin.kernel.ids import new_id
from tocsin.kernel.sql import Statements
from tocsin.oncall.ical import calendar_text
from tocsin.oncall.model import Feed, FeedShift

sql = Statements("tocsin.oncall", "calendars.sql")
PURPOSE = "calendar"
BACK, AHEAD = timedelta(days=30), timedelta(days=120)


@command("calendar_feed.create")
async def create_feed(u: Unit, *, team_id: UUID | None = None, schedule_id: UUID | None = None) -> UUID:
    """An address for one's own shifts, or a team's, or a schedule's; the one that is there already if there is one."""
    return await _create(u, team_id, schedule_id)


@command("calendar_feed.renew")
async def renew_feed(u: Unit, feed_id: UUID) -> UUID:
    """Another address for the same; the old one ends at once. Only for one's own."""
    old = next((f for f in await feeds_of(u, _oneself(u)) if f.id == feed_id), None)
    if old is None:
        raise NotFound("There is no such address.")
    await u.run(sql.remove_feed, feed_id, old.owner_id)
    return await _create(u, old.team_id, old.schedule_id)


@command("calendar_feed.remove")
async def remove_feed(u: Unit, feed_id: UUID) -> None:
    """Ends an address at once: one's own, or as an administrator anybody's."""
    owner = None if u.actor.role == "admin" else _oneself(u)
    if await u.value(sql.remove_feed, feed_id, owner) is None:
        raise NotFound("There is no such address.")


async def _create(u: Unit, team_id: UUID | None, schedule_id: UUID | None) -> UUID:
    owner = _oneself(u)
    if team_id is not None and schedule_id is not None:
        raise Invalid("schedule_id", "An address is for a team or for a schedule, not for both.")
    subject = team_id or schedule_id
    if subject is not None and not await u.value(sql.there_to_feed, subject):
        raise NotFound("There is no such team or schedule.")
    own = owner if subject is None else None
    found: UUID = await u.value(sql.add_feed, new_id(), owner, own, team_id, schedule_id)
    return found


def _oneself(u: Unit) -> UUID:
    if u.actor.id is None or u.actor.kind not in ("user", "engine"):
        raise Forbidden("A calendar address belongs to a person.")
    return u.actor.id


async def feeds_of(db: Reader, owner_id: UUID) -> list[Feed]:
    """A person's addresses, their own shifts first."""
    return await db.all(Feed, sql.feeds_of, owner_id)


def address_of(keys: Keys, base: str, feed_id: UUID) -> str:
    """Where calendar programs find it. Whoever has the address sees the shifts."""
    return f"{base}/calendar/{keys.sign(PURPOSE, {'f': feed_id.hex}, None)}.ics"


async def feed_of_token(db: Database, keys: Keys, token: str) -> Feed | None:
    """The feed behind an address; None for whatever is wrong with it."""
    try:
        payload = keys.verify(PURPOSE, token, await db.clock())
    except CryptoError:
        return None
    return await db.first(Feed, sql.feed_by_id, UUID(hex=str(payload.get("f"))))


async def feed_text(db: Database, feed: Feed, base: str) -> bytes:
    """The calendar of a feed: 30 days back, and ahead as far as shifts are stored. Changes only when a shift does, or
    with the day, so that programs may be told that nothing changed."""
    today = (await db.clock()).replace(hour=0, minute=0, second=0, microsecond=0)
    shifts = await db.all(
        FeedShift, sql.shifts_to_feed, feed.user_id, feed.team_id, feed.schedule_id, today - BACK,
        today + AHEAD + timedelta(days=1),
    )  # fmt: skip
    await db.run(sql.note_fetched, feed.id)
    name = "On call" if feed.user_id else f"{feed.name}: on call"
    return calendar_text(name, shifts, base, personal=feed.user_id is not None)
