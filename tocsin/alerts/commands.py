"""Taking signals in, many at once; and what people do about one alert."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from tocsin.alerts.changed import changed, tell_rooms
from tocsin.alerts.kinds import (
    AlertAcknowledged,
    AlertClosed,
    AlertNoted,
    AlertReassigned,
    AlertSnoozed,
    AlertUnacknowledged,
)
from tocsin.alerts.model import Action, Arrival, Outcome, Signal, clean, fit, rounds, urgency_of
from tocsin.alerts.promises import check_promise, renew
from tocsin.catalog.model import REPORTED_SCOPE
from tocsin.catalog.queries import service_by_name
from tocsin.kernel.commands import command
from tocsin.kernel.db import Row, Unit
from tocsin.kernel.errors import Conflict, Invalid, NotFound
from tocsin.kernel.ids import new_id
from tocsin.kernel.sql import Statements

sql = Statements("tocsin.alerts")
MAX_SNOOZE = timedelta(days=30)
_STATEMENTS = {
    Action.OPEN: (sql.open_many, "alert_opened"),
    Action.ACKNOWLEDGE: (sql.acknowledge_many_by_alias, "alert_acknowledged"),
    Action.CLOSE: (sql.close_many_by_alias, "alert_closed"),
}


async def take_in_batch(u: Unit, arrivals: Sequence[Arrival]) -> list[Outcome]:
    """Takes a batch in: one statement per action and round, whatever the number of arrivals.

    Outcomes are in the order of the arrivals, whose signals must have been through `fit` and have an alias.
    """
    outcomes: dict[int, Outcome] = {}
    for round_ in rounds(arrivals):
        for action, (statement, kind) in _STATEMENTS.items():
            part = {k: v for k, v in round_.items() if v[0].signal.action is action}
            if not part:
                continue
            rows = await u.rows(statement, _encode(action, part), list(u.database.follows(kind)), u.door)
            if action is not Action.OPEN:
                await tell_rooms(u, [row["id"] for row in rows])
            by_key = {(row["scope"], row["alias"]): row for row in rows}
            for key, (_, _, positions) in part.items():
                outcomes[positions[0]] = _outcome(action, key[1], by_key.get(key))
                repeated = _repeated(action, outcomes[positions[0]])
                outcomes |= dict.fromkeys(positions[1:], repeated)
    found = [outcomes[n] for n in range(len(arrivals))]
    await _keep_requests(u, arrivals, found)
    u.touch("work", "alerts")
    return found


@command("alert.take_in")
async def take_in(u: Unit, arrivals: Sequence[Arrival]) -> list[Outcome]:
    """`take_in_batch` as a command of its own; for one sender, with its permission asked."""
    return await take_in_batch(u, arrivals)


def _encode(
    action: Action, part: Mapping[tuple[UUID, str], tuple[Arrival, int, list[int]]]
) -> list[dict[str, Any]]:
    if action is Action.OPEN:
        return [_open(arrival, times) for arrival, times, _ in part.values()]
    return [
        {"scope": a.scope, "alias": a.signal.alias, "actor": _actor(a), "note": a.signal.note}
        for a, _, _ in part.values()
    ]


def _open(arrival: Arrival, times: int) -> dict[str, Any]:
    s = arrival.signal
    return {
        "id": new_id(), "scope": arrival.scope, "alias": s.alias, "integration_id": arrival.integration_id,
        "service_id": arrival.service_id, "message": s.message, "description": s.description, "source": s.source,
        "entity": s.entity, "priority": s.priority, "urgency": arrival.urgency, "tags": s.tags,
        "details": dict(s.details), "link": s.link, "clamped": s.clamped, "raw": s.raw, "count": times,
        "started_at": s.started_at, "actor": _actor(arrival),
    }  # fmt: skip


def _actor(arrival: Arrival) -> str:
    user = arrival.signal.user
    return f"{user} ({arrival.integration_name})" if user else arrival.integration_name


def _outcome(action: Action, alias: str, row: Row | None) -> Outcome:
    """The words of `status` are those that clients of the imitated Opsgenie API look for (SEMANTICS 1.3)."""
    if row is None:
        return Outcome(
            None, None, alias, success=False, status=f"There is no open alert with alias [{alias}]."
        )
    if action is Action.OPEN:
        status = "Created alert" if row["created"] else "Alert count is incremented"
        return Outcome(row["id"], row["number"], alias, success=True, status=status, created=row["created"])
    if row["already"]:
        return Outcome(row["id"], row["number"], alias, success=False, status="Alert is already acknowledged")
    status = "Closed alert" if action is Action.CLOSE else "Acknowledged alert"
    return Outcome(row["id"], row["number"], alias, success=True, status=status)


def _repeated(action: Action, first: Outcome) -> Outcome:
    """What the second of two equal signals in one batch would have heard, had they come one by one."""
    if not first.success:
        return first
    if action is Action.OPEN:
        return replace(first, status="Alert count is incremented", created=False)
    if action is Action.ACKNOWLEDGE:
        return replace(first, status="Alert is already acknowledged", success=False)
    return _outcome(action, first.alias, None)


async def _keep_requests(u: Unit, arrivals: Sequence[Arrival], outcomes: Sequence[Outcome]) -> None:
    names = {Action.OPEN: "Create", Action.ACKNOWLEDGE: "Acknowledge", Action.CLOSE: "Close"}
    rows = [
        {
            "id": a.request_id, "integration_id": a.integration_id, "action": names[a.signal.action],
            "status": o.status, "success": o.success, "alert_id": o.id, "alias": o.alias,
        }
        for a, o in zip(arrivals, outcomes, strict=True)
        if a.request_id is not None
    ]  # fmt: skip
    if rows:
        await u.run(sql.keep_requests, rows)


async def keep_request(
    u: Unit, request_id: UUID, integration_id: UUID, action: str, outcome: Outcome
) -> None:
    """What became of a request that did not go through a batch."""
    row = {
        "id": request_id, "integration_id": integration_id, "action": action, "status": outcome.status,
        "success": outcome.success, "alert_id": outcome.id, "alias": outcome.alias,
    }  # fmt: skip
    await u.run(sql.keep_requests, [row])


@command("alert.report")
async def report(
    u: Unit,
    message: str,
    *,
    service: str = "",
    priority: int = 3,
    alias: str = "",
    description: str = "",
    details: Mapping[str, str] | None = None,
) -> UUID:
    """An alert that a person or a token reports; answers its id (the open one's, when the alias is open)."""
    found = await service_by_name(u, service) if service else None
    if service and found is None:
        raise Invalid("service", f"There is no service named {service}.")
    signal = fit(
        Signal(
            alias=alias or str(new_id()), message=message, description=description, priority=priority,
            details=details or {}, source=u.actor.name,
        )
    )  # fmt: skip
    urgency = urgency_of(priority, found.urgency if found else None)
    arrival = Arrival(signal, REPORTED_SCOPE, None, u.actor.name, found.id if found else None, urgency)
    (outcome,) = await take_in_batch(u, [arrival])
    assert outcome.id is not None  # noqa: S101 - an open always has an alert
    return outcome.id


@command("alert.acknowledge")
async def acknowledge(u: Unit, alert_id: UUID, note: str = "", until: datetime | None = None) -> None:
    """The actor has it, and gives the next sign of life by `until`, or as the alert's priority says (`promise_defaults`).

    Doing it again changes nothing but a promise that is named; taking it over from somebody else is an entry.
    """
    await check_promise(u, until)
    machine = u.actor.kind != "user"
    row = await u.row(sql.acknowledge, alert_id, u.actor.name, u.actor.id, until, machine)
    if row is None:
        await _still_open(u, alert_id)
        if until is not None:
            await renew(u, alert_id, until)
        return
    payload = AlertAcknowledged(
        u.actor.name, row["acknowledged_at"], u.actor.id, clean(note).strip(), row["promised_until"]
    )
    await changed(u, alert_id, row["head"], payload)


@command("alert.unacknowledge")
async def unacknowledge(u: Unit, alert_id: UUID, note: str = "") -> None:
    """Nobody has it; escalation starts again."""
    head = await u.value(sql.unacknowledge, alert_id)
    if head is None:
        await _still_open(u, alert_id)
        return
    await changed(u, alert_id, head, AlertUnacknowledged(clean(note).strip()))


@command("alert.close")
async def close(u: Unit, alert_id: UUID, note: str = "") -> None:
    """It is over. Closing twice changes nothing."""
    row = await u.row(sql.close, alert_id, u.actor.name)
    if row is None:
        await _known(u, alert_id)
        return
    await changed(u, alert_id, row["head"], AlertClosed(u.actor.name, row["closed_at"], clean(note).strip()))


@command("alert.snooze")
async def snooze(u: Unit, alert_id: UUID, until: datetime) -> None:
    """Nobody is paged until then. An acknowledgement ends, so that escalation starts again afterwards."""
    now = await u.clock()
    if not now < until <= now + MAX_SNOOZE:
        raise Invalid("until", "Snooze until a moment within the next 30 days.")
    head = await u.value(sql.snooze, alert_id, until)
    if head is None:
        raise await _gone(u, alert_id)
    await changed(u, alert_id, head, AlertSnoozed(until))


@command("alert.reassign")
async def reassign(u: Unit, alert_id: UUID, user_id: UUID) -> None:
    """Somebody else's from now on; they are paged at once. Who gives it to themselves acknowledges it."""
    if user_id == u.actor.id:
        return await acknowledge(u, alert_id)
    name = await u.value(sql.person, user_id)
    if name is None:
        raise Invalid("user_id", "There is no such person.")
    head = await u.value(sql.reassign, alert_id, user_id)
    if head is None:
        raise await _gone(u, alert_id)
    await changed(u, alert_id, head, AlertReassigned(user_id, name))
    return None


@command("alert.note")
async def note(u: Unit, alert_id: UUID, text: str) -> None:
    """A word about it."""
    if not text.strip():
        raise Invalid("note", "Say something.")
    row = await u.row(sql.note, alert_id, u.actor.id)
    if row is None:
        raise NotFound("There is no such alert.")
    await changed(u, alert_id, row["head"], AlertNoted(clean(text).strip()[:5000], row["promised_until"]))


@command("alert.acknowledge_many")
async def acknowledge_many(u: Unit, alert_ids: Sequence[UUID]) -> int:
    """All that are still open; answers how many there were."""
    return await _many(u, alert_ids, acknowledge)


@command("alert.close_many")
async def close_many(u: Unit, alert_ids: Sequence[UUID]) -> int:
    """All that are still open; answers how many there were."""
    return await _many(u, alert_ids, close)


async def _many(u: Unit, alert_ids: Sequence[UUID], what: Any) -> int:
    still_open = await u.rows(sql.lock_open, list(alert_ids))
    for row in still_open:
        await what(u, row["id"])
    return len(still_open)


async def _still_open(u: Unit, alert_id: UUID) -> None:
    """Nothing changed because it already is so; only a closed or unknown alert is an error."""
    row = await _known(u, alert_id)
    if row["closed_at"] is not None:
        raise Conflict(f"This alert was closed by {row['closed_by']}.")


async def _known(u: Unit, alert_id: UUID) -> Row:
    row = await u.row(sql.alert_by_id, alert_id)
    if row is None:
        raise NotFound("There is no such alert.")
    return row


async def _gone(u: Unit, alert_id: UUID) -> Conflict | NotFound:
    row = await u.row(sql.alert_by_id, alert_id)
    return (
        NotFound("There is no such alert.")
        if row is None
        else Conflict(f"This alert was closed by {row['closed_by']}.")
    )
