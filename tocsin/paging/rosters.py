"""Whom the targets of a plan can mean in a range of time, read for the forecast."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from tocsin.kernel.db import Reader
from tocsin.kernel.sql import Statements
from tocsin.paging.forecast import BESIDE, Held, Roster, TeamFacts, last_moment
from tocsin.paging.plans import Plan
from tocsin.paging.undisturbed import undisturbed_of

sql = Statements("tocsin.paging", "policies.sql")


@dataclass(frozen=True, slots=True)
class Shift:
    """Somebody holds a schedule for a while."""

    schedule_id: UUID
    user_id: UUID
    starts_at: datetime
    ends_at: datetime
    track: int


@dataclass(frozen=True, slots=True)
class TeamRow:
    """A team with all that decides whom it means."""

    id: UUID
    name: str
    rule: str
    given: int
    schedules: list[UUID]
    members: list[UUID]


@dataclass(frozen=True, slots=True)
class PersonRow:
    """Somebody active, and whether there is a way to reach them."""

    id: UUID
    name: str
    reachable: bool


@dataclass(frozen=True, slots=True)
class ChannelRow:
    """A webhook or chat channel, without its secret."""

    id: UUID
    kind: str
    name: str
    transport: str
    address: str
    has_secret: bool


async def roster(db: Reader, plan: Plan, at: datetime, urgency: str) -> Roster:
    """All that `forecast` asks for an escalation that begins, or goes on, at a moment."""
    targets = [target for step in plan.steps for target in step.targets]
    teams = {t.team for t in targets if t.team} | ({plan.final.team} if plan.final.team else set())
    facts = await db.all(TeamRow, sql.teams_in_plan, list(teams))
    schedules = {t.schedule for t in targets if t.schedule} | {s for t in facts for s in t.schedules}
    shifts: dict[UUID, list[Held]] = defaultdict(list)
    until = last_moment(plan, at) + BESIDE
    for row in await db.all(Shift, sql.shifts_around, list(schedules), at - BESIDE, until):
        shifts[row.schedule_id].append(Held(row.user_id, row.starts_at, row.ends_at, row.track))
    people = {t.user for t in targets if t.user} | {m for t in facts for m in t.members}
    people |= {held.user for each in shifts.values() for held in each}
    rows = await db.all(PersonRow, sql.people_to_page, list(people), urgency)
    low = urgency == "low" and await db.rows(sql.undisturbed, list(people))
    return Roster(
        {row.id: row.name for row in rows}, frozenset(row.id for row in rows if row.reachable), shifts,
        {t.id: TeamFacts(t.rule, tuple(t.schedules), tuple(t.members), t.given) for t in facts},
        {row["id"]: undisturbed_of(row) for row in low or ()},
    )  # fmt: skip
