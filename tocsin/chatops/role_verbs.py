"""Commands of the rooms for roles: take, offer, accept, decline."""

from tocsin.chatops.names import offer_typed, person_typed, role_typed
from tocsin.chatops.times import time_after
from tocsin.chatops.verb import Verb
from tocsin.incidents import role_offers, roles
from tocsin.incidents.model import Incident
from tocsin.incidents.role_brief import brief_of
from tocsin.kernel.db import Unit
from tocsin.kernel.errors import Invalid

TAKE = "/take incident manager"
GIVE = "/give tech lead to Ana: Ben does not answer"
OFFER = "/offer tech lead to Ana at 09:00: what she has to know"


async def _take(u: Unit, incident: Incident, rest: str) -> None:
    role, _, despite = (part.strip() for part in rest.partition(":"))
    await roles.take_role(u, incident.id, await role_typed(u, role), despite=despite)


async def _give_up(u: Unit, incident: Incident, rest: str) -> None:
    await roles.give_up_role(u, incident.id, await role_typed(u, rest, incident.id))


async def _give(u: Unit, incident: Incident, rest: str) -> None:
    role, name, why = _to_whom(rest, ": ")
    person = await person_typed(u, name, GIVE)
    try:
        await roles.transfer_role(u, incident.id, await role_typed(u, role, incident.id), person.id, why=why)
    except Invalid as error:
        raise Invalid("text", f"{error} For example: {GIVE}") from error


async def _offer(u: Unit, incident: Incident, rest: str) -> None:
    role, name, brief = _to_whom(rest, ": ")
    name, at = await time_after(u, name)
    person = await person_typed(u, name, OFFER)
    brief = brief or await brief_of(u, incident.id)
    await role_offers.offer_role(
        u, incident.id, await role_typed(u, role), person.id, brief=brief, effective_at=at
    )


def _to_whom(rest: str, cut: str) -> tuple[str, str, str]:
    """`tech lead to Ana: why` in its three parts; times have a colon too, but no space after it."""
    role, _, whom = rest.partition(" to ")
    name, _, words = whom.partition(cut)
    return role.strip(), name.strip(), words.strip()


async def _accept(u: Unit, incident: Incident, rest: str) -> None:
    await role_offers.accept_role(u, await offer_typed(u, incident.id, rest, mine=True))


async def _decline(u: Unit, incident: Incident, rest: str) -> None:
    role, _, why = (part.strip() for part in rest.partition(":"))
    await role_offers.decline_role(u, await offer_typed(u, incident.id, role, mine=True), why=why)


async def _take_back(u: Unit, incident: Incident, rest: str) -> None:
    await role_offers.withdraw_offer(u, await offer_typed(u, incident.id, rest, mine=False))


VERBS = {
    "take": Verb(TAKE, "take a role (im, tl, cm, scribe); after a colon why, if it is not for you", _take),
    "offer": Verb(OFFER, "offer a role to somebody, at once or for a time on your clock", _offer),
    "accept": Verb("/accept", "accept the role that is offered to you", _accept),
    "decline": Verb("/decline: why", "decline it", _decline),
    "takeback": Verb("/takeback tech lead", "take an offer back", _take_back),
    "give": Verb(GIVE, "move a role at once, with the reason", _give),
    "giveup": Verb("/giveup scribe", "let go of your own role", _give_up),
}
