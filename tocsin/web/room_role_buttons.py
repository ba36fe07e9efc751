"""The buttons of the room for its roles: take, offer, accept, decline, move at once."""

from starlette.routing import BaseRoute

from tocsin.chatops.names import person_typed
from tocsin.edge.door import Form, Site
from tocsin.incidents import role_offers, roles
from tocsin.incidents.model import Incident
from tocsin.incidents.role_brief import brief_of
from tocsin.kernel.db import Unit
from tocsin.web.room_act import buttons

LONGEST_NAME = 200


async def _take(u: Unit, i: Incident, form: Form, _: Site) -> None:
    await roles.take_role(u, i.id, form.text("role", most=60), despite=form.text("why", most=500))


async def _transfer(u: Unit, i: Incident, form: Form, _: Site) -> None:
    person = form.id("user_id") or (await person_typed(u, _who(form), "a name")).id
    await roles.transfer_role(u, i.id, form.text("role", most=60), person, why=form.text("why", most=500))


async def _give_up(u: Unit, i: Incident, form: Form, _: Site) -> None:
    await roles.give_up_role(u, i.id, form.text("role", most=60))


async def _offer(u: Unit, i: Incident, form: Form, _: Site) -> None:
    """With a time it is planned. Without a brief it gets the one that the state gives."""
    person = form.id("user_id") or (await person_typed(u, _who(form), "a name")).id
    brief = form.text("brief", most=5000) or await brief_of(u, i.id)
    at = form.moment("effective_at", form.text("time_zone", most=60) or "UTC")
    await role_offers.offer_role(
        u, i.id, form.text("role", most=60), person, brief=brief, effective_at=at, despite=form.text("why", most=500)
    )  # fmt: skip


def _who(form: Form) -> str:
    return form.text("who", most=LONGEST_NAME, needed=True, label="To whom")


async def _accept(u: Unit, _: Incident, form: Form, __: Site) -> None:
    await role_offers.accept_role(u, form.needed_id("offer_id"))


async def _decline(u: Unit, _: Incident, form: Form, __: Site) -> None:
    await role_offers.decline_role(u, form.needed_id("offer_id"), why=form.text("why", most=500))


async def _withdraw(u: Unit, _: Incident, form: Form, __: Site) -> None:
    await role_offers.withdraw_offer(u, form.needed_id("offer_id"), why=form.text("why", most=500))


def routes() -> list[BaseRoute]:
    """POST only; the browser comes back to the room."""
    return buttons(
        {
            "take-role": _take, "transfer-role": _transfer, "give-up-role": _give_up, "offer-role": _offer,
            "accept-role": _accept, "decline-role": _decline, "withdraw-offer": _withdraw,
        }
    )  # fmt: skip
