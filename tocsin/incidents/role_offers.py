"""A role changes hands with two: it is offered with a brief, and the other side accepts or declines. Until then the holder keeps it."""

from datetime import datetime, timedelta
from uuid import UUID

from tocsin.incidents.change import change, lock_open, me, person, sql, text
from tocsin.incidents.model import Incident, RoleHolder, RoleName
from tocsin.incidents.privacy import let_in
from tocsin.incidents.role_definitions import role_named, rows
from tocsin.incidents.role_kinds import RoleOfferAccepted, RoleOfferClosed, RoleOffered, RoleTransferred
from tocsin.incidents.role_model import (
    AWAY,
    FARTHEST,
    LONGEST_TEXT,
    LONGEST_WHY,
    OfferState,
    RoleDefinition,
    RoleOffer,
    next_look,
    words_of,
)
from tocsin.incidents.roles import holder_of, permitted
from tocsin.kernel.commands import command
from tocsin.kernel.db import Reader, Unit
from tocsin.kernel.errors import Conflict, Forbidden, Invalid, NotFound
from tocsin.kernel.ids import new_id

GONE = "This offer is not open any more."


async def incident_of_offer(db: Reader, offer_id: UUID) -> UUID | None:
    """To which incident an offer belongs."""
    found = await db.first(RoleOffer, rows.offer, offer_id)
    return found.incident_id if found else None


@command("incident.offer_role")
async def offer_role(
    u: Unit,
    incident_id: UUID,
    role: str,
    to_user_id: UUID,
    *,
    brief: str = "",
    effective_at: datetime | None = None,
    despite: str = "",
) -> UUID:
    """Offers a role: as its holder, as incident manager, or when nobody holds it or the holder is away. With `effective_at`
    it moves then, if it is accepted. One offer at a time per role; the holder keeps it until it has moved."""
    incident, wanted = await lock_open(u, incident_id), await role_named(u, role)
    holder, name = await holder_of(u, incident_id, wanted.name), await person(u, to_user_id)
    await _may_offer(u, incident, wanted, holder)
    if holder is not None and holder.user_id == to_user_id:
        raise Conflict(f"{holder.name} is {words_of(wanted.title)} already.")
    reason = await permitted(u, wanted, to_user_id, despite)
    now, offer_id = await u.clock(), new_id()
    _check_time(effective_at, now)
    brief = text("brief", brief, LONGEST_TEXT, needed=False)
    made = await u.value(
        rows.insert_offer, offer_id, incident_id, wanted.name, to_user_id, holder and holder.user_id, u.actor.id, brief,
        effective_at, next_look(now, effective_at, now, accepted=False),
    )  # fmt: skip
    if not made:
        raise Conflict(await _offered_already(u, incident_id, wanted))
    incident = await let_in(u, incident, to_user_id, name)
    said = RoleOffered(
        offer_id, wanted.name, to_user_id, name, holder.name if holder else "", brief, effective_at, reason
    )
    await change(u, incident, said)
    return offer_id


async def _may_offer(u: Unit, incident: Incident, role: RoleDefinition, holder: RoleHolder | None) -> None:
    if holder is None or holder.user_id == u.actor.id:
        return
    manager = await holder_of(u, incident.id, RoleName.INCIDENT_MANAGER)
    if manager is not None and manager.user_id == u.actor.id:
        return
    if await u.value(rows.is_here, incident.id, holder.user_id, AWAY):
        raise Forbidden(f"{holder.name} is {words_of(role.title)} and in the room. Ask them to offer it.")


def _check_time(effective_at: datetime | None, now: datetime) -> None:
    if effective_at is not None and not now < effective_at <= now + FARTHEST:
        raise Invalid(
            "effective_at", f"The time must be within the next {FARTHEST // timedelta(days=1)} days."
        )


async def _offered_already(u: Unit, incident_id: UUID, role: RoleDefinition) -> str:
    waiting = next(
        (o for o in await u.all(RoleOffer, rows.offers_waiting, incident_id) if o.role == role.name), None
    )
    name = waiting.to_name if waiting else "somebody"
    return f"The role {words_of(role.title)} is offered to {name} already. Take that offer back first."


