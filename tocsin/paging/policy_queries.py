"""Who would be paged when by a policy, stored or drafted; and the channels it tells."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from tocsin.kernel.db import Reader
from tocsin.kernel.sql import Statements
from tocsin.paging.drafts import PolicyDraft, TargetDraft
from tocsin.paging.forecast import Facts, PlannedStep, begin, ending, forecast
from tocsin.paging.plans import Final, Plan, Step, Target
from tocsin.paging.rosters import ChannelRow, roster

sql = Statements("tocsin.paging", "policies.sql")


@dataclass(frozen=True, slots=True)
class Preview:
    """Who would be paged when, from an alert on that nobody answers; and how it ends, as a sentence."""

    at: datetime
    steps: list[PlannedStep]
    ending: str


async def channels(db: Reader, plan: Plan) -> dict[UUID, ChannelRow]:
    """The webhooks and chat channels of a plan."""
    wanted = [t.id for step in plan.steps for t in step.targets if t.kind.of == "channel"]
    return {row.id: row for row in await db.all(ChannelRow, sql.channels, wanted)} if wanted else {}


async def preview(
    db: Reader, plan: Plan, at: datetime, priority: int, tags: Sequence[str] = (), urgency: str = ""
) -> Preview:
    """What would follow an alert at a moment. Without an urgency, that of the priority."""
    urgency = urgency or ("high" if priority <= 3 else "low")
    found = await roster(db, plan, at, urgency)
    return Preview(at, forecast(plan, found, begin(plan, at), Facts(priority, tuple(tags))), ending(plan))


async def plan_of_draft(db: Reader, draft: PolicyDraft) -> Plan:
    """The plan that a draft would freeze; new channels by the name that was typed."""
    wanted = [t.id for s in draft.steps for t in s.targets if t.id] + (
        [draft.final.team] if draft.final.team else []
    )
    names = {row["id"]: row["name"] for row in await db.rows(sql.names_of_targets, wanted)}
    steps = tuple(Step(s.delay_s, tuple(_targets(s.targets, names)), s.when) for s in draft.steps)
    final = draft.final
    named = Final(final.team, names.get(final.team, ""), final.nobody) if final.team else final
    return Plan(draft.repeats, draft.repeat_after_s, steps, named)


def _targets(drafts: Iterable[TargetDraft], names: dict[UUID, str]) -> Iterable[Target]:
    for number, draft in enumerate(drafts):
        of = draft.id or UUID(int=number)
        yield Target(draft.channel.name if draft.channel else names.get(of, ""), draft.kind, of)
