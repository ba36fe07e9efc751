"""What people are told of roles that are offered to them, and of the answers."""

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

from tocsin.duty.tell import tell
from tocsin.duty.words import day_and_time, known, zone_note
from tocsin.incidents.role_definitions import rows
from tocsin.incidents.role_kinds import RoleOfferAccepted, RoleOfferClosed, RoleOffered, RoleOfferReminded
from tocsin.incidents.role_model import RoleOffer
from tocsin.kernel.db import Row, Unit
from tocsin.kernel.sql import Statements
from tocsin.kernel.work import Batch, Work
from tocsin.record.kinds import decode
from tocsin.record.queries import entry

sql = Statements("tocsin.duty", "role_tell.sql")
KIND = "duty.tell_role"
FOLLOWS = {
    "role_offered": [KIND],
    "role_offer_reminded": [KIND],
    "role_offer_accepted": [KIND],
    "role_offer_closed": [KIND],
}


async def told(u: Unit, works: list[Work]) -> None:
    """Batch: one entry, one message to whoever it concerns. Nobody who may not see the incident is told anything."""
    for work in works:
        found = await entry(u, UUID(work.payload["stream"]), work.payload["seq"])
        if found is None or found.redacted_at is not None:
            continue
        payload = decode(found.kind, found.payload)
        say = _SAY.get(type(payload))
        if say is not None:
            await say(u, work.payload["stream"], payload, found.actor)


BATCHES: dict[str, Batch] = {KIND: told}


async def _asked(u: Unit, _: str, said: RoleOffered | RoleOfferReminded, by: str) -> None:
    """The one who is to answer; of an agreed hand-over both are reminded."""
    offer = await u.first(RoleOffer, rows.offer, said.offer_id)
    if offer is None or not offer.waits:
        return
    if isinstance(said, RoleOfferReminded) and said.accepted:
        for person in _people(offer.to_user_id, offer.from_user_id):
            await _tell(u, offer, person, f"{offer.title} goes to {offer.to_name} soon", "", urgent=False)
        return
    if not offer.is_open:
        return
    again = "Still open: " if isinstance(said, RoleOfferReminded) else ""
    by = (offer.by_name or "Somebody") if again else by
    subject = f"{again}{by} offers you {offer.words} of {{}}"
    text = f"{offer.brief}\n\n" if offer.brief else ""
    text += f"Accept or decline in the room. Until then {offer.from_name or 'nobody'} has the role."
    await _tell(u, offer, offer.to_user_id, subject, text, urgent=offer.effective_at is None)


async def _agreed(u: Unit, _: str, said: RoleOfferAccepted, by: str) -> None:
    offer = await u.first(RoleOffer, rows.offer, said.offer_id)
    if offer is not None:
        for person in _people(offer.by_user_id, offer.from_user_id, without=offer.to_user_id):
            await _tell(
                u, offer, person, f"{by} takes {offer.words} of {{}} from you as planned", "", urgent=False
            )


async def _closed(u: Unit, _: str, said: RoleOfferClosed, __: str) -> None:
    """Whoever offered it and whoever keeps it hear that it came to nothing; who was asked, that nobody waits any more."""
    offer = await u.first(RoleOffer, rows.offer, said.offer_id)
    if offer is None:
        return
    if said.outcome == "withdrawn":
        await _tell(
            u,
            offer,
            offer.to_user_id,
            f"The offer of {offer.words} of {{}} was taken back",
            said.why,
            urgent=False,
        )
        return
    words = (
        f"{offer.to_name} declined" if said.outcome == "declined" else f"{offer.to_name} did not answer about"
    )
    keeps = f"{said.holder} keeps the role." if said.holder else "Nobody holds the role."
    text = f"{said.why}\n\n{keeps}".strip()
    for person in _people(offer.by_user_id, offer.from_user_id):
        await _tell(
            u, offer, person, f"{words} {offer.words} of {{}}", text, urgent=offer.effective_at is None
        )


def _people(*ids: UUID | None, without: UUID | None = None) -> list[UUID]:
    """Each once."""
    return sorted({person for person in ids if person is not None and person != without})


async def _tell(
    u: Unit, offer: RoleOffer, person: UUID | None, subject: str, text: str, *, urgent: bool
) -> None:
    to = await u.row(sql.reader, offer.incident_id, person)
    if to is None:
        return
    if offer.effective_at:
        zone = known(to["time_zone"])
        text = f"Planned for {day_and_time(offer.effective_at, zone)}. {zone_note(zone)}\n\n{text}".strip()
    await send(u, to, subject, text, "#roles", urgent=urgent)


async def send(u: Unit, to: Row, subject: str, text: str, place: str, *, urgent: bool) -> None:
    """Of a private incident a message says no more than its key: it may lie open on a lock screen."""
    about = str(to["key"])
    if to["private"]:
        text = "The room has the rest."
    await tell(
        u, [to["id"]], subject.replace("{}", about), text, f"/incidents/{to['key']}{place}", urgent=urgent
    )


_SAY: dict[type, Callable[[Unit, str, Any, str], Awaitable[None]]] = {
    RoleOffered: _asked,
    RoleOfferReminded: _asked,
    RoleOfferAccepted: _agreed,
    RoleOfferClosed: _closed,
}
