"""Whom an escalation policy would page for a service's alert that opened now."""

from datetime import datetime

from tocsin.kernel.db import Reader
from tocsin.paging.model import Policy
from tocsin.paging.policy_queries import Preview
from tocsin.paging.policy_queries import preview as forecast


async def preview(db: Reader, policy: Policy, now: datetime, urgency: str | None) -> Preview:
    """For a P1 without tags, which most steps are meant for; at the service's own urgency if it has one."""
    return await forecast(db, policy.rules, now, 1, urgency=urgency or "")
