"""Whom an escalation policy would page for an alert that opened now."""

from datetime import datetime, timedelta

from tocsin.kernel.db import Reader
from tocsin.paging.model import Escalation, PlannedStep, Policy
from tocsin.paging.queries import next_steps


async def preview(db: Reader, policy: Policy, now: datetime) -> list[PlannedStep]:
    """The first round: people by name, as the schedules stand."""
    steps = policy.rules.steps
    start = Escalation(
        id=policy.id, alert_id=policy.id, policy_id=policy.id, policy_name=policy.name, plan=policy.plan, urgency="high",
        round=0, step=0, round_started_at=now, started_at=now, ended_at=None, end_reason=None, error=None,
        next_at=now + timedelta(seconds=steps[0].delay_s if steps else 0),
    )  # fmt: skip
    return await next_steps(db, start, len(steps))
