"""Looking a schedule over, stored or still a draft: the reads around `quality`, and what a draft would change."""

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from tocsin.kernel.db import Reader
from tocsin.kernel.errors import NotFound
from tocsin.kernel.sql import Statements
from tocsin.oncall.clocks import Range, merged, zone_exists
from tocsin.oncall.drafts import RotationDraft, ScheduleDraft, rotation_of, teams_of
from tocsin.oncall.findings import NOBODY, Case, Elsewhere, Finding, Person, Vacancy
from tocsin.oncall.model import Participant, RotationKind, Shift, TeamTurns
from tocsin.oncall.plans import Plan, draft_of_schedule, overrides_of, plan_of_draft
from tocsin.oncall.quality import findings
from tocsin.oncall.spans import clipped, without

sql = Statements("tocsin.oncall", "checkup.sql")
#: How far ahead a schedule is looked over.
AHEAD = timedelta(weeks=52)
MOST_CHANGES = 50


@dataclass(frozen=True, slots=True)
class ShiftChange:
    """A range that somebody gains, or loses, compared with the stored schedule."""

    user_id: UUID
    user_name: str
    gains: bool
    starts_at: datetime
    ends_at: datetime


async def checkup(db: Reader, schedule_id: UUID, reader: str | None = None) -> list[Finding]:
    """Findings of the stored schedule for the next 52 weeks, in the words for whoever reads them on the clock of `reader`.
    Raises `NotFound`, and ValueError when a zone has left the time zone data."""
    return await found_in(await case_of(db, schedule_id), reader)


async def checkup_draft(
    db: Reader, draft: ScheduleDraft, schedule_id: UUID | None = None, reader: str | None = None
) -> list[Finding]:
    """Findings of a draft as if it were stored now; `schedule_id` is the schedule that it would change, whose overrides
    count. Raises ValueError for a draft that `check_draft` refuses."""
    return await found_in(await _case(db, draft, schedule_id), reader)


async def case_of(db: Reader, schedule_id: UUID) -> Case:
    """What findings of a stored schedule come from, read and computed once. Raises as `checkup` does."""
    draft = await draft_of_schedule(db, schedule_id)
    if draft is None:
        raise NotFound("There is no such schedule.")
    return await _case(db, draft, schedule_id)


async def found_in(case: Case, reader: str | None = None) -> list[Finding]:
    """The findings, beside the event loop: a year of short turns takes a second or more, and pages must go out meanwhile."""
    clock = reader if reader is not None and zone_exists(reader) else None
    return await asyncio.to_thread(findings, replace(case, reader=clock))


async def _case(db: Reader, draft: ScheduleDraft, schedule_id: UUID | None) -> Case:
    start = await db.clock()
    end = start + AHEAD
    plan = await plan_of_draft(db, draft)
    overrides = await overrides_of(db, schedule_id, start, end) if schedule_id else []
    shifts = await asyncio.to_thread(plan.final, overrides, start, end)
    standing = {p for r in plan.rotations for p in r.participants if p}
    people = await _people(db, {*standing, *(s.user_id for s in shifts)})
    elsewhere = [
        Elsewhere(**r) for r in await db.rows(sql.shifts_elsewhere, list(people), schedule_id, start, end)
    ]
    return Case(
        draft.time_zone, plan.rotations, shifts, start, end, people, elsewhere,
        await _vacancies(db, draft, plan), draft.max_nights,
    )  # fmt: skip


async def _people(db: Reader, wanted: set[UUID]) -> dict[UUID, Person]:
    """A person whose zone has left the time zone data is taken to live in UTC."""
    found = [Person(**r) for r in await db.rows(sql.people_at_home, sorted(wanted))]
    return {
        p.user_id: p if zone_exists(p.time_zone) else replace(p, time_zone="UTC", lost_zone=p.time_zone)
        for p in found
    }


async def _vacancies(db: Reader, draft: ScheduleDraft, plan: Plan) -> list[Vacancy]:
    """Which layers the plan left out, and which teams have nobody to take their turn."""
    rows = await db.rows(sql.team_names, teams_of(draft)) if teams_of(draft) else []
    empty = {r["id"]: r["name"] for r in rows if not r["members"]}
    there = {r.position for r in plan.rotations}
    found: list[Vacancy] = []
    for position, layer in enumerate(draft.rotations):
        named = layer.name or f"layer {position + 1}"
        if position not in there:
            found.append(_left_out(layer, position, named))
        else:
            found += _without_members(layer, position, named, empty)
    return found


def _left_out(layer: RotationDraft, position: int, named: str) -> Vacancy:
    if layer.kind is RotationKind.CALENDAR:
        sentence = f"The calendar of {named} has no events."
    elif not layer.participants:
        sentence = f"Nobody takes turns in {named}."
    elif all(isinstance(p, TeamTurns) for p in layer.participants):
        sentence = f"Nobody takes turns in {named}: its team has no members."
    else:
        sentence = f"Nobody takes turns in {named}: everybody in it has left."
    whole = rotation_of(layer, position)
    if layer.participants:
        whole = replace(whole, participants=(NOBODY,), skip_holidays=False)
    return Vacancy(whole, sentence, alone=True)


def _without_members(
    layer: RotationDraft, position: int, named: str, empty: dict[UUID, str]
) -> Iterator[Vacancy]:
    teams = {p.team_id for p in layer.participants if isinstance(p, TeamTurns)} & empty.keys()
    for team in teams:
        people = tuple(_turn(p, team) for p in layer.participants)
        whole = replace(rotation_of(layer, position), participants=people, skip_holidays=False)
        sentence = f"The team {empty[team]} has no members: its turns in {named} pass to the others."
        yield Vacancy(whole, sentence, alone=False)


def _turn(participant: Participant, team: UUID) -> UUID | None:
    if isinstance(participant, TeamTurns):
        return NOBODY if participant.team_id == team else None
    return participant


async def preview_changes(
    db: Reader, schedule_id: UUID, draft: ScheduleDraft, start: datetime, end: datetime
) -> list[ShiftChange]:
    """Whose shifts of a range a draft would change, soonest first, at most fifty. The past stays, whatever the range.
    Raises `NotFound`, and ValueError for a draft that `check_draft` refuses."""
    stored = await draft_of_schedule(db, schedule_id)
    if stored is None:
        raise NotFound("There is no such schedule.")
    start = max(start, await db.clock())
    if start >= end:
        return []
    overrides = await overrides_of(db, schedule_id, start, end)
    before = _held(await asyncio.to_thread((await plan_of_draft(db, stored)).final, overrides, start, end))
    after = _held(await asyncio.to_thread((await plan_of_draft(db, draft)).final, overrides, start, end))
    names = {p: person.name for p, person in (await _people(db, {*before, *after})).items()}
    found = [
        ShiftChange(person, names.get(person, ""), gains, *whole)
        for person in before.keys() | after.keys()
        for gains, new, old in ((True, after, before), (False, before, after))
        for whole in clipped(without(new.get(person, []), old.get(person, [])), start, end)
    ]
    return sorted(found, key=lambda c: (c.starts_at, c.gains, c.user_name))[:MOST_CHANGES]


def _held(shifts: Sequence[Shift]) -> dict[UUID, list[Range]]:
    found: dict[UUID, list[Range]] = {}
    for shift in shifts:
        found.setdefault(shift.user_id, []).append((shift.starts_at, shift.ends_at))
    return {person: merged(ranges) for person, ranges in found.items()}
