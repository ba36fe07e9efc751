"""What the page of a schedule shows of a range: final shifts, overrides and layers apart, and what is special when."""

import asyncio
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from tocsin.kernel.db import Reader
from tocsin.kernel.errors import Conflict
from tocsin.kernel.sql import Statements
from tocsin.oncall.clocks import local
from tocsin.oncall.differences import restriction_words, turn_words
from tocsin.oncall.drafts import RotationDraft, ScheduleDraft, plain
from tocsin.oncall.final import final_between
from tocsin.oncall.holidays import Whereabouts, holidays_between
from tocsin.oncall.model import Override, Participant, Schedule, Shift, TeamTurns
from tocsin.oncall.plans import Plan, draft_of_schedule, overrides_of, plan_of_draft

sql = Statements("tocsin.oncall")


@dataclass(frozen=True, slots=True)
class Named:
    """A person by id and name."""

    id: UUID
    name: str


@dataclass(frozen=True, slots=True)
class Layer:
    """A layer: what it is called, what it does in words, and its shifts of the range with nothing covering them."""

    name: str
    words: str
    #: Who takes turns, in order: Ana Silva, Ben Okafor, nobody.
    turns: tuple[str, ...]
    shifts: tuple[Shift, ...]


@dataclass(frozen=True, slots=True)
class View:
    """A range of a schedule. `marks` are the public holidays of its people by day; `problem` is a sentence when it cannot
    be computed, and what is stored is all there is to see."""

    final: tuple[Shift, ...]
    overrides: tuple[Shift, ...]
    layers: tuple[Layer, ...]
    people: Mapping[UUID, Named]
    marks: Mapping[date, Sequence[str]]
    problem: str = ""


async def view(db: Reader, schedule: Schedule, start: datetime, end: datetime) -> View:
    """A stored schedule from `start` to `end`: the past as it was, the layers as they are now."""
    draft = await draft_of_schedule(db, schedule.id) or ScheduleDraft(schedule.name, schedule.time_zone)
    overrides = await overrides_of(db, schedule.id, start, end)
    try:
        rows = await final_between(db, schedule.id, start, end)
    except Conflict as error:
        return View((), (), (), {}, {}, str(error))
    final = [Shift(r.user_id, r.starts_at, r.ends_at, r.rotation_id, r.override_id, r.track) for r in rows]
    return await _view(db, draft, final, overrides, start, end)


async def view_of_draft(
    db: Reader, draft: ScheduleDraft, overrides: Sequence[Override], start: datetime, end: datetime
) -> View:
    """A draft as if it were stored."""
    plan = await plan_of_draft(db, draft)
    shifts = await asyncio.to_thread(plan.final, overrides, start, end)
    return await _view(db, draft, shifts, overrides, start, end)


async def _view(
    db: Reader,
    draft: ScheduleDraft,
    final: Sequence[Shift],
    overrides: Sequence[Override],
    start: datetime,
    end: datetime,
) -> View:
    plan = await plan_of_draft(db, draft)
    replaced = [Shift(o.user_id, o.starts_at, o.ends_at, None, o.id) for o in overrides]
    names = await _names(db, plan, [*final, *replaced], draft)
    try:
        layers = tuple(_layers(plan, draft, names, start, end))
    except ValueError as error:
        return View(tuple(final), tuple(replaced), (), names, {}, str(error))
    return View(tuple(final), tuple(replaced), layers, names, _holidays(plan.people, names, start, end))


def _layers(
    plan: Plan, draft: ScheduleDraft, names: Mapping[UUID, Named], start: datetime, end: datetime
) -> list[Layer]:
    computed = {r.position: plan.layer(r, start, end) for r in plan.rotations}
    return [
        Layer(
            layer.name or f"Layer {position + 1}", layer_words(layer), turns_of(layer, names),
            tuple(computed.get(position, ())),
        )
        for position, layer in enumerate(draft.rotations)
    ]  # fmt: skip


def layer_words(layer: RotationDraft) -> str:
    """`a week each, hand-off at 09:00, Asia/Tokyo, Mon 09:00 to Fri 17:00`."""
    data = plain(ScheduleDraft("", "UTC", (layer,)))["rotations"][0]
    parts = [turn_words(data)]
    if data["kind"] != "calendar":
        parts[0] += f" each, hand-off at {data['handoff_time']}"
    if layer.time_zone:
        parts.append(layer.time_zone.replace("_", " "))
    parts += [restriction_words(r) for r in data["restrictions"]]
    return ", ".join(parts)


def turns_of(layer: RotationDraft, names: Mapping[UUID, Named]) -> tuple[str, ...]:
    """Who takes turns, in order."""
    return tuple(_turn(participant, names) for participant in layer.participants)


def _turn(participant: Participant, names: Mapping[UUID, Named]) -> str:
    if participant is None:
        return "nobody"
    if isinstance(participant, TeamTurns):
        return "each of a team"
    return names[participant].name if participant in names else "somebody who left"


async def _names(db: Reader, plan: Plan, shifts: Sequence[Shift], draft: ScheduleDraft) -> dict[UUID, Named]:
    named = [p for r in draft.rotations for p in r.participants if p and not isinstance(p, TeamTurns)]
    wanted = {s.user_id for s in shifts} | {w.user_id for w in plan.people} | set(named)
    return {r["id"]: Named(r["id"], r["name"]) for r in await db.rows(sql.names_of, sorted(wanted))}


def _holidays(
    people: Sequence[Whereabouts], names: Mapping[UUID, Named], start: datetime, end: datetime
) -> dict[date, list[str]]:
    """`Labour Day (Ana Silva, Ben Okafor)` by day."""
    found: dict[date, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for person in people:
        if person.country is None:
            continue
        first, last = local(start, person.zone).date(), local(end, person.zone).date()
        for holiday in holidays_between(person.country, person.subdivision, first, last):
            found[holiday.day][holiday.name].append(names[person.user_id].name)
    return {
        day: [f"{name} ({', '.join(sorted(who))})" for name, who in sorted(of_day.items())]
        for day, of_day in found.items()
    }
