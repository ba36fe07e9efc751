"""Escalation policies: read, write, and who would be paged when by one."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import AwareDatetime

from tocsin.api.v1.auth import Call, Caller
from tocsin.api.v1.policy_bodies import PolicyBody, shown_preview
from tocsin.kernel.errors import NotFound
from tocsin.paging import policies, policy_queries, queries
from tocsin.paging.model import Policy

router = APIRouter(tags=["Escalation policies"])
Moment = Annotated[
    AwareDatetime | None, Query(description="When the alert comes; now unless told otherwise.")
]
Priority = Annotated[int, Query(ge=1, le=5)]
Tags = Annotated[str, Query(max_length=2000, description="Tags of the alert, with commas between them.")]
Urgency = Annotated[str, Query(pattern="^(high|low|)$", description="Else P1 to P3 are high, P4 and P5 low.")]


@router.get("/escalation-policies")
async def list_policies(call: Call) -> dict[str, Any]:
    """All escalation policies with their steps."""
    return {"escalation_policies": await queries.policies(call.db)}


@router.post("/escalation-policies", status_code=201)
async def create_policy(call: Call, body: PolicyBody) -> dict[str, Any]:
    """Creates an escalation policy."""
    draft = body.draft(call.site)
    async with call.unit() as u:
        policy_id = await policies.create_policy(u, draft)
    return {"id": policy_id}


@router.post("/escalation-policies/preview")
async def preview_draft(
    call: Call,
    body: PolicyBody,
    at: Moment = None,
    priority: Priority = 3,
    tags: Tags = "",
    urgency: Urgency = "",
) -> dict[str, Any]:
    """Who would be paged when by a policy that is not saved, if nobody answers. Nothing is saved."""
    plan = await policy_queries.plan_of_draft(call.db, body.draft(call.site))
    moment = at or await call.db.clock()
    return shown_preview(await policy_queries.preview(call.db, plan, moment, priority, _tags(tags), urgency))


@router.get("/escalation-policies/{policy_id}")
async def show_policy(call: Call, policy_id: UUID) -> Policy:
    """One policy. `plan.final` is missing while it is not decided what follows if nobody answers."""
    return await _policy(call, policy_id)


@router.put("/escalation-policies/{policy_id}")
async def change_policy(call: Call, policy_id: UUID, body: PolicyBody) -> Policy:
    """Replaces a policy. What runs goes on as it was; see `apply-to-running`."""
    draft = body.draft(call.site)
    async with call.unit() as u:
        await policies.change_policy(u, policy_id, draft)
    return await _policy(call, policy_id)


@router.post("/escalation-policies/{policy_id}/apply-to-running")
async def apply_to_running(call: Call, policy_id: UUID) -> dict[str, int]:
    """Escalations that run by this policy go on by it as it is now, at their round and step; how many."""
    async with call.unit() as u:
        return {"escalations": await policies.apply_to_running(u, policy_id)}


@router.delete("/escalation-policies/{policy_id}", status_code=204)
async def archive_policy(call: Call, policy_id: UUID) -> None:
    """Takes a policy out of use; refused while a service relies on it."""
    async with call.unit() as u:
        await policies.archive_policy(u, policy_id)


@router.get("/escalation-policies/{policy_id}/preview")
async def preview_policy(
    call: Call,
    policy_id: UUID,
    at: Moment = None,
    priority: Priority = 3,
    tags: Tags = "",
    urgency: Urgency = "",
) -> dict[str, Any]:
    """If an alert came at that time: who would be paged when, as long as nobody answers."""
    plan, moment = (await _policy(call, policy_id)).rules, at or await call.db.clock()
    return shown_preview(await policy_queries.preview(call.db, plan, moment, priority, _tags(tags), urgency))


async def _policy(call: Caller, policy_id: UUID) -> Policy:
    found = await queries.policy(call.db, policy_id)
    if found is None:
        raise NotFound(policies.NO_POLICY)
    return found


def _tags(text: str) -> tuple[str, ...]:
    return tuple(tag.strip() for tag in text.split(",") if tag.strip())
