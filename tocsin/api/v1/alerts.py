"""Alerts: send, list, answer, and the ledger of their pages."""

from dataclasses import asdict
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import AwareDatetime, BaseModel, Field

from tocsin.alerts import commands, promises, queries
from tocsin.alerts.model import Alert, state_of
from tocsin.api.v1.auth import Call, Caller
from tocsin.kernel.errors import NotFound
from tocsin.paging import queries as paging
from tocsin.paging import responders
from tocsin.paging.ledger_model import PageWithDeliveries
from tocsin.record.queries import entries_after

router = APIRouter(tags=["Alerts"])


class AlertBody(BaseModel):
    """An alert that a person or script reports."""

    message: str = Field(min_length=1, max_length=500)
    service: str = Field("", description="Name of the service; its escalation policy is run.")
    priority: str = Field("P3", pattern="^P[1-5]$")
    alias: str = Field("", max_length=512, description="The same alias counts up an open alert.")
    description: str = Field("", max_length=15000)
    details: dict[str, str] = {}


class NoteBody(BaseModel):
    """An optional word about an act."""

    note: str = Field("", max_length=2000)


class AcknowledgeBody(NoteBody):
    """What is said about it, and by when the next sign of life comes; else as the alert's priority says."""

    until: AwareDatetime | None = None


class PromiseBody(BaseModel):
    """When the next sign of life comes; else as long as the alert's priority says."""

    until: AwareDatetime | None = None


class ResponderBody(BaseModel):
    """One of the three: a person, everybody in a team, or whoever holds a schedule now."""

    user_id: UUID | None = None
    team_id: UUID | None = None
    schedule_id: UUID | None = None


class SnoozeBody(BaseModel):
    """Until when nobody is paged for the alert."""

    until: AwareDatetime


class ReassignBody(BaseModel):
    """Whose alert it is from now on."""

    user_id: UUID


@router.post("/alerts", status_code=202)
async def send(call: Call, body: AlertBody) -> dict[str, Any]:
    """Reports an alert. The answer comes after it is stored."""
    async with call.unit() as u:
        alert_id = await commands.report(
            u, body.message, service=body.service, priority=int(body.priority[1]), alias=body.alias,
            description=body.description, details=body.details,
        )  # fmt: skip
    return await _shown(call, await _alert(call, str(alert_id)))


@router.get("/alerts")
async def list_alerts(
    call: Call,
    state: Annotated[str, Query(pattern="^(active|open|acknowledged|snoozed|closed|all)$")] = "active",
    text: str = "",
    before: Annotated[int | None, Query(ge=1, lt=2**63)] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    leaders: bool = False,
) -> dict[str, Any]:
    """The newest alerts, with a lower number than `before`; `active` is everything that is not closed. `leaders`: without those that
    are quiet in a group, under its leader."""
    found = await queries.alerts(
        call.db, state=state, text=text or None, before=before, limit=limit, leaders=leaders
    )
    now = await call.db.clock()
    return {"alerts": [_brief(a, now) for a in found]}


@router.get("/alerts/{alert}")
async def show(call: Call, alert: str) -> dict[str, Any]:
    """One alert, by id or number. `quiet`: what keeps it from paging now, if something does; `quiet_under_it`: alerts that are
    quiet because this one is open; `group`: the alerts that it is grouped with, and which of them leads."""
    return await _shown(call, await _alert(call, alert))


@router.get("/alerts/{alert}/entries")
async def entries(call: Call, alert: str) -> dict[str, Any]:
    """What happened to the alert, in order."""
    found = await _alert(call, alert)
    return {"entries": await entries_after(call.db, found.id)}


@router.get("/alerts/{alert}/ledger")
async def ledger(call: Call, alert: str) -> dict[str, Any]:
    """Every page and message: who, how, when, and what became of it. `empty_steps` found nobody or were skipped; `why_quiet` says
    why nobody (more) is paged."""
    found = await _alert(call, alert)
    escalation = await paging.escalation_of(call.db, found.id)
    return {
        "accepted_at": found.created_at,
        "pages": [_without_secrets(item) for item in await paging.ledger(call.db, found.id)],
        "empty_steps": await paging.empty_steps(call.db, found.id),
        "why_quiet": "" if found.acknowledged_at or found.closed_at else paging.why_quiet(escalation),
    }


