"""Editing schedules. Every edit computes the future anew in its own transaction; the past is never changed."""

from collections.abc import Collection
from dataclasses import replace
from typing import Any
from uuid import UUID

from tocsin.kernel.commands import command
from tocsin.kernel.db import Reader, Unit
from tocsin.kernel.errors import Conflict, Invalid
from tocsin.kernel.ids import new_id
from tocsin.kernel.sql import Statements
from tocsin.oncall.compute import end_shifts, lock, recompute, record
from tocsin.oncall.drafts import (
    ScheduleDraft,
    check_draft,
    differences,
    people_of,
    plain,
    plain_participant,
    plain_rotation,
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
    await _check_name(u, draft.name)
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
    before = await draft_of_schedule(u, schedule_id)
    # Whoever stood there already may stay, disabled or not: one who left must not keep others from editing.
    stood = set(people_of(draft if undoes is not None else before)) if before else set()
    draft = await checked(u, draft, stood)
    await _check_name(u, draft.name, schedule_id)
    new = await u.value(sql.change_schedule, schedule_id, version, *_head(draft))
    if new is None or before is None:
        raise Conflict("Somebody else changed this schedule meanwhile. Look at what changed, then decide.")
    stored = await _store_rotations(u, schedule_id, draft, again=undoes is not None)
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
    name = (await lock(u, schedule_id))["name"]
    await u.run(sql.archive_schedule, schedule_id)
    await record(u, schedule_id, ScheduleArchived())
    await end_shifts(u, schedule_id, f"{u.actor.name} archived {name}")
    await audit(u, "schedule.archive", str(schedule_id))
    u.touch("oncall")


async def check_people(u: Reader, field: str, people: list[UUID]) -> None:
    """Raises `Invalid` unless all of them can be on call."""
    unable = await u.rows(sql.unknown_people, people)
    names = ", ".join(sorted({row["name"] for row in unable if row["name"]}))
    if names:
        raise Invalid(field, f"{names} cannot be on call: the account is disabled.")
    if unable:
        raise Invalid(field, "One of these people does not exist.")


async def checked(u: Reader, draft: ScheduleDraft, stood: Collection[UUID] = ()) -> ScheduleDraft:
    """The draft as it may be stored; people who `stood` there before are not asked about. Raises `Invalid` with the
    field's name."""
    draft = replace(draft, name=draft.name.strip())
    try:
        check_draft(draft)
    except BadRotation as error:
        raise Invalid(error.field, str(error)) from error
    await check_people(u, "participants", [p for p in people_of(draft) if p not in stood])
    if await u.rows(sql.unknown_teams, teams_of(draft)):
        raise Invalid("participants", "One of these teams does not exist.")
    if draft.team_id and await u.rows(sql.unknown_teams, [draft.team_id]):
        raise Invalid("team_id", "There is no such team.")
    return draft


async def _check_name(u: Unit, name: str, schedule_id: UUID | None = None) -> None:
    if await u.value(sql.name_taken, name, schedule_id):
        raise Conflict(f"Another schedule is called {name}.")


def _head(draft: ScheduleDraft) -> tuple[Any, ...]:
    return (
        draft.name, draft.description, draft.team_id, draft.time_zone, draft.coverage, draft.needs_acceptance,
        draft.max_nights, draft.fatigue_pages, draft.fatigue_hours,
    )  # fmt: skip


async def _store_rotations(
    u: Unit, schedule_id: UUID, draft: ScheduleDraft, *, again: bool = False
) -> ScheduleDraft:
    """The layers as drafted; those with a known id are kept, so that what refers to them goes on. `again`: the draft comes
    from the history, and a layer that was removed since has its id again, and with it the events of its calendar."""
    known = {row["id"] for row in await u.rows(sql.rotation_ids, schedule_id)}
    ids = [r.id if r.id and (again or r.id in known) else new_id() for r in draft.rotations]
    if len(set(ids)) != len(ids):
        raise Invalid("rotations", "Two layers have the same id.")
    await u.run(sql.remove_rotations, schedule_id, ids)
    stored = with_ids(draft, ids)
    await u.run(sql.put_rotations, schedule_id, [plain_rotation(r) for r in stored.rotations])
    await u.run(
        sql.set_participants, ids, [[plain_participant(p) for p in r.participants] for r in stored.rotations]
    )
    return stored


def _shown(draft: ScheduleDraft) -> dict[str, Any]:
    return {"name": draft.name, "time_zone": draft.time_zone, "layers": len(draft.rotations)}
