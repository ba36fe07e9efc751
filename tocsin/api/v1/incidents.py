"""Incidents: declare, work, update, resolve; the record; the postmortem."""

from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from tocsin.alerts.queries import alert_named
from tocsin.api.v1.auth import Call
from tocsin.api.v1.shown import incident_of, shown, shown_card, unseen
from tocsin.catalog.queries import service_by_name
from tocsin.incidents import commands, queries
from tocsin.kernel.errors import Invalid

router = APIRouter(tags=["Incidents"])


class DeclareBody(BaseModel):
    """The five questions; two are enough."""

    summary: str = Field(min_length=1, max_length=300)
    severity: int = Field(ge=1, le=3)
    impact: str = Field("", max_length=5000)
    reporter_contact: str = Field("", max_length=500)
    service: str = Field("", description="Name of the faulty service; empty while unknown.")
    products: list[str] = Field([], max_length=20)
    alert: str = Field("", description="Id or number of the alert it comes from.")
    private: bool = False
    type: str = Field("", max_length=60, description="A type by name or title.")
    fields: dict[str, Any] = Field({}, max_length=40, description="Your own fields by name or title.")
    page: str = Field(
        "",
        max_length=200,
        description="Whom to page at once, by name: a person, a team, a schedule, a service.",
    )
    let_in: list[Annotated[str, Field(max_length=200)]] = Field(
        [],
        max_length=20,
        description="Who sees it too if it is private: people and teams by name. A service token names them, or whom to page.",
    )


class SeverityBody(BaseModel):
    """The new severity, and why: a sentence is needed."""

    severity: int = Field(ge=1, le=3)
    why: str = Field("", max_length=1000)


class SubStatusBody(BaseModel):
    """A short phrase under the status; empty takes it away."""

    sub_status: str = Field("", max_length=120)


class ReopenBody(BaseModel):
    """Why it was not over."""

    why: str = Field("", max_length=1000)


class StatusBody(BaseModel):
    """The new status."""

    status: str = Field(pattern="^(investigating|identified|mitigated|monitoring)$")


class ResolveBody(BaseModel):
    """What resolved it."""

    text: str = Field("", max_length=5000)
    close_alerts: bool = False


@router.post("/incidents", status_code=201)
async def declare(call: Call, body: DeclareBody) -> dict[str, Any]:
    """Declares an incident; its places open within seconds. Of a private one a service token gets `key`, `private` and `url` only:
    it does not see it."""
    service_id = None
    if body.service:
        service = await service_by_name(call.db, body.service)
        if service is None:
            raise Invalid("service", f"There is no service named {body.service}.")
        service_id = service.id
    alert = await alert_named(call.db, body.alert) if body.alert else None
    if body.alert and alert is None:
        raise Invalid("alert", "There is no such alert.")
    async with call.unit() as u:
        key = await commands.declare(
            u, body.summary, body.severity, impact=body.impact, reporter_contact=body.reporter_contact,
            service_id=service_id, products=tuple(body.products), alert_id=alert.id if alert else None,
            private=body.private, type_=body.type, fields=body.fields, let_in=body.let_in, page=body.page,
        )  # fmt: skip
    found = await queries.incident_by_key(call.db, key, call.actor.id)
    return await shown(call, found) if found else unseen(call, key)


@router.get("/incidents")
async def list_incidents(
    call: Call,
    everything: Annotated[bool, Query(alias="all", description="Resolved ones too.")] = False,
    text: str = "",
    severity: Annotated[int | None, Query(ge=1, le=3)] = None,
    status: Annotated[
        str | None, Query(pattern="^(investigating|identified|mitigated|monitoring|resolved)$")
    ] = None,
    type: Annotated[str | None, Query(max_length=60, description="The type's name.")] = None,  # noqa: A002 - as the API names it
    private: Annotated[bool, Query(description="Private ones only.")] = False,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> dict[str, Any]:
    """Incidents that the caller may see, newest first."""
    found = await queries.incident_cards(
        call.db, call.actor.id, resolved=None if everything or status else False, text=text or None, severity=severity,
        status=status, type_=type, private=private, limit=limit,
    )  # fmt: skip
    base = call.site.settings.url
    return {"incidents": [shown_card(card, base) for card in found]}


@router.get("/incidents/{key}")
async def show(call: Call, key: str) -> dict[str, Any]:
    """One incident with its roles, places and newest entries."""
    return await shown(call, await incident_of(call, key))


@router.put("/incidents/{key}/severity")
async def set_severity(call: Call, key: str, body: SeverityBody) -> dict[str, Any]:
    """Changes the severity."""
    incident = await incident_of(call, key)
    async with call.unit() as u:
        await commands.set_severity(u, incident.id, body.severity, why=body.why)
    return await shown(call, await incident_of(call, key))


@router.put("/incidents/{key}/status")
async def set_status(call: Call, key: str, body: StatusBody) -> dict[str, Any]:
    """Changes the status; resolving has its own address."""
    incident = await incident_of(call, key)
    async with call.unit() as u:
        await commands.set_status(u, incident.id, body.status)
    return await shown(call, await incident_of(call, key))


@router.put("/incidents/{key}/sub-status")
async def set_sub_status(call: Call, key: str, body: SubStatusBody) -> dict[str, Any]:
    """The short phrase under the status, such as “waiting for vendor”."""
    incident = await incident_of(call, key)
    async with call.unit() as u:
        await commands.set_sub_status(u, incident.id, body.sub_status)
    return await shown(call, await incident_of(call, key))


@router.post("/incidents/{key}/resolve")
async def resolve(call: Call, key: str, body: ResolveBody | None = None) -> dict[str, Any]:
    """Resolves it; from SEV2 up a postmortem draft is made."""
    incident, body = await incident_of(call, key), body or ResolveBody(text="")
    async with call.unit() as u:
        await commands.resolve(u, incident.id, body.text, close_alerts=body.close_alerts)
    return await shown(call, await incident_of(call, key))


@router.post("/incidents/{key}/reopen")
async def reopen(call: Call, key: str, body: ReopenBody | None = None) -> dict[str, Any]:
    """It was not over; or it was merged, and goes on by itself."""
    incident = await incident_of(call, key)
    async with call.unit() as u:
        await commands.reopen(u, incident.id, body.why if body else "")
    return await shown(call, await incident_of(call, key))
