"""Somebody else for a while: overrides, one or many at once, and taking them back."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from tocsin.kernel.commands import command
from tocsin.kernel.db import Row, Unit
from tocsin.kernel.errors import Conflict, Invalid, NotFound
from tocsin.kernel.ids import new_id
from tocsin.kernel.sql import Statements
from tocsin.oncall.commands import check_people
from tocsin.oncall.compute import HORIZON, lock, recompute, record
from tocsin.oncall.kinds import Move, OverrideFacts, OverridesAdded, OverridesRemoved
from tocsin.oncall.managers import for_another
from tocsin.oncall.model import FARTHEST
from tocsin.oncall.swap_queries import check_holds, held, too_far
from tocsin.people.audit import audit

sql = Statements("tocsin.oncall")
LONGEST, SHORTEST = timedelta(days=366), timedelta(minutes=1)
MOST = 500


@dataclass(frozen=True, slots=True)
class OverrideDraft:
    """Who is on call from when to when; with `replaces`, only where that person would be."""

    user_id: UUID
    starts_at: datetime
    ends_at: datetime
    replaces: UUID | None = None
    reason: str = ""
    #: Of one that is put back: its place among other overrides, of which the one made later wins.
    made_at: datetime | None = None
    number: int | None = None


@command("override.add")
async def add_override(
    u: Unit,
    schedule_id: UUID,
    user_id: UUID,
    starts_at: datetime,
    ends_at: datetime,
    *,
    replaces: UUID | None = None,
    reason: str = "",
) -> UUID:
    """Puts somebody on call for a range. What lies in the past of the range is not touched."""
    draft = OverrideDraft(user_id, starts_at, ends_at, replaces, reason.strip())
    (override_id,) = await put_overrides(u, schedule_id, [draft])
    return override_id


@command("shift.take")
async def take_shift(
    u: Unit, schedule_id: UUID, holder_id: UUID, starts_at: datetime, ends_at: datetime
) -> UUID:
    """Takes somebody's shift, or a part of it, oneself: "I have it". The holder is told. `Conflict` when they do not hold
    all of it any more."""
    if u.actor.id is None:
        raise Conflict("Only a person can take a shift.")
    if u.actor.id == holder_id:
        raise Conflict("This shift is yours already.")
    draft = OverrideDraft(u.actor.id, starts_at, ends_at, holder_id)
    await lock(u, schedule_id)
    now = await u.clock()
    _check(draft, now)
    wanted = (max(starts_at, now), ends_at)
    await check_holds(u, schedule_id, holder_id, wanted)
    if await held(u, schedule_id, u.actor.id, wanted):
        raise Conflict("You are on call for this schedule then already.")
    (override_id,) = await put_overrides(u, schedule_id, [draft], why="took the shift")
    return override_id


@command("leave.cover")
async def cover_leave(
    u: Unit, user_id: UUID, covers: Mapping[UUID, Sequence[OverrideDraft]], reason: str = ""
) -> UUID:
    """Somebody is away: their shifts, per schedule, go to others, all of it or nothing. Answers the batch's id. For
    somebody else, as a manager of each of these schedules."""
    if not any(covers.values()):
        raise Invalid("covers", "Choose somebody for at least one shift.")
    if sum(map(len, covers.values())) > MOST:
        raise Invalid("covers", f"At most {MOST} shifts at a time.")
    await for_another(u, user_id, [schedule_id for schedule_id in covers if covers[schedule_id]])
    batch = new_id()
    for schedule_id in sorted(covers):
        drafts = [
            OverrideDraft(d.user_id, d.starts_at, d.ends_at, user_id, reason.strip())
            for d in covers[schedule_id]
        ]
        if drafts:
            await put_overrides(u, schedule_id, drafts, batch=batch, why=reason.strip() or "a leave")
    return batch


@command("override.remove")
async def remove_override(u: Unit, schedule_id: UUID, override_id: UUID) -> None:
    """Takes an override back, from now on."""
    await take_back(u, schedule_id, [override_id])


async def put_overrides(
    u: Unit,
    schedule_id: UUID,
    drafts: Sequence[OverrideDraft],
    *,
    batch: UUID | None = None,
    why: str = "",
    undoes: int | None = None,
    tell: bool = True,
) -> list[UUID]:
    """Stores overrides that belong together, with one entry and one computation. `tell`: whoever it moves."""
    await lock(u, schedule_id)
    now = await u.clock()
    for draft in drafts:
        _check(draft, now)
        if draft.replaces and draft.made_at is None:
            await _check_replaces(u, schedule_id, draft.replaces, (max(draft.starts_at, now), draft.ends_at))
    people = [d.user_id for d in drafts]
    await check_people(u, "user_id", people)
    names = {r["id"]: r["name"] for r in await u.rows(sql.names_of, [*people, *(d.replaces for d in drafts)])}
    ids = [new_id() for _ in drafts]
    for override_id, d in zip(ids, drafts, strict=True):
        await u.run(
            sql.add_override, override_id, schedule_id, d.user_id, d.starts_at, d.ends_at, u.actor.id, d.replaces,
            d.reason, batch, d.made_at, d.number,
        )  # fmt: skip
    facts = tuple(
        OverrideFacts(
            d.user_id, names[d.user_id], d.starts_at, d.ends_at, d.replaces,
            names.get(d.replaces, "") if d.replaces else "", d.reason,
        )
        for d in drafts
    )  # fmt: skip
    await record(u, schedule_id, OverridesAdded(tuple(ids), facts, why, undoes))
    await recompute(u, schedule_id, _cause(u, why) if tell else None, _beyond(facts, now + HORIZON))
    await audit(
        u, "override.add", str(schedule_id), None, {"overrides": len(ids), "people": sorted(map(str, people))}
    )
    return ids


async def take_back(u: Unit, schedule_id: UUID, ids: Sequence[UUID], *, undoes: int | None = None) -> None:
    """Removes overrides that are not over. `NotFound` when none of them is left."""
    await lock(u, schedule_id)
    gone = await u.rows(sql.remove_overrides, list(ids), schedule_id)
    if not gone:
        raise NotFound("This override is over, or does not exist.")
    names = {r["id"]: r["name"] for r in await u.rows(sql.names_of, [p for g in gone for p in _people(g)])}
    facts = tuple(
        OverrideFacts(
            g["user_id"], names[g["user_id"]], g["starts_at"], g["ends_at"], g["replaces"],
            names.get(g["replaces"], ""), g["reason"], g["created_at"], g["number"],
        )
        for g in gone
    )  # fmt: skip
    beyond = [replace(m, gained=not m.gained) for m in _beyond(facts, await u.clock() + HORIZON)]
    await record(u, schedule_id, OverridesRemoved(tuple(g["id"] for g in gone), facts, undoes))
    await recompute(u, schedule_id, f"{u.actor.name} took an override back", beyond)
    await audit(u, "override.remove", str(schedule_id), {"overrides": [str(g["id"]) for g in gone]})


async def _check_replaces(
    u: Unit, schedule_id: UUID, person: UUID, wanted: tuple[datetime, datetime]
) -> None:
    """Whoever is replaced must be on call for some of the time: else nothing would change, and nobody would notice."""
    if not await held(u, schedule_id, person, wanted) and not await too_far(u, schedule_id, wanted):
        names = {row["id"]: row["name"] for row in await u.rows(sql.names_of, [person])}
        raise Conflict(f"{names.get(person, 'This person')} is not on call for this schedule in that time.")


def _beyond(overrides: Sequence[OverrideFacts], stored: datetime) -> list[Move]:
    """What overrides move later than shifts are stored: of the people whom they name."""
    late = [(o, max(o.starts_at, stored)) for o in overrides if o.ends_at > stored]
    gains = [Move(o.user_id, starts_at, o.ends_at, gained=True) for o, starts_at in late]
    losses = [Move(o.replaces, starts_at, o.ends_at, gained=False) for o, starts_at in late if o.replaces]
    return [*gains, *losses]


def _people(row: Row) -> list[UUID]:
    return [p for p in (row["user_id"], row["replaces"]) if p]


def _cause(u: Unit, why: str) -> str:
    return f"an override by {u.actor.name}" + (f" ({why})" if why else "")


def _check(draft: OverrideDraft, now: datetime) -> None:
    if draft.ends_at <= draft.starts_at:
        raise Invalid("ends_at", "The end must come after the start.")
    if draft.ends_at <= now:
        raise Invalid("ends_at", "That time is over already.")
    if draft.ends_at - now > FARTHEST:
        raise Invalid("ends_at", "That is too far ahead: five years are reckoned at most.")
    if draft.ends_at - draft.starts_at > LONGEST:
        raise Invalid("ends_at", "An override lasts a year at most.")
    if draft.ends_at - draft.starts_at < SHORTEST:
        raise Invalid("ends_at", "An override lasts a minute at least.")
    if draft.replaces == draft.user_id:
        raise Invalid("user_id", "Nobody can stand in for themselves.")
    if len(draft.reason) > MOST:
        raise Invalid("reason", f"The reason is too long: {MOST} characters fit.")
