"""Editing schedules. Every edit computes the future anew in its own transaction; the past is never changed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from uuid import UUID

from tocsin.kernel.commands import command
from tocsin.kernel.db import Unit
from tocsin.kernel.errors import Conflict, Invalid, NotFound
from tocsin.kernel.ids import new_id
from tocsin.kernel.sql import Statements
from tocsin.oncall.model import (
    BadRotation,
    Override,
    Rotation,
    RotationKind,
    Shift,
    check_rotation,
    check_zone,
    final_shifts,
)
from tocsin.people.audit import audit

sql = Statements("tocsin.oncall")
#: How far ahead shifts are stored, and so how far ahead "who is on call at" answers.
HORIZON = timedelta(days=120)


@dataclass(frozen=True, slots=True)
class RotationDraft:
    """A layer as people give it: wall-clock hand-off in the schedule's zone; the first one on `start_date`."""

    participants: tuple[UUID, ...]
    handoff_time: time
    start_date: date
    kind: RotationKind = RotationKind.WEEKLY
    length: int = 1
    name: str = ""
    ends_at: datetime | None = None
    window: tuple[time, time] | None = None


@command("schedule.create")
async def create_schedule(
    u: Unit,
    name: str,
    *,
    time_zone: str,
    team_id: UUID | None = None,
    description: str = "",
    rotations: Sequence[RotationDraft] = (),
) -> UUID:
    """A schedule with its layers, lowest first. Raises `Invalid` with the field's name."""
    schedule_id, name = new_id(), name.strip()
    await _check(u, name, time_zone, rotations)
    await u.run(sql.add_schedule, schedule_id, name, description, team_id, time_zone)
    await _store_rotations(u, schedule_id, rotations)
    await recompute(u, schedule_id)
    await audit(u, "schedule.create", name, None, {"time_zone": time_zone, "rotations": len(rotations)})
    u.touch("oncall")
    return schedule_id


@command("schedule.change")
async def change_schedule(
    u: Unit,
    schedule_id: UUID,
    version: int,
    name: str,
    *,
    time_zone: str,
    team_id: UUID | None = None,
    description: str = "",
    rotations: Sequence[RotationDraft] = (),
) -> int:
    """Replaces name, zone and layers; answers the new version. `Conflict` when somebody else edited meanwhile."""
    name = name.strip()
    await _check(u, name, time_zone, rotations)
    new = await u.value(sql.change_schedule, schedule_id, version, name, description, team_id, time_zone)
    if new is None:
        raise Conflict("Somebody else changed this schedule meanwhile. Reload it to see what changed.")
    await u.run(sql.remove_rotations, schedule_id)
    await _store_rotations(u, schedule_id, rotations)
    await recompute(u, schedule_id)
    await audit(u, "schedule.change", name, None, {"time_zone": time_zone, "rotations": len(rotations)})
    u.touch("oncall")
    return int(new)


@command("schedule.archive")
async def archive_schedule(u: Unit, schedule_id: UUID) -> None:
    """Takes a schedule out of use; its past stays. `Conflict` while a policy pages it: that step would find nobody."""
    relying = [row["name"] for row in await u.rows(sql.policies_relying_on, schedule_id)]
    if relying:
        raise Conflict(f"{', '.join(relying[:5])} would find nobody. Change these escalation policies first.")
    if not await u.run(sql.archive_schedule, schedule_id):
        raise NotFound("There is no such schedule.")
    await u.run(sql.cut_shifts, schedule_id, await u.clock())
    await audit(u, "schedule.archive", str(schedule_id))
    u.touch("oncall")


@command("override.add")
async def add_override(
    u: Unit, schedule_id: UUID, user_id: UUID, starts_at: datetime, ends_at: datetime
) -> UUID:
    """Puts somebody on call for a range. What lies in the past of the range is not touched."""
    if ends_at <= starts_at:
        raise Invalid("ends_at", "The end must come after the start.")
    if ends_at <= await u.clock():
        raise Invalid("ends_at", "That time is over already.")
    if ends_at - starts_at > timedelta(days=366):
        raise Invalid("ends_at", "An override lasts a year at most.")
    await _lock(u, schedule_id)
    await _check_people(u, "user_id", [user_id])
    override_id = new_id()
    await u.run(sql.add_override, override_id, schedule_id, user_id, starts_at, ends_at, u.actor.id)
    await recompute(u, schedule_id)
    await audit(
        u, "override.add", str(schedule_id), None,
        {"user": str(user_id), "from": starts_at.isoformat(), "to": ends_at.isoformat()},
    )  # fmt: skip
    u.touch("oncall")
    return override_id


