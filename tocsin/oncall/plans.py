"""Everything that the shifts of a schedule are computed from, read at once; and the computation on it."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from tocsin.kernel.db import Reader, Row
from tocsin.kernel.errors import Conflict
from tocsin.kernel.sql import Statements
from tocsin.oncall.clocks import zone_exists
from tocsin.oncall.drafts import RotationDraft, ScheduleDraft, participant_of, restriction_of, rotation_of
from tocsin.oncall.holidays import Whereabouts, away
from tocsin.oncall.layers import rotation_shifts
from tocsin.oncall.model import Coverage, Event, Override, Rotation, RotationKind, Shift, TeamTurns
from tocsin.oncall.shifts import final_shifts

sql = Statements("tocsin.oncall")


@dataclass(frozen=True, slots=True)
class Plan:
    """A schedule ready to be computed: teams are their members, whoever left is not in it."""

    time_zone: str
    together: bool
    rotations: tuple[Rotation, ...]
    people: tuple[Whereabouts, ...]

    def final(self, overrides: Sequence[Override], start: datetime, end: datetime) -> list[Shift]:
        """Who is on call from `start` to `end`. Raises ValueError when the zone has left the time zone data."""
        absent = self._away(start, end)
        return final_shifts(
            self.time_zone, self.rotations, overrides, start, end, together=self.together, away=absent
        )

    def layer(self, rotation: Rotation, start: datetime, end: datetime) -> list[Shift]:
        """One layer alone, nothing covering it."""
        return rotation_shifts(self.time_zone, rotation, start, end, self._away(start, end))

    def trouble(self) -> str | None:
        """A sentence about time zones that have left the time zone data, or None."""
        restrictions = [r for layer in self.rotations for r in layer.restrictions]
        named = [self.time_zone, *(r.time_zone for r in self.rotations), *(r.end_zone for r in restrictions)]
        gone = sorted({zone for zone in named if zone and not zone_exists(zone)})
        if not gone:
            return None
        return f"There is no time zone {' or '.join(gone)} any more. Choose another one for this schedule."

    def _away(self, start: datetime, end: datetime) -> Mapping[UUID, Sequence[tuple[datetime, datetime]]]:
        return away(self.people, start, end) if any(r.skip_holidays for r in self.rotations) else {}


async def final_of(plan: Plan, overrides: Sequence[Override], start: datetime, end: datetime) -> list[Shift]:
    """Who is on call from `start` to `end`, computed beside the event loop: layers that change hourly take a while. Raises
    `Conflict` with the reason when it cannot be computed."""
    try:
        return await asyncio.to_thread(plan.final, overrides, start, end)
    except ValueError as error:
        raise Conflict(plan.trouble() or f"The shifts cannot be computed: {error}.") from error


async def draft_of_schedule(db: Reader, schedule_id: UUID) -> ScheduleDraft | None:
    """The stored schedule as a draft: what the editor starts from and what the history keeps."""
    row = await db.row(sql.schedule_as_draft, schedule_id)
    if row is None:
        return None
    layers = [_rotation_draft(r) for r in await db.rows(sql.rotations, schedule_id)]
    fields = dict(row) | {"coverage": Coverage(row["coverage"]), "rotations": tuple(layers)}
    return ScheduleDraft(**fields)


def _rotation_draft(row: Row) -> RotationDraft:
    fields = {k: v for k, v in row.items() if k not in ("position", "refreshed_at", "refresh_error")}
    fields["kind"] = RotationKind(row["kind"])
    fields["participants"] = tuple(participant_of(p) for p in row["participants"])
    fields["restrictions"] = tuple(restriction_of(r) for r in row["restrictions"])
    return RotationDraft(**fields)


async def plan_of(db: Reader, schedule_id: UUID) -> Plan | None:
    """The stored schedule, ready to be computed."""
    draft = await draft_of_schedule(db, schedule_id)
    return None if draft is None else await plan_of_draft(db, draft)


async def plan_of_draft(db: Reader, draft: ScheduleDraft) -> Plan:
    """A draft, stored or not, ready to be computed. A layer whose people have all left is left out."""
    teams = await _members(db, draft)
    named = {p for r in draft.rotations for p in r.participants if isinstance(p, UUID)}
    there = await db.all(Whereabouts, sql.whereabouts, [*named, *(p for t in teams.values() for p in t)])
    present = {w.user_id for w in there}
    rotations = []
    for position, layer in enumerate(draft.rotations):
        people: list[UUID | None] = []
        for participant in layer.participants:
            if isinstance(participant, TeamTurns):
                people += teams.get(participant.team_id, [])
            elif participant is None or participant in present:
                people.append(participant)
        events = await _events(db, layer) if layer.kind is RotationKind.CALENDAR else ()
        if people or events:
            whole = rotation_of(layer, position)
            rotations.append(replace(whole, participants=tuple(people), events=events))
    return Plan(draft.time_zone, draft.coverage is Coverage.TOGETHER, tuple(rotations), tuple(there))


async def _members(db: Reader, draft: ScheduleDraft) -> dict[UUID, list[UUID]]:
    teams: dict[UUID, list[UUID]] = {}
    wanted = [p.team_id for r in draft.rotations for p in r.participants if isinstance(p, TeamTurns)]
    for row in await db.rows(sql.members_in_order, wanted) if wanted else []:
        teams.setdefault(row["team_id"], []).append(row["user_id"])
    return teams


async def _events(db: Reader, layer: RotationDraft) -> tuple[Event, ...]:
    return tuple(await db.all(Event, sql.calendar_events, layer.id)) if layer.id else ()


async def overrides_of(db: Reader, schedule_id: UUID, start: datetime, end: datetime) -> list[Override]:
    """The overrides that touch a range, ready to be computed."""
    rows = await db.rows(sql.overrides_between, schedule_id, start, end)
    return [
        Override(
            r["id"], r["user_id"], r["starts_at"], r["ends_at"], r["created_at"], r["replaces"], r["number"]
        )
        for r in rows
    ]
