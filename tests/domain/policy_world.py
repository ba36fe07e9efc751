"""What tests of policies share: a policy from a draft, more people, and who was told of an alert."""

from collections.abc import Sequence
from uuid import UUID

from tests.domain.paging_world import World, run, value
from tocsin.kernel.ids import new_id
from tocsin.paging.conditions import ALWAYS, Conditions
from tocsin.paging.drafts import PolicyDraft, StepDraft, TargetDraft
from tocsin.paging.plans import Final, Kind
from tocsin.paging.policies import change_policy

NOBODY_AFTER = Final(nobody=True)


def step(delay_s: int, *targets: tuple[Kind, UUID], when: Conditions = ALWAYS) -> StepDraft:
    return StepDraft(delay_s, tuple(TargetDraft(kind, of) for kind, of in targets), when)


async def use(
    world: World, *steps: StepDraft, final: Final = NOBODY_AFTER, repeats: int = 0, repeat_after_s: int = 300
) -> None:
    """From now on the policy of Checkout."""
    draft = PolicyDraft("Payments", steps, final, world.company.team, repeats, repeat_after_s)
    async with world.db.unit(world.company.admin(), "test") as u:
        await change_policy(u, world.company.policy, draft)


async def person(world: World, name: str, *, reachable: bool = True, team: UUID | None = None) -> UUID:
    """Somebody new, who is reached by mail unless told otherwise, perhaps in a team."""
    user = new_id()
    await run(
        world.db, "insert into users (id, email, name) values ($1, $2, $3)", user, f"{user}@example.org", name
    )
    if reachable:
        await run(
            world.db,
            "insert into contact_methods (id, user_id, transport, address, verified_at) values ($1, $2, 'email', $3, clock())",
            new_id(), user, f"{user}@example.org",
        )  # fmt: skip
    if team:
        await run(world.db, "insert into team_members (team_id, user_id) values ($1, $2)", team, user)
    return user


async def team(world: World, name: str, rule: str = "on_call") -> UUID:
    """A team without members."""
    made = new_id()
    await run(world.db, "insert into teams (id, name, paging_rule) values ($1, $2, $3)", made, name, rule)
    return made


async def shift(world: World, schedule: UUID, user: UUID, begins_h: float, ends_h: float) -> None:
    """Hours from now."""
    await run(
        world.db,
        "insert into shifts (schedule_id, user_id, starts_at, ends_at)"
        " values ($1, $2, clock() + $3 * interval '1 hour', clock() + $4 * interval '1 hour')",
        schedule, user, begins_h, ends_h,
    )  # fmt: skip


async def notes(world: World, alert: UUID) -> Sequence[tuple[int, int, str]]:
    """What the ledger says of steps that paged nobody."""
    rows = await run(
        world.db,
        "select s.round, s.step, s.reason from empty_steps s join escalations e on e.id = s.escalation_id"
        " where e.alert_id = $1 order by s.at, s.round, s.step",
        alert,
    )
    return [(r["round"], r["step"], r["reason"]) for r in rows]


async def ended(world: World, alert: UUID) -> str:
    """Why its escalation ended, and the sentence."""
    escalation = await world.escalation(alert)
    return f"{escalation['end_reason']}: {escalation['error']}"


async def turns_of(world: World, of: UUID) -> int:
    return int(await value(world.db, "select given from team_turns where team_id = $1", of))
