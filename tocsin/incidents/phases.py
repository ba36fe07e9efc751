"""How long an incident was in which state, and how long it took until what: computed from the record, never stored."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from tocsin.incidents.model import Incident, Status
from tocsin.kernel.db import Reader
from tocsin.kernel.sql import Statements

sql = Statements("tocsin.incidents", "phases.sql")


@dataclass(frozen=True, slots=True)
class Turn:
    """From this time on it was in this state."""

    at: datetime
    status: str


@dataclass(frozen=True, slots=True)
class Phases:
    """Time in each state that it was in, in the order of states; and times until something, from the declaration."""

    lasted: tuple[tuple[Status, timedelta], ...]
    until: tuple[tuple[str, timedelta], ...]


async def timings(db: Reader, incident: Incident) -> Phases:
    """The phases of an incident until now, or until it was over."""
    turns = await db.all(Turn, sql.turns, incident.id)
    return phases(incident, turns, await db.clock())


def phases(incident: Incident, turns: Sequence[Turn], now: datetime) -> Phases:
    """Time between turns goes to the state before; the time while it was over to none."""
    lasted: dict[Status, timedelta] = {}
    starts = [Turn(incident.declared_at, Status.INVESTIGATING), *turns]
    for turn, following in zip(starts, [*(t.at for t in turns), now], strict=True):
        status = Status(turn.status)
        if status is not Status.RESOLVED:
            lasted[status] = lasted.get(status, timedelta()) + max(following - turn.at, timedelta())
    milestones = {
        "acknowledged": incident.acknowledged_at, "first update": incident.first_update_at,
        "mitigated": incident.mitigated_at, "resolved": incident.resolved_at,
    }  # fmt: skip
    until = tuple(
        (name, max(at - incident.declared_at, timedelta())) for name, at in milestones.items() if at
    )
    return Phases(tuple((s, lasted[s]) for s in Status if s in lasted), until)


def phases_as_data(found: Phases) -> dict[str, Any]:
    """As JSON: whole seconds."""
    return {
        "lasted_s": {status.value: int(time.total_seconds()) for status, time in found.lasted},
        "until_s": {name.replace(" ", "_"): int(time.total_seconds()) for name, time in found.until},
    }
