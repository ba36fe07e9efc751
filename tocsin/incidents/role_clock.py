"""Offers of roles in time: asked again, reminded, moved when agreed, lapsed when nobody answered."""

from uuid import UUID

from tocsin.incidents.change import change, lock
from tocsin.incidents.model import Incident
from tocsin.incidents.role_definitions import rows
from tocsin.incidents.role_kinds import RoleOfferReminded
from tocsin.incidents.role_model import OfferState, RoleOffer, is_last, next_look
from tocsin.incidents.role_offers import close, move
from tocsin.kernel.db import ENGINE, Database, Unit


class RoleClock:
    """A pump over the offers themselves: when to look stands in their rows."""

    name = "role_clock"

    def __init__(self, database: Database) -> None:
        self._database = database
        self.due_sql = rows.next_offer.text

    async def turn(self) -> bool:
        """Each due offer in a transaction of its own; answers whether there may be more."""
        due = await self._database.rows(rows.due_offers)
        for row in due:
            async with self._database.unit(ENGINE, "engine") as u:
                await _look(u, row["incident_id"], row["id"])
        return len(due) == 50


async def _look(u: Unit, incident_id: UUID, offer_id: UUID) -> None:
    """Under the incident's lock, as somebody may have answered a moment ago."""
    incident, now = await lock(u, incident_id), await u.clock()
    offer = await u.first(RoleOffer, rows.offer, offer_id)
    if offer is None or offer.next_at is None or offer.next_at > now:
        return
    if incident.resolved_at is not None:
        await u.run(rows.answer_offer, offer.id, OfferState.WITHDRAWN, "", None)
    elif not await u.value(rows.can_still, offer.id):
        await close(u, incident, offer, OfferState.LAPSED)
    elif not is_last(offer, now):
        await _remind(u, incident, offer)
    elif offer.state is OfferState.ACCEPTED:
        await move(u, incident, offer)
    else:
        await close(u, incident, offer, OfferState.LAPSED)


async def _remind(u: Unit, incident: Incident, offer: RoleOffer) -> None:
    now, accepted = await u.clock(), offer.state is OfferState.ACCEPTED
    next_at = next_look(offer.created_at, offer.effective_at, now, accepted=accepted)
    await u.run(rows.look_again, offer.id, next_at)
    said = RoleOfferReminded(
        offer.id, offer.role, offer.to_user_id, offer.to_name, accepted, offer.effective_at
    )
    await change(u, incident, said)
