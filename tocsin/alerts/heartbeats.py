"""Heartbeats: what should report regularly. One that was missed is an alert, and its next ping closes that."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from tocsin.alerts.commands import take_in_batch
from tocsin.alerts.heartbeat_model import LONGEST, LONGEST_GRACE, SHORTEST, Heartbeat, HeartbeatDraft
from tocsin.alerts.model import Action, Arrival, Signal, clean, fit
from tocsin.kernel.commands import command
from tocsin.kernel.crypto import CryptoError, Keys
from tocsin.kernel.db import Actor, Reader, Unit
from tocsin.kernel.errors import Invalid, NotFound
from tocsin.kernel.ids import new_id
from tocsin.kernel.sql import Statements
from tocsin.people.audit import audit

sql = Statements("tocsin.alerts", "heartbeats.sql")
#: What an address is signed for.
PURPOSE = "heartbeat"
#: Alerts about heartbeats are told apart by the heartbeat, in a scope of their own.
SCOPE = UUID("0b5e9d52-6f0c-4c39-9f2b-3f1f0f2d5a03")
SENDER = "Heartbeats"
#: Whoever pings an address.
PINGER = Actor(None, SENDER, "integration")


@command("heartbeat.create")
async def create_heartbeat(u: Unit, draft: HeartbeatDraft) -> UUID:
    """Watched from its first ping on. Raises `Invalid` with the field's name."""
    heartbeat_id = new_id()
    await u.run(sql.add, heartbeat_id, *_checked(draft))
    await audit(u, "heartbeat.create", draft.name.strip(), None, {"interval_s": draft.interval_s})
    u.touch("heartbeats", "work")
    return heartbeat_id


@command("heartbeat.change")
async def change_heartbeat(u: Unit, heartbeat_id: UUID, draft: HeartbeatDraft) -> None:
    """What is expected from now on."""
    if not await u.run(sql.change, heartbeat_id, *_checked(draft)):
        raise NotFound("There is no such heartbeat.")
    await audit(u, "heartbeat.change", draft.name.strip(), None, {"interval_s": draft.interval_s})
    u.touch("heartbeats", "work")


@command("heartbeat.pause")
async def pause_heartbeat(u: Unit, heartbeat_id: UUID) -> None:
    """Nothing is expected any more, and an alert about it is closed: a maintenance, a job that is switched off."""
    await _stop(u, heartbeat_id, "pause")


@command("heartbeat.resume")
async def resume_heartbeat(u: Unit, heartbeat_id: UUID) -> None:
    """Watched again, from the next ping on."""
    name = await u.value(sql.resume, heartbeat_id)
    if name is not None:
        await audit(u, "heartbeat.resume", name)
        u.touch("heartbeats", "work")
    elif await u.row(sql.lock, heartbeat_id) is None:
        raise NotFound("There is no such heartbeat.")


@command("heartbeat.archive")
async def archive_heartbeat(u: Unit, heartbeat_id: UUID) -> None:
    """Takes it out of use; its address ends, and an alert about it is closed."""
    await _stop(u, heartbeat_id, "archive")


@command("heartbeat.renew")
async def renew_address(u: Unit, heartbeat_id: UUID) -> int:
    """Another address, whose number is answered; the one before ends at once."""
    number = await u.value(sql.renew, heartbeat_id)
    if number is None:
        raise NotFound("There is no such heartbeat.")
    await audit(u, "heartbeat.renew", str(heartbeat_id))
    return int(number)


@command("heartbeat.ping")
async def ping(u: Unit, heartbeat_id: UUID, *, came_from: str = "", number: int | None = None) -> None:
    """It is alive: expected again after its interval, and an alert about it is closed. With the `number` of an address,
    only while that address is the present one."""
    row = await u.row(sql.ping, heartbeat_id, number, clean(came_from)[:100])
    if row is None:
        raise NotFound("There is no heartbeat at this address.")
    if row["was_missed"]:
        await _close(u, heartbeat_id, "It reported again.")
    u.touch("heartbeats")


async def _stop(u: Unit, heartbeat_id: UUID, verb: str) -> None:
    found = await u.row(sql.lock, heartbeat_id)
    if found is None:
        raise NotFound("There is no such heartbeat.")
    if await u.value(sql.pause if verb == "pause" else sql.archive, heartbeat_id) is None:
        return
    if found["missed_at"] is not None:
        await _close(u, heartbeat_id, f"{u.actor.name} {verb}d the heartbeat.")
    await audit(u, f"heartbeat.{verb}", found["name"])
    u.touch("heartbeats")


async def _close(u: Unit, heartbeat_id: UUID, note: str) -> None:
    signal = fit(Signal(Action.CLOSE, alias=alias_of(heartbeat_id), note=note))
    await take_in_batch(u, [Arrival(signal, SCOPE, None, SENDER, None, "low")])


def message_of(name: str) -> str:
    """What its alert says."""
    return f"No heartbeat from {name}"


def alias_of(heartbeat_id: UUID) -> str:
    """By which its alert is known."""
    return f"heartbeat:{heartbeat_id}"


def _checked(draft: HeartbeatDraft) -> tuple[str, str, UUID | None, int, int, int]:
    name = clean(draft.name).strip()
    if not 1 <= len(name) <= 100:
        raise Invalid("name", "A name of 1 to 100 characters is needed.")
    if len(draft.description) > 2000:
        raise Invalid("description", "The description is too long: 2000 characters fit.")
    if not SHORTEST <= draft.interval_s <= LONGEST:
        raise Invalid("interval_s", "The interval is 30 seconds to 366 days.")
    if not 0 <= draft.grace_s <= LONGEST_GRACE:
        raise Invalid("grace_s", "The grace is a week at most.")
    if not 1 <= draft.priority <= 5:
        raise Invalid("priority", "The priority is 1 to 5.")
    return name, clean(draft.description), draft.service_id, draft.interval_s, draft.grace_s, draft.priority


# -- addresses and reading


def address_of(keys: Keys, base: str, heartbeat: Heartbeat) -> str:
    """Where it is pinged. Whoever has the address can ping, and nothing else."""
    payload = {"h": heartbeat.id.hex, "n": heartbeat.address_number}
    return f"{base}/in/heartbeat/{keys.sign(PURPOSE, payload, None)}"


def pinged_at(keys: Keys, token: str, now: datetime) -> tuple[UUID, int]:
    """The heartbeat of an address, and the address's number. Raises `NotFound` for whatever is wrong with it."""
    try:
        payload = keys.verify(PURPOSE, token, now)
        return UUID(hex=str(payload["h"])), int(str(payload["n"]))
    except (CryptoError, KeyError, ValueError) as error:
        raise NotFound("There is no heartbeat at this address.") from error


async def heartbeats(db: Reader) -> Sequence[Heartbeat]:
    """All in use, the missed ones first, then by name."""
    return await db.all(Heartbeat, sql.heartbeats, None)


async def heartbeat_by_id(db: Reader, heartbeat_id: UUID) -> Heartbeat:
    """One in use. Raises `NotFound`."""
    found = await db.first(Heartbeat, sql.heartbeats, heartbeat_id)
    if found is None:
        raise NotFound("There is no such heartbeat.")
    return found


async def heartbeat_named(db: Reader, name: str) -> UUID | None:
    """One by its name, in any case: how imitated APIs name them."""
    return await db.value(sql.by_name, name.strip())  # type: ignore[no-any-return] # the column's own type
