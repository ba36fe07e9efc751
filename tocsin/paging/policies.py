"""Escalation policies: whom to page, in what order, under which conditions, and what follows when nobody answers."""

from collections.abc import Sequence
from uuid import UUID

from tocsin.kernel.commands import command
from tocsin.kernel.db import Unit
from tocsin.kernel.errors import Conflict, Invalid, NotFound
from tocsin.kernel.ids import new_id
from tocsin.kernel.sql import Statements
from tocsin.paging.drafts import BadPolicy, NewChannel, PolicyDraft, StepDraft, check_policy
from tocsin.paging.plans import Kind
from tocsin.people.audit import audit

sql = Statements("tocsin.paging", "policies.sql")
NO_POLICY = "There is no such escalation policy."
UNKNOWN = {
    "user": "A step names a person who does not exist or is disabled.",
    "schedule": "A step names a schedule that does not exist.",
    "team": "A step names a team that does not exist.",
    "channel": "A step names a webhook or channel that does not exist.",
}


@command("policy.create")
async def create_policy(u: Unit, draft: PolicyDraft) -> UUID:
    """A policy with its steps and its final step. Raises `Invalid` with the field's name."""
    await _check(u, draft)
    policy_id = new_id()
    await u.run(
        sql.add_policy, policy_id, draft.name.strip(), draft.team_id, draft.repeats, draft.repeat_after_s, draft.final.team,
        draft.final.nobody,
    )  # fmt: skip
    await _store_steps(u, policy_id, draft.steps)
    await audit(u, "policy.create", draft.name, None, draft.shown())
    u.touch("policies")
    return policy_id


@command("policy.change")
async def change_policy(u: Unit, policy_id: UUID, draft: PolicyDraft) -> None:
    """Replaces the policy. What already runs goes on as it was when it began, unless `apply_to_running` follows."""
    await _check(u, draft)
    before = await u.row(sql.policy, policy_id)
    if before is None or not await u.run(
        sql.change_policy, policy_id, draft.name.strip(), draft.team_id, draft.repeats, draft.repeat_after_s, draft.final.team,
        draft.final.nobody,
    ):  # fmt: skip
        raise NotFound(NO_POLICY)
    await u.run(sql.forget_steps, policy_id)
    await _store_steps(u, policy_id, draft.steps)
    await audit(u, "policy.change", draft.name, before["plan"], draft.shown())
    u.touch("policies")


@command("policy.apply_to_running")
async def apply_to_running(u: Unit, policy_id: UUID) -> int:
    """Freezes the policy anew into every escalation that runs by it, which goes on at its round and step; how many."""
    policy = await u.row(sql.policy, policy_id)
    if policy is None:
        raise NotFound(NO_POLICY)
    changed = await u.run(sql.apply_to_running, policy_id)
    await audit(u, "policy.apply_to_running", policy["name"], None, {"escalations": changed})
    u.touch("work", "alerts")
    return changed


@command("policy.archive")
async def archive_policy(u: Unit, policy_id: UUID) -> None:
    """Puts a policy away. `Conflict` while a service relies on it: its alerts would page nobody."""
    relying = [row["name"] for row in await u.rows(sql.services_relying_on, policy_id)]
    if relying:
        raise Conflict(
            f"{', '.join(relying[:5])} would page nobody. Give these services another policy first."
        )
    if not await u.run(sql.archive_policy, policy_id):
        raise NotFound(NO_POLICY)
    await audit(u, "policy.archive", str(policy_id))
    u.touch("policies")


async def _check(u: Unit, draft: PolicyDraft) -> None:
    try:
        check_policy(draft)
    except BadPolicy as bad:
        raise Invalid(bad.field, str(bad)) from bad
    named = [(t.kind, t.id) for s in draft.steps for t in s.targets if t.channel is None]
    known = [(kind, found) for kind, found in named if found is not None]
    if len(known) < len(named):
        raise Invalid("steps", "A step has a target that names nobody.")
    unknown = {
        row["wanted"]
        for row in await u.rows(sql.unknown_targets, [k for k, _ in known], [i for _, i in known])
    }
    for kind, found in known:
        if found in unknown:
            raise Invalid("steps", UNKNOWN[kind.of])
    zones = list({step.when.hours.zone for step in draft.steps if step.when.hours})
    if zones and (rows := await u.rows(sql.unknown_zones, zones)):
        raise Invalid("steps", f"The database does not know the time zone {rows[0]['name']}.")
    if draft.final.team and await u.rows(sql.unknown_targets, [Kind.TEAM], [draft.final.team]):
        raise Invalid("final", "The fallback team does not exist.")


async def _store_steps(u: Unit, policy_id: UUID, steps: Sequence[StepDraft]) -> None:
    await u.many(
        sql.add_step, [(policy_id, n, step.delay_s, step.when.stored()) for n, step in enumerate(steps)]
    )
    targets: dict[tuple[int, Kind, UUID], None] = {}
    for number, step in enumerate(steps):
        for target in step.targets:
            of = target.id or (
                await _store_channel(u, target.kind, target.channel) if target.channel else None
            )
            if of is not None:
                targets[number, target.kind, of] = None
    await u.many(sql.add_target, [_row(policy_id, *target) for target in targets])


async def _store_channel(u: Unit, kind: Kind, new: NewChannel) -> UUID:
    channel_id = new_id()
    secret = new.seal(channel_id) if new.seal else None
    await u.run(sql.add_channel, channel_id, kind, new.name.strip(), new.transport, new.address, secret)
    return channel_id


def _row(policy_id: UUID, number: int, kind: Kind, of: UUID) -> tuple[object, ...]:
    ids = [of if kind.of == each else None for each in ("user", "schedule", "team", "channel")]
    return (new_id(), policy_id, number, kind, *ids)
