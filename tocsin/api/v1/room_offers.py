"""Roles that are offered in an incident: offer, accept, decline, take back."""

from typing import Any
from uuid import UUID

from fastapi import APIRouter
from pydantic import AwareDatetime, BaseModel, Field

from tocsin.api.v1.auth import Call, Caller
from tocsin.api.v1.shown import incident_of
from tocsin.incidents import queries, role_offers
from tocsin.incidents.role_brief import brief_of
from tocsin.incidents.role_model import RoleOffer
from tocsin.kernel.errors import NotFound

router = APIRouter(tags=["Incidents"])


class OfferBody(BaseModel):
    """To whom; without a brief they get the one that the incident's state gives. With `effective_at` the role moves then, if it
    is accepted. `despite`: the emergency in which it goes to somebody it is not for."""

    user_id: UUID
    brief: str = Field("", max_length=5000)
    effective_at: AwareDatetime | None = None
    despite: str = Field("", max_length=500)


class AnswerBody(BaseModel):
    """Perhaps a reason."""

    why: str = Field("", max_length=500)


@router.get("/incidents/{key}/role-offers")
async def list_offers(call: Call, key: str) -> dict[str, Any]:
    """What is offered now, or agreed for later."""
    incident = await incident_of(call, key)
    return {"offers": [_offer(o) for o in await queries.offers_waiting(call.db, incident.id)]}


def _offer(o: RoleOffer) -> dict[str, Any]:
    return {
        "id": o.id, "role": o.role, "to_id": o.to_user_id, "to": o.to_name, "holder": o.from_name, "by": o.by_name,
        "brief": o.brief, "effective_at": o.effective_at, "state": o.state, "offered_at": o.created_at,
    }  # fmt: skip


@router.post("/incidents/{key}/roles/{role}/offer", status_code=201)
async def offer(call: Call, key: str, role: str, body: OfferBody) -> dict[str, Any]:
    """Offers a role; until it is accepted the holder keeps it."""
    incident = await incident_of(call, key)
    brief = body.brief or await brief_of(call.db, incident.id)
    async with call.unit() as u:
        offer_id = await role_offers.offer_role(
            u,
            incident.id,
            role,
            body.user_id,
            brief=brief,
            effective_at=body.effective_at,
            despite=body.despite,
        )
    return {"id": offer_id}


@router.post("/incidents/{key}/role-offers/{offer_id}/accept")
async def accept(call: Call, key: str, offer_id: UUID) -> dict[str, Any]:
    """Accepts what was offered to the caller."""
    await _of(call, key, offer_id)
    async with call.unit() as u:
        await role_offers.accept_role(u, offer_id)
    return await list_offers(call, key)


@router.post("/incidents/{key}/role-offers/{offer_id}/decline")
async def decline(call: Call, key: str, offer_id: UUID, body: AnswerBody | None = None) -> dict[str, Any]:
    """Declines it; the holder keeps the role."""
    await _of(call, key, offer_id)
    async with call.unit() as u:
        await role_offers.decline_role(u, offer_id, why=body.why if body else "")
    return await list_offers(call, key)


@router.post("/incidents/{key}/role-offers/{offer_id}/withdraw")
async def withdraw(call: Call, key: str, offer_id: UUID, body: AnswerBody | None = None) -> dict[str, Any]:
    """Takes an offer back."""
    await _of(call, key, offer_id)
    async with call.unit() as u:
        await role_offers.withdraw_offer(u, offer_id, why=body.why if body else "")
    return await list_offers(call, key)


async def _of(call: Caller, key: str, offer_id: UUID) -> None:
    """The offer belongs to the incident of the address."""
    incident = await incident_of(call, key)
    if await role_offers.incident_of_offer(call.db, offer_id) != incident.id:
        raise NotFound("There is no such offer.")