@router.post("/alerts/{alert}/acknowledge")
async def acknowledge(call: Call, alert: str, body: AcknowledgeBody | None = None) -> dict[str, Any]:
    """You have it; nobody else is paged until `promised_until`. Without a sign of life by then, paging goes on."""
    found, said = await _alert(call, alert), body or AcknowledgeBody(note="")
    async with call.unit() as u:
        await commands.acknowledge(u, found.id, said.note, said.until)
    return await _shown(call, await _alert(call, alert))


@router.post("/alerts/{alert}/still-on-it")
async def still_on_it(call: Call, alert: str, body: PromiseBody | None = None) -> dict[str, Any]:
    """A sign of life by whoever has it; paging stays quiet until `promised_until`."""
    found = await _alert(call, alert)
    async with call.unit() as u:
        await promises.renew(u, found.id, body.until if body else None)
    return await _shown(call, await _alert(call, alert))


@router.post("/alerts/{alert}/responders")
async def add_responder(call: Call, alert: str, body: ResponderBody) -> dict[str, Any]:
    """Adds people to the alert and pages them by name, also while somebody has it. `added`: the names of those who are new."""
    found = await _alert(call, alert)
    async with call.unit() as u:
        added = await responders.add_responder(u, found.id, **body.model_dump())
    return {"added": added, "responders": await responders.responders_of(call.db, found.id)}


@router.post("/alerts/{alert}/unacknowledge")
async def unacknowledge(call: Call, alert: str) -> dict[str, Any]:
    """Nobody has it any more; escalation starts again."""
    found = await _alert(call, alert)
    async with call.unit() as u:
        await commands.unacknowledge(u, found.id)
    return await _shown(call, await _alert(call, alert))


@router.post("/alerts/{alert}/close")
async def close(call: Call, alert: str, body: NoteBody | None = None) -> dict[str, Any]:
    """It is over."""
    found = await _alert(call, alert)
    async with call.unit() as u:
        await commands.close(u, found.id, note=body.note if body else "")
    return await _shown(call, await _alert(call, alert))


@router.post("/alerts/{alert}/snooze")
async def snooze(call: Call, alert: str, body: SnoozeBody) -> dict[str, Any]:
    """Nobody is paged until then; afterwards escalation starts again."""
    found = await _alert(call, alert)
    async with call.unit() as u:
        await commands.snooze(u, found.id, body.until)
    return await _shown(call, await _alert(call, alert))


@router.post("/alerts/{alert}/reassign")
async def reassign(call: Call, alert: str, body: ReassignBody) -> dict[str, Any]:
    """Gives it to somebody, who is paged at once. If they do not answer, the policy's next step follows."""
    found = await _alert(call, alert)
    async with call.unit() as u:
        await commands.reassign(u, found.id, body.user_id)
    return await _shown(call, await _alert(call, alert))


def _without_secrets(item: PageWithDeliveries) -> dict[str, Any]:
    """A web address may hold one: of it the host is enough."""
    shown = [asdict(each) | {"address": each.shown_address} for each in item.deliveries]
    return {"page": item.page, "deliveries": shown, "attempts": item.attempts}


async def _alert(call: Caller, text: str) -> Alert:
    found = await queries.alert_named(call.db, text)
    if found is None:
        raise NotFound("There is no such alert.")
    return found


async def _shown(call: Caller, alert: Alert) -> dict[str, Any]:
    brief = _brief(alert, await call.db.clock())
    around = await paging.quiet_around(call.db, alert.id)
    return brief | {
        "quiet": around.quiet, "quiet_under_it": around.beneath, "group": around.gathering,
        "description": alert.description, "source": alert.source, "entity": alert.entity, "tags": alert.tags,
        "details": alert.details, "link": alert.link, "owner_id": alert.owner_id,
        "acknowledged_by": alert.acknowledged_by, "snoozed_until": alert.snoozed_until,
        "responders": await responders.responders_of(call.db, alert.id),
        "closed_by": alert.closed_by, "url": f"{call.site.settings.url}/alerts/{alert.number}",
    }  # fmt: skip


def _brief(alert: Alert, now: datetime) -> dict[str, Any]:
    return {
        "id": alert.id, "number": alert.number, "alias": alert.alias, "message": alert.message,
        "priority": f"P{alert.priority}", "state": state_of(alert, now), "count": alert.count,
        "service_id": alert.service_id, "created_at": alert.created_at, "last_at": alert.last_at,
        "acknowledged_at": alert.acknowledged_at, "promised_until": alert.promised_until, "closed_at": alert.closed_at,
    }  # fmt: skip
