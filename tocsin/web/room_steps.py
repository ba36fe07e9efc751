"""The playbook's steps in the room: said to be done, left out with a reason, opened again."""

from starlette.routing import BaseRoute

from tocsin.edge.door import Form, Site
from tocsin.incidents.model import Incident
from tocsin.kernel.db import Unit
from tocsin.playbooks import commands
from tocsin.web.room_act import buttons


async def _check(u: Unit, i: Incident, form: Form, _: Site) -> None:
    await commands.check(u, i.id, form.text("step", most=60, needed=True), form.text("note", most=500))


async def _skip(u: Unit, i: Incident, form: Form, _: Site) -> None:
    await commands.check(
        u, i.id, form.text("step", most=60, needed=True), form.text("note", most=500), skip=True
    )


async def _uncheck(u: Unit, i: Incident, form: Form, _: Site) -> None:
    await commands.uncheck(u, i.id, form.text("step", most=60, needed=True))


def routes() -> list[BaseRoute]:
    """POST only."""
    return buttons({"step-check": _check, "step-skip": _skip, "step-uncheck": _uncheck})
