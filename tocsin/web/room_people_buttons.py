"""The buttons of the room for who takes part: on it, watching, leave, invite, release, page in one line."""

from starlette.routing import BaseRoute

from tocsin.chatops.names import person_typed
from tocsin.edge.door import Form, Site
from tocsin.incidents import paged, parts, people
from tocsin.incidents.model import Incident
from tocsin.kernel.db import Unit
from tocsin.web.room_act import buttons


async def _join(u: Unit, i: Incident, _: Form, __: Site) -> None:
    await parts.join(u, i.id)


async def _watch(u: Unit, i: Incident, _: Form, __: Site) -> None:
    await parts.watch(u, i.id)


async def _leave(u: Unit, i: Incident, _: Form, __: Site) -> None:
    await people.leave(u, i.id)


async def _invite(u: Unit, i: Incident, form: Form, _: Site) -> None:
    who = await person_typed(u, form.text("who", most=200, needed=True, label="Whom"), "a name")
    await parts.invite(u, i.id, who.id, why=form.text("why", most=500))


async def _release(u: Unit, i: Incident, form: Form, _: Site) -> None:
    await parts.release(u, i.id, form.needed_id("user_id"), thanks=form.text("thanks", most=500))


async def _release_watchers(u: Unit, i: Incident, _: Form, __: Site) -> None:
    await parts.release_watchers(u, i.id)


async def _page(u: Unit, i: Incident, form: Form, _: Site) -> None:
    await paged.page_by_line(u, i.id, form.text("text", most=700, needed=True, label="Whom to page"))


def routes() -> list[BaseRoute]:
    """POST only; the browser comes back to the room."""
    return buttons(
        {
            "join": _join, "watch": _watch, "leave": _leave, "invite": _invite, "release": _release,
            "release-watchers": _release_watchers, "page-by-line": _page,
        }
    )  # fmt: skip
