"""Paging somebody by name: a person, a schedule, a team, a service or a policy. It is an alert like any other, so acknowledging,
the ledger and the reconciler hold for it too."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from tocsin.alerts import commands as alerts
from tocsin.kernel.commands import command
from tocsin.kernel.db import Reader, Unit
from tocsin.kernel.errors import Invalid
from tocsin.kernel.sql import Statements
from tocsin.paging.escalate import begin_for
from tocsin.paging.kinds import PageSent, named_once
from tocsin.paging.whom import Named, find
from tocsin.record.commands import Stream, append
from tocsin.record.model import StreamType

sql = Statements("tocsin.paging", "direct.sql")
#: A person, a schedule or a team has no policy: paged twice, so many seconds apart, and as long again to answer.
REPEATS, REPEAT_AFTER_S = 1, 300
PRIORITY = 2


@dataclass(frozen=True, slots=True)
class Woken:
    """Somebody whom a page would reach now. `id` is None, and there is no zone, for somebody in turn."""

    id: UUID | None
    name: str
    time_zone: str
    reason: str
    reachable: bool


@dataclass(frozen=True, slots=True)
class Whom:
    """What a name means, and whom it would wake now."""

    target: Named
    people: Sequence[Woken]


async def names(db: Reader) -> list[Named]:
    """Everybody and everything that can be paged by name."""
    return await db.all(Named, sql.names_to_page)


async def whom(db: Reader, text: str, priority: int = PRIORITY) -> Whom:
    """Before a page is sent: what is meant, and who would be woken. Raises `Invalid`."""
    target = find(text, await names(db))
    plan = await _plan(db, target)
    urgency = "high" if priority <= 3 else "low"
    return Whom(target, await db.all(Woken, sql.would_wake, plan, priority, urgency))


@command("page.send")
async def send_page(
    u: Unit, target: str, message: str, *, priority: int = PRIORITY, about: str = ""
) -> dict[str, Any]:
    """Pages whoever goes by a name, at once. Raises `Invalid` with the candidates when it fits several. `about` ends the
    description: ` for INC-42`.

    Answers `{"alert": id, "number": ..., "target": "Database on-call", "people": [names of those paged now]}`.
    """
    message = message.strip()
    if not message:
        raise Invalid("message", "Say in one line what it is about.")
    if not 1 <= priority <= 5:
        raise Invalid("priority", "The priority is P1 to P5.")
    meant, plan = await _meant(u, target)
    alert_id = await alerts.report(
        u, message, priority=priority, service=meant.name if meant.kind == "service" else "",
        description=f"{u.actor.name} pages {meant.name}{about}.",
    )  # fmt: skip
    await u.run(sql.send_directly, alert_id, meant.name, plan, meant.policy_id, u.actor.id)
    await begin_for(u, [alert_id])
    people = [row["name"] for row in await u.rows(sql.people_paged, alert_id)]
    row = await u.row(sql.raise_head, alert_id)
    assert row is not None  # noqa: S101 - it was just made
    await append(u, Stream(StreamType.ALERT, alert_id), row["head"], PageSent(meant.name, tuple(people)))
    return {"alert": str(alert_id), "number": row["number"], "target": meant.name, "people": people}


def sentence(sent: dict[str, Any]) -> str:
    """What the sender reads: `Paged Database on-call: Ben Okafor.`"""
    if not sent["people"]:
        return f"{sent['target']} was asked for, and nobody could be paged at once. The alert says why, and who follows."
    return f"Paged {named_once(sent['target'], sent['people'])}."


async def _meant(u: Unit, target: str) -> tuple[Named, dict[str, Any]]:
    """Whoever is in a hurry must not believe that somebody comes."""
    try:
        meant = find(target, await names(u))
        return meant, await _plan(u, meant)
    except Invalid as error:
        raise Invalid(error.field, f"{error} Nobody was paged.") from error


async def _plan(db: Reader, target: Named) -> dict[str, Any]:
    """By which rules a target is paged. Raises `Invalid` when it has none."""
    if target.kind in ("service", "policy"):
        plan: dict[str, Any] = (
            await db.value(sql.plan_of_policy, target.policy_id) if target.policy_id else {}
        )
        if not plan.get("steps"):
            raise Invalid(
                "target", f"The {target.words} has no escalation policy with steps: nobody would be paged."
            )
        return plan
    kind = "user" if target.kind == "person" else target.kind
    step = {"delay_s": 0, "targets": [{"kind": kind, kind: str(target.id), "name": target.name}]}
    return {"repeats": REPEATS, "repeat_after_s": REPEAT_AFTER_S, "steps": [step]}