@command("override.remove")
async def remove_override(u: Unit, schedule_id: UUID, override_id: UUID) -> None:
    """Takes an override back, from now on."""
    await _lock(u, schedule_id)
    if not await u.run(sql.remove_override, override_id, schedule_id):
        raise NotFound("This override is over, or does not exist.")
    await recompute(u, schedule_id)
    await audit(u, "override.remove", str(schedule_id), {"override": str(override_id)})
    u.touch("oncall")


async def recompute(u: Unit, schedule_id: UUID) -> None:
    """Stores the future of a schedule anew, from this moment to the horizon. Doing it twice changes nothing."""
    zone = await _lock(u, schedule_id)
    now = await u.clock()
    until = now + HORIZON
    rotations, overrides = await _layers(u, schedule_id), await _overrides(u, schedule_id, now, until)
    shifts = final_shifts(zone, rotations, overrides, now, until)
    under_way = await u.row(sql.shift_under_way, schedule_id, now)
    await u.run(sql.cut_shifts, schedule_id, now)
    if under_way and shifts and _goes_on(dict(under_way), shifts[0], now):
        await u.run(sql.stretch_shift, schedule_id, under_way["starts_at"], shifts[0].ends_at)
        shifts = shifts[1:]
    await u.run(
        sql.add_shifts, schedule_id, [s.user_id for s in shifts], [s.starts_at for s in shifts],
        [s.ends_at for s in shifts], [s.rotation_id for s in shifts], [s.override_id for s in shifts],
    )  # fmt: skip
    await u.run(sql.set_materialised, schedule_id, until)


def _goes_on(held: dict[str, object], first: Shift, now: datetime) -> bool:
    same = (first.user_id, first.rotation_id, first.override_id)
    return first.starts_at == now and same == (held["user_id"], held["rotation_id"], held["override_id"])


async def _check(u: Unit, name: str, zone: str, rotations: Sequence[RotationDraft]) -> None:
    if not 1 <= len(name) <= 100:
        raise Invalid("name", "A name of 1 to 100 characters is needed.")
    try:
        check_zone(zone)
    except BadRotation as error:
        raise Invalid(error.field, str(error)) from error
    await _check_people(u, "participants", [person for draft in rotations for person in draft.participants])


async def _check_people(u: Unit, field: str, people: Sequence[UUID]) -> None:
    if await u.rows(sql.unknown_people, list(people)):
        raise Invalid(field, "One of these people does not exist, or their account is disabled.")


async def _lock(u: Unit, schedule_id: UUID) -> str:
    zone = await u.value(sql.lock_schedule, schedule_id)
    if zone is None:
        raise NotFound("There is no such schedule.")
    return str(zone)


async def _store_rotations(u: Unit, schedule_id: UUID, drafts: Sequence[RotationDraft]) -> None:
    for position, draft in enumerate(drafts):
        rotation = Rotation(
            id=new_id(), position=position, kind=draft.kind, length=draft.length, handoff_time=draft.handoff_time,
            start_date=draft.start_date, participants=draft.participants, ends_at=draft.ends_at, name=draft.name,
            window=draft.window,
        )  # fmt: skip
        try:
            check_rotation(rotation)
        except BadRotation as error:
            raise Invalid(error.field, str(error)) from error
        start, end = draft.window or (None, None)
        await u.run(
            sql.add_rotation, rotation.id, schedule_id, draft.name, position, draft.kind, draft.length,
            draft.handoff_time, draft.start_date, draft.ends_at, start, end,
        )  # fmt: skip
        await u.run(sql.add_participants, rotation.id, list(draft.participants))


async def _layers(u: Unit, schedule_id: UUID) -> list[Rotation]:
    found = []
    for row in await u.rows(sql.rotations, schedule_id):
        fields = dict(row)
        start, end = fields.pop("window_start"), fields.pop("window_end")
        fields |= {"kind": RotationKind(row["kind"]), "participants": tuple(row["participants"])}
        if fields["participants"]:
            found.append(Rotation(**fields, window=(start, end) if start is not None else None))
    return found


async def _overrides(u: Unit, schedule_id: UUID, start: datetime, end: datetime) -> list[Override]:
    rows = await u.rows(sql.overrides_between, schedule_id, start, end)
    return [Override(r["id"], r["user_id"], r["starts_at"], r["ends_at"], r["created_at"]) for r in rows]
