"""Editing schedules. Every edit computes the future anew in its own transaction; the past is never changed."""

from dataclasses import replace
from typing import Any
from uuid import UUID

from tocsin.kernel.commands import command
from tocsin.kernel.db import Reader, Unit
from tocsin.kernel.errors import Conflict, Invalid, NotFound
from tocsin.kernel.ids import new_id
from tocsin.kernel.sql import Statements
from tocsin.oncall.compute import recompute, record
from tocsin.oncall.drafts import (
    RotationDraft,
    ScheduleDraft,
    check_draft,
    differences,
    people_of,
    plain,
    plain_participant,
    plain_restriction,
    teams_of,
    with_ids,
)
from tocsin.oncall.kinds import ScheduleArchived, ScheduleChanged, ScheduleCreated
from tocsin.oncall.model import BadRotation
from tocsin.oncall.plans import draft_of_schedule
from tocsin.people.audit import audit

sql = Statements("tocsin.oncall")


@command("schedule.create")
async def create_schedule(u: Unit, draft: ScheduleDraft) -> UUID:
    """A schedule with its layers. Raises `Invalid` with the field's name."""
    draft = await checked(u, draft)
    schedule_id = new_id()
    await u.run(sql.add_schedule, schedule_id, *_head(draft))
    stored = await _store_rotations(u, schedule_id, draft)
    await record(u, schedule_id, ScheduleCreated(draft.name, draft.time_zone, plain(stored)))
    await recompute(u, schedule_id, f"{draft.name} was created")
    await audit(u, "schedule.create", draft.name, None, _shown(draft))
    return schedule_id


@command("schedule.change")
async def change_schedule(u: Unit, schedule_id: UUID, version: int, draft: ScheduleDraft) -> int:
    """Replaces name, zone and layers; answers the new version. `Conflict` when somebody else edited meanwhile.

    A layer with the id of a stored one is that layer, changed; the others are new, and who is missing is removed.
    """
    return await replace_schedule(u, schedule_id, version, draft)


async def replace_schedule(
    u: Unit, schedule_id: UUID, version: int, draft: ScheduleDraft, undoes: int | None = None
) -> int:
    """What changing and undoing a change share."""
    draft = await checked(u, draft)
    before = await draft_of_schedule(u, schedule_id)
    new = await u.value(sql.change_schedule, schedule_id, version, *_head(draft))
    if new is None or before is None:
        raise Conflict("Somebody else changed this schedule meanwhile. Look at what changed, then decide.")
    stored = await _store_rotations(u, schedule_id, draft)
    what = differences(before, stored)
    changed = ScheduleChanged(draft.name, draft.time_zone, plain(before), plain(stored), what, undoes)
    await record(u, schedule_id, changed)
    await recompute(u, schedule_id, f"{draft.name} was changed by {u.actor.name}")
    await audit(u, "schedule.change", draft.name, _shown(before), _shown(draft))
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
    await record(u, schedule_id, ScheduleArchived())
    await audit(u, "schedule.archive", str(schedule_id))
    u.touch("oncall")


async def check_people(u: Reader, field: str, people: list[UUID]) -> None:
    """Raises `Invalid` unless all of them can be on call."""
    if await u.rows(sql.unknown_people, people):
        raise Invalid(field, "One of these people does not exist, or their account is disabled.")


async def checked(u: Reader, draft: ScheduleDraft) -> ScheduleDraft:
    """The draft as it may be stored. Raises `Invalid` with the field's name."""
    draft = replace(draft, name=draft.name.strip())
    try:
        check_draft(draft)
    except BadRotation as error:
        raise Invalid(error.field, str(error)) from error
    await check_people(u, "participants", people_of(draft))
    if await u.rows(sql.unknown_teams, teams_of(draft)):
        raise Invalid("participants", "One of these teams does not exist.")
    return draft


def _head(draft: ScheduleDraft) -> tuple[Any, ...]:
    return (
        draft.name, draft.description, draft.team_id, draft.time_zone, draft.coverage, draft.needs_acceptance,
        draft.max_nights, draft.fatigue_pages, draft.fatigue_hours,
    )  # fmt: skip


async def _store_rotations(u: Unit, schedule_id: UUID, draft: ScheduleDraft) -> ScheduleDraft:
    """The layers as drafted; those with a known id are kept, so that what refers to them goes on."""
    known = {row["id"] for row in await u.rows(sql.rotation_ids, schedule_id)}
    ids = [r.id if r.id in known else new_id() for r in draft.rotations]
    if len(set(ids)) != len(ids):
        raise Invalid("rotations", "Two layers have the same id.")
    await u.run(sql.remove_rotations, schedule_id, ids)
    stored = with_ids(draft, [i for i in ids if i is not None])
    for position, rotation in enumerate(stored.rotations):
        await _store_rotation(u, schedule_id, position, rotation)
    return stored


async def _store_rotation(u: Unit, schedule_id: UUID, position: int, draft: RotationDraft) -> None:
    await u.run(
        sql.put_rotation, draft.id, schedule_id, draft.name, position, draft.kind, draft.length, draft.handoff_time,
        draft.start_date, draft.ends_at, draft.time_zone, [plain_restriction(r) for r in draft.restrictions],
        draft.skip_holidays, draft.source_url,
    )  # fmt: skip
    await u.run(sql.set_participants, draft.id, [plain_participant(p) for p in draft.participants])


def _shown(draft: ScheduleDraft) -> dict[str, Any]:
    return {"name": draft.name, "time_zone": draft.time_zone, "layers": len(draft.rotations)}