@command("incident.accept_role")
async def accept_role(u: Unit, offer_id: UUID) -> None:
    """Accepts an offer: the role moves at once, or at its planned time. Accepting twice changes nothing."""
    incident, offer = await _locked(u, offer_id)
    if offer.to_user_id != me(u):
        raise Forbidden(f"The role was offered to {offer.to_name}.")
    if offer.state is OfferState.ACCEPTED or offer.state is OfferState.MOVED:
        return
    await _waits(u, offer)
    now = await u.clock()
    if offer.effective_at is not None and offer.effective_at > now:
        next_at = next_look(offer.created_at, offer.effective_at, now, accepted=True)
        await u.run(rows.answer_offer, offer.id, OfferState.ACCEPTED, "", next_at)
        await change(u, incident, RoleOfferAccepted(offer.id, offer.role, offer.effective_at))
    else:
        await move(u, incident, offer)


async def move(u: Unit, incident: Incident, offer: RoleOffer) -> None:
    """The role changes hands, as both have agreed."""
    holder = await holder_of(u, incident.id, offer.role)
    await u.run(rows.answer_offer, offer.id, OfferState.MOVED, "", None)
    await u.run(sql.hold, incident.id, offer.role, offer.to_user_id)
    await u.value(sql.join, incident.id, offer.to_user_id)
    how = "planned" if offer.effective_at and u.actor.id != offer.to_user_id else "accepted"
    was = holder.name if holder and holder.user_id != offer.to_user_id else ""
    await change(u, incident, RoleTransferred(offer.role, offer.to_user_id, offer.to_name, was, how=how))


@command("incident.decline_role")
async def decline_role(u: Unit, offer_id: UUID, *, why: str = "") -> None:
    """Declines an offer, or an agreed hand-over that has not happened yet; whoever holds the role keeps it."""
    incident, offer = await _locked(u, offer_id)
    if offer.to_user_id != me(u):
        raise Forbidden(f"The role was offered to {offer.to_name}.")
    if offer.state is not OfferState.DECLINED:
        await close(u, incident, offer, OfferState.DECLINED, why)


@command("incident.withdraw_offer")
async def withdraw_offer(u: Unit, offer_id: UUID, *, why: str = "") -> None:
    """Takes an offer back: whoever made it, whoever holds the role, or the incident manager."""
    incident, offer = await _locked(u, offer_id)
    if offer.by_user_id != me(u):
        await _may_offer(
            u,
            incident,
            await role_named(u, offer.role, incident.id),
            await holder_of(u, incident.id, offer.role),
        )
    if offer.state is not OfferState.WITHDRAWN:
        await close(u, incident, offer, OfferState.WITHDRAWN, why)


async def close(u: Unit, incident: Incident, offer: RoleOffer, outcome: OfferState, why: str = "") -> None:
    """An offer came to nothing."""
    await _waits(u, offer)
    why = text("why", why, LONGEST_WHY, needed=False)
    holder = await holder_of(u, incident.id, offer.role)
    await u.run(rows.answer_offer, offer.id, outcome, why, None)
    said = RoleOfferClosed(
        offer.id, offer.role, offer.to_user_id, offer.to_name, outcome, holder.name if holder else "", why
    )
    await change(u, incident, said)


async def _locked(u: Unit, offer_id: UUID) -> tuple[Incident, RoleOffer]:
    """The incident, locked, then the offer as it is under that lock."""
    found = await u.first(RoleOffer, rows.offer, offer_id)
    if found is None:
        raise NotFound("There is no such offer.")
    incident = await lock_open(u, found.incident_id)
    offer = await u.first(RoleOffer, rows.offer, offer_id)
    if offer is None:
        raise NotFound("There is no such offer.")
    return incident, offer


async def _waits(u: Unit, offer: RoleOffer) -> None:
    """Raises `Conflict` with the name of whoever holds the role now."""
    if not offer.waits:
        holder = await holder_of(u, offer.incident_id, offer.role)
        raise Conflict(f"{GONE} {holder.name} is {offer.words}." if holder else GONE)
